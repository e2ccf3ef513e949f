//! A ticket that fits a dataset: the columns of the answer.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int8Array, Int64Array, RecordBatch, RecordBatchOptions};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use colstats::internals::answers::statistic::{Ticks, answer, result_type};
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::plain::Plain;
use colstats::internals::groups::{GroupBy, Grouped};
use colstats::internals::kernels::Need;
use colstats::internals::run::pool::num_threads;
use colstats::internals::states::accumulator::Accumulator;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::states::single::Whole;
use colstats::{Options, Statistic};

use crate::dataset::{Definition, Time, no_column};
use crate::ingest::column_type;
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
    fn result_type(self, of: &DataType) -> std::result::Result<DataType, colstats::Error> {
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
    asked: Vec<(&'static str, Asked)>,
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
    keys: Vec<Field>,
    has_rows: bool,
    has_states: bool,
    options: Options,
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
        let names = schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>();
        let clash = names.iter().enumerate().find(|(i, name)| names[..*i].contains(*name));
        match clash.filter(|_| !self.is_table_of_states()) {
            None => Ok(()),
            Some((_, name)) => Err(Refusal::invalid(format!(
                "two columns of the answer would be named {name:?}: ask for other \"columns\", \"statistics\" or \"by\""
            ))),
        }
    }

    /// Whether all rows are one group.
    pub fn has_no_keys(&self) -> bool {
        self.keys.is_empty()
    }

    fn is_table_of_states(&self) -> bool {
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

    /// The answer for groups of the plan's keys, with states of its columns.
    pub fn render(&self, groups: &Grouped) -> Result<RecordBatch> {
        let types = self.columns.iter().map(|column| column_type(&column.of)).collect::<Vec<_>>();
        let named = || self.columns.iter().map(|column| column.name.as_str()).zip(&types);
        if self.is_table_of_states() {
            return states::table(named(), groups);
        }
        let mut arrays = self.key_arrays(groups)?;
        if self.has_rows {
            let sizes = groups.sizes().iter().map(|&size| size as i64); // at most 2^53
            arrays.push(Arc::new(sizes.collect::<Int64Array>()));
        }
        if self.has_states {
            arrays.extend(states::state_arrays(&types, groups));
        } else {
            for (at, column) in self.columns.iter().enumerate() {
                for (_, asked) in &column.asked {
                    arrays.push(self.answers(groups, (at, column), *asked, &types[at])?);
                }
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(groups.len()));
        RecordBatch::try_new_with_options(self.schema()?, arrays, &options)
            .map_err(|error| Refusal::internal(format!("the answer cannot be built: {error}")))
    }

    /// What a pass over each column must gather.
    pub fn needs(&self) -> Vec<Need> {
        use Statistic::{Count, Max, Mean, Min, Stddev, Sum, Variance};
        let need = |column: &Column| {
            let asks = |wanted: &[Statistic]| {
                let mut asked = column.asked.iter();
                asked.any(|(_, asked)| matches!(asked, Asked::Statistic(it) if wanted.contains(it)))
            };
            let squares = asks(&[Variance, Stddev]);
            match () {
                () if self.has_states || asks(&[Min, Max]) && (squares || asks(&[Sum, Mean])) => {
                    Need::Everything
                }
                () if asks(&[Min, Max]) => Need::Extremes,
                () if squares => Need::Squares,
                () if asks(&[Sum, Mean, Count]) || !column.asked.is_empty() => Need::Sum,
                () => Need::Count,
            }
        };
        self.columns.iter().map(need).collect()
    }

    /// The answer for all rows, of accumulators that have gathered what is [needed](Self::needs).
    pub fn render_whole(&self, rows: u64, states: Vec<Accumulator>) -> Result<RecordBatch> {
        if self.has_states {
            let mut groups = GroupBy::new(self.key_types(), states.len(), 1);
            let same: ArrayRef = Arc::new(Int8Array::from(vec![0]));
            let states = states.into_iter().map(|state| [Whole::from(state)]).collect::<Vec<_>>();
            let states = states.iter().map(|state| &state[..]).collect::<Vec<_>>();
            let pushed =
                groups.push_states(&[&[Chunk::from(Plain::Array(same))]], &states, &[rows]);
            let groups = pushed.and_then(|()| groups.finish());
            return self.render(&groups.map_err(|error| Refusal::of_core(&error))?);
        }
        let mut arrays: Vec<ArrayRef> = vec![];
        if self.has_rows {
            arrays.push(Arc::new(Int64Array::from(vec![rows as i64])));
        }
        for (column, state) in self.columns.iter().zip(&states) {
            for (_, asked) in &column.asked {
                arrays.push(self.answer_whole(column, *asked, state)?);
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(1));
        RecordBatch::try_new_with_options(self.schema()?, arrays, &options)
            .map_err(|error| Refusal::internal(format!("the answer cannot be built: {error}")))
    }

    fn answer_whole(&self, column: &Column, asked: Asked, state: &Accumulator) -> Result<ArrayRef> {
        let statistic = match asked {
            Asked::Nulls => return Ok(Arc::new(Int64Array::from(vec![state.nulls() as i64]))),
            Asked::Nans => return Ok(Arc::new(Int64Array::from(vec![state.sums().nans as i64]))),
            Asked::Statistic(statistic) => statistic,
        };
        let promised = asked.result_type(&column.of).map_err(|error| refused(column, &error))?;
        let found = answer(statistic, &column.of, state, &self.options, Ticks::Unit);
        colstats::arrow::to_array(statistic, &promised, &[found])
            .map_err(|error| refused(column, &error))
    }

    fn key_arrays(&self, groups: &Grouped) -> Result<Vec<ArrayRef>> {
        let mut arrays = groups.keys().to_vec();
        if self.has_no_keys() {
            arrays.clear();
        }
        if let (Some((time, of)), Some(numbers)) = (&self.time, arrays.first_mut()) {
            use arrow_array::cast::AsArray;
            use arrow_array::types::Int64Type;
            let starts = numbers.as_primitive::<Int64Type>();
            let starts: Int64Array = starts.unary(|number| time.start(number, of));
            let ticks: ArrayRef = match of {
                DataType::Date32 => converted(&(Arc::new(starts) as ArrayRef), &DataType::Int32)?,
                _ => Arc::new(starts),
            };
            *numbers = converted(&ticks, of)?;
        }
        Ok(arrays)
    }

    fn answers(
        &self,
        groups: &Grouped,
        (at, column): (usize, &Column),
        asked: Asked,
        of: &ColumnType,
    ) -> Result<ArrayRef> {
        let statistic = match asked {
            Asked::Statistic(statistic) => statistic,
            Asked::Nulls | Asked::Nans => {
                let counts = groups.map(at, num_threads(), |state| {
                    let state = states::typed(of, state);
                    let nulls = state.null_count();
                    (if asked == Asked::Nulls { nulls } else { state.nan_count() }) as i64
                });
                return Ok(Arc::new(Int64Array::from(counts)));
            }
        };
        let promised = asked.result_type(&column.of).map_err(|error| refused(column, &error))?;
        let answers = groups.ask(at, (statistic, &column.of), &self.options, num_threads());
        colstats::arrow::to_array(statistic, &promised, &answers)
            .map_err(|error| refused(column, &error))
    }
}

fn refused(column: &Column, error: &colstats::Error) -> Refusal {
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

fn converted(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    let converted = cast(array, to).map_err(|error| Refusal::internal(error.to_string()))?;
    match converted.null_count() == array.null_count() {
        true => Ok(converted),
        false => Err(Refusal::internal("the start of a bucket does not fit its type")),
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
