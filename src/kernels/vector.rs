//! The operations that the kernels of [`slices`](super::slices) need of an instruction set.
//!
//! [`Vector`] is implemented once for each instruction set, in a module of its own, and for `[f64; 4]` in plain
//! Rust, so that the algorithms are tested on every machine.
//!
//! # Soundness
//!
//! [`Vector`] is a safe trait whose implementations run instructions that a processor may lack. What makes
//! them safe is [`Vector::Detected`]: a proof of zero size that exists only where the instruction set was
//! detected, because nothing but detection makes it. Every function that makes a first vector takes this
//! proof. Hence a vector is itself a proof, and functions that take one need no other.

use half::f16;

/// A vector of doubles.
pub trait Vector: Copy {
    /// The number of lanes.
    const LANES: usize;
    /// The access to sticky exception flags; [`Blind`] if there is none.
    type Watch: Watch<Self>;
    /// The proof that the instruction set was detected.
    type Detected: Copy;
    /// Whether there are registers enough for four chains of additions.
    const HAS_FOUR_CHAINS: bool = false;

    /// Attempts something out of line: its code, compiled for the instruction set, exists once, however many places
    /// attempt it.
    fn attempt(detected: Self::Detected, what: impl Attempt<Self>) -> bool;
    /// The same number in every lane.
    fn splat(detected: Self::Detected, value: f64) -> Self;
    /// The first values of a slice, one for each lane; panics if there are fewer.
    fn load(detected: Self::Detected, values: &[f64]) -> Self;
    /// The same, widened from single precision.
    fn widen(detected: Self::Detected, values: &[f32]) -> Self;
    /// The same, widened from half precision.
    #[inline(always)]
    fn widen_halves(detected: Self::Detected, values: &[f16]) -> Self {
        let mut lanes = [0.0; MAX_LANES];
        for (lane, value) in lanes.iter_mut().zip(&values[..Self::LANES]) {
            *lane = value.to_f64();
        }
        Self::load(detected, &lanes)
    }
    /// All values of a slice that is shorter than a vector, padded with zeros.
    #[inline(always)]
    fn load_some(detected: Self::Detected, values: &[f64]) -> Self {
        Self::load(detected, &padded(values))
    }
    /// The same, widened from single precision.
    #[inline(always)]
    fn widen_some(detected: Self::Detected, values: &[f32]) -> Self {
        Self::widen(detected, &padded(values))
    }
    /// The lanes whose bit is set, and zeros in the others.
    fn keep(self, lanes: u8) -> Self;
    /// Lane by lane, rounded to nearest.
    fn add(self, other: Self) -> Self;
    /// The same, without raising an exception flag if [`Watch::EXISTS`].
    #[inline(always)]
    fn add_quietly(self, other: Self) -> Self {
        self.add(other)
    }
    /// Lane by lane, rounded to nearest.
    fn subtract(self, other: Self) -> Self;
    /// Ones that the compiler does not recognize, so that it keeps the multiplications of [`Self::difference`].
    #[inline(always)]
    fn ones(detected: Self::Detected) -> Self {
        Self::splat(detected, 1.0)
    }
    /// `self - other`, rounded to nearest, by a fused multiply-add where those run in pipes of their own.
    #[inline(always)]
    fn difference(self, other: Self, _ones: Self) -> Self {
        self.subtract(other)
    }
    /// The lanes that are finite and zeros in the others; which lanes are NaN, and which are infinite, the first one in
    /// the lowest bit.
    fn finite(self) -> (Self, u32, u32);
    /// Which lanes have a sign.
    #[inline(always)]
    fn signs(self) -> u32 {
        let lanes = self.lanes().into_iter().enumerate();
        lanes.fold(0, |mask, (i, lane)| mask | u32::from(lane.is_sign_negative()) << i)
    }
    /// Lane by lane, rounded to nearest, without raising an exception flag if [`Watch::EXISTS`].
    fn multiply_quietly(self, other: Self) -> Self;
    /// `self * factor + sum`, rounded once.
    fn multiply_add(self, factor: Self, sum: Self) -> Self;
    /// `self - a * b`, rounded once.
    fn minus_product(self, a: Self, b: Self) -> Self;
    /// Lane by lane, the lesser number; `other` if they are equal, or one is a NaN.
    fn lesser(self, other: Self) -> Self;
    /// Lane by lane, the greater number; `other` if they are equal, or one is a NaN.
    fn greater(self, other: Self) -> Self;
    /// `self | (a ^ b)`, bit by bit.
    fn or_difference(self, a: Self, b: Self) -> Self;
    /// Lane by lane, the sum of the bits as integers that wrap.
    fn add_bits(self, other: Self) -> Self;
    /// The sum of the bits of all lanes, as integers that wrap.
    fn total_of_bits(self) -> u64;
    /// Bitwise or.
    fn or(self, other: Self) -> Self;
    /// Whether [`Self::prefetch`] helps this processor.
    #[inline(always)]
    fn prefetches() -> bool {
        false
    }
    /// Prefetches the memory that lies some way ahead of the front of the slice.
    fn prefetch<T>(values: &[T]);
    /// Prefetches the memory at the front of the slice, where that helps.
    #[inline(always)]
    fn prefetch_front<T>(_: &[T]) {}
    /// Which lanes have a magnitude below a limit, are not -0.0, and have a rest that is the same rounded.
    #[inline(always)]
    fn fitting(self, limit: Self, rest: Self, rounded: Self) -> u32 {
        let (lanes, limits) = (self.lanes(), limit.lanes());
        let (rests, rounded) = (rest.lanes(), rounded.lanes());
        let fits = |i: usize| {
            let is_negative_zero = lanes[i] == 0.0 && lanes[i].is_sign_negative();
            lanes[i].abs() < limits[i] && !is_negative_zero && rests[i] == rounded[i]
        };
        (0..Self::LANES).fold(0, |mask, i| mask | u32::from(fits(i)) << i)
    }
    /// Whether [`Self::compress`] takes less time than lanes that are stored one by one.
    const COMPRESSES: bool = false;
    /// Of the bits of each lane as signed integers: which lanes are less than those of another vector, and which are equal.
    #[inline(always)]
    fn compare_integers(self, other: Self) -> (u32, u32) {
        let bits = |vector: Self| vector.lanes().map(|lane| lane.to_bits() as i64);
        let (lanes, others) = (bits(self), bits(other));
        (0..Self::LANES).fold((0, 0), |(less, equal), i| {
            (
                less | u32::from(lanes[i] < others[i]) << i,
                equal | u32::from(lanes[i] == others[i]) << i,
            )
        })
    }
    /// Stores the lanes whose bit is set at the front of an array, of which the rest may be overwritten.
    #[inline(always)]
    fn compress(self, lanes: u32, into: &mut [f64; MAX_LANES]) {
        let mut len = 0;
        for (i, lane) in self.lanes().into_iter().enumerate() {
            into[len] = lane;
            len = (len + (lanes >> i & 1) as usize).min(MAX_LANES - 1);
        }
    }
    /// Stores the bits of two vectors, those of each lane side by side.
    #[inline(always)]
    fn store_pairs(columns: [Self; 2], rows: &mut [Pair; MAX_LANES]) {
        for (column, vector) in columns.into_iter().enumerate() {
            for (row, lane) in rows.iter_mut().zip(vector.lanes()) {
                row.0[column] = lane.to_bits();
            }
        }
    }
    /// Stores the bits of eight vectors, those of each lane side by side.
    #[inline(always)]
    fn store_lines(columns: [Self; 8], rows: &mut [Line; MAX_LANES]) {
        for (column, vector) in columns.into_iter().enumerate() {
            for (row, lane) in rows.iter_mut().zip(vector.lanes()) {
                row.0[column] = lane.to_bits();
            }
        }
    }
    /// The lanes, padded with zeros.
    fn lanes(self) -> [f64; MAX_LANES];
    /// The lanes truncated to integers; their magnitudes must be below 2^63.
    #[inline(always)]
    fn integers(self) -> [i64; MAX_LANES] {
        self.lanes().map(|lane| lane as i64)
    }
}

