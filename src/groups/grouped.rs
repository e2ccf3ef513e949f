//! Complete groups: their keys in order, and their states.

use arrow_array::ArrayRef;
use arrow_schema::DataType;

use super::lookup::Key;
use super::order::{Place, by_bytes, by_words};
use super::shard::Shard;
use super::stretch::Form;
use super::{GroupBy, keys};
use crate::answers::statistic::{Answer, Statistic, Ticks, answer};
use crate::columns::chunk::Chunk;
use crate::columns::plain::Plain;
use crate::error::Error;
use crate::exact::Form as Measure;
use crate::run::pool;
use crate::states::accumulator::{Accumulator, Options};
use crate::states::single::Single;
use crate::types::{Family, family};

/// Number of groups in one part of work for a thread.
const GROUPS_PER_PART: usize = 1 << 10;
/// States that are read ahead together.
const COPIED_TOGETHER: usize = 64;
/// The work of finalizing one group, as a number of rows: it decides whether threads are used.
const ROWS_PER_GROUP: usize = 64;

/// The states of groups, ordered by their keys: column by column, nulls last.
#[derive(Clone, Debug)]
pub struct GroupedStates<const S: usize, const E: usize> {
    keys: Vec<ArrayRef>,
    /// The number of rows by group.
    sizes: Vec<u64>,
    /// By column and group.
    columns: Vec<Vec<Single<S, E>>>,
}

/// Groups of which everything is known.
pub type Grouped = GroupedStates<1, 1>;

impl<const S: usize, const E: usize> GroupedStates<S, E> {
    /// Joins the groups of all shards, which have no keys in common, and no values set aside.
    pub(super) fn of_shards(
        types: Vec<DataType>,
        shards: Vec<Shard<S, E>>,
        threads: usize,
    ) -> Result<Self, Error> {
        let (order, keys) = ordered(&types, &shards)?;
        Ok(Self::of_order(keys, shards, &order, threads))
    }

