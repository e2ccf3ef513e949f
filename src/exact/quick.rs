//! Quotients and roots of sums that fit a fixed width, as those of nearly all columns do: the same bits
//! as in [`ratio`](super::ratio), in a third of the time, or nothing.
//!
//! If sums are only known to within a slack, the spread lies between two ends that are exact integers.
//! Both divided by the same number, and their roots, are in the same order; so if one double is nearest
//! to both ends, it is the answer for every spread in between, and for the true one.

use super::bound::Bound;
use super::frame::{Frame, Spread};
use super::guess::{Form, nearest};
use super::integer::Integer;

/// The mean, if a fixed width is enough.
#[inline]
pub fn mean(sum: &Integer, count: u64) -> Option<f64> {
    let (negative, sum) = Frame::magnitude(sum)?;
    let magnitude = nearest(Form::Quotient, &sum, None, count)?;
    Some(if negative { -magnitude } else { magnitude })
}

/// The variance or its root, if a fixed width is enough.
#[inline]
pub fn spread(form: Form, sum: &Integer, squares: &Integer, count: u64, ddof: u64) -> Option<f64> {
    let divisor = count.checked_mul(count - ddof)?;
    let spread = Spread::new(sum, squares, count)?;
    if spread.is_zero() {
        return Some(0.0);
    }
    nearest(form, &spread.frame(), None, divisor)
}

/// The variance or its root, correctly rounded, if it is the same for all sums that are off by no more
/// than a slack: `Some(None)` if it may not be. None, if a fixed width is not enough to tell.
#[inline]
pub fn within_slack(
    form: Form,
    [sum, squares]: [(&Integer, Bound); 2],
    count: u64,
    ddof: u64,
) -> Option<Option<f64>> {
    let divisor = count.checked_mul(count - ddof)?;
    let spread = Spread::new(sum.0, squares.0, count)?;
    let ends = spread.ends(sum.1, squares.1);
    Some(ends.and_then(|[low, high]| nearest(form, &low, Some(&high), divisor)))
}
