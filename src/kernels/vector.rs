//! The vocabulary of vectors: what the kernels of [`slices`](super::slices) need of an instruction
//! set, and not a word more.
//!
//! Each instruction set says these words in a file of its own; `[f64; 4]` says them anywhere, so that
//! the algorithm is tested on every machine.
//!
//! # Soundness
//!
//! [`Vector`] is a safe trait whose implementations run instructions that a processor may lack. What makes
//! them safe is [`Vector::Detected`]: a value of zero size that exists only where the instruction set was
//! detected, because detection alone makes it. Every function that makes a vector out of something else
//! takes this proof, so a vector is itself one, and functions of a vector need no other.

/// Doubles side by side.
pub trait Vector: Copy {
    /// How many.
    const LANES: usize;
    /// How it can be seen that operations were exact; [`Blind`], if it cannot.
    type Watch: Watch<Self>;
    /// The proof that the instruction set was detected.
    type Detected: Copy;

    /// The same number in every lane.
    fn splat(detected: Self::Detected, value: f64) -> Self;
    /// As many values as there are lanes, from the front of a slice, which must have them.
    fn load(detected: Self::Detected, values: &[f64]) -> Self;
    /// The same from single precision.
    fn widen(detected: Self::Detected, values: &[f32]) -> Self;
    /// The lanes whose bit is set; zero in the others.
    fn keep(self, lanes: u8) -> Self;
    /// Lane by lane, rounded to nearest.
    fn add(self, other: Self) -> Self;
    /// The same, but no [`Watch`] takes notice of its rounding.
    #[inline(always)]
    fn add_unnoticed(self, other: Self) -> Self {
        self.add(other)
    }
    /// Lane by lane, rounded to nearest.
    fn subtract(self, other: Self) -> Self;
    /// `self * factor + sum`, rounded once.
    fn multiply_add(self, factor: Self, sum: Self) -> Self;
    /// The bits of `self`, and those in which `a` and `b` differ.
    fn or_difference(self, a: Self, b: Self) -> Self;
    /// The bits of both.
    fn or(self, other: Self) -> Self;
    /// Asks for memory that will be read soon: [`AHEAD`] bytes behind the front of the slice.
    fn prefetch<T>(values: &[T]);
    /// The lanes, zeros behind the last.
    fn lanes(self) -> [f64; MOST_LANES];
    /// The same cut off to integers, if they are below 2^63.
    #[inline(always)]
    fn integers(self) -> [i64; MOST_LANES] {
        self.lanes().map(|lane| lane as i64)
    }
}

/// The memory of a processor that remembers whether it has rounded.
pub trait Watch<V>: Sized {
    /// Whether it has one, and additions that leave no trace in it.
    const EXISTS: bool;

    /// Forgets what was before.
    fn start() -> Self;
    /// The vector, computed here: after what was done before, and before what is done after.
    fn here(vector: V) -> V;
    /// Whether anything was rounded, or was no number, since the start.
    fn has_seen_rounding(self) -> bool;
}

/// No memory.
pub struct Blind;

impl<V> Watch<V> for Blind {
    const EXISTS: bool = false;

    #[inline(always)]
    fn start() -> Self {
        Self
    }

    #[inline(always)]
    fn here(vector: V) -> V {
        vector
    }

    #[inline(always)]
    fn has_seen_rounding(self) -> bool {
        true
    }
}

/// The widest vectors have so many lanes.
pub const MOST_LANES: usize = 8;

/// How far ahead memory is asked for. Measured from 512 to 8192 bytes: a sum over memory takes 6 to 18 %
/// longer with the others.
pub const AHEAD: usize = 2048;

/// The lanes of a vector as bits, joined by "or".
#[inline(always)]
pub fn all_bits<V: Vector>(vector: V) -> u64 {
    let mut bits = 0;
    for lane in vector.lanes() {
        bits |= lane.to_bits();
    }
    bits
}

/// The words in the language itself.
impl Vector for [f64; 4] {
    const LANES: usize = 4;
    type Watch = Blind;
    /// The language runs everywhere.
    type Detected = ();

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

    fn multiply_add(self, factor: Self, sum: Self) -> Self {
        std::array::from_fn(|i| self[i].mul_add(factor[i], sum[i]))
    }

    fn or_difference(self, a: Self, b: Self) -> Self {
        let bits = |i: usize| self[i].to_bits() | (a[i].to_bits() ^ b[i].to_bits());
        std::array::from_fn(|i| f64::from_bits(bits(i)))
    }

    fn or(self, other: Self) -> Self {
        std::array::from_fn(|i| f64::from_bits(self[i].to_bits() | other[i].to_bits()))
    }

    fn prefetch<T>(_: &[T]) {}

    fn lanes(self) -> [f64; MOST_LANES] {
        std::array::from_fn(|i| if i < Self::LANES { self[i] } else { 0.0 })
    }
}
