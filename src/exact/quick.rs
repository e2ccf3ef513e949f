//! Quotients and roots of sums that fit a fixed width, as those of nearly all columns do: the same bits as by
//! [`ratio`](super::ratio) in a third of the time, or `None`.
//!
//! If sums are only known to within a slack, the spread lies in an interval whose ends are exact integers.
//! Division by a positive number and the square root are monotone, and so is rounding. So if one double is nearest
//! to both ends, it is nearest to every number in between, and to the exact one.

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

/// The mean of a sum in units of `2^exponent`, unless it is zero or subnormal.
#[inline]
pub fn mean_of_units(sum: i128, exponent: i32, count: u64) -> Option<f64> {
    let (negative, sum) = Frame::of(sum, exponent);
    let magnitude = nearest(Form::Quotient, &sum, None, count)?;
    Some(if negative { -magnitude } else { magnitude })
}

/// The variance or its root, if a fixed width is enough.
#[inline]
pub fn spread(form: Form, sum: &Integer, squares: &Integer, count: u64, ddof: u64) -> Option<f64> {
    of_spread(form, &Spread::new(sum, squares, count)?, ddof)
}

/// The same of a sum in units of `2^exponent`, and a sum of squares in units of its square.
#[inline]
pub fn spread_of_units(
    form: Form,
    (sum, squares, exponent): (i128, [u64; 4], i32),
    count: u64,
    ddof: u64,
) -> Option<f64> {
    of_spread(form, &Spread::of(sum, squares, exponent, count)?, ddof)
}

#[inline]
fn of_spread(form: Form, spread: &Spread, ddof: u64) -> Option<f64> {
    let divisor = spread.count.checked_mul(spread.count - ddof)?;
    if spread.is_zero() {
        return Some(0.0);
    }
    nearest(form, &spread.frame(), None, divisor)
}

/// The variance or its root, correctly rounded, if it is the same for all sums within the slack: `Some(None)` if it
/// may not be. `None` if a fixed width is not enough to decide.
#[inline]
pub fn within_slack(
    form: Form,
    [sum, squares]: [(&Integer, Bound); 2],
    count: u64,
    ddof: u64,
) -> Option<Option<f64>> {
    let divisor = count.checked_mul(count - ddof)?;
    let spread = Spread::new(sum.0, squares.0, count)?;
    let Some([low, high]) = spread.ends(sum.1, squares.1) else {
        return Some(None);
    };
    let settled = nearest(form, &low, Some(&high), divisor);
    // Subnormal results are not decided here.
    let is_decided = settled.is_some() || nearest(form, &low, None, divisor).is_some();
    is_decided.then_some(settled)
}
