//! Complete groups: their keys in order, and their states.

use arrow_array::ArrayRef;
use arrow_schema::DataType;

use super::keys;
use super::{GroupBy, Shard};
use crate::answers::statistic::{Answer, Statistic, Ticks, answer};
use crate::columns::chunk::Chunk;
use crate::columns::plain::Plain;
use crate::error::Error;
use crate::run::pool;
use crate::states::accumulator::Options;
use crate::states::compact::Compact;

/// Number of groups in one part of work for a thread.
const GROUPS_PER_PART: usize = 1 << 10;
/// The work of finalizing one group, as a number of rows: it decides whether threads are used.
const ROWS_PER_GROUP: usize = 64;

/// The states of groups, ordered by their keys: column by column, nulls last.
#[derive(Clone, Debug)]
pub struct Grouped {
    keys: Vec<ArrayRef>,
    /// The number of rows by group.
    sizes: Vec<u64>,
    /// By column and group.
    columns: Vec<Vec<Compact>>,
}

impl Grouped {
    /// Joins the groups of all shards, which have no keys in common.
    pub(super) fn of_shards(types: Vec<DataType>, mut shards: Vec<Shard>) -> Result<Self, Error> {
        let order = order(&shards);
        let sorted = order.iter().map(|&(shard, group)| shards[shard].keys.key(group));
        let keys = keys::decode(&types, sorted)?;
        let columns = shards.first().map_or(0, |shard| shard.columns.len());
        let column = |column: usize| {
            let states = shards.iter_mut().map(|shard| std::mem::take(&mut shard.columns[column]));
            let mut states = states.collect::<Vec<_>>();
            let take = |&(shard, group): &(usize, usize)| std::mem::take(&mut states[shard][group]);
            order.iter().map(take).collect()
        };
        let columns = (0..columns).map(column).collect();
        let sizes = order.iter().map(|&(shard, group)| shards[shard].sizes[group]).collect();
        Ok(Self { keys, sizes, columns })
    }

    /// The keys, column by column.
    pub fn keys(&self) -> &[ArrayRef] {
        &self.keys
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.sizes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    /// The number of rows of each group.
    pub fn sizes(&self) -> &[u64] {
        &self.sizes
    }

    /// The states of a column, group by group.
    pub fn states(&self, column: usize) -> &[Compact] {
        &self.columns[column]
    }

    /// The same groups, with the states of some columns.
    pub fn select(&self, columns: &[usize]) -> Self {
        let columns = columns.iter().map(|&column| self.columns[column].clone()).collect();
        Self { keys: self.keys.clone(), sizes: self.sizes.clone(), columns }
    }

    /// Adds these groups to `whole`, with a state of each group for each column of `whole`: states of
    /// these columns, or others.
    pub fn push_to(&self, whole: &mut GroupBy, columns: &[&[Compact]]) -> Result<(), Error> {
        let keys = self
            .keys
            .iter()
            .map(|keys| [Chunk::from(Plain::Array(keys.clone()))])
            .collect::<Vec<_>>();
        let keys = keys.iter().map(|keys| &keys[..]).collect::<Vec<_>>();
        whole.push_states(&keys, columns, &self.sizes)
    }

    /// The results of a function for the state of each group, in one column.
    pub fn map<T: Send>(
        &self,
        column: usize,
        threads: usize,
        make: impl Fn(&Compact) -> T + Send + Sync,
    ) -> Vec<T> {
        let parts = self.columns[column].chunks(GROUPS_PER_PART).collect();
        let made = pool::map(parts, self.len() * ROWS_PER_GROUP, threads, |part: &[Compact]| {
            part.iter().map(&make).collect::<Vec<_>>()
        });
        made.into_iter().flatten().collect()
    }

    /// A statistic of each group, in one column, whose type must have it.
    pub fn ask(
        &self,
        column: usize,
        (statistic, of): (Statistic, &DataType),
        options: &Options,
        threads: usize,
    ) -> Vec<Answer> {
        self.map(column, threads, |state| {
            answer(statistic, of, &state.to_moments(), options, Ticks::Unit)
        })
    }
}

/// Shard and position of all groups, in the order of their keys.
fn order(shards: &[Shard]) -> Vec<(usize, usize)> {
    // The first bytes nearly always decide, so that the rest of the key is not read.
    let front = |key: &[u8]| {
        let mut bytes = [0; 16];
        let length = key.len().min(bytes.len());
        bytes[..length].copy_from_slice(&key[..length]);
        u128::from_be_bytes(bytes)
    };
    let mut order = vec![];
    for (shard, Shard { keys, .. }) in shards.iter().enumerate() {
        let of_group = |group: usize| (front(keys.key(group)), shard as u32, group as u32);
        order.extend((0..keys.len()).map(of_group));
    }
    let key = |shard: u32, group: u32| shards[shard as usize].keys.key(group as usize);
    pool::sort(&mut order, shards.len(), |a, b| {
        a.0.cmp(&b.0).then_with(|| key(a.1, a.2).cmp(key(b.1, b.2)))
    });
    order.into_iter().map(|(_, shard, group)| (shard as usize, group as usize)).collect()
}
