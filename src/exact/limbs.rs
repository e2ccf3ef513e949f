//! Arithmetic on limbs: the carries and borrows of all wide numbers, written once.
//!
//! A number is a little-endian sequence of 64-bit limbs: unsigned, unless a function says that it is in two's
//! complement. Functions on slices serve numbers whose width is known at run time
//! ([`integer`](super::integer), [`ratio`](super::ratio), [`leading`](super::leading)). Functions on
//! arrays serve fixed widths (`frame`, `few`): their loops are unrolled, and what overflows is `None`.

/// Bits of a limb, as exponents are counted.
pub(crate) const LIMB_BITS: i32 = u64::BITS as i32;

/// `a + b + carry`, and the carry out.
#[inline]
pub(crate) fn add_with_carry(a: u64, b: u64, carry: bool) -> (u64, bool) {
    let (sum, first) = a.overflowing_add(b);
    let (sum, second) = sum.overflowing_add(u64::from(carry));
    (sum, first | second)
}

/// `a - b - borrow`, and the borrow out.
#[inline]
pub(crate) fn subtract_with_borrow(a: u64, b: u64, borrow: bool) -> (u64, bool) {
    let (difference, first) = a.overflowing_sub(b);
    let (difference, second) = difference.overflowing_sub(u64::from(borrow));
    (difference, first | second)
}

/// `a * b + c + d` as its low and high limb: at most `(2^64 - 1)^2 + 2 * (2^64 - 1) = 2^128 - 1`.
#[inline]
pub(crate) fn multiply_add(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    let sum = u128::from(a) * u128::from(b) + u128::from(c) + u128::from(d);
    (sum as u64, (sum >> 64) as u64)
}

/// The high limb of `(high, low) << shift`, for a shift below 64.
#[inline]
pub(crate) fn funnel_left(high: u64, low: u64, shift: u32) -> u64 {
    // In two steps, because a shift by 64 does not exist.
    high << shift | (low >> 1) >> (63 - shift)
}

/// The low limb of `(high, low) >> shift`, for a shift below 64.
#[inline]
pub(crate) fn funnel_right(high: u64, low: u64, shift: u32) -> u64 {
    low >> shift | (high << 1) << (63 - shift)
}

/// All ones if a number in two's complement is negative, otherwise zero.
// Without an inline hint: with one, `Spread::new` takes 3 % more instructions.
pub(crate) fn sign_limb(limbs: &[u64]) -> u64 {
    limbs.last().map_or(0, |&top| ((top as i64) >> 63) as u64)
}

/// Negates a number in two's complement; the lowest one is its own negative.
pub(crate) fn negate(limbs: &mut [u64]) {
    let mut carry = true;
    for limb in limbs {
        (*limb, carry) = add_with_carry(!*limb, 0, carry);
    }
}

/// `target += limbs * factor`, modulo the width of the target, which must not be shorter than `limbs`; returns whether
/// it was wide enough.
pub(crate) fn add_product(target: &mut [u64], limbs: &[u64], factor: u64) -> bool {
    let (low, high) = target.split_at_mut(limbs.len());
    let mut carry = 0;
    for (digit, &limb) in low.iter_mut().zip(limbs) {
        (*digit, carry) = multiply_add(limb, factor, *digit, carry);
    }
    for digit in high {
        if carry == 0 {
            break;
        }
        let (sum, overflow) = digit.overflowing_add(carry);
        *digit = sum;
        carry = u64::from(overflow);
    }
    carry == 0
}

