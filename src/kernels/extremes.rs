//! Minimum and maximum, the same for every order of the values.
//!
//! -0.0 comes before +0.0, so that a column with both has one minimum and one maximum whatever the
//! order of its values. NaNs are counted and never compared.

use arrow_buffer::i256;

use super::Element;

/// A smallest or largest value, without loss for every type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extreme {
    /// Of floating-point numbers.
    Float(f64),
    /// Of integers, booleans (0 and 1), ticks of time, and decimals of up to 128 bits.
    Integer(i128),
    /// Of decimals of 256 bits.
    Wide(i256),
}

impl Extreme {
    /// Whether `self` comes before `other`, a value of the same type.
    fn precedes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a.total_cmp(&b).is_lt(),
            (Self::Integer(a), Self::Integer(b)) => a < b,
            (Self::Wide(a), Self::Wide(b)) => a < b,
            _ => unreachable!("a column has one type"),
        }
    }
}

/// The smallest and the largest value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extremes {
    /// The minimum.
    pub min: Extreme,
    /// The maximum.
    pub max: Extreme,
}

impl Extremes {
    /// Those of two sets of values together.
    pub fn merge(self, other: Self) -> Self {
        Self {
            min: if other.min.precedes(self.min) { other.min } else { self.min },
            max: if self.max.precedes(other.max) { other.max } else { self.max },
        }
    }
}

/// Minimum and maximum of a slice, and how many NaNs it has.
pub fn extremes<T: Element>(values: &[T]) -> (Option<Extremes>, u64) {
    let mut numbers = values.iter().copied().filter(|value| !value.is_nan());
    let Some(first) = numbers.next() else {
        return (None, values.len() as u64);
    };
    let (mut min, mut max, mut count) = (first, first, 1);
    for value in numbers {
        count += 1;
        if value.precedes(min) {
            min = value;
        }
        if max.precedes(value) {
            max = value;
        }
    }
    (Some(Extremes { min: min.extreme(), max: max.extreme() }), values.len() as u64 - count)
}
