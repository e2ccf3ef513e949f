//! Kernels: slices of values in, exact partial sums out.
//!
//! A kernel sees blocks of one type and adds them to [`Sums`]. A [`Block`] is a slice of values,
//! perhaps with a bitmap that tells which of them count. Where values lie otherwise is the concern of
//! a [`Blocks`], which gathers them block by block.
//!
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
mod brackets;
pub mod buckets;
pub mod decimals;
#[allow(unsafe_code)]
pub mod dispatch;
pub mod extremes;
pub mod floats;
mod formats;
pub mod gather;
pub mod integers;
mod ladder;
pub mod mask;
mod slices;
mod vector;
mod window;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86;

use crate::exact::{Bound, Integer};
use mask::{Mask, compact};

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
    fn extreme(self) -> extremes::Extreme;

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

/// Values side by side, and which of them count.
#[derive(Clone, Copy)]
pub enum Block<'a, T> {
    /// All of them.
    Dense(&'a [T]),
    /// Those that a bitmap of the same length selects.
    Masked(&'a [T], Mask<'a>),
}

impl<T: Copy + Default> Block<'_, T> {
    /// How many values count.
    pub fn count_valid(&self) -> usize {
        match self {
            Self::Dense(values) => values.len(),
            Self::Masked(_, validity) => validity.count_ones(),
        }
    }

    /// Whether any value that counts is such.
    pub fn any(&self, mut is_such: impl FnMut(&T) -> bool) -> bool {
        match *self {
            Self::Dense(values) => values.iter().any(is_such),
            Self::Masked(values, validity) => {
                let mut words = values.chunks(64).zip(validity.words());
                words.any(|(values, word)| {
                    values.iter().enumerate().any(|(i, value)| word >> i & 1 == 1 && is_such(value))
                })
            }
        }
    }

    /// The same values in blocks that the caches can hold while they are read more than once.
    pub fn for_each_piece(&self, mut visit: impl FnMut(Block<'_, T>)) {
        const PIECE: usize = 8 * BLOCK;
        match *self {
            Self::Dense(values) => {
                values.chunks(PIECE).for_each(|piece| visit(Block::Dense(piece)));
            }
            Self::Masked(values, validity) => {
                for (i, piece) in values.chunks(PIECE).enumerate() {
                    visit(Block::Masked(piece, validity.slice(i * PIECE, piece.len())));
                }
            }
        }
    }

    /// The values that count, in dense slices.
    pub fn for_each_dense(&self, mut visit: impl FnMut(&[T])) {
        match *self {
            Self::Dense(values) => visit(values),
            Self::Masked(values, validity) => compact(values, validity, visit),
        }
    }
}

/// Values that can be visited block by block.
pub trait Blocks<T> {
    /// Calls `visit` with blocks of any length, which together have all valid values.
    fn for_each_block(&self, visit: impl FnMut(Block<'_, T>));
}

impl<T> Blocks<T> for Block<'_, T> {
    fn for_each_block(&self, mut visit: impl FnMut(Block<'_, T>)) {
        visit(match *self {
            Self::Dense(values) => Block::Dense(values),
            Self::Masked(values, validity) => Block::Masked(values, validity),
        });
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
    /// Whether there is any number but -0.0: it decides the sign of a sum of zero.
    pub has_other_than_negative_zero: bool,
    /// How far the sums may be off; not at all, if absent.
    pub slack: Option<Slack>,
}

/// How far sums may be off, up or down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slack {
    /// The sum.
    pub first: Bound,
    /// The sum of squares.
    pub second: Bound,
}

impl Sums {
    /// Adds the sums of another set of values.
    pub fn merge(&mut self, other: &Self) {
        self.merge_repeated(other, 0);
    }

    /// Adds the sums of another set of values, each `2^doublings` times.
    pub fn merge_repeated(&mut self, other: &Self, doublings: u32) {
        self.first.merge_repeated(&other.first, doublings);
        self.second.merge_repeated(&other.second, doublings);
        self.nans += other.nans << doublings;
        self.positive_infinities += other.positive_infinities << doublings;
        self.negative_infinities += other.negative_infinities << doublings;
        self.has_other_than_negative_zero |= other.has_other_than_negative_zero;
        if let Some(theirs) = other.slack {
            let ours = self.slack.get_or_insert_default();
            ours.first = ours.first.plus(theirs.first.shifted(doublings));
            ours.second = ours.second.plus(theirs.second.shifted(doublings));
        }
    }

    /// Whether any value is infinite.
    pub fn has_infinities(&self) -> bool {
        self.positive_infinities + self.negative_infinities > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parts of a column are added up by several threads, each with a slack of its own.
    #[test]
    fn slacks_of_merged_sums_add_up() {
        let with = |first, second| Sums { slack: Some(Slack { first, second }), ..Sums::default() };
        let one = with(Bound::new(3, 10), Bound::new(5, -7));
        let other = with(Bound::new(1, 0), Bound::new(9, 20));
        let expected = |terms: [(i128, i32); 2]| {
            let mut sum = Integer::new();
            terms.into_iter().for_each(|(units, exponent)| sum.add(units, exponent));
            sum
        };
        let mut merged = one.clone();
        merged.merge_repeated(&other, 2);
        let slack = merged.slack.unwrap();
        assert_eq!(slack.first.to_integer(), expected([(3, 10), (1, 2)]));
        assert_eq!(slack.second.to_integer(), expected([(5, -7), (9, 22)]));

        let mut exact = Sums::default();
        exact.merge(&one);
        assert_eq!(exact.slack, one.slack);
        merged = one.clone();
        merged.merge(&Sums::default());
        assert_eq!(merged.slack, one.slack);
    }
}
