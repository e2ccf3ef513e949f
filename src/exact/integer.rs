//! The windowed wide integer: a sum that never loses a bit.
//!
//! An [`Integer`] is `limbs * 2^base`, where `limbs` is a little-endian two's complement number and
//! `base` is a multiple of 64. Only the window of limbs that was ever touched is stored: typical
//! columns need two to six limbs, although the sum of the squares of all doubles spans about 4,250 bits.
//!
//! Addition is exact, so it is associative and commutative: the value after a series of additions
//! does not depend on their order or grouping. Equality compares values, not windows.

use smallvec::{SmallVec, smallvec};

use super::limbs::{LIMB_BITS, add_product, add_with_carry, funnel_left, negate, sign_limb};

/// Limbs that are stored inline in all usual cases.
pub(super) type Limbs = SmallVec<[u64; 8]>;

/// An exact signed integer multiple of a power of two.
#[derive(Clone, Debug, Default)]
pub struct Integer {
    /// Position of bit 0 of `limbs`; a multiple of 64.
    base: i32,
    limbs: Limbs,
}

/// Sign and magnitude of a number: that of an [`Integer`] has no zero limb at either end.
#[derive(Clone, Debug, Default)]
pub struct Magnitude {
    /// Whether the value is below zero.
    pub negative: bool,
    /// The value is `limbs * 2^base`.
    pub base: i32,
    /// Little-endian, the last one not zero; empty for zero.
    pub(super) limbs: Limbs,
}

impl Integer {
    /// Zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// `limbs * 2^base`, or its negative; `limbs` is little-endian, `base` a multiple of 64.
    pub fn from_magnitude(negative: bool, base: i32, limbs: &[u64]) -> Self {
        debug_assert!(base % LIMB_BITS == 0);
        let mut digits = Limbs::from_slice(limbs);
        digits.push(0); // room for the sign
        if negative {
            negate(&mut digits);
        }
        Self { base, limbs: digits }
    }

    /// The exponent of the lowest limb, in limbs, and the limbs, in two's complement.
    pub(super) fn window(&self) -> (i32, &[u64]) {
        (self.base / LIMB_BITS, &self.limbs)
    }

    /// Adds `value * 2^exponent`.
    #[inline]
    pub fn add(&mut self, value: i128, exponent: i32) {
        if value != 0 {
            self.add_digits(&[value as u64, (value >> 64) as u64], exponent);
        }
    }

    /// Adds `digits * 2^exponent`, where `digits` is a little-endian two's complement number.
    #[inline]
    pub fn add_digits(&mut self, digits: &[u64], exponent: i32) {
        let position = exponent.div_euclid(LIMB_BITS);
        let shift = exponent.rem_euclid(LIMB_BITS) as u32;
        let sign = sign_limb(digits);
        let below = |i: usize| if i == 0 { 0 } else { digits[i - 1] };
        let shifted = (0..=digits.len()).map(|i| {
            let high = digits.get(i).copied().unwrap_or(sign);
            funnel_left(high, below(i), shift)
        });
        if self.limbs.is_empty() {
            // Nothing to add to, and nothing to carry.
            self.base = position * LIMB_BITS;
            self.limbs.resize(digits.len() + 1, 0);
            return self.limbs.iter_mut().zip(shifted).for_each(|(limb, digit)| *limb = digit);
        }
        let start = self.cover(position, digits.len() + 1);
        self.add_limbs(start, shifted, sign);
    }

    /// Adds another sum: the union of two data sets is the sum of their sums.
    pub fn merge(&mut self, other: &Self) {
        self.merge_repeated(other, 0);
    }

    /// Adds another sum `2^doublings` times.
    pub fn merge_repeated(&mut self, other: &Self, doublings: u32) {
        if !other.limbs.is_empty() {
            self.add_digits(&other.limbs, other.base + doublings as i32);
        }
    }

    /// The number times `2^exponent`.
    pub fn scaled(&self, exponent: i32) -> Self {
        let mut scaled = Self::new();
        if !self.limbs.is_empty() {
            scaled.add_digits(&self.limbs, self.base + exponent);
        }
        scaled
    }

    /// Subtracts another sum.
    pub fn subtract(&mut self, other: &Self) {
        let mut limbs = other.limbs.clone();
        // The lowest number has a negative only with one more limb.
        limbs.push(sign_limb(&limbs));
        negate(&mut limbs);
        self.add_digits(&limbs, other.base);
    }

    /// The product with another number.
    pub fn times(&self, other: &Self) -> Self {
        let (a, b) = (self.magnitude(), other.magnitude());
        let mut limbs: Limbs = smallvec![0; a.limbs.len() + b.limbs.len() + 1]; // room for the sign
        for (i, &limb) in b.limbs.iter().enumerate() {
            add_product(&mut limbs[i..], &a.limbs, limb);
        }
        if a.negative != b.negative {
            negate(&mut limbs);
        }
        Self { base: a.base + b.base, limbs }
    }