/// At most as many values as a vector has lanes, padded with zeros.
#[inline(always)]
pub fn padded<T: Copy + Default>(values: &[T]) -> [T; MAX_LANES] {
    let mut padded = [T::default(); MAX_LANES];
    padded[..values.len()].copy_from_slice(values);
    padded
}

/// Work on vectors that may fail. `run` must be inlined, so that it is compiled for the instruction set.
pub trait Attempt<V: Vector> {
    /// Does the work, or leaves no trace and returns false.
    fn run(self, detected: V::Detected) -> bool;
}

/// The sticky exception flags of a processor, which record whether an operation has rounded.
pub trait Watch<V>: Sized {
    /// Whether there are such flags, and additions that do not raise them.
    const EXISTS: bool;

    /// Clears the flags.
    fn start() -> Self;
    /// The vector, computed at this point of the program: not before, and not later.
    fn pin(vector: V) -> V;
    /// Whether any operation since the start has rounded, overflowed or made a NaN; true if unknown.
    fn has_rounded(self) -> bool;
}

/// No access to exception flags.
pub struct Blind;

impl<V> Watch<V> for Blind {
    const EXISTS: bool = false;

    #[inline(always)]
    fn start() -> Self {
        Self
    }

    #[inline(always)]
    fn pin(vector: V) -> V {
        vector
    }

