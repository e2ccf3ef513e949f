//! Running a reduction: on several threads, cancellable, and within the available memory.
//!
//! * [`memory`]: whether memory is available, before it is used;
//! * [`cancel`]: cooperative cancellation;
//! * [`pool`]: loops that use several threads; [`threads`]: the pool that is kept for them;
//! * [`fold`]: columns folded into states on several threads; [`joint`], [`powers`]: several columns into one;
//! * [`ranges`]: any other fold of rows.

pub mod cancel;
#[cfg(feature = "arrow")]
pub mod fold;
#[cfg(feature = "arrow")]
pub mod joint;
pub mod memory;
pub mod pool;
#[cfg(feature = "arrow")]
pub mod powers;
#[cfg(feature = "arrow")]
pub mod ranges;
#[cfg(feature = "threads")]
mod threads;
