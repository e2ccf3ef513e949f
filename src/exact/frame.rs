//! Numbers in a frame of fixed width, which is enough for most columns and windows.
//!
//! [`Integer`]s are as wide as they must be, and a loop whose length is only known at run time costs more than the
//! arithmetic in it. Here a sum has at most 192 bits and a sum of squares 384, which hold any thousand
//! doubles whose magnitudes lie within a factor of 2^±30 of each other. What does not fit is left to
//! [`ratio`](super::ratio).

use super::bound::Bound;
use super::integer::Integer;
use super::limbs::{
    checked_add, checked_mul, checked_sub, funnel_right, magnitude, place, sign_limb, square,
};

/// The limbs of a sum.
const SUM: usize = 3;
/// The limbs of a sum of squares, and of a spread.
const SPREAD: usize = 2 * SUM;
/// Zero limbs below the number, so that leading bits can be extracted from small numbers, too.
const PAD: usize = 3;
const WIDTH: usize = SPREAD + PAD;

/// `limbs * 2^exponent`, never negative; the lowest [`PAD`] limbs are zero.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    limbs: [u64; WIDTH],
    pub exponent: i32,
}

impl Frame {
    #[inline]
    fn new<const N: usize>(number: [u64; N], base: i32) -> Self {
        let mut limbs = [0; WIDTH];
        limbs[PAD..PAD + N].copy_from_slice(&number);
        Self { limbs, exponent: base - 64 * PAD as i32 }
    }

    /// The magnitude of a sum, and whether it is negative.
    #[inline]
    pub(crate) fn magnitude(sum: &Integer) -> Option<(bool, Self)> {
        let (position, limbs) = sum.window();
        let (negative, limbs) = magnitude::<SUM>(place(limbs, 0)?);
        Some((negative, Self::new(limbs, 64 * position)))
    }

    /// The magnitude of `number * 2^exponent`, and whether it is negative.
    #[inline]
    pub(crate) fn of(number: i128, exponent: i32) -> (bool, Self) {
        let magnitude = number.unsigned_abs();
        (number < 0, Self::new([magnitude as u64, (magnitude >> 64) as u64], exponent))
    }

    /// The bit length of the limbs; `None` for zero.
    #[inline]
    pub(crate) fn bits(&self) -> Option<usize> {
        let top = self.limbs.iter().rposition(|&limb| limb != 0)?;
        Some(64 * top + 64 - self.limbs[top].leading_zeros() as usize)
    }

    /// 192 bits, starting at bit `start`.
    #[inline]
    pub(crate) fn part(&self, start: usize) -> [u64; 3] {
        let (first, shift) = (start / 64, (start % 64) as u32);
        let limb = |i: usize| self.limbs.get(first + i).copied().unwrap_or(0);
        std::array::from_fn(|i| funnel_right(limb(i + 1), limb(i), shift))
    }

    /// Whether any bit below bit `end` is set.
    #[inline]
    pub(crate) fn has_below(&self, end: usize) -> bool {
        let (last, bits) = (end / 64, end % 64);
        let mut any = 0;
        for (i, limb) in self.limbs.iter().enumerate().skip(PAD) {
            any |= match i {
                i if i < last => *limb,
                i if i == last => limb & ((1 << bits) - 1),
                _ => 0,
            };
        }
        any != 0
    }
}

/// The spread `count * squares - sum^2`, with the count and the sum it is made of.
pub(crate) struct Spread {
    limbs: [u64; SPREAD],
    /// The exponent of the spread.
    base: i32,
    pub count: u64,
    /// The magnitude of the sum in units of half the base.
    sum: [u64; SUM],
}

impl Spread {
    /// `None` if the sums do not fit.
    #[inline]
    pub(crate) fn new(sum: &Integer, squares: &Integer, count: u64) -> Option<Self> {
        let ((low, sum), (at, squares)) = (sum.window(), squares.window());
        // The position of the sum's unit, whose square is the unit of the spread.
        let half = if sum.is_empty() { at.div_euclid(2) } else { low.min(at.div_euclid(2)) };
        let (_, sum) = magnitude::<SUM>(place(sum, low - half)?);
        let squares = place::<SPREAD>(squares, at - 2 * half)?;
        if sign_limb(&squares) != 0 {
            return None;
        }
        let limbs = checked_sub(checked_mul(squares, count)?, square(sum))?;
        Some(Self { limbs, base: 128 * half, count, sum })
    }

    /// The same of a sum in units of `2^exponent`, and a sum of squares in units of its square.
    #[inline]
    pub(crate) fn of(sum: i128, squares: [u64; 4], exponent: i32, count: u64) -> Option<Self> {
        let magnitude = sum.unsigned_abs();
        let sum = [magnitude as u64, (magnitude >> 64) as u64, 0];
        let [a, b, c, d] = squares;
        let limbs = checked_sub(checked_mul([a, b, c, d, 0, 0], count)?, square(sum))?;
        Some(Self { limbs, base: 2 * exponent, count, sum })
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.limbs.iter().fold(0, |any, limb| any | limb) == 0
    }

    #[inline]
    pub(crate) fn frame(&self) -> Frame {
        Frame::new(self.limbs, self.base)
    }

    /// The ends of an interval that contains the spread if the sum has an error of at most `a`, and the sum of
    /// squares of at most `b`: the error of the spread is at most `count * b + 2 * |sum| * a + a^2`. `None` if an end
    /// does not fit.
    #[inline]
    pub(crate) fn ends(&self, a: Bound, b: Bound) -> Option<[Frame; 2]> {
        let half = self.base / 2;
        let magnitude = Bound::above(self.sum, half);
        let error = b.times(Bound::new(self.count, 0)).plus(a.times(magnitude).shifted(1));
        let error = error.plus(a.times(a)).limbs::<SPREAD>(self.base)?;
        let frame = |limbs| Frame::new(limbs, self.base);
        Some([frame(checked_sub(self.limbs, error)?), frame(checked_add(self.limbs, error)?)])
    }
}
