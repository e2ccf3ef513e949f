//! The state of one group in one column, in as little memory as most groups need.
//!
//! There may be millions of groups, and [`Moments`] are made for one column: they have room for wide
//! windows, special values, and a slack. A [`Compact`] state has three limbs for the sum and four for
//! the sum of squares, around the group's own exponents, and extremes of 64 bits: a third of the
//! memory. A group that does not fit, or that has special values, has its moments on the heap. Both
//! forms say the same to the bit.

use crate::exact::Few;
use crate::kernels::extremes::{Extreme, Extremes};
use crate::kernels::{Need, Sums};
use crate::states::accumulator::{Gathered, Moments, Policy};

/// The exact state of a group.
#[derive(Clone, Debug)]
pub struct Compact(Form);

#[derive(Clone, Debug)]
enum Form {
    Slim(Slim),
    Full(Box<Moments>),
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

/// What the extremes are.
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

impl From<Moments> for Compact {
    fn from(moments: Moments) -> Self {
        let slim = Slim::default().plus(&moments);
        Self(slim.map_or_else(|| Form::Full(Box::new(moments)), Form::Slim))
    }
}

impl Compact {
    /// Adds what other values add up to.
    pub fn add(&mut self, part: &Moments) {
        match &mut self.0 {
            Form::Full(moments) => return moments.merge(part),
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

    /// Adds rows of which only the number is known.
    pub fn add_counts(&mut self, valid: u64, nulls: u64) {
        match &mut self.0 {
            Form::Full(moments) => {
                moments.update_counts(valid as usize, nulls as usize, Need::Everything);
            }
            Form::Slim(slim) => {
                slim.valid += valid;
                slim.nulls += nulls;
            }
        }
    }

    /// How many rows there were.
    pub fn rows(&self) -> u64 {
        match &self.0 {
            Form::Slim(slim) => slim.valid + slim.nulls,
            Form::Full(moments) => moments.count(&Policy::default()) + moments.nulls(),
        }
    }

    /// The same in its general form.
    pub fn to_moments(&self) -> Moments {
        match &self.0 {
            Form::Slim(slim) => slim.to_moments(),
            Form::Full(moments) => (**moments).clone(),
        }
    }
}

impl Slim {
    /// The sum with another state, if it fits.
    #[inline]
    fn plus(&self, other: &Moments) -> Option<Self> {
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
            valid: self.valid + other.count(&Policy::default()),
            nulls: self.nulls + other.nulls(),
            first: self.first.plus(&sums.first)?,
            second: self.second.plus(&sums.second)?,
            extremes: joined((self.kind, self.extremes), (kind, extremes)),
            kind: if kind == Kind::None { self.kind } else { kind },
            has_other_than_negative_zero: self.has_other_than_negative_zero
                || sums.has_other_than_negative_zero,
        })
    }

    fn to_moments(&self) -> Moments {
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
        Moments::from_parts(self.valid, self.nulls, sums, extremes)
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

    fn moments(values: &[f64], nulls: usize) -> Moments {
        let mut moments = Moments::new();
        moments.update(values.len() + nulls, &Block::Dense(values), Need::Everything);
        moments
    }

    #[test]
    fn it_is_small_and_most_groups_stay_so() {
        assert!(size_of::<Compact>() <= 112 && size_of::<Moments>() > 2 * size_of::<Compact>());
        let mut state = Compact::default();
        for i in 0..1000 {
            state.add(&moments(&[1e3 / f64::from(i + 1), -7.5], 1));
        }
        assert!(matches!(state.0, Form::Slim(_)));
    }

    proptest! {
        #[test]
        fn both_forms_say_the_same(
            parts in prop::collection::vec(
                (prop::collection::vec(any::<f64>(), 0..3), -40i32..40, any::<bool>(), 0usize..3),
                0..6,
            ),
        ) {
            let (mut compact, mut whole) = (Compact::default(), Moments::new());
            for (values, exponent, is_tame, nulls) in parts {
                let tame = |&value: &f64| (value % 1.0) * 2f64.powi(exponent);
                let values = match is_tame {
                    true => values.iter().map(tame).collect(),
                    false => values,
                };
                let part = moments(&values, nulls);
                compact.add(&part);
                whole.merge(&part);
                prop_assert_eq!(compact.to_moments(), whole.clone());
                prop_assert_eq!(Compact::from(whole.clone()).to_moments(), whole.clone());
            }
        }

        #[test]
        fn integers_do_too(parts in prop::collection::vec(prop::collection::vec(any::<u64>(), 0..3), 0..6)) {
            let (mut compact, mut whole) = (Compact::default(), Moments::new());
            for values in parts {
                let mut part = Moments::new();
                part.update(values.len(), &Block::Dense(&values), Need::Everything);
                compact.add(&part);
                whole.merge(&part);
                prop_assert_eq!(compact.to_moments(), whole.clone());
            }
        }
    }
}
