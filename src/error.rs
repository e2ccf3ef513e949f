//! The error type of the crate.

use std::fmt;

/// Why the crate refused: a statistic that a type does not have, a result that does not fit its type,
/// states that do not merge, bytes that are not a state, or malformed data.
///
/// The message says what is wrong; the predicates distinguish the classes that callers treat
/// differently.
///
/// ```
/// let damaged = colstats::Moments::from_bytes(b"CSTM").unwrap_err();
/// assert!(damaged.is_invalid_state() && !damaged.is_type_mismatch());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
}

/// The cases of [`Error`], for callers inside this repository.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ErrorKind {
    /// The type of the column has no such statistic.
    Unsupported { statistic: &'static str, of: String, because: &'static str },
    /// The exact result is too large for the promised type.
    TooLarge { statistic: &'static str, to: String },
    /// Two states are of types that have no common one, or one that some values do not fit.
    DifferentTypes { ours: String, theirs: String, because: &'static str },
    /// A state was to be taken away that has more of something than the one it is taken from.
    NeverAdded { of: &'static str },
    /// A minimum or maximum of values of which some have been taken away.
    ExtremesUnknown { statistic: &'static str },
    /// Two states are of columns with other names.
    DifferentColumns { ours: Vec<String>, theirs: Vec<String> },
    /// Two states have powers of columns up to different degrees.
    DifferentDegrees { ours: usize, theirs: usize },
    /// Of two states, only one has weights of its rows.
    DifferentWeights { ours: bool },
    /// More rows than a state, or a column, counts.
    TooManyRows { of: &'static str, power: u32 },
    /// The chunks of a column are of different types.
    MixedChunks { first: String, other: String },
    /// The bytes do not begin like those of a state.
    NotAState,
    /// A state of a version that this release does not know.
    UnknownVersion { found: u8, known: u8 },
    /// The checksum of a state does not match.
    Damaged,
    /// The bytes are intact, but no data has such a state, or they are not in canonical form.
    ImpossibleState(&'static str),
    /// The key of a valid row is not the position of a value.
    KeyOutOfRange { row: usize, values: usize },
    /// A run end is null.
    NullRunEnds,
    /// The number of values is not that of the run ends.
    UnevenRuns { ends: usize, values: usize },
    /// A run does not end after the one before it.
    RunEndsDescend { run: usize },
    /// The last run ends before the last row.
    RunsTooShort { end: i64, need: usize },
    /// A key column, by its position, holds text that is not UTF-8 or too long for its type.
    NotText { column: usize },
}

impl Error {
    /// The case, for callers inside this repository.
    #[doc(hidden)]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Whether the type of the column has no such statistic.
    pub fn is_unsupported(&self) -> bool {
        matches!(self.kind, ErrorKind::Unsupported { .. })
    }

    /// Whether the exact result does not fit the Arrow type it is promised in.
    pub fn is_too_large(&self) -> bool {
        matches!(self.kind, ErrorKind::TooLarge { .. })
    }

    /// Whether states, values and a state, or the chunks of a column are of types that have no common one.
    pub fn is_type_mismatch(&self) -> bool {
        use ErrorKind::*;
        matches!(
            self.kind,
            DifferentTypes { .. }
                | DifferentColumns { .. }
                | DifferentDegrees { .. }
                | DifferentWeights { .. }
                | MixedChunks { .. }
        )
    }

    /// Whether a state would count more than 2^53 rows, or a column 2^63.
    pub fn is_too_many_rows(&self) -> bool {
        matches!(self.kind, ErrorKind::TooManyRows { .. })
    }

    /// Whether bytes are not the serialized form of any possible state.
    pub fn is_invalid_state(&self) -> bool {
        use ErrorKind::*;
        matches!(self.kind, NotAState | UnknownVersion { .. } | Damaged | ImpossibleState(_))
    }

    /// Whether the keys of a dictionary, or run ends, are malformed.
    pub fn is_bad_encoding(&self) -> bool {
        use ErrorKind::*;
        matches!(
            self.kind,
            KeyOutOfRange { .. }
                | NullRunEnds
                | UnevenRuns { .. }
                | RunEndsDescend { .. }
                | RunsTooShort { .. }
        )
    }
}

#[doc(hidden)]
impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind }
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use ErrorKind::*;
        match &self.kind {
            Unsupported { statistic, of, because } => {
                write!(f, "cannot compute the {statistic} of {of} values: {because}")
            }
            TooLarge { statistic, to } => {
                write!(f, "the exact {statistic} does not fit the result type {to}")
            }
            DifferentTypes { ours, theirs, because } => write!(
                f,
                "cannot merge a state of {ours} values with one of {theirs} values: {because}; \
                 cast one of them first"
            ),
            NeverAdded { of: "other values" } => write!(
                f,
                "cannot take away a state whose values are not among those of this one: the sums of what \
                 would be left are impossible"
            ),
            NeverAdded { of } => {
                write!(f, "cannot take away a state that has more {of} than this one")
            }
            ExtremesUnknown { statistic } => write!(
                f,
                "the {statistic} is not known, because values have been taken away from this state: \
                 compute it from the data, or merge the states of what is left"
            ),
            DifferentColumns { ours, theirs } => {
                let lacks = |of: &[String], other: &[String]| {
                    other.iter().find(|name| !of.contains(name)).cloned()
                };
                match (lacks(ours, theirs), lacks(theirs, ours)) {
                    (Some(name), _) => {
                        write!(f, "this state has no column {name:?}, which the other has")
                    }
                    (_, Some(name)) => {
                        write!(f, "the other has no column {name:?}, which this state has")
                    }
                    _ => write!(f, "the columns of both must be the same, each once"),
                }
            }
            DifferentDegrees { ours, theirs } => write!(
                f,
                "this state has powers of its columns up to degree {ours}, the other up to {theirs}: \
                 both must have the same degree"
            ),
            DifferentWeights { ours } => write!(
                f,
                "the rows of {} have weights, those of {} have none: give all rows weights, or none",
                if *ours { "this state" } else { "the other" },
                if *ours { "the other" } else { "this state" }
            ),
            TooManyRows { of, power } => write!(f, "{of} counts at most 2^{power} rows"),
            MixedChunks { first, other } => {
                write!(f, "the chunks of a column have one type, but here are {first} and {other}")
            }
            NotAState => write!(f, "these bytes are not a colstats state"),
            UnknownVersion { found, known } => write!(
                f,
                "this state has version {found}, but this release reads only version {known}: \
                 use a newer release"
            ),
            Damaged => write!(f, "this state is damaged: its checksum does not match"),
            ImpossibleState(why) => write!(f, "no data has such a state: {why}"),
            KeyOutOfRange { row, values } => write!(
                f,
                "the key in row {row} is out of range: the dictionary has {values} values"
            ),
            NullRunEnds => write!(f, "run ends must not be null"),
            UnevenRuns { ends, values } => write!(f, "{ends} run ends, but {values} values"),
            RunEndsDescend { run } => {
                write!(f, "run ends must be positive and ascend, but run {run} does not")
            }
            RunsTooShort { end, need } => {
                write!(f, "the runs end at row {end}, but the array needs {need} rows")
            }
            NotText { column } => write!(
                f,
                "key column {column} holds text that is not UTF-8, or more than its type can hold"
            ),
        }
    }
}