    /// The number with the other sign.
    pub fn negative(&self) -> Self {
        let mut negative = Self::new();
        negative.subtract(self);
        negative
    }

    /// The product with an integer.
    pub fn times_integer(&self, factor: i128) -> Self {
        let mut other = Self::new();
        other.add(factor, 0);
        self.times(&other)
    }

    /// Whether the value is below zero.
    pub fn is_negative(&self) -> bool {
        sign_limb(&self.limbs) != 0
    }

    /// Whether the value is zero.
    pub fn is_zero(&self) -> bool {
        self.limbs.iter().all(|&limb| limb == 0)
    }

    /// The value as a little-endian two's complement number of `N` limbs, if it is an integer that
    /// fits.
    pub fn to_limbs<const N: usize>(&self) -> Option<[u64; N]> {
        let Magnitude { negative, base, limbs } = self.magnitude();
        let mut digits = [0; N];
        if !limbs.is_empty() {
            let position = usize::try_from(base / LIMB_BITS).ok()?;
            digits.get_mut(position..position + limbs.len())?.copy_from_slice(&limbs);
        }
        if negative {
            negate(&mut digits);
        }
        // The highest bit must be the sign.
        ((sign_limb(&digits) != 0) == negative).then_some(digits)
    }

    /// The value as an `i128`, if it is an integer that fits.
    pub fn to_i128(&self) -> Option<i128> {
        let [low, high] = self.to_limbs()?;
        Some((u128::from(high) << 64 | u128::from(low)) as i128)
    }

    /// Sign and trimmed magnitude.
    pub fn magnitude(&self) -> Magnitude {
        let negative = self.is_negative();
        let zeros = self.limbs.iter().take_while(|&&limb| limb == 0).count();
        let mut limbs = Limbs::from_slice(&self.limbs[zeros..]);
        if negative {
            negate(&mut limbs);
        }
        Magnitude::trimmed(negative, self.base + zeros as i32 * LIMB_BITS, limbs)
    }

    /// Widens the window to hold `count` limbs from limb `position` on; returns their index.
    #[inline]
    fn cover(&mut self, position: i32, count: usize) -> usize {
        let lowest = self.base / LIMB_BITS;
        if position < lowest {
            let missing = (lowest - position) as usize;
            self.limbs.insert_many(0, std::iter::repeat_n(0, missing));
            self.base = position * LIMB_BITS;
        }
        let start = (position - self.base / LIMB_BITS) as usize;
        if self.limbs.len() < start + count {
            let sign = sign_limb(&self.limbs);
            self.limbs.resize(start + count, sign);
        }
        start
    }

    /// Adds limbs, sign-extended, at an index inside the window.
    #[inline]
    fn add_limbs(&mut self, start: usize, addend: impl Iterator<Item = u64>, sign: u64) {
        let before = sign_limb(&self.limbs);
        let mut carry = false;
        let mut limbs = self.limbs[start..].iter_mut();
        for (digit, limb) in addend.zip(limbs.by_ref()) {
            (*limb, carry) = add_with_carry(*limb, digit, carry);
        }
        for limb in limbs {
            if carry == (sign != 0) {
                break; // 0 + 0 and -1 + 1 change nothing above
            }
            (*limb, carry) = add_with_carry(*limb, sign, carry);
        }
        // If two numbers of the same sign have a sum of the other sign, the window has overflowed.
        if before == sign && sign_limb(&self.limbs) != sign {
            self.limbs.push(sign);
        }
    }
}

impl From<u128> for Integer {
    fn from(number: u128) -> Self {
        let mut integer = Self::new();
        integer.add_digits(&[number as u64, (number >> 64) as u64, 0], 0);
        integer
    }
}

impl From<u64> for Integer {
    fn from(number: u64) -> Self {
        u128::from(number).into()
    }
}

impl PartialEq for Integer {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.magnitude(), other.magnitude());
        a.negative == b.negative && a.limbs == b.limbs && (a.base == b.base || a.limbs.is_empty())
    }
}

impl Eq for Integer {}

impl Magnitude {
    /// Drops the zero limbs at the upper end.
    pub(super) fn trimmed(negative: bool, base: i32, mut limbs: Limbs) -> Self {
        let zeros = limbs.iter().rev().take_while(|&&limb| limb == 0).count();
        limbs.truncate(limbs.len() - zeros);
        Self { negative, base, limbs }
    }

    /// The product with one limb.
    pub(super) fn times(&self, factor: u64) -> Self {
        let mut product: Limbs = smallvec![0; self.limbs.len() + 1];
        add_product(&mut product, &self.limbs, factor);
        Self::trimmed(self.negative, self.base, product)
    }

