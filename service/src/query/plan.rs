//! A ticket that fits a dataset: the columns of the answer.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use colstats::internals::answers::statistic::result_type;
use colstats::{Options, Statistic};

use crate::dataset::{Definition, Time, no_column};
use crate::protocol::{Per, Ticket};
use crate::refusal::{Kind, Refusal, Result, listed};
use crate::states;

/// What can be asked of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A statistic of the core.
    Statistic(Statistic),
    /// How many rows are null.
    Nulls,
    /// How many values are NaN.
    Nans,
}

/// The name of the column that has the number of rows of each group.
const ROWS: &str = "rows";
const ALL: [(&str, Asked); 9] = [
    ("count", Asked::Statistic(Statistic::Count)),
    ("null_count", Asked::Nulls),
    ("nan_count", Asked::Nans),
    ("sum", Asked::Statistic(Statistic::Sum)),
    ("mean", Asked::Statistic(Statistic::Mean)),
    ("variance", Asked::Statistic(Statistic::Variance)),
    ("stddev", Asked::Statistic(Statistic::Stddev)),
    ("min", Asked::Statistic(Statistic::Min)),
    ("max", Asked::Statistic(Statistic::Max)),
];

impl Asked {
    pub(super) fn result_type(
        self,
        of: &DataType,
    ) -> std::result::Result<DataType, colstats::Error> {
        match self {
            Self::Statistic(statistic) => result_type(statistic, of),
            Self::Nulls | Self::Nans => Ok(DataType::Int64),
        }
    }
}

/// A column of the dataset, and what is asked of it.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub of: DataType,
    /// The names of the answers, and what they are.
    pub(super) asked: Vec<(&'static str, Asked)>,
}

/// A ticket that fits a dataset.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The time, and the type of the starts of buckets, if each bucket has an answer.
    pub time: Option<(Time, DataType)>,
    /// The keys that are asked for, by their positions among those of the dataset.
    pub by: Vec<usize>,
    /// The columns that are asked for.
    pub columns: Vec<Column>,
    /// The numbers of the buckets that are asked for: the first, and the first after the last.
    pub span: (Option<i64>, Option<i64>),
    pub(super) keys: Vec<Field>,
    pub(super) has_rows: bool,
    pub(super) has_states: bool,
    pub(super) options: Options,
}

impl Plan {
    /// The plan of a ticket for a dataset with these fields.
    pub fn new(definition: &Definition, fields: &[Field], ticket: &Ticket) -> Result<Self> {
        if fields.is_empty() {
            return Err(Refusal::conflict(
                "it has no data yet, so its columns are not known: put a batch first",
            ));
        }
        let type_of = |name: &str| {
            let field = fields.iter().find(|field| field.name() == name);
            field.map(|field| field.data_type().clone())
        };
        let time = match (ticket.per, &definition.time) {
            (Per::All, _) => None,
            (Per::Bucket, Some(time)) => {
                let of = type_of(&time.column).unwrap_or(DataType::Null);
                Some((time.clone(), time.start_type(&of)?))
            }
            (Per::Bucket, None) => {
                return Err(Refusal::invalid(
                    "it has no \"time\", so there are no buckets: leave out \"per\"",
                ));
            }
        };
        let names = || definition.by.iter().map(String::as_str);
        let place = |name: &String| {
            names().position(|other| other == name).ok_or_else(|| {
                Refusal::invalid(format!(
                    "\"by\" names {name:?}, which is no key of the dataset; its keys are: {}",
                    listed(names())
                ))
            })
        };
        let by = match &ticket.by {
            None => (0..definition.by.len()).collect(),
            Some(by) => by.iter().map(place).collect::<Result<Vec<_>>>()?,
        };
        let mut keys = vec![];
        if let Some((time, of)) = &time {
            keys.push(Field::new(&time.column, of.clone(), true));
        }
        for &place in &by {
            let name = &definition.by[place];
            keys.push(Field::new(name, type_of(name).unwrap_or(DataType::Null), true));
        }
        let has_rows = !ticket.states
            && ticket.statistics.as_ref().is_none_or(|names| names.iter().any(|name| name == ROWS));
        let columns = columns(definition, fields, ticket)?;
        let plan = Self {
            time,
            by,
            columns,
            span: span(definition, ticket)?,
            keys,
            has_rows,
            has_states: ticket.states,
            options: ticket.options(),
        };
        plan.check()?;
        Ok(plan)
    }

    /// Names of the answer must differ.
    fn check(&self) -> Result<()> {
        let schema = self.schema()?;
        let mut names = schema.fields().iter().map(|field| field.name().as_str());
        let mut seen = HashSet::new();
        let clash = names.find(|name| !seen.insert(*name));
        match clash.filter(|_| !self.is_table_of_states()) {
            None => Ok(()),
            Some(name) => Err(Refusal::invalid(format!(
                "two columns of the answer would be named {name:?}: ask for other \"columns\", \"statistics\" or \"by\""
            ))),
        }
    }

