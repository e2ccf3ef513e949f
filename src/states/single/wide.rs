//! Numbers of 128 and 256 bits, kept as limbs: alignment to 16 bytes is more than a database gives.

#[inline(always)]
pub(super) fn signed([low, high]: [u64; 2]) -> i128 {
    (u128::from(low) | u128::from(high) << 64) as i128
}

#[inline(always)]
pub(super) fn limbs(number: u128) -> [u64; 2] {
    [number as u64, (number >> 64) as u64]
}

#[inline(always)]
pub(super) fn limbs_of([low, high]: [u128; 2]) -> [u64; 4] {
    let ([a, b], [c, d]) = (limbs(low), limbs(high));
    [a, b, c, d]
}

#[inline(always)]
pub(super) fn halves([a, b, c, d]: [u64; 4]) -> [u128; 2] {
    [signed([a, b]) as u128, signed([c, d]) as u128]
}

/// The sum of two numbers of 256 bits, if it fits.
#[inline(always)]
pub(super) fn plus(sum: [u64; 4], [low, high]: [u128; 2]) -> Option<[u64; 4]> {
    let [a, b] = halves(sum);
    let (low, carry) = a.overflowing_add(low);
    // A high half is below 2^104, so the carry cannot overflow by itself.
    let (high, overflow) = b.overflowing_add(high + u128::from(carry));
    (!overflow).then(|| limbs_of([low, high]))
}

/// `value * 2^shift`, if it fits.
#[inline]
pub(super) fn shifted(value: i128, shift: u32) -> Option<i128> {
    if shift == 0 {
        return Some(value);
    }
    let shifted = value.checked_shl(shift)?;
    (shifted >> shift == value).then_some(shifted)
}

/// `number * 2^(2 * shift)`, if it fits.
#[inline]
pub(super) fn doubly_shifted(number: [u64; 4], shift: u32) -> Option<[u128; 2]> {
    let [low, high] = halves(number);
    match 2 * shift {
        0 => Some([low, high]),
        by @ 1..128 if high >> (128 - by) == 0 => Some([low << by, high << by | low >> (128 - by)]),
        _ => None,
    }
}
