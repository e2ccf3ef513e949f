//! The bucket engine: exact sums of floating-point numbers with any exponents, in the plainest way.
//!
//! Every power of two has a bucket, which accumulates the signed significands of all values with that
//! power, and their squares. Only integers are added, so all there is to prove is that a bucket cannot
//! overflow: a significand is below `2^53`, its square is below `2^106`, and after at most `2^21` values the
//! buckets are emptied into the wide integers.
//!
//! This is the path for data with scattered exponents, and the oracle that every faster kernel is
//! compared with, integer for integer.

use std::marker::PhantomData;

use super::element::Need;
use super::formats::{Ieee, Parts, parts};
use super::sums::Sums;

/// Values after which the buckets must be emptied, so that none can overflow.
const CAPACITY: usize = 1 << 21;

/// The sums of significands and of their squares, for one power of two.
#[derive(Clone, Copy, Default)]
struct Bucket {
    sum: i128,
    squares: u128,
}

/// A bucket for every power of two of the format.
#[doc(hidden)]
pub struct Buckets<T> {
    need: Need,
    buckets: Box<[Bucket]>,
    held: usize,
    format: PhantomData<T>,
}

impl<T: Ieee> Buckets<T> {
    /// Empty buckets, which compute the sum of squares only if it is needed.
    pub fn new(need: Need) -> Self {
        let powers = (T::INFINITY_BITS >> T::FRACTION_BITS) as usize;
        let buckets = vec![Bucket::default(); powers].into();
        Self { need, buckets, held: 0, format: PhantomData }
    }

    /// Adds finite values.
    pub fn update(&mut self, values: &[T], sums: &mut Sums) {
        for part in values.chunks(CAPACITY) {
            if self.held + part.len() > CAPACITY {
                self.empty(sums);
            }
            self.held += part.len();
            for &value in part {
                let Parts { negative, significand, power } = parts(value);
                let bucket = &mut self.buckets[power as usize];
                let significand = i128::from(significand);
                bucket.sum += if negative { -significand } else { significand };
                bucket.squares += (significand * significand) as u128;
            }
        }
    }

    /// Adds what the buckets hold to the sums.
    pub fn finish(mut self, sums: &mut Sums) {
        self.empty(sums);
    }

    fn empty(&mut self, sums: &mut Sums) {
        for (power, bucket) in self.buckets.iter_mut().enumerate() {
            let Bucket { sum, squares } = std::mem::take(bucket);
            let exponent = T::LOWEST + power as i32;
            sums.first.add(sum, exponent);
            if self.need.has_squares() {
                // At most 2^21 squares below 2^106: the top bit is free for the sign.
                sums.second.add(squares as i128, 2 * exponent);
            }
        }
        self.held = 0;
    }
}
