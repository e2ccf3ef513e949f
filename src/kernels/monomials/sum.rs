//! The exact sum of one kind of product.

use smallvec::SmallVec;

use super::super::block::{BLOCK, Block};
use super::super::dispatch::{Isa, Level};
use super::super::element::{Kernel, Need};
use super::super::floats::Floats;
use super::super::formats::integer;
use super::super::slices::power_of_two;
use super::super::sums::Sums;
use super::expansion::{Expansion, Span};
use super::near::NearSum;
use super::{Part, Precision};
use crate::exact::{Ball, Integer};

/// The largest power of two that a factor is multiplied by: it, and its inverse, are normal doubles.
const MAX_POWER: i32 = 1000;

/// The sum of products of a number of factors.
pub(super) struct ProductSum {
    /// What is summed to within an error, if that is allowed.
    near: Option<NearSum>,
    /// What is summed exactly.
    total: Integer,
    /// Sums of terms, in units of two to the power of `-scale`, by their place in the product: those of one place
    /// resemble each other.
    kernels: Vec<Option<(Floats<f64>, Sums)>>,
    scale: i32,
}

impl ProductSum {
    pub(super) fn new(precision: Precision<'_>) -> Self {
        let is_exact = matches!(precision, Precision::Exact);
        let near = (!is_exact).then(NearSum::default);
        Self { near, total: Integer::new(), kernels: Vec::new(), scale: 0 }
    }

    /// Adds the products of rows: each factor is given by its parts.
    pub(super) fn add(&mut self, factors: &[&[Part<'_>]]) {
        let level = Level::current();
        let combinations = factors.iter().map(|parts| parts.len()).product();
        for combination in 0..combinations {
            let (mut rest, mut picked) = (combination, SmallVec::<[Part<'_>; 4]>::new());
            for parts in factors {
                picked.push(parts[rest % parts.len()]);
                rest /= parts.len();
            }
            if picked.iter().any(|factor| factor.largest == 0) {
                continue; // zeros
            }
            let is_near = combinations == 1
                && self.near.as_mut().is_some_and(|near| near.add(level, &picked));
            if !is_near {
                self.add_blocks(level, combination, &picked);
            }
        }
    }

    /// Adds the products of parts exactly, as many at a time as products in memory have room for.
    fn add_blocks(&mut self, level: Level, combination: usize, factors: &[Part<'_>]) {
        if let [factor] = factors {
            return self.add_term(combination, factor.values);
        }
        for start in (0..factors[0].values.len()).step_by(BLOCK) {
            let block = factors.iter().map(|factor| {
                let values = &factor.values[start..];
                Part { values: &values[..values.len().min(BLOCK)], ..*factor }
            });
            self.add_product(level, combination, &block.collect::<SmallVec<[Part<'_>; 4]>>());
        }
    }

    /// Adds the products of a block exactly.
    fn add_product(&mut self, level: Level, combination: usize, factors: &[Part<'_>]) {
        let spans = factors.iter().map(|factor| Span::of(level, factor.values));
        let Some(spans) = spans.collect::<Option<SmallVec<[Span; 4]>>>() else {
            return; // zeros
        };
        let powers = if level.isa() == Isa::Portable { None } else { powers(&spans) };
        let Some(powers) = powers else {
            return self.add_by_integers(factors);
        };
        let scale = powers.iter().sum();
        if scale != self.scale {
            self.flush();
            self.scale = scale;
        }
        let factor = |i: usize| (factors[i].values, power_of_two(powers[i]));
        let (first, power) = factor(0);
        let mut expansion = Expansion::of(first, power);
        for i in 1..factors.len() {
            let (block, power) = factor(i);
            expansion = expansion.times(level, block, power);
        }
        let terms = 1 << (factors.len() - 1);
        for (place, term) in &expansion.terms {
            self.add_term(combination * terms + place, &term[..first.len()]);
        }
    }

    /// Adds the terms of a place.
    fn add_term(&mut self, place: usize, terms: &[f64]) {
        if self.kernels.len() <= place {
            self.kernels.resize_with(place + 1, || None);
        }
        let (kernel, sums) =
            self.kernels[place].get_or_insert_with(|| (Floats::new(Need::Sum), Sums::default()));
        kernel.update(Block::Dense(terms), sums);
    }

    /// Adds products whose exponents are too far apart for doubles, one by one.
    #[cold]
    fn add_by_integers(&mut self, factors: &[Part<'_>]) {
        for row in 0..factors[0].values.len() {
            let mut product = Integer::new();
            for (i, factor) in factors.iter().enumerate() {
                let number = integer(factor.values[row]);
                product = if i == 0 { number } else { product.times(&number) };
            }
            self.total.merge(&product);
        }
    }

    fn flush(&mut self) {
        for (kernel, mut sums) in self.kernels.drain(..).flatten() {
            kernel.finish(&mut sums);
            self.total.merge(&sums.first.scaled(-self.scale));
        }
    }

    /// The sum.
    pub(super) fn finish(mut self) -> Ball {
        self.flush();
        let total = Ball::from(self.total);
        match self.near {
            Some(near) => near.finish().plus(&total),
            None => total,
        }
    }
}

/// The powers of two that factors are multiplied by so that their product is exact: none where it is as it stands. `None` if
/// there are no such powers.
fn powers(spans: &[Span]) -> Option<SmallVec<[i32; 4]>> {
    let is_exact = |powers: &[i32]| {
        let scaled = spans.iter().zip(powers).map(|(span, &power)| span.scaled(power));
        // All partial products are, too, since their spans lie within that of the whole, or of its factors.
        let mut product = Span { lowest: 0, top: 0 };
        { scaled }.all(|span| {
            product = product.times(span);
            span.is_exact() && product.is_exact()
        })
    };
    let none = SmallVec::from_elem(0, spans.len());
    if is_exact(&none) {
        return Some(none);
    }
    let powers = spans.iter().map(|span| (-span.top).clamp(-MAX_POWER, MAX_POWER));
    let powers = powers.collect::<SmallVec<[i32; 4]>>();
    is_exact(&powers).then_some(powers)
}
