//! Group by: the states of the rows that have a key in common.
//!
//! Rows arrive in batches, and are read in stretches that fit the cache. The keys of a stretch are brought into the
//! form in which they are looked up ([`stretch`]), a hash table gives the group of each ([`lookup`], [`table`]), and
//! each value is added to the [state](crate::states::single) of its group ([`shard`]); those that do not fit
//! it are set aside ([`misfits`]). In the end the groups are sorted by their keys ([`grouped`]). What only asks how often
//! keys occur takes neither groups nor states ([`frequency`]). Sums of products are not sums of values, so for [weighted]
//! statistics the rows themselves are sorted by their groups ([`rows`]).
//!
//! Each thread has a shard of its own. As long as there are few groups, any shard takes any rows, and the shards
//! are merged in the end. With many groups this would take memory and time for each thread, so from then on
//! there are more shards than threads, and each owns the groups of a part of all keys: rows are
//! [divided](division) by part first, and nothing is left to be merged. Since all sums are exact and groups are sorted by their keys, the result does not depend on batches
//! or threads.

mod division;
mod frequency;
mod grouped;
mod keys;
mod lane;
mod lookup;
mod misfits;
mod order;
pub mod rows;
mod shard;
mod shared;
mod stretch;
mod table;
pub mod weighted;
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
use division::{Picks, Split};
use lane::Lane;
use shard::{Shard, Stretch};
use stretch::{Form, Keys, Last};
use table::Hasher;

pub use frequency::Frequencies;
pub use grouped::{Grouped, GroupedStates};
pub(crate) use keys::of_bytes;
pub use keys::{are_bytes, joined_type, key_type};

/// Maximum number of rows that are read together: their keys, groups and values fit the L2 cache.
const STRETCH_ROWS: usize = 1 << 12;
/// The number of rows of the first batch, and of the others.
const FIRST_ROWS: usize = 1 << 16;
const BATCH_ROWS: usize = 1 << 20;
/// Parts of work for each thread, so that all have about as much of it.
const PARTS_PER_THREAD: usize = 8;
/// The work of merging a group, as a number of rows: it decides whether threads are used.
const ROWS_PER_GROUP: usize = 16;
/// Groups that are merged by several threads.
const MIN_DIVIDED_GROUPS: usize = 1 << 12;
/// Limited because each shard has tables of its own.
const MAX_SHARDS: usize = 16;

/// When, and how, keys are divided. Measured with 10^5 and 10^6 groups and two threads.
#[derive(Clone, Copy, Debug)]
pub struct Division {
    /// Groups, of all shards together, from which each shard owns its groups.
    pub from: usize,
    /// The shards from then on, at most 256.
    pub parts: usize,
    /// Rows that are sorted by part together.
    pub rows: usize,
}

impl Division {
    /// What suits keys and threads. One thread does not divide: what it saves in cache misses it loses by sorting rows.
    /// Nor are rows of bytes read out of order: that costs more misses than it saves.
    fn suits(form: Form, threads: usize) -> Self {
        let from = |groups| if threads > 1 { groups } else { usize::MAX };
        match form {
            Form::Words => Self { from: from(1 << 18), parts: 128, rows: 1 << 16 },
            _ => Self { from: from(1 << 16), parts: threads, rows: STRETCH_ROWS },
        }
    }
}

/// Accumulates the states of groups, batch by batch.
pub struct Grouping<const S: usize, const E: usize> {
    types: Vec<DataType>,
    hasher: Hasher,
    threads: usize,
    division: Division,
    shards: Vec<Shard<S, E>>,
    /// Which shard owns a group, if they do not share them.
    split: Option<Split>,
    last: Last,
    /// The number of rows so far.
    rows: usize,
}

/// Accumulates everything about the groups.
pub type GroupBy = Grouping<1, 1>;

