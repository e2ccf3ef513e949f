//! Leading bits: all that correct rounding needs of an exact result.
//!
//! Correct rounding takes a few leading bits, and the knowledge whether any lower bit is set (a *sticky*
//! bit, here `inexact`). So no quotient or root is computed wider than necessary:
//!
//! * `floor(x / d)` depends only on `floor(x)`: a numerator may be truncated to its leading bits, 128 more
//!   than the divisor has, if the sticky bit records that bits were dropped;
//! * `floor(floor(x / a) / b) = floor(x / (a * b))`: successive divisions by 64-bit numbers serve for
//!   divisors of any width, such as those with the powers of ten of decimals;
//! * `floor(sqrt(x))` depends only on `floor(x)`: a radicand of 127 or 128 bits gives a root of 64.

use smallvec::SmallVec;

use super::integer::Magnitude;
use super::limbs::{self, add_product, funnel_left, subtract_product};
use super::round::{nearest, shift_right_to_even};

/// The leading bits of a positive number: `(bits + rest) * 2^exponent` with `rest` in [0, 1),
/// above zero exactly if `inexact`. Bit 127 is set.
pub(crate) struct Leading {
    bits: u128,
    exponent: i32,
    inexact: bool,
}

impl Leading {
    pub(crate) fn nearest(self, negative: bool) -> f64 {
        nearest(negative, self.bits, self.exponent, self.inexact)
    }

    /// The nearest integer, ties to the even one, if a bit below the integers is known.
    pub(crate) fn nearest_integer(self) -> Option<u128> {
        let drop = u32::try_from(-self.exponent).ok().filter(|&drop| drop > 0)?;
        Some(shift_right_to_even(self.bits, drop, self.inexact))
    }

    pub(crate) fn sqrt(self) -> Self {
        // The exponent must be even: an odd one is rounded up, and the radicand halved.
        let odd = self.exponent.rem_euclid(2);
        let (radicand, cut) = (self.bits >> odd, self.bits & odd as u128);
        let root = radicand.isqrt();
        let inexact = self.inexact || cut != 0 || root * root != radicand;
        Self { bits: root, exponent: (self.exponent + odd) / 2, inexact }
    }
}

/// The largest number of divisors: two, and `10^256` as powers that fit a limb.
const MAX_DIVISORS: usize = 2 + 256usize.div_ceil(TENS_PER_LIMB as usize);
/// The exponent of the largest power of ten that fits a limb.
const TENS_PER_LIMB: u32 = u64::MAX.ilog10();

/// Powers of ten whose product is `10^exponent`.
fn powers_of_ten(exponent: u32) -> impl Iterator<Item = u64> {
    let whole = std::iter::repeat_n(TENS_PER_LIMB, (exponent / TENS_PER_LIMB) as usize);
    whole.chain([exponent % TENS_PER_LIMB]).map(|exponent| 10u64.pow(exponent))
}

/// `numerator * 10^-tens` over the product of the divisors, as [`divide`] gives it.
pub(crate) fn divide_decimal(numerator: &Magnitude, divisors: [u64; 2], tens: i32) -> Leading {
    match tens {
        0 => divide(numerator, divisors),
        1.. => divide(numerator, divisors.into_iter().chain(powers_of_ten(tens.unsigned_abs()))),
        _ => {
            let powers = powers_of_ten(tens.unsigned_abs());
            let numerator = powers.fold(numerator.clone(), |product, power| product.times(power));
            divide(&numerator, divisors)
        }
    }
}

/// `numerator` over the product of the divisors to at least 128 leading bits, for a positive
/// numerator.
pub(crate) fn divide(numerator: &Magnitude, divisors: impl IntoIterator<Item = u64>) -> Leading {
    let mut joined = SmallVec::<[u64; MAX_DIVISORS]>::new();
    let mut product = 1u64;
    for divisor in divisors {
        product = product.checked_mul(divisor).unwrap_or_else(|| {
            joined.push(product);
            divisor
        });
    }
    joined.push(product);
    match joined.len() {
        1 => quotient::<3>(numerator, &joined),
        2 => quotient::<4>(numerator, &joined),
        3..=6 => quotient::<8>(numerator, &joined),
        _ => quotient::<{ MAX_DIVISORS + 2 }>(numerator, &joined),
    }
}

