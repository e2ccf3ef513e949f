//! Complete groups: their keys in order, and their states.

use arrow_array::ArrayRef;
use arrow_schema::DataType;

use super::lookup::Key;
use super::shard::Shard;
use super::stretch::Form;
use super::{GroupBy, keys, words};
use crate::answers::statistic::{Answer, Statistic, Ticks, answer};
use crate::columns::chunk::Chunk;
use crate::columns::plain::Plain;
use crate::error::Error;
use crate::run::pool;
use crate::states::accumulator::{Accumulator, Options};
use crate::states::single::Single;

/// Number of groups in one part of work for a thread.
const GROUPS_PER_PART: usize = 1 << 10;
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
    /// Joins the groups of all shards, which have no keys in common.
    pub(super) fn of_shards(
        types: Vec<DataType>,
        mut shards: Vec<Shard<S, E>>,
    ) -> Result<Self, Error> {
        let (order, keys) = match Form::of(&types) {
            Form::Words => by_words(&types[0], &shards),
            form => {
                let order = by_bytes(&shards);
                let keys = key_columns(&types, form, &shards, &order)?;
                (order, keys)
            }
        };
        let columns = shards.first().map_or(0, |shard| shard.columns.len());
        let column = |column: usize| {
            let states =
                shards.iter_mut().map(|shard| std::mem::take(&mut shard.columns[column].states));
            let mut states = states.collect::<Vec<_>>();
            let take = |&(shard, group): &Place| {
                std::mem::take(&mut states[shard as usize][group as usize])
            };
            order.iter().map(take).collect()
        };
        let columns = (0..columns).map(column).collect();
        let size = |&(shard, group): &Place| shards[shard as usize].sizes[group as usize];
        let sizes = order.iter().map(size).collect();
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
        self.map_with_sizes(column, threads, |state, size| {
            answer(statistic, of, &complete(state, size), options, Ticks::Unit)
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

/// The state of a group of some size, with its nulls, which few states count by themselves.
fn complete<const S: usize, const E: usize>(state: &Single<S, E>, size: u64) -> Accumulator {
    let mut accumulator = state.to_accumulator();
    if E == 0 {
        accumulator.update_counts(0, (size - state.rows()) as usize, Single::<S, E>::NEED);
    }
    accumulator
}

/// Shard and number of a group.
type Place = (u32, u32);

/// The places of all groups whose keys are words, in the order of their keys, and the column of keys.
fn by_words<const S: usize, const E: usize>(
    of: &DataType,
    shards: &[Shard<S, E>],
) -> (Vec<Place>, Vec<ArrayRef>) {
    let (mut order, mut nulls) = (vec![], vec![]);
    for (shard, Shard { keys, .. }) in shards.iter().enumerate() {
        for group in 0..keys.len() {
            let place = (shard as u32, group as u32);
            match keys.key(group) {
                Key::Word(word) => order.push((word, place)),
                _ => nulls.push((0, place)),
            }
        }
    }
    let mut order = sorted_by_word(order);
    let rows = order.len();
    order.append(&mut nulls);
    let validity = (order.len() > rows).then(|| (0..order.len()).map(|row| row < rows).collect());
    let words = order.iter().map(|&(word, _)| word).collect::<Vec<_>>();
    let places = order.into_iter().map(|(_, place)| place).collect();
    (places, vec![words::keys(of, &words, validity)])
}

/// Sorts by words, digit by digit, the lowest first. Digits that all words have in common are skipped.
fn sorted_by_word(mut items: Vec<(u64, Place)>) -> Vec<(u64, Place)> {
    const DIGIT_BITS: u32 = 11;
    const DIGITS: usize = 1 << DIGIT_BITS;
    let (any, all) =
        items.iter().fold((0, u64::MAX), |(any, all), &(word, _)| (any | word, all & word));
    let mut sorted = items.clone();
    for shift in (0..u64::BITS).step_by(DIGIT_BITS as usize) {
        let digit = |word: u64| (word >> shift) as usize % DIGITS;
        if digit(any ^ all) == 0 {
            continue;
        }
        let mut ends = vec![0; DIGITS + 1];
        for &(word, _) in &items {
            ends[digit(word) + 1] += 1;
        }
        for digit in 0..DIGITS {
            ends[digit + 1] += ends[digit];
        }
        for item in &items {
            let place = &mut ends[digit(item.0)];
            sorted[*place] = *item;
            *place += 1;
        }
        std::mem::swap(&mut items, &mut sorted);
    }
    items
}

/// The places of all groups whose keys are bytes, in the order of their keys.
fn by_bytes<const S: usize, const E: usize>(shards: &[Shard<S, E>]) -> Vec<Place> {
    let mut order = vec![];
    for (shard, Shard { keys, .. }) in shards.iter().enumerate() {
        let of_group = |group: usize| (keys.key(group).front(), shard as u32, group as u32);
        order.extend((0..keys.len()).map(of_group));
    }
    let key = |shard: u32, group: u32| shards[shard as usize].keys.key(group as usize);
    pool::sort(&mut order, shards.len(), |a, b| {
        a.0.cmp(&b.0).then_with(|| key(a.1, a.2).compare(&key(b.1, b.2)))
    });
    order.into_iter().map(|(_, shard, group)| (shard, group)).collect()
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
    match form {
        Form::Bytes => Ok(vec![keys::of_bytes(&types[0], order.iter().map(key))?]),
        _ => keys::decode(types, order.iter().map(|place| key(place).unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted_as_by_comparison() {
        for spread in [1, 300, 1 << 40, u64::MAX] {
            let word = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % spread;
            let items = (0..5000).map(|i| (word(i), (1, i as u32))).collect::<Vec<_>>();
            let mut expected = items.clone();
            expected.sort();
            assert_eq!(sorted_by_word(items), expected);
        }
        assert_eq!(sorted_by_word(vec![]), []);
    }
}