/// `target -= limbs * factor`, modulo the width of the target, which must not be shorter than `limbs`; returns whether
/// the result is not negative.
pub(crate) fn subtract_product(target: &mut [u64], limbs: &[u64], factor: u64) -> bool {
    let (low, high) = target.split_at_mut(limbs.len());
    let mut carry = 0;
    for (digit, &limb) in low.iter_mut().zip(limbs) {
        let (product, above) = multiply_add(limb, factor, carry, 0);
        let (rest, borrow) = digit.overflowing_sub(product);
        *digit = rest;
        // No overflow: the sum is at most 2^128 - 2^64, so where `above` is all ones, `product` is zero.
        carry = above + u64::from(borrow);
    }
    for digit in high {
        if carry == 0 {
            break;
        }
        let (rest, borrow) = digit.overflowing_sub(carry);
        *digit = rest;
        carry = u64::from(borrow);
    }
    carry == 0
}

/// Divides by a limb that is not zero; returns the remainder.
pub(crate) fn divide(limbs: &mut [u64], divisor: u64) -> u64 {
    let divisor = u128::from(divisor);
    let mut remainder = 0;
    for limb in limbs.iter_mut().rev() {
        let dividend = remainder << 64 | u128::from(*limb);
        let digit = dividend / divisor;
        remainder = dividend - digit * divisor;
        *limb = digit as u64;
    }
    remainder as u64
}

/// `a + b` modulo the width, and the carry out.
#[inline]
pub(crate) fn overflowing_add<const N: usize>(a: [u64; N], b: [u64; N]) -> ([u64; N], bool) {
    let mut carry = false;
    let sum = std::array::from_fn(|i| {
        let sum;
        (sum, carry) = add_with_carry(a[i], b[i], carry);
        sum
    });
    (sum, carry)
}

/// `a + b`, if it fits.
#[inline]
pub(crate) fn checked_add<const N: usize>(a: [u64; N], b: [u64; N]) -> Option<[u64; N]> {
    let (sum, carry) = overflowing_add(a, b);
    (!carry).then_some(sum)
}

/// `a - b`, if it is not negative.
#[inline]
pub(crate) fn checked_sub<const N: usize>(a: [u64; N], b: [u64; N]) -> Option<[u64; N]> {
    let mut borrow = false;
    let difference = std::array::from_fn(|i| {
        let difference;
        (difference, borrow) = subtract_with_borrow(a[i], b[i], borrow);
        difference
    });
    (!borrow).then_some(difference)
}

/// `limbs * factor`, if it fits.
#[inline]
pub(crate) fn checked_mul<const N: usize>(limbs: [u64; N], factor: u64) -> Option<[u64; N]> {
    let mut carry = 0;
    let product = limbs.map(|limb| {
        let digit;
        (digit, carry) = multiply_add(limb, factor, carry, 0);
        digit
    });
    (carry == 0).then_some(product)
}

/// The square, which has twice the width: `M` must be `2 * N`.
#[inline]
pub(crate) fn square<const N: usize, const M: usize>(limbs: [u64; N]) -> [u64; M] {
    const { assert!(M == 2 * N) };
    let mut square = [0; M];
    for i in 0..N {
        let mut carry = 0;
        for j in 0..N {
            (square[i + j], carry) = multiply_add(limbs[i], limbs[j], square[i + j], carry);
        }
        square[i + N] = carry;
    }
    square
}

/// The product of a number of two limbs and one of one limb.
#[inline]
pub(crate) fn widening_mul(number: u128, factor: u64) -> [u64; 3] {
    let (low, carry) = multiply_add(number as u64, factor, 0, 0);
    let (middle, high) = multiply_add((number >> 64) as u64, factor, carry, 0);
    [low, middle, high]
}

/// Whether a number in two's complement is negative, and its magnitude.
#[inline]
pub(crate) fn magnitude<const N: usize>(limbs: [u64; N]) -> (bool, [u64; N]) {
    let sign = sign_limb(&limbs);
    let mut carry = sign & 1;
    let magnitude = limbs.map(|limb| {
        let (digit, next) = (limb ^ sign).overflowing_add(carry);
        carry = next.into();
        digit
    });
    (sign != 0, magnitude)
}

