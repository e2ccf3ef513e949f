//! Kernels: slices of values in, exact partial sums out.
//!
//! A kernel receives blocks of values of one type and adds them to exact sums. The modules, from the ground up:
//!
//! * [`mask`]: validity bitmaps, and the compaction of the values they select;
//! * [`block`]: a slice of values with an optional bitmap, and the trait of all that can be visited block by block;
//! * [`sums`]: exact sums, counts of special values, and the *slack* of sums that are not exact;
//! * [`element`]: the types of values, and the interface of a kernel;
//! * [`formats`]: the binary floating-point formats, as integers see them;
//! * `vector`, `x86`, `aarch64`: the operations that an instruction set must offer, and those that offer them;
//! * [`dispatch`]: which instruction set a call uses;
//! * [`slices`]: exact sums by floating-point vectors, which cut every value into *slices* on fixed grids;
//! * [`brackets`]: sums of squares to within a slack, at half the cost (a *bracket* of the truth);
//! * `lanes`: the values of a block as lanes of vectors;
//! * [`ladder`]: how many slices, and on which grids;
//! * [`buckets`]: a *bucket* for each exponent: the path for scattered exponents, and the oracle of all other paths;
//! * [`window`]: integer arithmetic on blocks whose exponents lie in a *window* of 64 powers of two;
//! * [`floats`]: the kernel of all floating-point types, which chooses between these paths;
//! * [`short`]: answers for short pieces, without a state;
//! * `sliding`: answers for all windows of one length;
//! * [`across`]: sums of all columns of a table in row-major order;
//! * [`scatter`]: sums of many groups at once; `weighed`: answers for few values with weights;
//! * [`monomials`]: sums of products of several columns; [`by_row`]: of many factors, such as high powers;
//! * [`integers`], [`decimals`]: the kernels of integers of up to 64 bits, and of 128 and 256 bits;
//! * [`gather`]: values by dictionary keys;
//! * [`extremes`]: minimum and maximum; `select`: values by their position in the order of all.
//!
//! This layer depends on [`exact`](crate::exact), and on nothing of Arrow but its 256-bit integer.

#[cfg(target_arch = "aarch64")]
#[allow(unsafe_code)]
mod aarch64;
pub mod across;
pub mod block;
pub mod brackets;
pub mod buckets;
pub mod by_row;
pub mod decimals;
#[allow(unsafe_code)]
pub mod dispatch;
pub mod element;
pub mod extremes;
pub mod floats;
pub mod formats;
pub mod gather;
pub mod integers;
pub mod ladder;
mod lanes;
pub mod mask;
pub mod monomials;
pub mod scatter;
#[cfg(feature = "arrow")]
pub(crate) mod select;
pub mod short;
pub mod slices;
#[cfg(feature = "arrow")]
pub(crate) mod sliding;
pub mod sums;
mod vector;
#[cfg(feature = "groups")]
pub(crate) mod weighed;
pub mod window;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86;

pub use block::{BLOCK, Block, Blocks};
pub use element::{ByteOrder, Element, Kernel, Need};
pub use sums::{Slack, Sums};
