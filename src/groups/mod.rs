//! Group by: the states of the rows that have a key in common.
//!
//! Rows arrive in batches, and are read in stretches that fit the cache. The keys of a stretch are brought into the
//! form in which they are looked up ([`stretch`]), a hash table gives the group of each ([`lookup`], [`table`]), and
//! each value is added to the [state](crate::states::single) of its group ([`shard`]); those that do not fit
//! it are set aside ([`misfits`]). In the end the groups are sorted by their keys ([`grouped`]).
//!
//! Each thread has a shard of its own. As long as there are few groups, any shard takes any rows, and the shards
//! are merged in the end. With many groups this would take memory and time for each thread, so from then on
//! each shard owns the groups whose hashes fall to it: the rows are divided among the shards first, and nothing is left
//! to be merged. Since all sums are exact and groups are sorted by their keys, the result does not depend on batches
//! or threads.

mod grouped;
mod keys;
mod lane;
mod lookup;
mod misfits;
mod order;
mod shard;
mod shared;
mod stretch;
mod table;
mod words;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::ArrayRef;
use arrow_schema::DataType;

use crate::columns::chunk::Chunk;
use crate::columns::plain::Plain;
use crate::columns::rows::RowIndex;
use crate::columns::values::Values;
use crate::error::Error;
use crate::run::pool;
use crate::states::moments::too_many_rows;
use crate::states::single::Single;
use lane::Lane;
use shard::{Shard, Stretch};
use stretch::{Form, Keys, Last};
use table::Hasher;

pub use grouped::{Grouped, GroupedStates};
pub use keys::{joined_type, key_type};

/// Maximum number of rows that are read together: their keys, groups and values fit the L2 cache.
const STRETCH_ROWS: usize = 1 << 12;
/// The number of rows of the first batch, and of the others.
const FIRST_ROWS: usize = 1 << 16;
const BATCH_ROWS: usize = 1 << 20;
/// Limited because each shard has tables of its own.
const MAX_SHARDS: usize = 16;
/// Groups, of all shards together, from which each shard owns its groups. An estimate: not tuned yet.
const MAX_SHARED_GROUPS: usize = 1 << 13;

/// Accumulates the states of groups, batch by batch.
pub struct Grouping<const S: usize, const E: usize> {
    types: Vec<DataType>,
    hasher: Hasher,
    shards: Vec<Shard<S, E>>,
    /// Whether the groups of a shard are those whose hashes fall to it.
    is_divided: bool,
    last: Last,
    /// The number of rows so far.
    rows: usize,
}

/// Accumulates everything about the groups.
pub type GroupBy = Grouping<1, 1>;

/// The share of all hashes that belongs to a shard.
#[derive(Clone, Copy)]
struct Share {
    index: u64,
    count: u64,
}

impl Share {
    /// The index of the share that a hash belongs to.
    #[inline]
    fn index(hash: u64, count: u64) -> u64 {
        // The hash tables use the highest bits.
        ((hash & 0xffff_ffff) * count) >> 32
    }

    #[inline]
    fn has(self, hash: u64) -> bool {
        Self::index(hash, self.count) == self.index
    }
}

/// The rows of a stretch by the shard that owns their groups; all of them, if there is only one.
type Picks = Vec<Vec<u32>>;

impl<const S: usize, const E: usize> Grouping<S, E> {
    /// No groups yet, for keys of these types, which must be [key types](key_type), and a number of columns.
    pub fn new(types: Vec<DataType>, columns: usize, threads: usize) -> Self {
        let (form, hasher) = (Form::of(&types), Hasher::new());
        let shards = (0..threads.clamp(1, MAX_SHARDS)).map(|_| Shard::new(form, &hasher, columns));
        let shards = shards.collect();
        Self { types, hasher, shards, is_divided: false, last: Last::default(), rows: 0 }
    }

    /// The number of rows to push at a time: few at first, from which [`Self::bytes_for`] learns how frequent groups are.
    pub fn batch_rows(&self) -> usize {
        if self.rows == 0 { FIRST_ROWS } else { BATCH_ROWS }
    }