/// A number in two's complement times `2^(64 * up)`, if that is an integer of `N` limbs.
#[inline]
pub(crate) fn place<const N: usize>(limbs: &[u64], up: i32) -> Option<[u64; N]> {
    let sign = sign_limb(limbs);
    let (low, up) = match usize::try_from(up) {
        Ok(up) => (0, up),
        Err(_) => (up.unsigned_abs() as usize, 0),
    };
    let (below, limbs) = limbs.split_at_checked(low)?;
    if below.iter().any(|&limb| limb != 0) {
        return None;
    }
    let room = N.checked_sub(up)?;
    if limbs.iter().skip(room).any(|&limb| limb != sign) {
        return None;
    }
    let limb = |at: usize| limbs.get(at).copied().unwrap_or(sign);
    let placed = std::array::from_fn(|i| i.checked_sub(up).map_or(0, limb));
    (sign_limb(&placed) == sign).then_some(placed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::{BigInt, BigUint, Sign};
    use num_traits::{Signed, ToPrimitive, Zero};
    use proptest::prelude::*;

    fn unsigned(limbs: &[u64]) -> BigInt {
        let bytes = limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect::<Vec<_>>();
        BigInt::from_bytes_le(Sign::Plus, &bytes)
    }

    fn signed(limbs: &[u64]) -> BigInt {
        let bytes = limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect::<Vec<_>>();
        BigInt::from_signed_bytes_le(&bytes)
    }

    fn power(limbs: usize) -> BigInt {
        BigInt::from(1) << (64 * limbs)
    }

    /// The number modulo the width, never negative.
    fn modulo(value: BigInt, limbs: usize) -> BigInt {
        let rest = value % power(limbs);
        if rest.is_negative() { rest + power(limbs) } else { rest }
    }

    /// Limbs at which carries begin and end, and any others.
    fn limb() -> impl Strategy<Value = u64> {
        let edges = [0, 1, u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) - 1, u64::MAX << 32];
        prop_oneof![prop::sample::select(edges.to_vec()), any::<u64>()]
    }

    fn limbs(length: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec(limb(), length)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn single_limbs_carry_and_borrow(
            [a, b, c, d] in prop::array::uniform4(limb()), carry: bool, shift in 0u32..64,
        ) {
            let [one, other, carried] = [a, b, carry.into()].map(i128::from);
            let (sum, out) = add_with_carry(a, b, carry);
            prop_assert_eq!(i128::from(sum) + (i128::from(out) << 64), one + other + carried);
            let (difference, out) = subtract_with_borrow(a, b, carry);
            prop_assert_eq!(i128::from(difference) - (i128::from(out) << 64), one - other - carried);

            let (low, high) = multiply_add(a, b, c, d);
            let expected = BigInt::from(a) * b + c + d;
            prop_assert_eq!(unsigned(&[low, high]), expected);

            let both = u128::from(a) << 64 | u128::from(b);
            prop_assert_eq!(funnel_left(a, b, shift), ((both << shift) >> 64) as u64);
            prop_assert_eq!(funnel_right(a, b, shift), (both >> shift) as u64);
        }

        #[test]
        fn numbers_in_twos_complement(number in limbs(1..6)) {
            let value = signed(&number);
            prop_assert_eq!(sign_limb(&number) != 0, value.is_negative());
            let mut negated = number.clone();
            negate(&mut negated);
            prop_assert_eq!(unsigned(&negated), modulo(-value, number.len()));
        }

        #[test]
        fn products_are_added_and_subtracted_in_place(
            target in limbs(1..8), number in limbs(0..8), factor in limb(),
        ) {
            let number = &number[..number.len().min(target.len())];
            let product = unsigned(number) * factor;
            let (mut sum, mut difference) = (target.clone(), target.clone());
            add_product(&mut sum, number, factor);
            prop_assert_eq!(unsigned(&sum), modulo(unsigned(&target) + &product, target.len()));
            subtract_product(&mut difference, number, factor);
            prop_assert_eq!(unsigned(&difference), modulo(unsigned(&target) - product, target.len()));
        }

        #[test]
        fn quotients_and_remainders(number in limbs(0..8), divisor in limb()) {
            prop_assume!(divisor != 0);
            let mut quotient = number.clone();
            let remainder = divide(&mut quotient, divisor);
            prop_assert!(remainder < divisor);
            prop_assert_eq!(unsigned(&quotient) * divisor + remainder, unsigned(&number));
        }

        #[test]
        fn fixed_widths_hold_the_result_or_say_none(
            a in prop::array::uniform4(limb()), b in prop::array::uniform4(limb()), factor in limb(),
        ) {
            let (x, y) = (unsigned(&a), unsigned(&b));
            let fits = |value: BigInt| {
                (!value.is_negative() && value < power(4)).then_some(value)
            };
            let of = |limbs: Option<[u64; 4]>| limbs.map(|limbs| unsigned(&limbs));
            prop_assert_eq!(of(checked_add(a, b)), fits(&x + &y));
            prop_assert_eq!(of(checked_sub(a, b)), fits(&x - &y));
            prop_assert_eq!(of(checked_mul(a, factor)), fits(&x * factor));
            let low = [a[0], 0, 0, 0];
            prop_assert_eq!(of(checked_mul(low, factor)), fits(unsigned(&low) * factor));
            let (sum, carry) = overflowing_add(a, b);
            prop_assert_eq!(unsigned(&sum) + BigInt::from(u8::from(carry)) * power(4), &x + &y);
            prop_assert_eq!(unsigned(&square::<4, 8>(a)), &x * &x);

            let number = u128::from(a[1]) << 64 | u128::from(a[0]);
            prop_assert_eq!(unsigned(&widening_mul(number, factor)), BigInt::from(number) * factor);

            let (negative, magnitude) = magnitude(a);
            prop_assert_eq!(negative, signed(&a).is_negative());
            prop_assert_eq!(unsigned(&magnitude), signed(&a).abs());
        }

        #[test]
        fn numbers_are_placed_where_they_fit(number in limbs(0..6), up in -5i32..6) {
            let value = signed(&number);
            let placed = match u32::try_from(up) {
                Ok(up) => Some(value << (64 * up)),
                // Zero limbs may be dropped; a number without limbs has none to drop.
                Err(_) => {
                    let unit = power(up.unsigned_abs() as usize);
                    let is_multiple = (&value % &unit).is_zero();
                    (is_multiple && number.len() >= up.unsigned_abs() as usize).then(|| value / unit)
                }
            };
            let limit = power(3) / 2;
            let expected = placed.filter(|value| -&limit <= *value && *value < limit);
            // Nor is room looked for above the width, even for zero.
            let expected = expected.filter(|_| up <= 3);
            prop_assert_eq!(place::<3>(&number, up).map(|limbs| signed(&limbs)), expected);
        }
    }

    #[test]
    fn the_largest_products_do_not_overflow() {
        let all = [u64::MAX; 5];
        let (mut sum, mut difference) = ([0; 6], [0; 6]);
        sum[..5].copy_from_slice(&all);
        add_product(&mut sum, &all, u64::MAX);
        // (2^320 - 1) * 2^64
        assert_eq!(sum, [0, u64::MAX, u64::MAX, u64::MAX, u64::MAX, u64::MAX]);
        subtract_product(&mut difference, &all, u64::MAX);
        let product = BigUint::from_bytes_le(&[0xff; 40]) * u64::MAX;
        assert_eq!(unsigned(&difference), power(6) - BigInt::from(product));
        assert_eq!(unsigned(&square::<3, 6>([u64::MAX; 3])).bits(), 384);
        assert_eq!(widening_mul(u128::MAX, u64::MAX)[2].to_u64(), Some(u64::MAX - 1));
    }
}
