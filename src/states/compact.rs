//! The state of one group in one column, in as little memory as most groups need.
//!
//! There may be millions of groups, but an [`Accumulator`] is designed for one column: it has room for
//! wide windows, special values, and a slack. A [`Compact`] state has three limbs for the sum and four for
//! the sum of squares, around the group's own exponents, and extremes of 64 bits: a third of the
//! memory. A group that does not fit, or has special values, keeps an accumulator on the heap.
//! Both forms hold the same, to the bit.

use crate::exact::Few;
use crate::kernels::extremes::{Extreme, Extremes};
use crate::kernels::{Need, Sums};
use crate::states::accumulator::{Accumulator, Gathered, Options};

/// The exact state of a group.
#[derive(Clone, Debug)]
pub struct Compact(Form);

#[derive(Clone, Debug)]
enum Form {
    Slim(Slim),
    Full(Box<Accumulator>),
}

/// A state without special values, whose numbers fit.
#[derive(Clone, Debug, Default)]
struct Slim {
    valid: u64,
    nulls: u64,
    first: Few<3>,
    second: Few<4>,
    /// Minimum and maximum: the bits of doubles, or integers.
    extremes: [i64; 2],
    kind: Kind,
    has_other_than_negative_zero: bool,
}

/// The type of the extremes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    None,
    Floats,
    Integers,
}

impl Default for Compact {
    fn default() -> Self {
        Self(Form::Slim(Slim::default()))
    }
}

impl From<Accumulator> for Compact {
    fn from(accumulator: Accumulator) -> Self {
        let slim = Slim::default().plus(&accumulator);
        Self(slim.map_or_else(|| Form::Full(Box::new(accumulator)), Form::Slim))
    }
}

impl Compact {
    /// Adds the state of other values.
    pub fn add(&mut self, part: &Accumulator) {
        match &mut self.0 {
            Form::Full(accumulator) => return accumulator.merge(part),
            Form::Slim(slim) => {
                if let Some(sum) = slim.plus(part) {
                    *slim = sum;
                    return;
                }
            }
        }
        let mut whole = self.to_moments();
        whole.merge(part);
        *self = whole.into();
    }

    /// Adds rows that are only counted.
    pub fn add_counts(&mut self, valid: u64, nulls: u64) {
        match &mut self.0 {
            Form::Full(accumulator) => {
                accumulator.update_counts(valid as usize, nulls as usize, Need::Everything);
            }
            Form::Slim(slim) => {
                slim.valid += valid;
                slim.nulls += nulls;
            }
        }
    }

    /// The number of rows.
    pub fn rows(&self) -> u64 {
        match &self.0 {
            Form::Slim(slim) => slim.valid + slim.nulls,
            Form::Full(accumulator) => accumulator.count(&Options::default()) + accumulator.nulls(),
        }
    }

    /// The same state as an accumulator.
    pub fn to_moments(&self) -> Accumulator {
        match &self.0 {
            Form::Slim(slim) => slim.to_moments(),
            Form::Full(accumulator) => (**accumulator).clone(),
        }
    }
}

impl Slim {
    /// The sum with another state, if it fits.
    #[inline]
    fn plus(&self, other: &Accumulator) -> Option<Self> {
        let sums = other.sums();
        if other.gathered() != Gathered::EVERYTHING {
            return None;
        }
        if sums.nans > 0 || sums.has_infinities() || !other.is_exact() {
            return None;
        }
        let (kind, extremes) = match other.extremes_of_numbers() {
            None => (Kind::None, [0; 2]),
            Some(Extremes { min, max }) => pair(min, max)?,
        };
        Some(Self {
            valid: self.valid + other.count(&Options::default()),
            nulls: self.nulls + other.nulls(),
            first: self.first.plus(&sums.first)?,
            second: self.second.plus(&sums.second)?,
            extremes: joined((self.kind, self.extremes), (kind, extremes)),
            kind: if kind == Kind::None { self.kind } else { kind },
            has_other_than_negative_zero: self.has_other_than_negative_zero
                || sums.has_other_than_negative_zero,
        })
    }

