//! What can go wrong: a statistic that a type does not have, or a result that its type cannot hold.

use std::fmt;

/// Why a statistic was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The type of the column has no such statistic.
    Unsupported {
        /// The statistic that was asked for.
        statistic: &'static str,
        /// The type of the column, in words.
        of: String,
        /// Why, or what can be asked instead.
        because: &'static str,
    },
    /// The exact result is too large for the type it is promised in.
    TooLarge {
        /// The statistic that was asked for.
        statistic: &'static str,
        /// The promised type, in words.
        to: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { statistic, of, because } => {
                write!(f, "cannot compute the {statistic} of {of} values: {because}")
            }
            Self::TooLarge { statistic, to } => {
                write!(f, "the exact {statistic} does not fit the result type {to}")
            }
        }
    }
}

impl std::error::Error for Error {}

/// Why keys or run ends make no column.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BadEncoding {
    /// The key of a valid row leads to none of the values.
    KeyOutOfRange { row: usize, values: usize },
    /// A run end is null.
    NullRunEnds,
    /// There is not a value for each run.
    UnevenRuns { ends: usize, values: usize },
    /// A run does not end behind the one before it.
    RunEndsDescend { run: usize },
    /// The last run ends before the last row.
    RunsTooShort { end: i64, need: usize },
}

impl fmt::Display for BadEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyOutOfRange { row, values } => {
                write!(
                    f,
                    "the key in row {row} is out of range: the dictionary has {values} values"
                )
            }
            Self::NullRunEnds => write!(f, "run ends must not be null"),
            Self::UnevenRuns { ends, values } => write!(f, "{ends} run ends, but {values} values"),
            Self::RunEndsDescend { run } => {
                write!(f, "run ends must be positive and ascend, but run {run} does not")
            }
            Self::RunsTooShort { end, need } => {
                write!(f, "the runs end at row {end}, but the array needs {need} rows")
            }
        }
    }
}

impl std::error::Error for BadEncoding {}
