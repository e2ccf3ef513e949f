//! The nearest double by a guess that integers verify.
//!
//! The processor's division and square root give the nearest `f64`, or a neighbour of it, at once. To verify that it
//! is the nearest takes no division: the exact result is compared with the two adjacent midpoints. Let
//! `d` be the divisor and `c` the significand to be verified. Then
//!
//! ```text
//! x / d       is above c + 1/2   if and only if   x / 2^u > (2c + 1)   * d
//! sqrt(x / d) is above c + 1/2   if and only if   x / 2^u > (2c + 1)^2 * d
//! ```
//!
//! where `u` follows from the exponents. The right-hand sides are integers of at most 119 and 173 bits, so
//! the integer part of `x / 2^u`, and whether the fraction is zero, are enough. A wrong guess is corrected
//! until it lies between its midpoints, and a tie goes to the even neighbour. So whatever error the guess has,
//! from the rounding mode or otherwise, the result is correctly rounded, or there is none. Subnormal
//! results and those near overflow are left to [`ratio`](super::ratio).
//!
//! If `x` is only known to lie in an interval, the nearest `f64` of the lower end is found. If the upper end
//! lies below the midpoint above that, it is the nearest `f64` of all `x` in between, for rounding is monotone.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use super::frame::Frame;
use super::limbs::widening_mul;

/// The hidden bit: the smallest significand of a normal double.
const HIDDEN: u64 = 1 << (f64::MANTISSA_DIGITS - 1);
/// The exponents of the last place of a normal double. Rounding up from the largest one may give infinity, as it
/// should.
const LAST_PLACES: RangeInclusive<i32> = -1074..=971;
/// The biased exponent of a double minus the exponent of its last place.
const BIAS: i32 = 1075;
/// Maximum number of corrections of a guess. It is off by one or two units in the last place; by more only if the
/// processor rounds in an unusual way.
const MAX_CORRECTIONS: u32 = 4;

/// The form of the number to be rounded.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `x / d`
    Quotient,
    /// `sqrt(x / d)`
    Root,
}

/// The double that all quotients or roots of numbers from `low` to `high` round to, for a positive
/// divisor. `None` if there is no such double, or if this module cannot decide it.
#[inline]
pub(crate) fn nearest(form: Form, low: &Frame, high: Option<&Frame>, divisor: u64) -> Option<f64> {
    let bits = low.bits()?;
    let zeros = divisor.leading_zeros();
    let normal = divisor << zeros;
    // The quotient is near `ratio * 2^power`, with a ratio from 1/2 to 2.
    let ratio = low.part(bits - 64)[0] as f64 / normal as f64;
    let power = low.exponent + (bits as u32 + zeros) as i32 - 64;
    let (guess, power, unit) = match form {
        Form::Quotient => (ratio, power, bits as i32 - 65),
        Form::Root => {
            // A root needs an even power.
            let odd = power & 1;
            let radicand = if odd == 1 { 2.0 * ratio } else { ratio };
            (radicand.sqrt(), (power - odd) / 2, bits as i32 - 66 - odd)
        }
    };
    let last_place = (guess.to_bits() >> (f64::MANTISSA_DIGITS - 1)) as i32 - BIAS;
    let degree = if form == Form::Root { 2 } else { 1 };
    let unit = (unit + degree * last_place) as usize;
    let exact = |end: &Frame| Exact {
        form,
        divisor: normal,
        whole: end.part(unit),
        has_more: end.has_below(unit),
    };
    let nearest = exact(low).nearest(guess.to_bits() & (HIDDEN - 1) | HIDDEN)?;
    if let Some(high) = high {
        let is_cut = high.bits()? > unit + 192;
        if is_cut || exact(high).compare(2 * nearest + 1) != Ordering::Less {
            return None;
        }
    }
    // A significand of twice `HIDDEN` carries into the exponent by itself.
    let last_place = last_place + power;
    let field = LAST_PLACES.contains(&last_place).then(|| last_place - LAST_PLACES.start())?;
    Some(f64::from_bits(((field as u64) << (f64::MANTISSA_DIGITS - 1)) + nearest))
}

/// The exact number, in units in which midpoints are integers: `whole`, and a fraction if `has_more`.
struct Exact {
    form: Form,
    divisor: u64,
    whole: [u64; 3],
    has_more: bool,
}

impl Exact {
    /// The significand nearest to the exact number, from a guess of it.
    #[inline]
    fn nearest(&self, mut guess: u64) -> Option<u64> {
        for _ in 0..MAX_CORRECTIONS {
            if !(HIDDEN..=2 * HIDDEN).contains(&guess) {
                return None;
            }
            match self.compare(2 * guess + 1) {
                Ordering::Greater => {
                    guess += 1;
                    continue;
                }
                Ordering::Equal => return Some(guess + (guess & 1)),
                Ordering::Less => {}
            }
            if guess == HIDDEN {
                // Doubles below a power of two are closer together.
                return (self.compare(2 * guess) != Ordering::Less).then_some(guess);
            }
            match self.compare(2 * guess - 1) {
                Ordering::Less => guess -= 1,
                Ordering::Equal => return Some(guess - (guess & 1)),
                Ordering::Greater => return Some(guess),
            }
        }
        None
    }

    /// Compares the exact number with half of an integer.
    #[inline]
    fn compare(&self, twice: u64) -> Ordering {
        let there = match self.form {
            Form::Quotient => widening_mul(twice.into(), self.divisor),
            Form::Root => widening_mul(u128::from(twice) * u128::from(twice), self.divisor),
        };
        let more = if self.has_more { Ordering::Greater } else { Ordering::Equal };
        let [low, middle, high] = self.whole;
        (high, middle, low).cmp(&(there[2], there[1], there[0])).then(more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `x`, with a fraction or without, divided by one, or its root.
    fn exact(form: Form, x: u128, has_more: bool) -> Exact {
        let whole = widening_mul(x, 1 << 63);
        Exact { form, divisor: 1 << 63, whole, has_more }
    }

    #[test]
    fn wrong_guesses_are_corrected() {
        let c = HIDDEN + 12_345;
        for (twice, more, expected) in [
            (2 * c, false, c),
            (2 * c + 1, false, c + 1), // odd: the even neighbour is above
            (2 * c + 1, true, c + 1),
            (2 * c - 1, false, c - 1),
            (2 * c - 1, true, c),
            (2 * c + 2, false, c + 1),
        ] {
            let x = u128::from(twice);
            for guess in c - 1..=c + 2 {
                let quotient = exact(Form::Quotient, x, more).nearest(guess);
                assert_eq!(quotient, Some(expected), "{twice} {more} {guess}");
                assert_eq!(exact(Form::Root, x * x, more).nearest(guess), Some(expected));
            }
        }
        assert_eq!(exact(Form::Quotient, 1 << 54, false).nearest(HIDDEN), None);
    }

    #[test]
    fn powers_of_two_are_closer_to_those_below() {
        let power = u128::from(2 * HIDDEN);
        assert_eq!(exact(Form::Quotient, power, false).nearest(HIDDEN), Some(HIDDEN));
        assert_eq!(exact(Form::Quotient, power - 1, true).nearest(HIDDEN), None);
        assert_eq!(
            exact(Form::Quotient, 2 * power - 1, true).nearest(2 * HIDDEN),
            Some(2 * HIDDEN)
        );
        assert_eq!(exact(Form::Quotient, 2 * power + 2, false).nearest(2 * HIDDEN), None);
    }
}
