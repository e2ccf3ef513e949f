//! From a ticket to an Arrow table.
//!
//! A [`Plan`] is a ticket that fits a dataset: which keys, columns and statistics the answer has, and so its schema, before
//! anything is read. [`answer`] then reads the states, merges them by the core's machinery, whose groups are
//! sorted by bucket and keys with nulls last, and finalizes each.
//!
//! The answer has a row for each group, or one if there are no keys: first the start of the bucket, under the name
//! of the time column; then the keys; `rows`; and `x_mean` for the mean of the column `x`, column by column. With
//! `states`, it is the Arrow form of the Python package's states ([`states`](crate::states)).

pub mod plan;
mod render;

use std::sync::Arc;

use arrow_array::{ArrayRef, Int8Array, Int64Array, RecordBatch};
use colstats::Moments;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::plain::Plain;
use colstats::internals::groups::{GroupBy, Grouped};
use colstats::internals::run::pool::num_threads;
use colstats::internals::states::single::Whole;

use crate::groups::{BUCKET_BYTES, Bucket, take_keys};
use crate::ingest::column_type;
use crate::limits::ENTRIES_TOGETHER;
use crate::protocol::Ticket;
use crate::refusal::{Refusal, Result};
use crate::store::entry::Entry;
use crate::store::read::{Dataset, Snapshot};
use plan::Plan;

/// The answer of a ticket, from what is on disk.
pub fn answer(snapshot: &Snapshot, ticket: &Ticket, query_bytes: usize) -> Result<RecordBatch> {
    let dataset = snapshot.expect(&ticket.dataset)?;
    let answer = || {
        let plan = Plan::new(dataset.definition(), &dataset.fields, ticket)?;
        let mut states = States::new(&dataset, &plan, query_bytes);
        snapshot
            .scan(&dataset, plan.span, |bucket, group, bytes| states.add(bucket, group, bytes))?;
        plan.render(&states.finish()?)
    };
    answer().map_err(|refusal: Refusal| refusal.of(format!("dataset {:?}", ticket.dataset)))
}

/// States on their way from the file to groups.
struct States<'a> {
    dataset: &'a Dataset,
    plan: &'a Plan,
    /// The number of each column, and its type.
    columns: Vec<(u32, Option<colstats::internals::states::column_type::ColumnType>)>,
    query_bytes: usize,
    groups: GroupBy,
    buckets: Vec<Bucket>,
    keys: Vec<Vec<u8>>,
    sizes: Vec<u64>,
    states: Vec<Vec<Whole>>,
}

impl<'a> States<'a> {
    fn new(dataset: &'a Dataset, plan: &'a Plan, query_bytes: usize) -> Self {
        let column = |name: &str| {
            let field = dataset.field(name);
            field.map_or((u32::MAX, None), |(number, field)| {
                (number, Some(column_type(field.data_type())))
            })
        };
        let columns = plan.columns.iter().map(|asked| column(&asked.name)).collect::<Vec<_>>();
        Self {
            dataset,
            plan,
            query_bytes,
            groups: GroupBy::new(plan.key_types(), columns.len(), num_threads()),
            states: vec![vec![]; columns.len()],
            columns,
            buckets: vec![],
            keys: vec![],
            sizes: vec![],
        }
    }

    /// Adds the states of an entry.
    fn add(&mut self, bucket: Bucket, group: &[u8], bytes: &[u8]) -> Result<()> {
        let wanted = |column| self.columns.iter().any(|(number, _)| *number == column);
        let entry = Entry::decode(bytes, wanted)?;
        for (at, (number, of)) in self.columns.iter().enumerate() {
            let found = entry.states.binary_search_by_key(number, |(column, _)| *column);
            let mut state = match found {
                Ok(place) => whole(&entry.states[place].1, of.as_ref()).map_err(|refusal| {
                    refusal.of(format!("column {:?}", self.plan.columns[at].name))
                })?,
                Err(_) => Whole::default(),
            };
            // Rows in which the column was lacking.
            let lacking = entry.rows.saturating_sub(state.rows());
            state.add_counts(0, lacking);
            self.states[at].push(state);
        }
        self.buckets.push(bucket);
        self.keys.push(group.get(BUCKET_BYTES..).unwrap_or_default().to_vec());
        self.sizes.push(entry.rows);
        if self.sizes.len() >= ENTRIES_TOGETHER { self.push() } else { Ok(()) }
    }