    /// Whether all rows are one group.
    pub fn has_no_keys(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn is_table_of_states(&self) -> bool {
        self.has_states && self.has_no_keys()
    }

    /// The types of the keys of groups; without keys, all rows have the same of type int8.
    pub fn key_types(&self) -> Vec<DataType> {
        let mut types = self.keys.iter().map(|key| key.data_type().clone()).collect::<Vec<_>>();
        match (types.first_mut(), &self.time) {
            (Some(first), Some(_)) => *first = DataType::Int64,
            (Some(_), None) => {}
            (None, _) => types.push(DataType::Int8),
        }
        types
    }

    /// The schema of the answer.
    pub fn schema(&self) -> Result<SchemaRef> {
        if self.is_table_of_states() {
            return Ok(states::table_schema());
        }
        let mut fields = self.keys.clone();
        if self.has_rows {
            fields.push(Field::new(ROWS, DataType::Int64, false));
        }
        for column in &self.columns {
            if self.has_states {
                fields.push(states::state_field(&column.name));
                continue;
            }
            for (name, asked) in &column.asked {
                let of = asked.result_type(&column.of).map_err(|error| refused(column, &error))?;
                fields.push(Field::new(format!("{}_{name}", column.name), of, true));
            }
        }
        if self.has_states && self.columns.is_empty() {
            fields.push(states::state_field(states::NO_COLUMN));
        }
        Ok(Arc::new(Schema::new(fields)))
    }
}

pub(super) fn refused(column: &Column, error: &colstats::Error) -> Refusal {
    let refusal = Refusal::of_core(error).of(format!("column {:?}", column.name));
    match refusal.kind {
        Kind::Invalid => Refusal {
            message: format!(
                "{}; name others in \"columns\", or other \"statistics\"",
                refusal.message
            ),
            ..refusal
        },
        _ => refusal,
    }
}

/// The columns that a ticket asks for, and what it asks of each.
fn columns(definition: &Definition, fields: &[Field], ticket: &Ticket) -> Result<Vec<Column>> {
    let statistics = match &ticket.statistics {
        None => None,
        Some(names) => {
            let named = names.iter().filter(|name| *name != ROWS).map(|name| named(name));
            Some(named.collect::<Result<Vec<_>>>()?)
        }
    };
    let has_states = |name: &String| match &definition.columns {
        Some(columns) => columns.contains(name),
        None => {
            let is_time = definition.time.as_ref().is_some_and(|time| time.column == *name);
            !definition.by.contains(name) && !is_time
        }
    };
    let there = || fields.iter().filter(|field| has_states(field.name()));
    let chosen = match &ticket.columns {
        None => there().collect::<Vec<_>>(),
        Some(names) => {
            let find = |name: &String| {
                there().find(|field| field.name() == name).ok_or_else(|| {
                    no_column(name, there().map(|field| field.name().as_str())).of("\"columns\"")
                })
            };
            names.iter().map(find).collect::<Result<Vec<_>>>()?
        }
    };
    let columns = chosen.into_iter().map(|field| {
        let has = |(_, asked): &&(&str, Asked)| asked.result_type(field.data_type()).is_ok();
        // Without a choice, each column is asked for what its type has; a choice must be had by all.
        let asked = match &statistics {
            None => ALL.iter().filter(has).copied().collect(),
            Some(statistics) => statistics.clone(),
        };
        Column { name: field.name().clone(), of: field.data_type().clone(), asked }
    });
    Ok(columns.collect())
}

/// The numbers of the buckets that a ticket asks for: the first, and the first after the last.
fn span(definition: &Definition, ticket: &Ticket) -> Result<(Option<i64>, Option<i64>)> {
    let number = |text: &Option<String>, what| match (text, &definition.time) {
        (None, _) => Ok(None),
        (Some(text), Some(time)) => time.number_of(text, what).map(Some),
        (Some(_), None) => Err(Refusal::invalid(format!(
            "it has no \"time\", so there is nothing to begin or end at: leave out {what:?}"
        ))),
    };
    Ok((number(&ticket.from, "from")?, number(&ticket.to, "to")?))
}

fn named(name: &str) -> Result<(&'static str, Asked)> {
    let found = ALL.iter().find(|(known, _)| *known == name);
    found.copied().ok_or_else(|| {
        let names = ALL.iter().map(|(known, _)| *known).chain([ROWS]);
        Refusal::invalid(format!("there is no statistic {name:?}; there are: {}", listed(names)))
    })
}