impl<const S: usize, const E: usize> Grouping<S, E> {
    /// No groups yet, for keys of these types, which must be [key types](key_type), and a number of columns.
    pub fn new(types: Vec<DataType>, columns: usize, threads: usize) -> Self {
        let division = Division::suits(Form::of(&types), threads.clamp(1, MAX_SHARDS));
        Self::with_division(types, columns, threads, division)
    }

    /// The same, with a division of choice, for tests: it does not change any result.
    pub fn with_division(
        types: Vec<DataType>,
        columns: usize,
        threads: usize,
        division: Division,
    ) -> Self {
        let (form, hasher) = (Form::of(&types), Hasher::new());
        let threads = threads.clamp(1, MAX_SHARDS);
        let shards = (0..threads).map(|_| Shard::new(form, &hasher, columns));
        let shards = shards.collect();
        Self {
            types,
            hasher,
            threads,
            division,
            shards,
            split: None,
            last: Last::default(),
            rows: 0,
        }
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
        rows * of_row + grown * of_group + self.last.bytes(self.threads)
    }

    fn groups(&self) -> usize {
        self.shards.iter().map(|shard| shard.keys.len()).sum()
    }

    /// Adds a range of the rows of the columns, at most 2^32 of them.
    pub fn push(&mut self, keys: &[&[Chunk]], columns: &[&[Chunk]], rows: Range<usize>) {
        let keys = keys.iter().map(|chunks| RowIndex::new(chunks)).collect::<Vec<_>>();
        let columns = columns.iter().map(|chunks| RowIndex::new(chunks)).collect::<Vec<_>>();
        let mut start = rows.start;
        while start < rows.end {
            // Not too many rows at first, as long as groups may still have to be divided.
            let most = match self.split.is_some() || self.threads == 1 {
                true => rows.len(),
                false => self.rows.max(2 * pool::PART_ROWS),
            };
            let end = rows.end.min(start + most);
            self.push_part(&keys, &columns, start..end);
            start = end;
        }
    }

