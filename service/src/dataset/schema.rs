//! Which batches fit a dataset: its columns have the types of the first batch.
//!
//! Types are compared without encodings that are read as their values (dictionaries, runs), and layouts of text, or of
//! bytes, are one type: producers in different languages choose them differently. A column of nothing but nulls, of type
//! null, fits any type, and takes the first that another batch has. Times may come in any unit, since only their buckets
//! are kept. All else is refused by name.

use arrow_schema::{DataType, Field, Schema};
use colstats::internals::groups::{joined_type, key_type};
use colstats::internals::types;

use super::{Definition, check_columns, no_column};
use crate::refusal::{Refusal, Result};

/// What the columns of a batch are for, by their positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Those of `by`, in its order.
    pub keys: Vec<usize>,
    /// That of `time`.
    pub time: Option<usize>,
    /// Those that have states.
    pub values: Vec<usize>,
}

impl Roles {
    /// The roles of the columns of a batch; a refusal names the column.
    pub fn of(definition: &Definition, schema: &Schema) -> Result<Self> {
        let names = || schema.fields().iter().map(|field| field.name().as_str());
        check_columns(names())?;
        let find = |name: &String| {
            names().position(|other| other == name).ok_or_else(|| no_column(name, names()))
        };
        let keys = definition.by.iter().map(find).collect::<Result<Vec<_>>>()?;
        for &key in &keys {
            let field = schema.field(key);
            if key_type(field.data_type()).is_none() {
                return Err(Refusal::invalid(format!(
                    "column {:?}: cannot group by {} values; keys are numbers, bools, times, text and bytes",
                    field.name(),
                    types::name(field.data_type())
                )));
            }
        }
        let time = definition.time.as_ref().map(|time| find(&time.column)).transpose()?;
        if let (Some(time), Some(at)) = (&definition.time, time) {
            time.start_type(types::plain(schema.field(at).data_type()))?;
        }
        let values = match &definition.columns {
            None => {
                let is_key = |at: &usize| keys.contains(at) || time == Some(*at);
                (0..schema.fields().len()).filter(|at| !is_key(at)).collect()
            }
            Some(columns) if definition.open => {
                let position = |name| names().position(|other| other == name);
                columns.iter().filter_map(position).collect()
            }
            Some(columns) => columns.iter().map(find).collect::<Result<_>>()?,
        };
        Ok(Self { keys, time, values })
    }

    /// The fields of a batch that a dataset keeps: keys, time, then values, each once.
    pub fn kept(&self, schema: &Schema) -> Vec<Field> {
        let mut places = vec![];
        for &at in self.keys.iter().chain(&self.time).chain(&self.values) {
            if !places.contains(&at) {
                places.push(at);
            }
        }
        places.into_iter().map(|at| kept(schema.field(at))).collect()
    }
}

/// A field without an encoding, in which any value may be null.
pub fn kept(field: &Field) -> Field {
    Field::new(field.name(), types::plain(field.data_type()).clone(), true)
}

/// The fields of a dataset after a batch with these fields, or why the batch does not fit.
pub fn admitted(
    definition: &Definition,
    known: Option<&[Field]>,
    batch: &[Field],
) -> Result<Vec<Field>> {
    let Some(known) = known else {
        for name in &definition.by {
            if batch
                .iter()
                .any(|field| field.name() == name && *field.data_type() == DataType::Null)
            {
                return Err(Refusal::invalid(format!(
                    "column {name:?} has the type null, which cannot be the type of a key of a new dataset: put a batch first \
                     in which it has its type"
                )));
            }
        }
        return Ok(batch.to_vec());
    };
    let mut fields = known.to_vec();
    for field in batch {
        match fields.iter_mut().find(|other| other.name() == field.name()) {
            Some(ours) => *ours = joined(definition, ours, field)?,
            None if definition.open => fields.push(field.clone()),
            None => {
                return Err(Refusal::conflict(format!(
                    "the batch has a column {:?}, which the dataset does not have: leave it out, or create the dataset with \
                     {{\"open\": true}}",
                    field.name()
                )));
            }
        }
    }
    if fields.len() > crate::limits::COLUMNS {
        return Err(Refusal::too_much(format!(
            "the dataset would have {} columns, of which there are at most {}",
            fields.len(),
            crate::limits::COLUMNS
        )));
    }
    let lacking =
        known.iter().find(|field| !batch.iter().any(|other| other.name() == field.name()));
    match lacking {
        Some(field) if !definition.open => Err(Refusal::conflict(format!(
            "the batch has no column {:?}, which the dataset has: send it, as nulls if there are no values, or create the \
             dataset with {{\"open\": true}}",
            field.name()
        ))),
        _ => Ok(fields),
    }
}

/// A field of a dataset that takes the values of another of the same name.
fn joined(definition: &Definition, ours: &Field, theirs: &Field) -> Result<Field> {
    let (one, other) = (ours.data_type(), theirs.data_type());
    let is_key = definition.by.contains(ours.name());
    let has_states = definition.columns.as_ref().is_some_and(|names| names.contains(ours.name()));
    let is_time = definition.time.as_ref().is_some_and(|time| time.column == *ours.name());
    let fits = match (one, other) {
        (one, other) if one == other => true,
        (_, DataType::Null) => true,
        (DataType::Null, _) if !is_key && !is_time => return Ok(theirs.clone()),
        (DataType::Timestamp(_, zone), DataType::Timestamp(_, other)) => {
            // Times of two zones are the same points in time.
            is_time && !has_states && zone.is_some() == other.is_some()
        }
        (DataType::Date32 | DataType::Date64, DataType::Date32 | DataType::Date64) => {
            is_time && !has_states
        }
        (one, other) => {
            let joined = joined_type(one, other);
            matches!(joined, Some(DataType::LargeUtf8 | DataType::LargeBinary))
        }
    };
    match fits {
        true => Ok(ours.clone()),
        false => Err(Refusal::conflict(format!(
            "column {:?} is {} in the batch, but {} in the dataset: cast it",
            ours.name(),
            types::name(other),
            types::name(one)
        ))),
    }
}
