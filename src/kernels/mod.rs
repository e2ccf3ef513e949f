//! Kernels: slices of values in, exact partial sums out.
//!
//! A kernel sees dense slices of one type and adds them to [`Sums`]. Where the values lie, which of
//! them count and in which order they come is the concern of a [`Blocks`]: it hands out the valid
//! values in dense blocks, so every kernel exists once, for nulls and strides alike.
//!
//! * [`floats`]: binary floating point of every width, by integer arithmetic in a window of
//!   exponents; [`buckets`] is the universal path for any exponents, and the oracle of all others;
//! * [`integers`]: integers of every width;
//! * [`extremes`]: minimum and maximum;
//! * [`mask`]: bitmaps, and the compaction of what they select.
//!
//! This floor knows [`exact`](crate::exact), and nothing of Arrow.

pub mod buckets;
pub mod extremes;
pub mod floats;
pub mod integers;
pub mod mask;

use crate::exact::Integer;

/// Values handed to a kernel at a time: small enough for the first cache, and for the proofs of
/// [`floats`], which count on at most 2^10 additions between two carries.
pub const BLOCK: usize = 1024;

/// What a pass over the values must find out. Nothing else is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// How many values there are.
    Count,
    /// The sum, and the special values.
    Sum,
    /// The sum and the sum of squares, and the special values.
    Squares,
    /// The minimum and the maximum, and the NaNs.
    Extremes,
}

/// A type of value that the kernels can add up and compare.
pub trait Element: Copy + Default + PartialOrd + Send + Sync + 'static {
    /// The kernel for the sums of this type.
    type Kernel: Kernel<Self>;

    /// Whether the value is no number.
    fn is_nan(self) -> bool;

    /// Whether `self` comes before `other`; -0.0 before +0.0. Not asked of a NaN.
    fn precedes(self, other: Self) -> bool;

    /// Without loss, as the type that extremes are kept in.
    fn extreme(self) -> extremes::Extreme;

    /// Reads the value from exactly as many bytes as it has.
    fn from_bytes(bytes: &[u8], order: ByteOrder) -> Self;
}

/// An accumulator for the sums of slices of `T`.
pub trait Kernel<T> {
    /// An empty accumulator for [`Need::Sum`] or [`Need::Squares`].
    fn new(need: Need) -> Self;
    /// Adds all values of a slice.
    fn update(&mut self, values: &[T], sums: &mut Sums);
    /// Adds what is still held back.
    fn finish(self, sums: &mut Sums);
}

/// How the bytes of a number are ordered in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// As this machine has them.
    Native,
    /// The other way round.
    Swapped,
}

/// Reads a native number from as many bytes as it has.
macro_rules! read_bytes {
    ($type:ty, $bytes:expr, $order:expr) => {{
        let mut bytes = [0; size_of::<$type>()];
        bytes.copy_from_slice($bytes);
        if $order == ByteOrder::Swapped {
            bytes.reverse();
        }
        <$type>::from_ne_bytes(bytes)
    }};
}
use read_bytes;

/// Values that can be visited as dense slices, leaving out those that are null.
pub trait Blocks<T> {
    /// Calls `visit` with the valid values, block by block, each of any length.
    fn for_each_block(&self, visit: impl FnMut(&[T]));

    /// How many values are valid.
    fn count_valid(&self) -> usize {
        let mut count = 0;
        self.for_each_block(|block| count += block.len());
        count
    }
}

impl<T> Blocks<T> for &[T] {
    fn for_each_block(&self, mut visit: impl FnMut(&[T])) {
        visit(self);
    }
}

/// Exact sums of a set of values. Special values are counted and never enter the integers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// The sum of the finite values.
    pub first: Integer,
    /// The sum of their squares.
    pub second: Integer,
    /// How many values are NaN.
    pub nans: u64,
    /// How many are positive infinity.
    pub positive_infinities: u64,
    /// How many are negative infinity.
    pub negative_infinities: u64,
    /// Whether there is any value but -0.0: it decides the sign of a sum of zero.
    pub has_other_than_negative_zero: bool,
}

impl Sums {
    /// Adds the sums of another set of values.
    pub fn merge(&mut self, other: &Self) {
        self.first.merge(&other.first);
        self.second.merge(&other.second);
        self.nans += other.nans;
        self.positive_infinities += other.positive_infinities;
        self.negative_infinities += other.negative_infinities;
        self.has_other_than_negative_zero |= other.has_other_than_negative_zero;
    }

    /// Whether any value is infinite.
    pub fn has_infinities(&self) -> bool {
        self.positive_infinities + self.negative_infinities > 0
    }
}
