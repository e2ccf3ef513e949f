//! The JSON of the protocol. Unknown fields are refused, so that a misspelt one is never ignored.
//!
//! | where | what |
//! | --- | --- |
//! | descriptor of DoPut and DoExchange | a path of one element, the dataset; or as its command a [`PutCommand`] |
//! | metadata of each batch | a [`BatchMetadata`], or nothing |
//! | metadata of each reply | an [`Acknowledgement`] |
//! | ticket of DoGet, command of GetFlightInfo | a [`Ticket`] |
//! | descriptor of a stateless DoExchange | as its command an [`ExchangeCommand`] |
//! | body of DoAction | by the type of the action: [`actions`](crate::flight::actions) |

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use crate::dataset::{Definition, Time};
use crate::limits::{BATCH_ID_BYTES, JSON_BYTES};
use crate::refusal::{Refusal, Result};

/// What to put, and where.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutCommand {
    /// The dataset.
    pub dataset: String,
    /// The parts of its definition, which create it, or must be those that it has.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// See [`Definition::time`].
    #[serde(default)]
    pub time: Option<Time>,
    /// See [`Definition::columns`].
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    /// See [`Definition::open`].
    #[serde(default)]
    pub open: Option<bool>,
    /// The n-th batch of the stream has the id `batch_id#n`, from 0 on, unless its metadata names one.
    #[serde(default)]
    pub batch_id: Option<String>,
    /// Whether the rows are states.
    #[serde(default)]
    pub states: bool,
}

impl PutCommand {
    /// The definition that is asked for; none if nothing is said about it.
    pub fn definition(&self) -> Option<Definition> {
        let Self { by, time, columns, open, .. } = self;
        let is_silent = by.is_none() && time.is_none() && columns.is_none() && open.is_none();
        (!is_silent).then(|| Definition {
            by: by.clone().unwrap_or_default(),
            time: time.clone(),
            columns: columns.clone(),
            open: open.unwrap_or_default(),
        })
    }
}

/// The metadata of a batch.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchMetadata {
    /// The key by which the batch is known if it is sent again.
    #[serde(default)]
    pub batch_id: Option<String>,
}

impl BatchMetadata {
    /// The metadata in some bytes, which may be none.
    pub fn of(bytes: &[u8]) -> Result<Self> {
        let metadata = match bytes {
            [] => Self::default(),
            bytes => parse::<Self>(bytes, "the metadata of the batch")?,
        };
        match &metadata.batch_id {
            Some(id) => check_id(id).map(|()| metadata),
            None => Ok(metadata),
        }
    }
}

/// Refuses what cannot be the id of a batch.
pub fn check_id(id: &str) -> Result<()> {
    match (1..=BATCH_ID_BYTES).contains(&id.len()) {
        true => Ok(()),
        false => Err(Refusal::invalid(format!(
            "\"batch_id\" has {} bytes: it must have 1 to {BATCH_ID_BYTES}",
            id.len()
        ))),
    }
}

/// That a batch is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Its id, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<String>,
    /// Its rows.
    pub rows: u64,
    /// Whether it was there already; then nothing has changed.
    pub duplicate: bool,
    /// Answers contain it from this revision of the node on.
    pub revision: u64,
}

/// What is asked of the values.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// The dataset.
    pub dataset: String,
    /// Names of statistics; all that each column has if not given.
    #[serde(default)]
    pub statistics: Option<Vec<String>>,
    /// The columns; all if not given.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    /// Some of the keys of the dataset; all if not given, and none if empty.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// The start of the first bucket.
    #[serde(default)]
    pub from: Option<String>,
    /// The start of the first bucket that is not asked for.
    #[serde(default)]
    pub to: Option<String>,
    /// Whether each bucket has an answer of its own.
    #[serde(default)]
    pub per: Per,
    /// Whether to answer with states instead of statistics.
    #[serde(default)]
    pub states: bool,
    /// Variances are divided by the count minus this.
    #[serde(default)]
    pub ddof: u64,
    /// With fewer values the answer is null.
    #[serde(default)]
    pub min_count: u64,
    /// Whether NaNs count as nulls.
    #[serde(default)]
    pub skip_nans: bool,
    /// What nulls do.
    #[serde(default)]
    pub nulls: Nulls,
}

/// What rows of an answer stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// All buckets together.
    #[default]
    All,
    /// Each bucket.
    Bucket,
}

/// What nulls do to an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Nulls {
    /// They are skipped.
    #[default]
    Skip,
    /// One makes the answer null.
    Propagate,
}

impl Ticket {
    /// Options of the core.
    pub fn options(&self) -> colstats::Options {
        colstats::Options {
            nulls: match self.nulls {
                Nulls::Skip => colstats::Nulls::Skip,
                Nulls::Propagate => colstats::Nulls::Propagate,
            },
            nans: match self.skip_nans {
                true => colstats::Nans::AreNull,
                false => colstats::Nans::Propagate,
            },
            min_count: self.min_count,
            ddof: self.ddof,
        }
    }
}

/// Statistics as a call: batches in, the answer back, and nothing is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeCommand {
    /// What is asked.
    pub exchange: Question,
}

/// What is asked of batches that are streamed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// As in a [`Ticket`].
    #[serde(default)]
    pub statistics: Option<Vec<String>>,
    /// As in a [`Ticket`].
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    /// The columns to group by.
    #[serde(default)]
    pub by: Vec<String>,
    /// The column of time and the width of buckets, of which each has an answer.
    #[serde(default)]
    pub time: Option<Time>,
    /// As in a [`Ticket`].
    #[serde(default)]
    pub states: bool,
    /// As in a [`Ticket`].
    #[serde(default)]
    pub ddof: u64,
    /// As in a [`Ticket`].
    #[serde(default)]
    pub min_count: u64,
    /// As in a [`Ticket`].
    #[serde(default)]
    pub skip_nans: bool,
    /// As in a [`Ticket`].
    #[serde(default)]
    pub nulls: Nulls,
}

impl Question {
    /// The definition of a dataset of the batches.
    pub fn definition(&self) -> Definition {
        let (by, time) = (self.by.clone(), self.time.clone());
        Definition { by, time, columns: self.columns.clone(), open: false }
    }

    /// The same question, of that dataset.
    pub fn ticket(&self) -> Ticket {
        Ticket {
            statistics: self.statistics.clone(),
            columns: self.columns.clone(),
            per: if self.time.is_some() { Per::Bucket } else { Per::All },
            states: self.states,
            ddof: self.ddof,
            min_count: self.min_count,
            skip_nans: self.skip_nans,
            nulls: self.nulls,
            ..Ticket::default()
        }
    }
}

/// Reads JSON of a bounded size; a refusal says where it is and what is wrong.
pub fn parse<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T> {
    if bytes.len() > JSON_BYTES {
        return Err(Refusal::too_much(format!(
            "{what} has {} bytes, of which there are at most {JSON_BYTES}",
            bytes.len()
        )));
    }
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        // JSON, which says what it should not: the error names the field or the value.
        Category::Data => Refusal::invalid(format!("{what}: {error}")),
        _ => Refusal::invalid(format!("{what} is not JSON: {error}")),
    })
}
