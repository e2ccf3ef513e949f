//! Why a request is refused: a kind, which becomes the code of a gRPC status, and a message that names the object and
//! the way out.

use std::fmt;

use colstats::Error;
use tonic::{Code, Status};

/// The kinds of refusals, by what the caller should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request itself is wrong: change it.
    Invalid,
    /// There is no such object.
    Missing,
    /// It is there already, with other content.
    Exists,
    /// The request does not fit what is there.
    Conflict,
    /// It is too large, or there are too many.
    TooMuch,
    /// A result does not fit its type.
    OutOfRange,
    /// Nothing is wrong: try again.
    Again,
    /// What is stored, or was sent, is damaged.
    Damaged,
    /// The caller took too long.
    Late,
    /// It is not known who calls.
    Unknown,
    /// The caller may not do this.
    Forbidden,
    /// A fault of the service.
    Internal,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind it is.
    pub kind: Kind,
    /// What is wrong, with what, and what to do.
    pub message: String,
}

/// A result, or why it is refused.
pub type Result<T> = std::result::Result<T, Refusal>;

impl Refusal {
    /// A refusal of a kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// The request is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, message)
    }

    /// The request does not fit what is there.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// Too large, or too many.
    pub fn too_much(message: impl Into<String>) -> Self {
        Self::new(Kind::TooMuch, message)
    }

    /// A fault of the service.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// There is no dataset of a name.
    pub fn no_dataset(name: &str) -> Self {
        let message = format!(
            "there is no dataset {name:?}: put a batch into it, or create it; the list of flights has those there are"
        );
        Self::new(Kind::Missing, message)
    }

    /// The same, with the object that it is about in front.
    pub fn of(mut self, object: impl fmt::Display) -> Self {
        self.message = format!("{object}: {}", self.message);
        self
    }

    /// What the core refuses.
    pub fn of_core(error: &Error) -> Self {
        let kind = if error.is_too_large() {
            Kind::OutOfRange
        } else if error.is_too_many_rows() {
            Kind::TooMuch
        } else if error.is_type_mismatch() {
            Kind::Conflict
        } else {
            Kind::Invalid
        };
        Self::new(kind, error.to_string())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal.kind {
            Kind::Invalid => Code::InvalidArgument,
            Kind::Missing => Code::NotFound,
            Kind::Exists => Code::AlreadyExists,
            Kind::Conflict => Code::FailedPrecondition,
            Kind::TooMuch => Code::ResourceExhausted,
            Kind::OutOfRange => Code::OutOfRange,
            Kind::Again => Code::Unavailable,
            Kind::Damaged => Code::DataLoss,
            Kind::Late => Code::DeadlineExceeded,
            Kind::Unknown => Code::Unauthenticated,
            Kind::Forbidden => Code::PermissionDenied,
            Kind::Internal => Code::Internal,
        };
        Self::new(code, refusal.message)
    }
}

/// A few of many names, for messages.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 20;
    let names = names.into_iter().collect::<Vec<_>>();
    let shown = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect::<Vec<_>>();
    let rest = names.len().saturating_sub(SHOWN);
    match (shown.is_empty(), rest) {
        (true, _) => "none".into(),
        (_, 0) => shown.join(", "),
        _ => format!("{} and {rest} more", shown.join(", ")),
    }
}
