//! Upper bounds: numbers of 64 bits that are only ever rounded up.

use super::integer::{Integer, Magnitude};
use super::limbs::funnel_left;

/// At most `units * 2^exponent`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    units: u64,
    exponent: i32,
}

impl Bound {
    /// `units * 2^exponent`.
    pub fn new(units: u64, exponent: i32) -> Self {
        Self { units, exponent }
    }

    /// A bound of the magnitude of an integer.
    pub fn of(integer: &Integer) -> Self {
        let Magnitude { base, limbs, .. } = integer.magnitude();
        Self::above_all(&limbs, base)
    }

    /// Whether it is zero.
    #[inline]
    pub fn is_zero(self) -> bool {
        self.units == 0
    }

    /// A bound of `limbs * 2^exponent`, little-endian.
    #[inline]
    pub fn above<const N: usize>(limbs: [u64; N], exponent: i32) -> Self {
        Self::above_all(&limbs, exponent)
    }

    #[inline]
    fn above_all(limbs: &[u64], exponent: i32) -> Self {
        let Some(top) = limbs.iter().rposition(|&limb| limb != 0) else {
            return Self::default();
        };
        let below = if top > 0 { limbs[top - 1] } else { 0 };
        let leading = u128::from(limbs[top]) << 64 | u128::from(below);
        // One more unit exceeds all lower limbs.
        Self::rounded_up(leading, true, exponent + 64 * (top as i32 - 1))
    }

    /// The bound as an exact integer.
    pub fn to_integer(self) -> Integer {
        let mut integer = Integer::new();
        integer.add(self.units.into(), self.exponent);
        integer
    }

    /// A bound of the sum.
    #[inline]
    pub fn plus(self, other: Self) -> Self {
        if self.units == 0 || other.units == 0 {
            return if self.units == 0 { other } else { self };
        }
        let [low, high] =
            if self.exponent < other.exponent { [self, other] } else { [other, self] };
        // The higher one is shifted up by at most 62 bits; below that, bits of the lower one are dropped.
        let distance = (high.exponent - low.exponent) as u32;
        let up = distance.min(62);
        let down = (distance - up).min(64);
        let low_units = u128::from(low.units);
        let kept = low_units >> down;
        let sum = (u128::from(high.units) << up) + kept;
        Self::rounded_up(sum, kept << down != low_units, high.exponent - up as i32)
    }

    /// A bound of the product.
    #[inline]
    pub fn times(self, other: Self) -> Self {
        let product = u128::from(self.units) * u128::from(other.units);
        Self::rounded_up(product, false, self.exponent + other.exponent)
    }

    /// The bound times `2^doublings`.
    pub fn shifted(self, doublings: u32) -> Self {
        Self { exponent: self.exponent + doublings as i32, ..self }
    }

    /// An integer, in units of `2^base`, that is not below the bound; little-endian, if it fits.
    #[inline]
    pub fn limbs<const N: usize>(self, base: i32) -> Option<[u64; N]> {
        let mut limbs = [0; N];
        let Ok(start) = usize::try_from(self.exponent - base) else {
            let down = (base - self.exponent) as u32;
            limbs[0] = self.units.checked_shr(down).unwrap_or(0).checked_add(1)?;
            return Some(limbs);
        };
        let (first, shift) = (start / 64, (start % 64) as u32);
        *limbs.get_mut(first)? = self.units << shift;
        let high = funnel_left(0, self.units, shift);
        match limbs.get_mut(first + 1) {
            Some(limb) => *limb = high,
            None if high == 0 => {}
            None => return None,
        }
        Some(limbs)
    }

    #[inline]
    fn rounded_up(units: u128, has_more: bool, exponent: i32) -> Self {
        let drop = 64u32.saturating_sub(units.leading_zeros());
        let kept = units >> drop;
        let up = has_more || kept << drop != units;
        match u64::try_from(kept + u128::from(up)) {
            Ok(units) => Self::new(units, exponent + drop as i32),
            Err(_) => Self::new(1, exponent + drop as i32 + 64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Whether a bound is not below the exact number, and above it by a relative error below `2^-60`.
    fn is_tight(bound: Bound, truth: &Integer) -> bool {
        let mut above = bound.to_integer();
        above.subtract(truth);
        let mut excess = Integer::new();
        excess.merge_repeated(&above, 60);
        excess.subtract(truth);
        !above.is_negative() && (excess.is_negative() || above.is_zero())
    }

    proptest! {
        #[test]
        fn bounds_are_above_and_near(
            one in any::<u64>(), other in any::<u64>(), drop in 0u32..64, exponent in -200i32..200,
        ) {
            let (one, other) = (Bound::new(one, 7), Bound::new(other >> drop, exponent));
            let mut sum = one.to_integer();
            sum.merge(&other.to_integer());
            prop_assert!(is_tight(one.plus(other), &sum));
            prop_assert_eq!(one.plus(other), other.plus(one));

            let mut product = Integer::new();
            let digits = u128::from(one.units) * u128::from(other.units);
            product.add_digits(&[digits as u64, (digits >> 64) as u64, 0], 7 + exponent);
            prop_assert!(is_tight(one.times(other), &product));

            let limbs = [one.units, other.units, 0];
            let number = Integer::from_magnitude(false, 64, &limbs);
            prop_assert!(is_tight(Bound::above(limbs, 64), &number));
            prop_assert_eq!(Bound::of(&number.negative()), Bound::above(limbs, 64));
            let limbs = [one.units, 0, 1 << (other.units & 63)];
            let number = Integer::from_magnitude(false, 64, &limbs);
            prop_assert!(is_tight(Bound::above(limbs, 64), &number));

            for base in [-192, 0, 64] {
                if let Some(limbs) = other.limbs::<4>(base) {
                    let mut above = Integer::from_magnitude(false, base, &limbs);
                    above.subtract(&other.to_integer());
                    prop_assert!(!above.is_negative());
                }
            }
        }
    }
}