    fn push_part(&mut self, keys: &[RowIndex<'_>], columns: &[RowIndex<'_>], rows: Range<usize>) {
        self.rows += rows.len();
        if self.split.is_some() {
            let stretches = self.divide(keys, rows.clone());
            self.each_shard(rows.len(), |shard, index| {
                for stretch in &stretches {
                    shard.push(stretch, columns, index);
                }
            });
            return;
        }
        let stretches = stretches(keys, rows.clone(), STRETCH_ROWS);
        let next = AtomicUsize::new(0);
        let (types, last) = (std::mem::take(&mut self.types), std::mem::take(&mut self.last));
        let lasts = self.each_shard(rows.len(), |shard, _| {
            let mut last = last.clone();
            while let Some(rows) = stretches.get(next.fetch_add(1, Ordering::Relaxed)) {
                shard.push(&stretch(&types, keys, rows.clone(), &mut last), columns, 0);
            }
            last
        });
        (self.types, self.last) = (types, lasts.into_iter().next().unwrap_or_default());
        if self.groups() > self.division.from {
            self.divide_groups(self.division.parts);
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
        if self.split.is_none() {
            let many = self.groups() + rows > self.division.from;
            self.divide_groups(if many { self.division.parts } else { self.threads });
        }
        let stretches = self.divide(&keys, 0..rows);
        let fit = self.each_shard(rows, |shard, index| {
            let mut all = stretches.iter();
            all.all(|stretch| shard.merge(stretch, columns, sizes, index))
        });
        fit.into_iter().all(|fits| fits).then_some(()).ok_or_else(too_many_rows)
    }

    /// The groups, sorted by their keys; an error if text keys are malformed.
    pub fn finish(mut self) -> Result<GroupedStates<S, E>, Error> {
        let is_whole = self.split.is_some() || self.threads == 1;
        self.each_shard(self.rows, |shard, _| {
            shard.columns.iter_mut().for_each(Lane::settle_misfits);
        });
        if !is_whole {
            let few = self.groups() < MIN_DIVIDED_GROUPS;
            self.divide_groups(if few { 1 } else { PARTS_PER_THREAD * self.threads });
        }
        GroupedStates::of_shards(self.types, self.shards, self.threads)
    }

    /// How many different keys [of bytes](are_bytes) there are, nulls left out. Whether text is text is not checked.
    pub fn distinct(mut self) -> usize {
        if self.split.is_none() && self.threads > 1 {
            let few = self.groups() < MIN_DIVIDED_GROUPS;
            self.divide_groups(if few { 1 } else { PARTS_PER_THREAD * self.threads });
        }
        let nulls = self.shards.iter().filter(|shard| shard.keys.has_nulls()).count();
        self.groups() - nulls
    }

    /// Makes each of some shards the owner of the groups of a part of all keys.
    fn divide_groups(&mut self, parts: usize) {
        let (form, columns) = (Form::of(&self.types), self.shards[0].columns.len());
        let extents = self.shards.iter().filter_map(|shard| shard.keys.extent());
        let join = |one: (u64, u64), other: (u64, u64)| (one.0.min(other.0), one.1.max(other.1));
        let known = self.shards.iter().map(|shard| shard.keys.len()).max().unwrap_or_default();
        let split = Split::new(&self.hasher, parts, known, extents.reduce(join));
        let parts = split.parts;
        let owners = (0..parts).map(|_| Shard::new(form, &self.hasher, columns)).collect();
        let work = self.groups() * ROWS_PER_GROUP;
        let picks = self.each_shard(work, |shard, _| {
            shard.settle();
            Picks::new(&shard.keys.parts(&split), parts)
        });
        if picks.len() < self.shards.len() {
            return; // the work was cancelled
        }
        let mixed = std::mem::replace(&mut self.shards, owners);
        self.each_shard(work, |owner, part| {
            for (shard, picks) in mixed.iter().zip(&picks) {
                owner.absorb(shard, &picks.all()[picks.span(part)]);
            }
        });
        self.split = Some(split);
    }

    /// Long stretches of rows, with the rows of each part.
    fn divide(&mut self, keys: &[RowIndex<'_>], rows: Range<usize>) -> Vec<Stretch> {
        let stretches = stretches(keys, rows.clone(), self.division.rows);
        let parts = parts(stretches, self.threads);
        let divided = pool::map(parts, rows.len(), self.threads, |part| {
            let mut last = self.last.clone();
            let divided = part.into_iter().map(|rows| {
                let stretch = stretch(&self.types, keys, rows, &mut last);
                match &self.split {
                    Some(split) if split.parts > 1 => stretch.divided(split),
                    _ => stretch,
                }
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
        let shards = self.shards.iter_mut().enumerate().collect();
        pool::map(shards, rows, self.threads, |(index, shard)| work(shard, index))
    }
}

/// Consecutive items in about as many parts as there are threads, a few for each.
fn parts<T>(items: Vec<T>, threads: usize) -> Vec<Vec<T>> {
    let length = items.len().div_ceil(PARTS_PER_THREAD * threads).max(1);
    let mut items = items.into_iter();
    let part = || Some(items.by_ref().take(length).collect::<Vec<_>>());
    std::iter::from_fn(part).take_while(|part| !part.is_empty()).collect()
}

/// Cuts rows where a chunk of any column ends, and after some number of them.
fn stretches(columns: &[RowIndex<'_>], rows: Range<usize>, most: usize) -> Vec<Range<usize>> {
    let inside = |&row: &usize| rows.start < row && row < rows.end;
    let boundaries = columns.iter().flat_map(|index| index.starts()).copied().filter(inside);
    let mut boundaries = boundaries.chain([rows.end]).collect::<Vec<_>>();
    boundaries.sort_unstable();
    boundaries.dedup();
    let mut start = rows.start;
    let cut = boundaries.into_iter().flat_map(|end| {
        let from = std::mem::replace(&mut start, end);
        (from..end).step_by(most).map(move |at| at..end.min(at + most))
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
    Stretch { rows, keys, picks: None }
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
