//! From states to the columns of an answer.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int8Array, Int64Array, RecordBatch, RecordBatchOptions};
use arrow_cast::cast;
use arrow_schema::DataType;
use colstats::Statistic;
use colstats::internals::answers::statistic::{Ticks, answer};
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::plain::Plain;
use colstats::internals::groups::{GroupBy, Grouped};
use colstats::internals::kernels::Need;
use colstats::internals::run::pool::num_threads;
use colstats::internals::states::accumulator::Accumulator;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::states::single::Whole;

use super::plan::{Asked, Column, Plan, refused};
use crate::ingest::column_type;
use crate::refusal::{Refusal, Result};
use crate::states;

impl Plan {
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

fn converted(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    let converted = cast(array, to).map_err(|error| Refusal::internal(error.to_string()))?;
    match converted.null_count() == array.null_count() {
        true => Ok(converted),
        false => Err(Refusal::internal("the start of a bucket does not fit its type")),
    }
}