/// `N` limbs of numerator leave 128 bits of quotient for up to `N - 2` divisors.
fn quotient<const N: usize>(numerator: &Magnitude, divisors: &[u64]) -> Leading {
    let (mut limbs, exponent, mut inexact) = leading_limbs::<N>(numerator.limbs(), numerator.base);
    for &divisor in divisors.iter().filter(|&&divisor| divisor != 1) {
        inexact |= limbs::divide(&mut limbs, divisor) != 0;
    }
    let (top, shift, rest) = leading_limbs::<2>(&limbs, 0);
    Leading {
        bits: u128::from(top[1]) << 64 | u128::from(top[0]),
        exponent: exponent + shift,
        inexact: inexact || rest,
    }
}

/// `numerator / denominator` to at least 128 leading bits, for positive numbers of any width (Knuth's algorithm D).
pub(crate) fn divide_wide(numerator: &Magnitude, denominator: &Magnitude) -> Leading {
    let (divisor, divisor_exponent) = normalized(denominator.limbs(), denominator.base);
    if let [limb] = divisor[..] {
        let Leading { bits, exponent, inexact } = divide(numerator, [limb]);
        return Leading { bits, exponent: exponent - divisor_exponent, inexact };
    }
    // The leading limbs of the numerator: as many as the divisor has, and one for each limb of the quotient.
    let mut rest = numerator.limbs().to_vec();
    let (mut exponent, mut inexact) = (numerator.base, false);
    let wanted = divisor.len() + QUOTIENT_LIMBS;
    if rest.len() < wanted {
        let missing = wanted - rest.len();
        rest.splice(0..0, std::iter::repeat_n(0, missing));
        exponent -= 64 * missing as i32;
    } else {
        let surplus = rest.len() - wanted;
        inexact = rest.drain(..surplus).any(|limb| limb != 0);
        exponent += 64 * surplus as i32;
    }
    rest.push(0);
    let mut quotient = [0; QUOTIENT_LIMBS + 1];
    for (at, digit) in quotient.iter_mut().enumerate().rev() {
        *digit = take_digit(&mut rest[at..=at + divisor.len()], &divisor);
    }
    inexact |= rest.iter().any(|&limb| limb != 0);
    let (top, shift, cut) = leading_limbs::<2>(&quotient, exponent - divisor_exponent);
    let bits = u128::from(top[1]) << 64 | u128::from(top[0]);
    Leading { bits, exponent: shift, inexact: inexact || cut }
}

/// The limbs of a quotient after the first, which may be zero, as may bits of the second.
const QUOTIENT_LIMBS: usize = 3;

/// Divides a number by a divisor of one limb less, whose top bit is set: the digit of the quotient, which must fit a
/// limb; the remainder takes the place of the number.
fn take_digit(number: &mut [u64], divisor: &[u64]) -> u64 {
    let n = divisor.len();
    let top = u128::from(number[n]) << 64 | u128::from(number[n - 1]);
    let guess = (top / u128::from(divisor[n - 1])).min(u64::MAX.into()) as u64;
    let mut digit = guess;
    let mut is_negative = !subtract_product(number, divisor, digit);
    // The guess is too large by two at most.
    while is_negative {
        digit -= 1;
        is_negative = add_product(number, divisor, 1);
    }
    digit
}

/// The limbs of a positive number, shifted up so that the top bit is set, and their exponent.
fn normalized(limbs: &[u64], base: i32) -> (Vec<u64>, i32) {
    let shift = limbs[limbs.len() - 1].leading_zeros();
    let below = |i: usize| if i == 0 { 0 } else { limbs[i - 1] };
    let shifted = (0..limbs.len()).map(|i| funnel_left(limbs[i], below(i), shift)).collect();
    (shifted, base - shift as i32)
}

/// The `N` leading limbs of a positive number, normalized so that the top bit is set; their exponent; and whether
/// any bit below them is set.
#[inline]
fn leading_limbs<const N: usize>(limbs: &[u64], base: i32) -> ([u64; N], i32, bool) {
    let zeros = limbs.iter().rev().take_while(|&&limb| limb == 0).count();
    let limbs = &limbs[..limbs.len() - zeros];
    let shift = limbs[limbs.len() - 1].leading_zeros();
    // Limbs counted from the top, with zeros below the lowest.
    let limb = |i: usize| limbs.len().checked_sub(i + 1).map_or(0, |at| limbs[at]);
    let shifted = |i: usize| funnel_left(limb(i), limb(i + 1), shift);
    let leading = std::array::from_fn(|i| shifted(N - 1 - i));
    let inexact = limb(N) << shift != 0 || (N + 1..limbs.len()).any(|i| limb(i) != 0);
    let exponent = base + 64 * (limbs.len() as i32 - N as i32) - shift as i32;
    (leading, exponent, inexact)
}