    fn push(&mut self) -> Result<()> {
        let types = self.dataset.definition().by.iter().filter_map(|name| {
            self.dataset.field(name).map(|(_, field)| field.data_type().clone())
        });
        let rows = self.keys.iter().map(Vec::as_slice).collect::<Vec<_>>();
        let all = take_keys(&types.collect::<Vec<_>>(), &rows)?;
        let mut keys: Vec<ArrayRef> = vec![];
        if self.plan.time.is_some() {
            let number = |bucket: &Bucket| match bucket {
                Bucket::Number(number) => Some(*number),
                Bucket::Null | Bucket::All => None,
            };
            keys.push(Arc::new(self.buckets.iter().map(number).collect::<Int64Array>()));
        }
        keys.extend(self.plan.by.iter().map(|&place| all[place].clone()));
        if keys.is_empty() {
            keys.push(Arc::new(Int8Array::from(vec![0; self.sizes.len()])));
        }
        let keys = keys.into_iter().map(|array| [Chunk::from(Plain::Array(array))]);
        let keys = keys.collect::<Vec<_>>();
        let keys = keys.iter().map(|chunks| &chunks[..]).collect::<Vec<_>>();
        let states = self.states.iter().map(Vec::as_slice).collect::<Vec<_>>();
        let pushed = self.groups.push_states(&keys, &states, &self.sizes);
        pushed.map_err(|error| Refusal::of_core(&error))?;
        self.buckets.clear();
        self.keys.clear();
        self.sizes.clear();
        self.states.iter_mut().for_each(Vec::clear);
        expect_memory(self.groups.bytes_for(0), self.query_bytes)
    }

    fn finish(mut self) -> Result<Grouped> {
        self.push()?;
        if self.plan.has_no_keys() {
            // Without any rows there is an answer as well: that of no values.
            self.buckets.push(Bucket::All);
            self.keys.push(vec![]);
            self.sizes.push(0);
            self.states.iter_mut().for_each(|states| states.push(Whole::default()));
            self.push_empty()?;
        }
        self.groups.finish().map_err(|error| Refusal::of_core(&error))
    }

    /// Adds the group of no rows to the only one.
    fn push_empty(&mut self) -> Result<()> {
        let key = [Chunk::from(Plain::Array(Arc::new(Int8Array::from(vec![0])) as ArrayRef))];
        let states = self.states.iter().map(Vec::as_slice).collect::<Vec<_>>();
        let pushed = self.groups.push_states(&[&key[..]], &states, &self.sizes);
        pushed.map_err(|error| Refusal::of_core(&error))
    }
}

/// Refuses more memory than a query may take.
pub fn expect_memory(bytes: usize, most: usize) -> Result<()> {
    match bytes <= most {
        true => Ok(()),
        false => Err(Refusal::too_much(format!(
            "the states of the answer take about {} MB, of which there are at most {}: ask for fewer columns, keys or \
             buckets, or start the service with a higher --max-query-mb",
            bytes >> 20,
            most >> 20
        ))),
    }
}

/// A state of a column as one of its type, in the form of groups.
fn whole(
    state: &Moments,
    of: Option<&colstats::internals::states::column_type::ColumnType>,
) -> Result<Whole> {
    let state = state.clone().into_type(of).map_err(|error| Refusal::of_core(&error))?;
    Ok(Whole::from(state.into_parts().1))
}