    /// An estimate of the bytes needed to add `rows` rows, if new groups are as frequent as among the rows
    /// so far.
    pub fn bytes_for(&self, rows: usize) -> usize {
        let columns = self.shards.first().map_or(0, |shard| shard.columns.len());
        // For each row: its key, its hash, and its number.
        let of_row = 16 * self.types.len() + 2 * size_of::<u64>() + size_of::<u32>();
        // For each group: its states, its size, its key, and its entries in the table of keys.
        let state = size_of::<Single<S, E>>() + shared::bytes(S == 1);
        let of_group = columns * state + 128;
        let groups = self.groups();
        // Vectors double when they grow.
        let grown = (2 * groups).max(groups + groups * rows / self.rows.max(1));
        rows * of_row + grown * of_group
    }

    fn groups(&self) -> usize {
        self.shards.iter().map(|shard| shard.keys.len()).sum()
    }

    /// Adds a range of the rows of the columns, at most 2^32 of them.
    pub fn push(&mut self, keys: &[&[Chunk]], columns: &[&[Chunk]], rows: Range<usize>) {
        let keys = keys.iter().map(|chunks| RowIndex::new(chunks)).collect::<Vec<_>>();
        let columns = columns.iter().map(|chunks| RowIndex::new(chunks)).collect::<Vec<_>>();
        let stretches = stretches(&keys, rows.clone());
        self.rows += rows.len();
        if self.is_divided {
            let stretches = self.divide(&keys, stretches, rows.len());
            self.each_shard(rows.len(), |shard, index| {
                for (stretch, picks) in &stretches {
                    shard.push(stretch, &columns, picks.get(index).map(Vec::as_slice));
                }
            });
            return;
        }
        let next = AtomicUsize::new(0);
        let (types, last) = (std::mem::take(&mut self.types), std::mem::take(&mut self.last));
        let lasts = self.each_shard(rows.len(), |shard, _| {
            let mut last = last.clone();
            while let Some(rows) = stretches.get(next.fetch_add(1, Ordering::Relaxed)) {
                shard.push(&stretch(&types, &keys, rows.clone(), &mut last), &columns, None);
            }
            last
        });
        (self.types, self.last) = (types, lasts.into_iter().next().unwrap_or_default());
        if self.shards.len() > 1 && self.groups() > MAX_SHARED_GROUPS {
            self.divide_groups();
        }
    }

    /// Adds states, by column and row, to the groups of their rows, and the sizes of the groups that the
    /// states are of; an error if a group would have too many rows.
    pub fn push_states(
        &mut self,
        keys: &[&[Chunk]],
        columns: &[&[Single<S, E>]],
        sizes: &[u64],
    ) -> Result<(), Error> {
        let rows = sizes.len();
        let keys = keys.iter().map(|chunks| RowIndex::new(chunks)).collect::<Vec<_>>();
        self.rows += rows;
        if !self.is_divided {
            self.divide_groups();
        }
        let stretches = self.divide(&keys, stretches(&keys, 0..rows), rows);
        let fit = self.each_shard(rows, |shard, index| {
            let mut all = stretches.iter();
            all.all(|(stretch, picks)| {
                shard.merge(stretch, columns, sizes, picks.get(index).map(Vec::as_slice))
            })
        });
        fit.into_iter().all(|fits| fits).then_some(()).ok_or_else(too_many_rows)
    }

    /// The groups, sorted by their keys; an error if text keys are malformed.
    pub fn finish(mut self) -> Result<GroupedStates<S, E>, Error> {
        let is_whole = self.is_divided || self.shards.len() == 1;
        self.each_shard(self.rows, |shard, _| match is_whole {
            true => shard.columns.iter_mut().for_each(Lane::settle_misfits),
            false => shard.settle(),
        });
        if !is_whole {
            let mut shards = std::mem::take(&mut self.shards).into_iter();
            let first = shards.next().map(|mut whole| {
                shards.for_each(|shard| {
                    whole.absorb(&shard, &self.hasher, |_| true);
                });
                whole
            });
            self.shards.extend(first);
        }
        GroupedStates::of_shards(self.types, self.shards)
    }

    /// Makes each shard the owner of the groups whose hashes fall to it.
    fn divide_groups(&mut self) {
        self.is_divided = true;
        let (form, columns) = (Form::of(&self.types), self.shards[0].columns.len());
        let owners = self.shards.iter().map(|_| Shard::new(form, &self.hasher, columns)).collect();
        let mut mixed = std::mem::replace(&mut self.shards, owners);
        mixed.iter_mut().for_each(Shard::settle);
        let (hasher, count) = (self.hasher.clone(), self.shards.len() as u64);
        let groups = mixed.iter().map(|shard| shard.keys.len()).sum();
        self.each_shard(groups, |owner, index| {
            let share = Share { index: index as u64, count };
            mixed.iter().for_each(|shard| {
                owner.absorb(shard, &hasher, |hash| share.has(hash));
            });
        });
    }