    /// The groups at some places, by their keys.
    pub(super) fn of_order(
        keys: Vec<ArrayRef>,
        mut shards: Vec<Shard<S, E>>,
        order: &[Place],
        threads: usize,
    ) -> Self {
        let columns = shards.first().map_or(0, |shard| shard.columns.len());
        let columns =
            (0..columns).map(|column| in_order(&mut shards, column, order, threads)).collect();
        let size = |&(shard, group): &Place| shards[shard as usize].sizes[group as usize];
        let sizes = order.iter().map(size).collect();
        Self { keys, sizes, columns }
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
    pub fn states(&self, column: usize) -> &[Single<S, E>] {
        &self.columns[column]
    }

    /// The same groups, with the states of some columns.
    pub fn select(&self, columns: &[usize]) -> Self {
        let columns = columns.iter().map(|&column| self.columns[column].clone()).collect();
        Self { keys: self.keys.clone(), sizes: self.sizes.clone(), columns }
    }

    /// The results of a function for the state of each group, in one column.
    pub fn map<T: Send>(
        &self,
        column: usize,
        threads: usize,
        make: impl Fn(&Single<S, E>) -> T + Send + Sync,
    ) -> Vec<T> {
        self.map_with_sizes(column, threads, |state, _| make(state))
    }

    fn map_with_sizes<T: Send>(
        &self,
        column: usize,
        threads: usize,
        make: impl Fn(&Single<S, E>, u64) -> T + Send + Sync,
    ) -> Vec<T> {
        let states = self.columns[column].chunks(GROUPS_PER_PART);
        let parts = states.zip(self.sizes.chunks(GROUPS_PER_PART)).collect();
        let work = self.len() * ROWS_PER_GROUP;
        let made = pool::map(parts, work, threads, |(states, sizes): (&[Single<S, E>], &[u64])| {
            states.iter().zip(sizes).map(|(state, &size)| make(state, size)).collect::<Vec<_>>()
        });
        made.into_iter().flatten().collect()
    }

    /// A statistic of each group, in one column, whose type must have it, and whose states what it needs.
    pub fn ask(
        &self,
        column: usize,
        (statistic, of): (Statistic, &DataType),
        options: &Options,
        threads: usize,
    ) -> Vec<Answer> {
        let numbers = matches!(family(of), Family::Float | Family::Integer | Family::Boolean);
        self.map_with_sizes(column, threads, |state, size| {
            let quick = numbers.then(|| quick(statistic, state, size, options)).flatten();
            quick.unwrap_or_else(|| {
                answer(statistic, of, &complete(state, size), options, Ticks::Unit)
            })
        })
    }
}

impl Grouped {
    /// Adds these groups to `whole`, with a state of each group for each column of `whole`: states of
    /// these columns, or others.
    pub fn push_to(&self, whole: &mut GroupBy, columns: &[&[Single<1, 1>]]) -> Result<(), Error> {
        let keys = self
            .keys
            .iter()
            .map(|keys| [Chunk::from(Plain::Array(keys.clone()))])
            .collect::<Vec<_>>();
        let keys = keys.iter().map(|keys| &keys[..]).collect::<Vec<_>>();
        whole.push_states(&keys, columns, &self.sizes)
    }
}

/// The groups of all shards, which have no keys in common, in the order of their keys, and these.
pub(super) fn ordered<const S: usize, const E: usize>(
    types: &[DataType],
    shards: &[Shard<S, E>],
) -> Result<(Vec<Place>, Vec<ArrayRef>), Error> {
    match Form::of(types) {
        Form::Words => Ok(by_words(&types[0], shards)),
        form => {
            let order = by_bytes(shards);
            let keys = key_columns(types, form, shards, &order)?;
            Ok((order, keys))
        }
    }
}

/// The states of a column in the order of some places.
fn in_order<const S: usize, const E: usize>(
    shards: &mut [Shard<S, E>],
    column: usize,
    order: &[Place],
    threads: usize,
) -> Vec<Single<S, E>> {
    let mut states = vec![Single::default(); order.len()];
    let parts = states.chunks_mut(GROUPS_PER_PART).zip(order.chunks(GROUPS_PER_PART)).enumerate();
    let work = order.len() * ROWS_PER_GROUP;
    let all = &*shards;
    let left = pool::map(parts.collect(), work, threads, |(part, (states, places))| {
        let left = copy_states(all, column, places, states);
        left.into_iter().map(|i| part * GROUPS_PER_PART + i).collect::<Vec<_>>()
    });
    for i in left.into_iter().flatten() {
        let (shard, group) = order[i];
        let Shard { columns, sizes, .. } = &mut shards[shard as usize];
        states[i] = columns[column].take(group as usize, sizes[group as usize]);
    }
    states
}

/// Copies the states at some places; returns which must be taken instead.
fn copy_states<const S: usize, const E: usize>(
    shards: &[Shard<S, E>],
    column: usize,
    places: &[Place],
    states: &mut [Single<S, E>],
) -> Vec<usize> {
    let mut left = vec![];
    let blocks = places.chunks(COPIED_TOGETHER).zip(states.chunks_mut(COPIED_TOGETHER));
    for (block, (places, states)) in blocks.enumerate() {
        // Reads that do not wait for each other bring everything into the cache first.
        let touch = |&(shard, group): &Place| {
            let Shard { columns, sizes, .. } = &shards[shard as usize];
            columns[column].touch(group as usize) ^ sizes[group as usize]
        };
        std::hint::black_box(places.iter().map(touch).fold(0, |all, word| all ^ word));
        for (i, (&(shard, group), state)) in places.iter().zip(states).enumerate() {
            let Shard { columns, sizes, .. } = &shards[shard as usize];
            match columns[column].copy(group as usize, sizes[group as usize]) {
                Some(copy) => *state = copy,
                None => left.push(block * COPIED_TOGETHER + i),
            }
        }
    }
    left
}

/// The answer for a group of some size, if its state has one at hand.
#[inline]
fn quick<const S: usize, const E: usize>(
    statistic: Statistic,
    state: &Single<S, E>,
    size: u64,
    options: &Options,
) -> Option<Answer> {
    let nulls = size.saturating_sub(state.count());
    let answer = match statistic {
        Statistic::Mean => state.quick_mean(nulls, options),
        Statistic::Variance => state.quick_spread(Measure::Quotient, nulls, options),
        Statistic::Stddev => state.quick_spread(Measure::Root, nulls, options),
        _ => None,
    };
    answer.map(|number| number.map_or(Answer::Null, Answer::Float))
}

/// The state of a group of some size, with its nulls, which few states count by themselves.
fn complete<const S: usize, const E: usize>(state: &Single<S, E>, size: u64) -> Accumulator {
    let mut accumulator = state.to_accumulator();
    if E == 0 {
        accumulator.update_counts(0, (size - state.rows()) as usize, Single::<S, E>::NEED);
    }
    accumulator
}

/// Keys that are bytes, column by column; an error if text is malformed.
fn key_columns<const S: usize, const E: usize>(
    types: &[DataType],
    form: Form,
    shards: &[Shard<S, E>],
    order: &[Place],
) -> Result<Vec<ArrayRef>, Error> {
    let key = |&(shard, group): &Place| match shards[shard as usize].keys.key(group as usize) {
        Key::Bytes(bytes) => Some(bytes),
        _ => None,
    };
    // Where keys are, and then their bytes, are read ahead, some at a time.
    let ahead = |(i, place)| {
        if i % COPIED_TOGETHER == 0 {
            let places = &order[i..order.len().min(i + COPIED_TOGETHER)];
            let length = |place| key(place).map_or(0, <[u8]>::len);
            let first = |place| key(place).and_then(|key| key.first()).map_or(0, |&byte| byte);
            std::hint::black_box(places.iter().map(length).fold(0, |all, length| all ^ length));
            std::hint::black_box(places.iter().map(first).fold(0, |all, first| all ^ first));
        }
        key(place)
    };
    let keys = order.iter().enumerate().map(ahead);
    match form {
        Form::Bytes => Ok(vec![keys::of_bytes(&types[0], keys)?]),
        _ => keys::decode(types, keys.map(Option::unwrap_or_default)),
    }
}
