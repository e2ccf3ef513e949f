//! Exact arithmetic: integers as wide as they need to be, and one rounding at the very end.
//!
//! Every finite floating-point number is an integer times a power of two, and so is every sum of
//! them. [`Integer`] holds such a sum without any error. [`ratio`] turns quotients and square roots
//! of such sums into the nearest `f64`, correctly rounded, by [`round`]. [`Few`] keeps millions of them.
//! What fits a fixed width, as nearly all sums do, takes a shorter way: [`quick`].
//!
//! This floor knows nothing of columns, types or Arrow.

mod bound;
mod few;
mod frame;
mod guess;
pub mod integer;
mod leading;
mod limbs;
pub mod quick;
pub mod ratio;
pub mod round;

pub use bound::Bound;
pub use few::Few;
pub use guess::Form;
pub use integer::Integer;