    /// The stretches, and the rows of each that belong to each shard.
    fn divide(
        &mut self,
        keys: &[RowIndex<'_>],
        stretches: Vec<Range<usize>>,
        rows: usize,
    ) -> Vec<(Stretch, Picks)> {
        let count = self.shards.len();
        let parts = parts(stretches, count);
        let divided = pool::map(parts, rows, count, |part| {
            let mut last = self.last.clone();
            let divided = part.into_iter().map(|rows| {
                let stretch = stretch(&self.types, keys, rows, &mut last);
                let picks =
                    if count == 1 { vec![] } else { picks(&stretch.keys, &self.hasher, count) };
                (stretch, picks)
            });
            (divided.collect::<Vec<_>>(), last)
        });
        let mut all = vec![];
        for (divided, last) in divided {
            all.extend(divided);
            self.last = last;
        }
        all
    }

    /// Calls a function with each shard and its index.
    fn each_shard<T: Send>(
        &mut self,
        rows: usize,
        work: impl Fn(&mut Shard<S, E>, usize) -> T + Send + Sync,
    ) -> Vec<T> {
        let count = self.shards.len();
        let shards = self.shards.iter_mut().enumerate().collect();
        pool::map(shards, rows, count, |(index, shard)| work(shard, index))
    }
}

/// The rows by the shard that their hashes fall to.
fn picks(keys: &Keys, hasher: &Hasher, count: usize) -> Picks {
    let hashes = keys.hashes(hasher);
    // Written one behind the other without a branch, which would be mispredicted half of the time.
    let mut picks = vec![vec![0; hashes.len()]; count];
    let mut lengths = vec![0; count];
    for (row, &hash) in hashes.iter().enumerate() {
        let index = Share::index(hash, count as u64) as usize;
        picks[index][lengths[index]] = row as u32;
        lengths[index] += 1;
    }
    for (picks, length) in picks.iter_mut().zip(lengths) {
        picks.truncate(length);
    }
    picks
}

/// Consecutive items in about as many parts as there are threads, a few for each.
fn parts<T>(items: Vec<T>, threads: usize) -> Vec<Vec<T>> {
    const PARTS_PER_THREAD: usize = 8;
    let length = items.len().div_ceil(PARTS_PER_THREAD * threads).max(1);
    let mut items = items.into_iter();
    let part = || Some(items.by_ref().take(length).collect::<Vec<_>>());
    std::iter::from_fn(part).take_while(|part| !part.is_empty()).collect()
}

/// Cuts rows where a chunk of any column ends, and after [`STRETCH_ROWS`].
fn stretches(columns: &[RowIndex<'_>], rows: Range<usize>) -> Vec<Range<usize>> {
    let inside = |&row: &usize| rows.start < row && row < rows.end;
    let boundaries = columns.iter().flat_map(|index| index.starts()).copied().filter(inside);
    let mut boundaries = boundaries.chain([rows.end]).collect::<Vec<_>>();
    boundaries.sort_unstable();
    boundaries.dedup();
    let mut start = rows.start;
    let cut = boundaries.into_iter().flat_map(|end| {
        let from = std::mem::replace(&mut start, end);
        (from..end).step_by(STRETCH_ROWS).map(move |at| at..end.min(at + STRETCH_ROWS))
    });
    cut.collect()
}

/// Rows with their keys.
fn stretch(
    types: &[DataType],
    keys: &[RowIndex<'_>],
    rows: Range<usize>,
    last: &mut Last,
) -> Stretch {
    let column = |index: &RowIndex<'_>| decoded(&index.between(rows.clone()));
    let keys = Keys::new(types, keys.iter().map(column).collect(), last);
    Stretch { rows, keys }
}

/// The values of keys that lie in one chunk.
fn decoded(chunks: &[Chunk]) -> ArrayRef {
    match chunks {
        [Chunk::Plain(Plain::Array(array))] => Arc::clone(array),
        [chunk] => match chunk.decoded() {
            Values::Array(array) => array,
            Values::Opaque(_) => unreachable!("keys have values"),
        },
        _ => unreachable!("stretches end where chunks do"),
    }
}
