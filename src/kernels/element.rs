//! Types of values, and what a kernel for one must do.

use arrow_buffer::i256;

use super::block::Block;
use super::sums::Sums;

/// What a pass over the values must find out. Nothing else is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// How many values there are.
    Count,
    /// The sum, and the special values.
    Sum,
    /// The sum and the sum of squares, and the special values.
    Squares,
    /// The same to within a [`Slack`], where that is faster.
    Bracket,
    /// The minimum and the maximum, and the NaNs.
    Extremes,
    /// All of this: what a state must know that is kept.
    Everything,
}

/// A type of value that the kernels can add up and compare.
pub trait Element: Copy + Default + PartialOrd + Send + Sync + 'static {
    /// The kernel for the sums of this type.
    type Kernel: Kernel<Self>;

    /// Whether the value is no number.
    fn is_nan(self) -> bool;

    /// What stands for a value where values are compared.
    type Rank: Ord + Copy;
    /// Not above the rank of any value.
    const LEAST: Self::Rank;
    /// Not below the rank of any value.
    const GREATEST: Self::Rank;
    /// The place of the value in the order of its type, -0.0 before +0.0. That of a NaN says nothing.
    fn rank(self) -> Self::Rank;
    /// The value at a place.
    fn from_rank(rank: Self::Rank) -> Self;

    /// Without loss, as the type that extremes are kept in.
    fn extreme(self) -> Extreme;

    /// Reads the value from exactly as many bytes as it has.
    fn from_bytes(bytes: &[u8], order: ByteOrder) -> Self;
}

/// An accumulator for the sums of blocks of `T`.
pub trait Kernel<T> {
    /// An empty accumulator for [`Need::Sum`], [`Need::Squares`] or [`Need::Bracket`].
    fn new(need: Need) -> Self;
    /// Adds the valid values of a block.
    fn update(&mut self, block: Block<'_, T>, sums: &mut Sums);
    /// Adds what is still held back.
    fn finish(self, sums: &mut Sums);
}

/// A smallest or largest value, without loss for every type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extreme {
    /// Of floating-point numbers.
    Float(f64),
    /// Of integers, booleans (0 and 1), ticks of time, and decimals of up to 128 bits.
    Integer(i128),
    /// Of decimals of 256 bits.
    Wide(i256),
}

impl Extreme {
    /// Whether `self` comes before `other`, a value of the same type.
    pub(super) fn precedes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a.total_cmp(&b).is_lt(),
            (Self::Integer(a), Self::Integer(b)) => a < b,
            (Self::Wide(a), Self::Wide(b)) => a < b,
            _ => unreachable!("a column has one type"),
        }
    }
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
        if $order == $crate::kernels::element::ByteOrder::Swapped {
            bytes.reverse();
        }
        <$type>::from_ne_bytes(bytes)
    }};
}
pub(super) use read_bytes;
