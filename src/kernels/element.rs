//! The types of values, and the interface of the kernels that sum them.

use arrow_buffer::i256;

use super::block::Block;
use super::extremes::Bounds;
use super::short::Short;
use super::sums::Sums;
use super::vector::Vector;

/// What a pass over the values must compute. Nothing else is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The number of values.
    Count,
    /// The sum, and the special values.
    Sum,
    /// The sum and the sum of squares, and the special values.
    Squares,
    /// As `Sum`, but to within a [`Slack`](super::sums::Slack) where that is faster.
    SumBracket,
    /// As `Squares`, but to within a [`Slack`](super::sums::Slack) where that is faster.
    Bracket,
    /// The same with a slack that matters to fewer columns, at a third more time.
    FineBracket,
    /// The minimum and the maximum, and the NaNs.
    Extremes,
    /// All of this: a mergeable state holds everything.
    Everything,
}

impl Need {
    /// Whether sums of squares are among it.
    pub fn has_squares(self) -> bool {
        matches!(self, Self::Squares | Self::Everything) || self.has_inexact_squares()
    }

    /// Whether sums of squares may have a slack.
    pub fn has_inexact_squares(self) -> bool {
        matches!(self, Self::Bracket | Self::FineBracket)
    }

    /// Whether sums of any kind may have a slack.
    pub fn has_slack(self) -> bool {
        self == Self::SumBracket || self.has_inexact_squares()
    }
}

/// A type of value that the kernels can sum and compare.
pub trait Element: Copy + Default + PartialOrd + Send + Sync + 'static {
    /// The kernel for the sums of this type.
    type Kernel: Kernel<Self>;

    /// Whether the value is a NaN.
    fn is_nan(self) -> bool;

    /// An integer that is ordered as the values are.
    type Rank: Ord + Copy + 'static;
    /// A lower bound of all ranks.
    const LEAST: Self::Rank;
    /// An upper bound of all ranks.
    const GREATEST: Self::Rank;
    /// The rank of the value in the order of its type, -0.0 before +0.0. That of a NaN is meaningless.
    fn rank(self) -> Self::Rank;
    /// The value with this rank.
    fn from_rank(rank: Self::Rank) -> Self;

    /// The bounds of some values by vectors; `None` if there are none for it.
    #[inline(always)]
    fn bounds<V: Vector>(_: V::Detected, _: &[Self]) -> Option<Bounds<Self>> {
        None
    }

    /// The value as an [`Extreme`], without loss.
    fn extreme(self) -> Extreme;

    /// The answer for a short piece that is not empty, if it takes no state. Inlined, so that it is compiled for an
    /// instruction set.
    #[inline(always)]
    fn short<V: Vector>(_: V::Detected, _: &[Self], _: Short) -> Option<f64> {
        None
    }

    /// Reads the value from exactly `size_of::<Self>()` bytes.
    fn from_bytes(bytes: &[u8], order: ByteOrder) -> Self;
}

/// An accumulator for the sums of blocks of `T`.
pub trait Kernel<T> {
    /// An empty accumulator for [`Need::Sum`], [`Need::Squares`] or [`Need::Bracket`].
    fn new(need: Need) -> Self;
    /// Adds the valid values of a block.
    fn update(&mut self, block: Block<'_, T>, sums: &mut Sums);
    /// Adds what the accumulator still holds.
    fn finish(self, sums: &mut Sums);
}

/// A minimum or maximum, without loss for every type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extreme {
    /// A floating-point number of any width.
    Float(f64),
    /// An integer, a boolean (0 or 1), ticks of a temporal type, or a decimal of up to 128 bits.
    Integer(i128),
    /// A decimal of 256 bits.
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

/// The byte order of numbers in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// That of this machine.
    Native,
    /// The opposite one.
    Swapped,
}

/// Reads a native number from exactly as many bytes as it has.
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
