//! Moments: the mergeable state of a column, which knows its type and holds everything.
//!
//! It has counts, sums, sums of squares and extremes, so it can be kept, sent and merged before it is
//! known which statistics will be asked of it. [`wire`](super::wire) is its serialized form.
//!
//! States of the same type merge. A state without a type, which has seen no data, merges with any other;
//! so does one of type `null`, which has seen nothing but nulls. Merging remains commutative and
//! associative: besides these two, the parts of a whole have one type, and that is the type of the
//! whole.

use crate::error::{Error, ErrorKind};
use crate::states::accumulator::{Accumulator, Gathered, Options};
use crate::states::column_type::ColumnType;

/// Maximum number of rows of a state. Products of counts then fit 128 bits.
pub const MAX_ROWS: u64 = 1 << 53;

/// The exact, mergeable state of a column: everything that its statistics need to know, in a few
/// hundred bytes, whatever the number of rows.
///
/// States of parts merge, in any order, into the state of the whole, to the bit.
///
/// ```
/// use colstats::Moments;
///
/// let mut state: Moments = [1e300, 1.0].into_iter().collect();
/// state += Moments::from_iter([-1e300]);
/// assert_eq!(state.rows(), 3);
/// assert_eq!(state.sum()?.as_f64(), Some(1.0));
/// assert_eq!(state.mean()?.as_f64(), Some(1.0 / 3.0));
/// assert_eq!(Moments::from_bytes(&state.to_bytes())?, state);
/// # Ok::<(), colstats::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Moments {
    of: Option<ColumnType>,
    accumulator: Accumulator,
}

/// More rows than a state counts.
pub(crate) fn too_many_rows() -> Error {
    ErrorKind::TooManyRows { of: "a state", power: MAX_ROWS.ilog2() }.into()
}

impl Moments {
    /// The state of no values, which takes the type of the first values that are added.
    pub fn new() -> Self {
        Self::default()
    }

    /// The state of no values of a type.
    #[doc(hidden)]
    pub fn of_type(of: Option<ColumnType>) -> Self {
        Self { of, accumulator: Accumulator::new() }
    }

    /// The state of a column.
    ///
    /// # Panics
    /// If the accumulator was not gathered by [`Need::Everything`](crate::kernels::Need::Everything).
    #[doc(hidden)]
    pub fn of_column(of: ColumnType, accumulator: Accumulator) -> Self {
        let is_complete = accumulator.gathered() == Gathered::EVERYTHING;
        assert!(is_complete, "the state of a column holds everything");
        Self { of: Some(of), accumulator }
    }

    /// The type; none if there has been no data yet.
    #[doc(hidden)]
    pub fn of(&self) -> Option<&ColumnType> {
        self.of.as_ref()
    }

    /// The type, and the sums.
    #[doc(hidden)]
    pub fn into_parts(self) -> (Option<ColumnType>, Accumulator) {
        (self.of, self.accumulator)
    }

    /// The counts, sums and extremes.
    #[doc(hidden)]
    pub fn accumulator(&self) -> &Accumulator {
        &self.accumulator
    }

    /// The name of the type of the values, such as `float64` or `timestamp[us, tz=UTC]`; none if there
    /// has been no data yet.
    pub fn type_name(&self) -> Option<&str> {
        self.of.as_ref().map(ColumnType::name)
    }

    /// The number of rows, null or not.
    pub fn rows(&self) -> u64 {
        self.accumulator.count(&Options::default()) + self.accumulator.nulls()
    }

    /// The number of nulls.
    pub fn null_count(&self) -> u64 {
        self.accumulator.nulls()
    }

    /// The number of NaNs.
    pub fn nan_count(&self) -> u64 {
        self.accumulator.sums().nans
    }

    /// Adds the state of other values of the same type.
    ///
    /// # Errors
    /// If the types differ, or the rows are more than 2^53 together. The state is then unchanged.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        self.expect(other.of.as_ref())?;
        if self.rows().checked_add(other.rows()).is_none_or(|rows| rows > MAX_ROWS) {
            return Err(too_many_rows());
        }
        if ColumnType::rank(self.of.as_ref()) < ColumnType::rank(other.of.as_ref()) {
            self.of.clone_from(&other.of);
        }
        self.accumulator.merge(&other.accumulator);
        Ok(())
    }

    /// Checks that values of a type may be added.
    #[doc(hidden)]
    pub fn expect(&self, of: Option<&ColumnType>) -> Result<(), Error> {
        match (&self.of, of) {
            (Some(ours), Some(theirs))
                if ours != theirs
                    && ColumnType::rank(Some(ours)) == ColumnType::rank(Some(theirs)) =>
            {
                let (ours, theirs) = (ours.name().to_string(), theirs.name().to_string());
                Err(ErrorKind::DifferentTypes { ours, theirs }.into())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{Block, Need};

    #[test]
    fn null_gives_way_and_other_types_do_not_mix() {
        let of = |name: &str| Moments::of_type((!name.is_empty()).then(|| ColumnType::named(name)));
        let joined = |a: &str, b: &str| {
            let mut state = of(a);
            state.merge(&of(b)).map(|()| state.type_name().unwrap_or_default().to_string())
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
    fn rows_are_limited() {
        let half = || {
            let mut accumulator = Accumulator::new();
            accumulator.update_counts(1 << 52, 0, Need::Everything);
            Moments::of_column(ColumnType::named("string"), accumulator)
        };
        let mut state = half();
        assert_eq!(state.merge(&half()), Ok(()));
        assert_eq!(state.merge(&half()), Err(too_many_rows()));
        assert_eq!(state.rows(), MAX_ROWS);
    }

    #[test]
    #[should_panic(expected = "holds everything")]
    fn accumulators_must_hold_everything() {
        let mut accumulator = Accumulator::new();
        accumulator.update(1, &Block::Dense(&[1.0]), Need::Sum);
        Moments::of_column(ColumnType::named("float64"), accumulator);
    }
}
