//! Products of blocks as sums of doubles, and the exponents between which they are exact.
//!
//! All terms of a product are multiples of the product of the lowest bits of its factors. If that is no less than
//! `2^-1074`, and no product overflows, the error of every multiplication is a double.

use std::ops::RangeInclusive;

use super::super::block::BLOCK;
use super::super::dispatch::{self, Level, Task};
use super::super::formats::top_of;
use super::super::vector::Vector;
use super::super::window::{self, Scan};

/// The exponents of the lowest bit and of the highest magnitude of an exact product.
const EXPONENTS: RangeInclusive<i32> = -1074..=1023;

/// The exponents between which the bits of a block lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// All values are multiples of two to this power,
    pub(super) lowest: i32,
    /// and below two to this one.
    pub(super) top: i32,
}

impl Span {
    /// That of a block; `None` if all values are zero.
    pub(super) fn of(level: Level, block: &[f64]) -> Option<Self> {
        let mut scan =
            Scan { smallest_less_one: 0, largest: 0, has_other_than_negative_zero: false };
        dispatch::run(level, ScanBlock { block, scan: &mut scan });
        if scan.largest == 0 {
            return None;
        }
        let smallest = scan.smallest_less_one + 1;
        let lowest = top_of::<f64>(smallest) - f64::MANTISSA_DIGITS as i32;
        Some(Self { lowest, top: top_of::<f64>(scan.largest) })
    }

    /// That of the product of two.
    pub(super) fn times(self, other: Self) -> Self {
        Self { lowest: self.lowest + other.lowest, top: self.top + other.top }
    }

    /// That of the values times two to a power.
    pub(super) fn scaled(self, power: i32) -> Self {
        Self { lowest: self.lowest + power, top: self.top + power }
    }

    /// Whether the terms of a product with this span are exact.
    pub(super) fn is_exact(self) -> bool {
        self.lowest >= *EXPONENTS.start() && self.top <= *EXPONENTS.end()
    }
}

struct ScanBlock<'a> {
    block: &'a [f64],
    scan: &'a mut Scan,
}

impl Task for ScanBlock<'_> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        *self.scan = window::scan(self.block);
    }
}

/// A product of blocks: the terms of each row add up to it. Terms that are zero in all rows may be missing.
pub(super) struct Expansion {
    /// Where each term is among all that there may be, and its values.
    pub(super) terms: Vec<(usize, Box<[f64; BLOCK]>)>,
}

impl Expansion {
    /// A block, times two to a power.
    pub(super) fn of(block: &[f64], factor: f64) -> Self {
        let mut term = Box::new([0.0; BLOCK]);
        for (value, from) in term.iter_mut().zip(block) {
            *value = factor * from;
        }
        Self { terms: vec![(0, term)] }
    }

    /// The product with another block, times two to a power.
    pub(super) fn times(self, level: Level, block: &[f64], factor: f64) -> Self {
        let mut terms = Vec::with_capacity(2 * self.terms.len());
        for (place, mut product) in self.terms {
            let mut error = Box::new([0.0; BLOCK]);
            let mut has_error = false;
            let task = Multiply {
                block,
                factor,
                product: &mut product[..block.len()],
                error: &mut error[..block.len()],
                has_error: &mut has_error,
            };
            dispatch::run(level, task);
            terms.push((2 * place, product));
            if has_error {
                terms.push((2 * place + 1, error));
            }
        }
        Self { terms }
    }
}

/// Multiplies values by those of a block and a factor: rounded products, and what rounding took away.
struct Multiply<'a> {
    block: &'a [f64],
    factor: f64,
    product: &'a mut [f64],
    error: &'a mut [f64],
    has_error: &'a mut bool,
}

impl Task for Multiply<'_> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        let Self { block, factor, product, error, has_error } = self;
        let (product, error) = (&mut product[..block.len()], &mut error[..block.len()]);
        let mut bits = 0;
        for i in 0..block.len() {
            let (one, other) = (product[i], factor * block[i]);
            product[i] = one * other;
            error[i] = one.mul_add(other, -product[i]);
            bits |= error[i].to_bits() << 1;
        }
        *has_error = bits != 0;
    }
}
