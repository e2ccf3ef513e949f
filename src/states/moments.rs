//! Moments that know of which type of column they are, so that only like is joined with like.
//!
//! A [`State`] holds everything: counts, sums, squares and extremes. That is why it can be kept,
//! sent and merged before anybody knows what will be asked of it. [`wire`](crate::states::wire) says how it
//! travels.
//!
//! States of one type merge. A state of no type, which has seen no data, merges with any; so does one
//! of type `null`, which has seen nothing but nulls: merging is commutative and associative all the
//! same, as the type of a whole is the one type that any of its parts has beyond these two.

use std::fmt;

use arrow_schema::DataType;

use crate::states::accumulator::{Gathered, Moments, Policy};
use crate::types;

/// More rows than any state may count: what is computed with counts then fits its integers.
pub const MOST_ROWS: u64 = 1 << 53;

/// The moments of a column, and its type.
#[derive(Clone, Debug, Default)]
pub struct State {
    of: Option<Type>,
    moments: Moments,
}

/// The type of a column by its name, which need not be one whose values can be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    name: String,
    data_type: Option<DataType>,
}

impl Type {
    /// The type that [`types::name`] calls so, or another that can only be counted.
    pub fn named(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { data_type: types::parse(&name), name }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type, if its values can be read.
    pub fn data_type(&self) -> Option<&DataType> {
        self.data_type.as_ref()
    }
}

/// Why two states were not merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmergeable {
    /// They are of different types.
    Types {
        /// That of the state that was to grow.
        ours: String,
        /// That of the other.
        theirs: String,
    },
    /// Together they have more than [`MOST_ROWS`] rows.
    TooManyRows,
}

impl fmt::Display for Unmergeable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Types { ours, theirs } => {
                write!(f, "cannot merge a state of {ours} values with one of {theirs} values")
            }
            Self::TooManyRows => write!(f, "a state counts at most 2^53 rows"),
        }
    }
}

impl std::error::Error for Unmergeable {}

impl State {
    /// The state of no values, of a type or of none.
    pub fn new(of: Option<Type>) -> Self {
        Self { of, moments: Moments::new() }
    }

    /// The state of a column.
    ///
    /// # Panics
    /// If the moments were not gathered by [`Need::Everything`](crate::Need::Everything).
    pub fn of_column(of: Type, moments: Moments) -> Self {
        let is_complete = moments.gathered() == Gathered::EVERYTHING;
        assert!(is_complete, "the state of a column holds everything");
        Self { of: Some(of), moments }
    }

    /// The type, unless there has been no data yet.
    pub fn of(&self) -> Option<&Type> {
        self.of.as_ref()
    }

    /// The type, and what the values add up to.
    pub fn into_parts(self) -> (Option<Type>, Moments) {
        (self.of, self.moments)
    }

    /// What the values add up to.
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    /// How many rows there were, null or not.
    pub fn rows(&self) -> u64 {
        self.moments.count(&Policy::default()) + self.moments.nulls()
    }

    /// Adds the state of other values, if it is of the same type.
    pub fn merge(&mut self, other: &Self) -> Result<(), Unmergeable> {
        self.expect(other.of.as_ref())?;
        if self.rows().checked_add(other.rows()).is_none_or(|rows| rows > MOST_ROWS) {
            return Err(Unmergeable::TooManyRows);
        }
        if rank(self.of.as_ref()) < rank(other.of.as_ref()) {
            self.of.clone_from(&other.of);
        }
        self.moments.merge(&other.moments);
        Ok(())
    }

    /// Whether values of a type may join.
    pub fn expect(&self, of: Option<&Type>) -> Result<(), Unmergeable> {
        match (&self.of, of) {
            (Some(ours), Some(theirs))
                if ours != theirs && rank(Some(ours)) == rank(Some(theirs)) =>
            {
                let (ours, theirs) = (ours.name.clone(), theirs.name.clone());
                Err(Unmergeable::Types { ours, theirs })
            }
            _ => Ok(()),
        }
    }
}

/// What of two types is that of both together: no type gives way to `null`, and that to any other.
fn rank(of: Option<&Type>) -> u8 {
    match of {
        None => 0,
        Some(of) if of.data_type == Some(DataType::Null) => 1,
        Some(_) => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_join_as_they_should() {
        let of = |name: &str| State::new((!name.is_empty()).then(|| Type::named(name)));
        let joined = |a: &str, b: &str| {
            let mut state = of(a);
            state.merge(&of(b)).map(|()| state.of().map_or("", Type::name).to_string())
        };
        for (a, b, both) in
            [("", "", ""), ("", "null", "null"), ("null", "int8", "int8"), ("", "list", "list")]
        {
            assert_eq!(joined(a, b).as_deref(), Ok(both));
            assert_eq!(joined(b, a).as_deref(), Ok(both));
        }
        let refused = joined("timestamp[us]", "timestamp[us, tz=UTC]");
        assert_eq!(
            refused.expect_err("zones differ").to_string(),
            "cannot merge a state of timestamp[us] values with one of timestamp[us, tz=UTC] values"
        );
    }

    #[test]
    fn rows_have_a_bound() {
        let half = || {
            let mut moments = Moments::new();
            moments.update_counts(1 << 52, 0, crate::Need::Everything);
            State::of_column(Type::named("string"), moments)
        };
        let mut state = half();
        assert_eq!(state.merge(&half()), Ok(()));
        assert_eq!(state.merge(&half()), Err(Unmergeable::TooManyRows));
        assert_eq!(state.rows(), MOST_ROWS);
    }

    #[test]
    #[should_panic(expected = "holds everything")]
    fn sums_alone_are_no_state() {
        let mut moments = Moments::new();
        moments.update(1, &crate::kernels::Block::Dense(&[1.0]), crate::Need::Sum);
        State::of_column(Type::named("float64"), moments);
    }
}
