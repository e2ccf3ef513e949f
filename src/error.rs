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
