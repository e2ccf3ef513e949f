//! Exact arithmetic: integers as wide as they need to be, and one rounding at the very end.
//!
//! Every finite floating-point number is an integer times a power of two, and so is every sum of such
//! numbers. From the ground up:
//!
//! * `limbs`: the carries and borrows of all wide numbers;
//! * [`round`]: the one place where a number is rounded to an `f64`;
//! * [`integer`]: [`Integer`], a sum without any error;
//! * `bound`: [`Bound`], an upper bound that is only ever rounded up;
//! * [`leading`]: quotients and square roots to as many leading bits as rounding needs;
//! * [`ratio`]: means, variances and standard deviations of any sums, correctly rounded;
//! * [`rational`]: quotients of two such sums, or of products of them, and their roots;
//! * [`ball`]: the same of numbers that are not exact, where their errors allow it;
//! * `division`: quotients that leave no remainder, and [`elimination`], which solves linear equations by them;
//! * `frame`, [`guess`] and [`quick`]: the same for sums that fit a fixed width, as nearly all do, faster;
//! * `double_double`: the same for sums of two doubles, as short pieces have them, faster still.
//!
//! This layer knows nothing of columns, types or Arrow.

pub mod ball;
mod bound;
mod division;
pub(crate) mod double_double;
pub mod elimination;
mod frame;
pub mod guess;
pub mod integer;
pub mod leading;
mod limbs;
pub mod quick;
pub mod ratio;
pub mod rational;
pub mod round;

pub use ball::{Ball, Undecided};
pub use bound::Bound;
pub use guess::Form;
pub use integer::Integer;
