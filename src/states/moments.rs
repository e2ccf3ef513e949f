//! Moments: the mergeable state of a column, which knows its type and holds everything.
//!
//! It has counts, sums, sums of squares and extremes, so it can be kept, sent and merged before it is
//! known which statistics will be asked of it. [`wire`](super::wire) is its serialized form.
//!
//! States of the same type merge. So do states of types that have a common one (`joining`), which
//! holds the values of both exactly: the result is the state of all values, cast to that type beforehand.
//! Merging is commutative and associative. A state without a type, which has seen no data, merges with any
//! other; so does one of type `null`, which has seen nothing but nulls.

use crate::error::{Error, ErrorKind};
use crate::states::accumulator::{Accumulator, Gathered, Options};
use crate::states::column_type::{ColumnType, different};
use crate::states::widening::widened;
use crate::states::wire;

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
        // Minimum and maximum are lost where values have been taken away.
        let is_complete = accumulator.gathered().includes(Gathered::TOTALS);
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

    /// Adds the state of other values.
    ///
    /// Values of another type are added if there is a type that holds the values of both exactly, which is
    /// then the type of the state: the wider of two integer types, of two float types or of two layouts of text,
    /// the finer of two units of time, the decimal type with the digits of both. Integers up to 2^53 may join
    /// floats. The state is that of the values as if they had been cast beforehand, to the bit, whatever
    /// the order of merging.
    ///
    /// ```
    /// use colstats::Moments;
    ///
    /// let mut state: Moments = [1_i32, 2].into_iter().collect();
    /// state.merge(&[1_i64 << 40].into_iter().collect())?;
    /// assert_eq!(state.type_name(), Some("int64"));
    /// state.merge(&[0.5].into_iter().collect())?;
    /// assert_eq!(state.type_name(), Some("float64"));
    /// // No float is 2^53 + 1.
    /// assert!(state.update(&[(1_i64 << 53) + 1]).unwrap_err().is_type_mismatch());
    /// # Ok::<(), colstats::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such type, some values do not fit it, or the rows are more than 2^53 together. The
    /// state is then unchanged.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        if self.rows().checked_add(other.rows()).is_none_or(|rows| rows > MAX_ROWS) {
            return Err(too_many_rows());
        }
        if self.of == other.of {
            self.accumulator.merge(&other.accumulator);
            return Ok(());
        }
        let joined = ColumnType::joined(self.of.as_ref(), other.of.as_ref())?;
        let types = (self.of.as_ref(), other.of.as_ref());
        let theirs = other.widened(joined.as_ref(), types)?;
        if self.of != joined {
            self.accumulator = self.widened(joined.as_ref(), types)?;
            self.of = joined;
        }
        self.accumulator.merge(&theirs);
        Ok(())
    }

    /// Takes away the state of some of the values, exactly: what is left is the state of the others.
    ///
    /// Their minimum and maximum are not known from then on, unless nothing is left: to ask for them is an error.
    ///
    /// ```
    /// use colstats::Moments;
    ///
    /// let mut state = Moments::from_iter([1e16, 0.1, 0.3]);
    /// state.retract(&Moments::from_iter([1e16]))?;
    /// assert_eq!(state.mean()?.as_f64(), Some(0.2));
    /// assert!(state.min().is_err());
    /// # Ok::<(), colstats::Error>(())
    /// ```
    ///
    /// # Errors
    /// If counts or sums show that some of the values were never added, or their type is not one whose values may be
    /// added. The state is then unchanged.
    #[doc(hidden)]
    pub fn retract(&mut self, other: &Self) -> Result<(), Error> {
        let joined = ColumnType::joined(self.of.as_ref(), other.of.as_ref())?;
        let types = (self.of.as_ref(), other.of.as_ref());
        let (ours, theirs) = match self.of == joined {
            true => (self.accumulator.clone(), other.widened(joined.as_ref(), types)?),
            // No value of ours is one of theirs, unless there are none.
            false => (self.widened(joined.as_ref(), types)?, other.accumulator.clone()),
        };
        let never_added = |of| Error::from(ErrorKind::NeverAdded { of });
        let mut left = ours;
        left.retract(&theirs).map_err(never_added)?;
        let left = Self { of: joined, accumulator: left };
        // What no data has could be written, but not read.
        wire::decode(&wire::encode(&left)).map_err(|_| never_added("other values"))?;
        *self = left;
        Ok(())
    }

    /// Whether minimum and maximum are known: not if values have been taken away.
    #[doc(hidden)]
    pub fn has_extremes(&self) -> bool {
        self.accumulator.has_extremes()
    }

    /// Checks that values of a type may be added, unless some of them do not fit the common type.
    #[doc(hidden)]
    pub fn expect(&self, of: Option<&ColumnType>) -> Result<(), Error> {
        ColumnType::joined(self.of.as_ref(), of).map(drop)
    }

    /// The state of the same values, as values of a type that is [joined](ColumnType::joined) from theirs and
    /// others.
    #[doc(hidden)]
    pub fn into_type(mut self, joined: Option<&ColumnType>) -> Result<Self, Error> {
        if self.of.as_ref() != joined {
            self.accumulator = self.widened(joined, (self.of.as_ref(), joined))?;
            self.of = joined.cloned();
        }
        Ok(self)
    }

    /// The values as such of a joined type; a refusal names two types that were joined.
    fn widened(
        &self,
        joined: Option<&ColumnType>,
        (one, other): (Option<&ColumnType>, Option<&ColumnType>),
    ) -> Result<Accumulator, Error> {
        let types = (self.of.as_ref(), joined.and_then(ColumnType::data_type));
        let (Some(of), Some(to)) = types else {
            return Ok(self.accumulator.clone());
        };
        let from = of.data_type().unwrap_or(to);
        widened(&self.accumulator, from, to)
            .map_err(|because| different(one.unwrap_or(of), other.unwrap_or(of), because))
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
            "cannot merge a state of timestamp[us] values with one of timestamp[us, tz=UTC] values: \
             their time zones differ; cast one of them first"
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
