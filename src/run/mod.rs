//! Running a reduction: on several threads, cancellable, and within the memory there is.
//!
//! * [`pool`]: the threads, and how columns are split over them;
//! * [`cancel`]: cooperative cancellation;
//! * [`memory`]: whether memory is available, before it is used.

pub mod cancel;
pub mod memory;
pub mod pool;
