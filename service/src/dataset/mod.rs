//! What a dataset is: by which columns its rows are grouped, how they are cut by time, and which columns have states.
//!
//! The definition is fixed when the dataset is created, and its columns by the first batch; [`schema`] says which batches
//! fit them. Batches are cut by [`buckets`] of time.

pub mod buckets;
pub mod schema;

use serde::{Deserialize, Serialize};

use crate::limits::{COLUMNS, NAME_BYTES};
use crate::refusal::{Refusal, Result, listed};
use buckets::Every;

/// How rows become groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The columns by whose values rows are grouped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// The column of time, and the width of its buckets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
    /// The columns that have states; all but those of `by` and `time` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// Whether batches may bring new columns, and lack some: values that are not there count as null.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
}

/// A column of time, and buckets of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// Its name.
    pub column: String,
    /// The width of the buckets, such as `"1h"`.
    pub every: Every,
}

impl Definition {
    /// Refuses what cannot be a definition.
    pub fn check(&self) -> Result<()> {
        let all = self.by.iter().chain(self.time.iter().map(|time| &time.column));
        let all = all.collect::<Vec<_>>();
        if all.len() + self.columns.as_ref().map_or(0, Vec::len) > COLUMNS {
            return Err(Refusal::too_much(format!("a dataset has at most {COLUMNS} columns")));
        }
        for (i, name) in all.iter().enumerate() {
            if all[..i].contains(name) {
                return Err(Refusal::invalid(format!(
                    "the column {name:?} is named twice in \"by\" and \"time\": each groups rows once"
                )));
            }
        }
        for (i, name) in self.columns.iter().flatten().enumerate() {
            if self.columns.iter().flatten().take(i).any(|other| other == name) {
                return Err(Refusal::invalid(format!("\"columns\" names {name:?} twice")));
            }
        }
        let named = all.into_iter().chain(self.columns.iter().flatten());
        named.into_iter().try_for_each(|name| check_column(name))
    }

    /// Whether rows are grouped at all.
    pub fn has_groups(&self) -> bool {
        !self.by.is_empty() || self.time.is_some()
    }

    /// Refuses a definition that another request asks for, if it is not this one.
    pub fn expect(&self, asked: &Self) -> Result<()> {
        let shown = |definition: &Self| serde_json::to_string(definition).unwrap_or_default();
        match self == asked {
            true => Ok(()),
            false => Err(Refusal::conflict(format!(
                "it is defined as {}, but {} was asked for: leave the definition out, or use another dataset",
                shown(self),
                shown(asked)
            ))),
        }
    }
}

/// Refuses what cannot be the name of a dataset.
pub fn check_name(name: &str) -> Result<()> {
    if name.is_empty() || name.len() > NAME_BYTES || name.chars().any(char::is_control) {
        return Err(Refusal::invalid(format!(
            "{name:?} cannot name a dataset: a name has 1 to {NAME_BYTES} bytes, none of them control characters"
        )));
    }
    Ok(())
}

fn check_column(name: &str) -> Result<()> {
    match name.len() <= NAME_BYTES {
        true => Ok(()),
        false => {
            let start = name.chars().take(40).collect::<String>();
            Err(Refusal::too_much(format!(
                "the name of the column {start:?}... has more than {NAME_BYTES} bytes"
            )))
        }
    }
}

/// Refuses columns that do not have different names, which is how they are told apart.
pub fn check_columns<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for name in names {
        check_column(name)?;
        if !seen.insert(name) {
            return Err(Refusal::invalid(format!(
                "two columns are named {name:?}: rename one, since columns are told apart by their names"
            )));
        }
    }
    match seen.len() <= COLUMNS {
        true => Ok(()),
        false => Err(Refusal::too_much(format!(
            "{} columns: a dataset has at most {COLUMNS}",
            seen.len()
        ))),
    }
}

/// A refusal of a column that is not there.
pub fn no_column<'a>(name: &str, there: impl IntoIterator<Item = &'a str>) -> Refusal {
    Refusal::invalid(format!("there is no column {name:?}; there are: {}", listed(there)))
}
