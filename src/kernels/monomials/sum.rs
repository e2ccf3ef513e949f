//! The exact sum of one kind of product.

use smallvec::SmallVec;

use super::super::block::Block;
use super::super::dispatch::{Isa, Level};
use super::super::element::{Kernel, Need};
use super::super::floats::Floats;
use super::super::formats::integer;
use super::super::slices::power_of_two;
use super::super::sums::Sums;
use super::expansion::{Expansion, Span};
use crate::exact::Integer;

/// The largest power of two that a factor is multiplied by: it, and its inverse, are normal doubles.
const MAX_POWER: i32 = 1000;

/// The sum of products of a number of factors.
#[derive(Default)]
pub(super) struct ProductSum {
    /// What is summed.
    total: Integer,
    /// Sums of terms, in units of two to the power of `-scale`, by their place in the product: those of one place resemble
    /// each other.
    kernels: Vec<Option<(Floats<f64>, Sums)>>,
    scale: i32,
}

impl ProductSum {
    /// Adds the products of rows: each factor is given by its parts, which are slices of one length.
    pub(super) fn add(&mut self, factors: &[&[&[f64]]]) {
        let combinations = factors.iter().map(|parts| parts.len()).product();
        for combination in 0..combinations {
            let (mut rest, mut picked) = (combination, SmallVec::<[&[f64]; 4]>::new());
            for parts in factors {
                picked.push(parts[rest % parts.len()]);
                rest /= parts.len();
            }
            self.add_product(combination, &picked);
        }
    }

    /// Adds the products of parts.
    fn add_product(&mut self, combination: usize, factors: &[&[f64]]) {
        let level = Level::current();
        let mut spans = SmallVec::<[Span; 4]>::new();
        for factor in factors {
            match Span::of(level, factor) {
                Some(span) => spans.push(span),
                None => return, // zeros
            }
        }
        let powers = if level.isa() == Isa::Portable { None } else { powers(&spans) };
        let Some(powers) = powers else {
            return self.add_by_integers(factors);
        };
        let scale = powers.iter().sum();
        if scale != self.scale {
            self.flush();
            self.scale = scale;
        }
        let factor = |i: usize| (factors[i], power_of_two(powers[i]));
        let (first, power) = factor(0);
        let mut expansion = Expansion::of(first, power);
        for i in 1..factors.len() {
            let (block, power) = factor(i);
            expansion = expansion.times(level, block, power);
        }
        let terms = 1 << (factors.len() - 1);
        for (place, term) in &expansion.terms {
            let place = combination * terms + place;
            if self.kernels.len() <= place {
                self.kernels.resize_with(place + 1, || None);
            }
            let (kernel, sums) = self.kernels[place]
                .get_or_insert_with(|| (Floats::new(Need::Sum), Sums::default()));
            kernel.update(Block::Dense(&term[..first.len()]), sums);
        }
    }

    /// Adds products whose exponents are too far apart for doubles, one by one.
    #[cold]
    fn add_by_integers(&mut self, factors: &[&[f64]]) {
        for row in 0..factors[0].len() {
            let mut product = Integer::new();
            for (i, factor) in factors.iter().enumerate() {
                let number = integer(factor[row]);
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
    pub(super) fn finish(mut self) -> Integer {
        self.flush();
        self.total
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