    fn to_moments(&self) -> Accumulator {
        let extreme = |bits: i64| match self.kind {
            Kind::Floats => Extreme::Float(f64::from_bits(bits as u64)),
            Kind::None | Kind::Integers => Extreme::Integer(bits.into()),
        };
        let [min, max] = self.extremes.map(extreme);
        let extremes = (self.kind != Kind::None).then_some(Extremes { min, max });
        let sums = Sums {
            first: self.first.to_integer(),
            second: self.second.to_integer(),
            has_other_than_negative_zero: self.has_other_than_negative_zero,
            ..Sums::default()
        };
        Accumulator::from_parts(self.valid, self.nulls, sums, extremes)
    }
}

/// Two extremes in 64 bits each.
fn pair(min: Extreme, max: Extreme) -> Option<(Kind, [i64; 2])> {
    match (min, max) {
        (Extreme::Float(min), Extreme::Float(max)) => {
            Some((Kind::Floats, [min, max].map(|value| value.to_bits() as i64)))
        }
        (Extreme::Integer(min), Extreme::Integer(max)) => {
            Some((Kind::Integers, [min.try_into().ok()?, max.try_into().ok()?]))
        }
        _ => None,
    }
}

/// The extremes of two sets of values of one type.
fn joined(ours: (Kind, [i64; 2]), theirs: (Kind, [i64; 2])) -> [i64; 2] {
    let ([min, max], [other_min, other_max]) = (ours.1, theirs.1);
    match (ours.0, theirs.0) {
        (_, Kind::None) => ours.1,
        (Kind::None, _) => theirs.1,
        (_, Kind::Integers) => [min.min(other_min), max.max(other_max)],
        (_, Kind::Floats) => {
            // In this order -0.0 comes before +0.0.
            let rank = |&bits: &i64| bits ^ (bits >> 63 & i64::MAX);
            [std::cmp::min_by_key(min, other_min, rank), std::cmp::max_by_key(max, other_max, rank)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Block;
    use proptest::prelude::*;

    fn accumulator(values: &[f64], nulls: usize) -> Accumulator {
        let mut accumulator = Accumulator::new();
        accumulator.update(values.len() + nulls, &Block::Dense(values), Need::Everything);
        accumulator
    }

    #[test]
    fn states_of_ordinary_groups_are_small() {
        assert!(size_of::<Compact>() <= 112 && size_of::<Accumulator>() > 2 * size_of::<Compact>());
        let mut state = Compact::default();
        for i in 0..1000 {
            state.add(&accumulator(&[1e3 / f64::from(i + 1), -7.5], 1));
        }
        assert!(matches!(state.0, Form::Slim(_)));
    }

    proptest! {
        #[test]
        fn both_forms_hold_the_same_for_floats(
            parts in prop::collection::vec(
                (prop::collection::vec(any::<f64>(), 0..3), -40i32..40, any::<bool>(), 0usize..3),
                0..6,
            ),
        ) {
            let (mut compact, mut whole) = (Compact::default(), Accumulator::new());
            for (values, exponent, is_tame, nulls) in parts {
                let tame = |&value: &f64| (value % 1.0) * 2f64.powi(exponent);
                let values = match is_tame {
                    true => values.iter().map(tame).collect(),
                    false => values,
                };
                let part = accumulator(&values, nulls);
                compact.add(&part);
                whole.merge(&part);
                prop_assert_eq!(compact.to_moments(), whole.clone());
                prop_assert_eq!(Compact::from(whole.clone()).to_moments(), whole.clone());
            }
        }

        #[test]
        fn both_forms_hold_the_same_for_integers(parts in prop::collection::vec(prop::collection::vec(any::<u64>(), 0..3), 0..6)) {
            let (mut compact, mut whole) = (Compact::default(), Accumulator::new());
            for values in parts {
                let mut part = Accumulator::new();
                part.update(values.len(), &Block::Dense(&values), Need::Everything);
                compact.add(&part);
                whole.merge(&part);
                prop_assert_eq!(compact.to_moments(), whole.clone());
            }
        }
    }
}
