//! Kernels: slices of values in, exact partial sums out.
//!
//! A kernel sees blocks of one type and adds them to sums:
//!
//! * [`block`]: a slice of values, perhaps with a bitmap that says which of them count;
//! * [`sums`]: exact sums, and how far they may be off;
//! * [`element`]: the types of values, and what a kernel must do;
//! * [`floats`]: binary floating point of every width ([`formats`]), which chooses between
//!   [`slices`], vectors of floating-point numbers cut on grids, for long blocks, and [`window`],
//!   integer arithmetic in a window of exponents; [`buckets`] is the universal path for any
//!   exponents, and the oracle of all others;
//! * [`brackets`]: sums of squares to within a slack, at half the cost;
//! * [`ladder`]: how many slices, and on which grids;
//! * [`dispatch`]: which instruction set, whose words are in [`vector`];
//! * [`integers`]: integers of up to 64 bits, and [`decimals`]: wider ones;
//! * [`gather`]: values looked up by keys;
//! * [`extremes`]: minimum and maximum;
//! * [`mask`]: bitmaps, and the compaction of what they select.
//!
//! This floor knows [`exact`](crate::exact), and nothing of Arrow but its integer of 256 bits.

#[cfg(target_arch = "aarch64")]
#[allow(unsafe_code)]
mod aarch64;
pub mod block;
mod brackets;
pub mod buckets;
pub mod decimals;
#[allow(unsafe_code)]
pub mod dispatch;
pub mod element;
pub mod extremes;
pub mod floats;
pub mod formats;
pub mod gather;
pub mod integers;
mod ladder;
pub mod mask;
mod slices;
pub mod sums;
mod vector;
mod window;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86;

pub use block::{BLOCK, Block, Blocks};
pub use element::{ByteOrder, Element, Kernel, Need};
pub use sums::{Slack, Sums};