    /// Whether the value is zero.
    pub fn is_zero(&self) -> bool {
        self.limbs.is_empty()
    }

    /// The limbs, little-endian; none for zero.
    pub fn limbs(&self) -> &[u64] {
        &self.limbs
    }

    /// The exponents of the lowest and of the highest set bit; `None` for zero.
    pub fn span(&self) -> Option<(i32, i32)> {
        let (first, last) = (self.limbs.first()?, self.limbs.last()?);
        let top = self.base + self.limbs.len() as i32 * LIMB_BITS;
        Some((self.base + first.trailing_zeros() as i32, top - last.leading_zeros() as i32 - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigInt;
    use proptest::prelude::*;

    /// The value in units of 2^-4096, as a big integer of another library.
    fn big(integer: &Integer) -> BigInt {
        let magnitude = integer.magnitude();
        let digits = magnitude.limbs.iter().rev();
        let value = digits.fold(BigInt::ZERO, |acc, &limb| (acc << 64) + limb);
        let value = value << (4096 + magnitude.base);
        if magnitude.negative { -value } else { value }
    }

    #[test]
    fn grows_in_both_directions_and_back() {
        let mut sum = Integer::new();
        sum.add(1, 1000);
        sum.add(1, -1000);
        sum.add(-1, 1000);
        assert_eq!(big(&sum), BigInt::from(1) << 3096);
        sum.add(-1, -1000);
        assert!(sum.is_zero());
        assert_eq!(sum, Integer::new());
    }

    #[test]
    fn carries_past_the_top_of_the_window() {
        let mut sum = Integer::new();
        for _ in 0..1000 {
            sum.add(i128::MAX, 63);
        }
        assert_eq!(big(&sum), (BigInt::from(i128::MAX) * 1000) << (4096 + 63));
        for _ in 0..2000 {
            sum.add(i128::MIN, 63);
        }
        let expected = BigInt::from(i128::MAX) * 1000 + BigInt::from(i128::MIN) * 2000;
        assert_eq!(big(&sum), expected << (4096 + 63));
    }

    #[test]
    fn knows_the_limits_of_i128() {
        let mut sum = Integer::new();
        sum.add(i128::MAX, 0);
        assert_eq!(sum.to_i128(), Some(i128::MAX));
        sum.add(1, 0);
        assert_eq!(sum.to_i128(), None);
        let mut sum = Integer::new();
        sum.add(i128::MIN, 0);
        assert_eq!(sum.to_i128(), Some(i128::MIN));
        sum.add(-1, 0);
        assert_eq!(sum.to_i128(), None);
        let mut half = Integer::new();
        half.add(1, -1);
        assert_eq!(half.to_i128(), None);
    }

    #[test]
    fn magnitudes_come_back() {
        for (value, exponent) in [(0, 0), (1, 0), (-1, 64), (5 << 70, -1074), (i128::MIN, 900)] {
            let mut sum = Integer::new();
            sum.add(value, exponent);
            let magnitude = sum.magnitude();
            let Magnitude { negative, base, .. } = magnitude;
            assert_eq!(Integer::from_magnitude(negative, base, magnitude.limbs()), sum);
            let bits = value.unsigned_abs();
            let expected = (value != 0)
                .then(|| (bits.trailing_zeros() as i32 + exponent, bits.ilog2() as i32 + exponent));
            assert_eq!(magnitude.span(), expected);
        }
    }

    proptest! {
        #[test]
        fn sums_equal_big_integers_in_any_grouping(
            terms in prop::collection::vec((any::<i128>(), -2200i32..2200), 0..40),
            cut in 0usize..40,
        ) {
            let expected = terms.iter().map(|&(v, e)| BigInt::from(v) << (4096 + e)).sum::<BigInt>();
            let (left, right) = terms.split_at(cut.min(terms.len()));
            let sum = |part: &[(i128, i32)]| {
                let mut sum = Integer::new();
                part.iter().for_each(|&(v, e)| sum.add(v, e));
                sum
            };
            let whole = sum(&terms);
            let mut parts = sum(right);
            parts.merge(&sum(left));
            prop_assert_eq!(big(&whole), expected);
            prop_assert_eq!(whole, parts);
        }

        #[test]
        fn products_equal_those_of_big_integers(
            terms in prop::collection::vec((any::<i128>(), -1000i32..1000), 0..4),
            others in prop::collection::vec((any::<i128>(), -1000i32..1000), 0..4),
        ) {
            let sum = |terms: &[(i128, i32)]| {
                let mut sum = Integer::new();
                terms.iter().for_each(|&(v, e)| sum.add(v, e));
                sum
            };
            let (a, b) = (sum(&terms), sum(&others));
            prop_assert_eq!(big(&a.times(&b)) << 4096, big(&a) * big(&b));
        }
    }
}