    #[inline(always)]
    fn has_rounded(self) -> bool {
        true
    }
}

/// The number of lanes of the widest vectors.
pub const MAX_LANES: usize = 8;

/// Two words that never lie in two cache lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(16))]
pub struct Pair(pub [u64; 2]);

/// Eight words, a cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Line(pub [u64; 8]);

/// How far ahead memory is prefetched, in bytes. Measured for powers of two from 512 to 8192: a sum over data
/// in memory takes 6 to 18 % longer with any other.
#[cfg(target_arch = "x86_64")]
pub const PREFETCH_DISTANCE: usize = 2048;

/// The bitwise or of all lanes.
#[inline(always)]
pub fn all_bits<V: Vector>(vector: V) -> u64 {
    let mut bits = 0;
    for lane in vector.lanes() {
        bits |= lane.to_bits();
    }
    bits
}

/// The operations in plain Rust.
impl Vector for [f64; 4] {
    const LANES: usize = 4;
    type Watch = Blind;
    /// Plain Rust needs no proof.
    type Detected = ();

    fn attempt((): (), what: impl Attempt<Self>) -> bool {
        what.run(())
    }

    fn splat((): (), value: f64) -> Self {
        [value; 4]
    }

    fn load((): (), values: &[f64]) -> Self {
        std::array::from_fn(|i| values[i])
    }

    fn widen((): (), values: &[f32]) -> Self {
        std::array::from_fn(|i| f64::from(values[i]))
    }

    fn keep(self, lanes: u8) -> Self {
        std::array::from_fn(|i| if lanes >> i & 1 == 1 { self[i] } else { 0.0 })
    }

    fn add(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i] + other[i])
    }

    fn subtract(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i] - other[i])
    }

    fn finite(self) -> (Self, u32, u32) {
        let bits = |is: fn(f64) -> bool| (0..4).map(|i| u32::from(is(self[i])) << i).sum::<u32>();
        let finite = self.map(|lane| if lane.is_finite() { lane } else { 0.0 });
        (finite, bits(f64::is_nan), bits(f64::is_infinite))
    }

    fn multiply_quietly(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i] * other[i])
    }

    fn multiply_add(self, factor: Self, sum: Self) -> Self {
        std::array::from_fn(|i| self[i].mul_add(factor[i], sum[i]))
    }

    fn minus_product(self, a: Self, b: Self) -> Self {
        std::array::from_fn(|i| (-a[i]).mul_add(b[i], self[i]))
    }

    fn lesser(self, other: Self) -> Self {
        std::array::from_fn(|i| if self[i] < other[i] { self[i] } else { other[i] })
    }

    fn greater(self, other: Self) -> Self {
        std::array::from_fn(|i| if self[i] > other[i] { self[i] } else { other[i] })
    }

    fn or_difference(self, a: Self, b: Self) -> Self {
        let bits = |i: usize| self[i].to_bits() | (a[i].to_bits() ^ b[i].to_bits());
        std::array::from_fn(|i| f64::from_bits(bits(i)))
    }

    fn add_bits(self, other: Self) -> Self {
        std::array::from_fn(|i| f64::from_bits(self[i].to_bits().wrapping_add(other[i].to_bits())))
    }

    fn total_of_bits(self) -> u64 {
        self.iter().fold(0, |total, lane| total.wrapping_add(lane.to_bits()))
    }

    fn or(self, other: Self) -> Self {
        std::array::from_fn(|i| f64::from_bits(self[i].to_bits() | other[i].to_bits()))
    }

    fn prefetch<T>(_: &[T]) {}

    fn lanes(self) -> [f64; MAX_LANES] {
        std::array::from_fn(|i| if i < Self::LANES { self[i] } else { 0.0 })
    }
}
