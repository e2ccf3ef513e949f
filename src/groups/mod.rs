//! Group by: the states of the rows that have a key in common.
//!
//! Rows arrive in batches. The keys of a batch become bytes ([`keys`]), and bytes become group numbers
//! ([`table`]); the values of each column are sorted by these numbers and handed to the
//! kernels ([`arrange`]); their states are [`compact`](crate::states::compact). In the end the
//! groups are sorted by their keys ([`grouped`]).
//!
//! Threads do not share groups: each owns a shard of the hashes, and picks its rows out of all rows. So
//! there is nothing to merge, whether there are two groups or millions. Since all sums are exact and
//! groups are sorted by their keys, the result does not depend on batches or threads.

mod arrange;
mod grouped;
mod keys;
mod table;

use std::ops::Range;
use std::sync::Arc;

use ahash::RandomState;
use arrow_array::ArrayRef;
use arrow_row::Rows;
use arrow_schema::DataType;

use crate::columns::chunk::Chunk;
use crate::columns::plain::Plain;
use crate::columns::rows::RowIndex;
use crate::columns::values::Values;
use crate::error::Error;
use crate::run::pool;
use crate::states::moments::too_many_rows;
use arrange::{Arrangement, Part};
use table::KeyTable;

pub use crate::states::compact::Compact;
pub use grouped::Grouped;
pub use keys::{joined_type, key_type};

/// Maximum number of rows whose keys are encoded together.
const STRETCH_ROWS: usize = 1 << 17;
/// Limits of the number of rows of a batch.
const MIN_BATCH_ROWS: usize = 1 << 20;
const MAX_BATCH_ROWS: usize = 1 << 24;
/// Limited because each further shard reads all hashes once more.
const MAX_SHARDS: usize = 16;

/// Accumulates the states of groups, batch by batch.
pub struct GroupBy {
    types: Vec<DataType>,
    hasher: RandomState,
    shards: Vec<Shard>,
    /// The number of rows so far.
    rows: usize,
}

/// The groups that one thread owns.
struct Shard {
    keys: KeyTable,
    /// The number of rows by group.
    sizes: Vec<u64>,
    /// By column and group.
    columns: Vec<Vec<Compact>>,
}

/// The share of all hashes that belongs to a shard.
#[derive(Clone, Copy)]
struct Share {
    index: u64,
    count: u64,
}

impl Share {
    #[inline]
    fn has(self, hash: u64) -> bool {
        // The hash table uses the highest and the lowest bits, so these are from the middle.
        ((hash >> 24 & 0xffff_ffff) * self.count) >> 32 == self.index
    }
}

/// The keys of some rows.
struct Stretch {
    start: usize,
    rows: Rows,
    hashes: Vec<u64>,
}

impl GroupBy {
    /// No groups yet, for keys of these types, which must be [key types](key_type), and a number of columns.
    pub fn new(types: Vec<DataType>, columns: usize, threads: usize) -> Self {
        let shard =
            || Shard { keys: KeyTable::default(), sizes: vec![], columns: vec![vec![]; columns] };
        let shards = (0..threads.clamp(1, MAX_SHARDS)).map(|_| shard()).collect();
        Self { types, hasher: RandomState::new(), shards, rows: 0 }
    }

    /// The number of rows to push at a time: enough for each group to have some of them.
    pub fn batch_rows(&self) -> usize {
        (4 * self.groups()).clamp(MIN_BATCH_ROWS, MAX_BATCH_ROWS)
    }

    /// An estimate of the bytes needed to add `rows` rows, if new groups are as frequent as among the rows
    /// so far.
    pub fn bytes_for(&self, rows: usize) -> usize {
        let columns = self.shards.first().map_or(0, |shard| shard.columns.len());
        // For each row: its key and the offset of the key, its hash, its number and group, and a value.
        let of_row = 16 * self.types.len() + 3 * size_of::<u64>() + size_of::<usize>();
        // For each group: its states, its size, and its entry in the table of keys.
        let of_group = columns * size_of::<Compact>() + 72;
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
        let stretches = self.encode(keys, rows.clone());
        let parts = |chunks: &&[Chunk]| {
            let mut start = 0;
            let chunks = RowIndex::new(chunks).between(rows.clone());
            let part = |chunk: &Chunk| {
                start += chunk.rows();
                Part::new(start - chunk.rows(), chunk)
            };
            chunks.iter().map(part).collect::<Vec<_>>()
        };
        let columns = columns.iter().map(parts).collect::<Vec<_>>();
        self.rows += rows.len();
        self.each_shard(rows.len(), |shard, share| shard.push(&stretches, &columns, share));
    }

    /// Adds states, by column and row, to the groups of their rows, and the sizes of the groups that the
    /// states are of; an error if a group would have too many rows.
    pub fn push_states(
        &mut self,
        keys: &[&[Chunk]],
        columns: &[&[Compact]],
        sizes: &[u64],
    ) -> Result<(), Error> {
        let rows = sizes.len();
        let stretches = self.encode(keys, 0..rows);
        self.rows += rows;
        let merge = |shard: &mut Shard, share| shard.merge(&stretches, columns, sizes, share);
        let fit = self.each_shard(rows, merge);
        fit.into_iter().all(|fits| fits).then_some(()).ok_or_else(too_many_rows)
    }

    /// The groups, sorted by their keys; an error if text keys are malformed.
    pub fn finish(self) -> Result<Grouped, Error> {
        Grouped::of_shards(self.types, self.shards)
    }

    /// Calls a function with each shard and its share of the hashes.
    fn each_shard<T: Send>(
        &mut self,
        rows: usize,
        work: impl Fn(&mut Shard, Share) -> T + Send + Sync,
    ) -> Vec<T> {
        let count = self.shards.len();
        let shards = self.shards.iter_mut().enumerate().collect();
        pool::map(shards, rows, count, |(index, shard)| {
            work(shard, Share { index: index as u64, count: count as u64 })
        })
    }

    /// The keys of some rows, with their hashes.
    fn encode(&self, keys: &[&[Chunk]], rows: Range<usize>) -> Vec<Stretch> {
        let keys = keys.iter().map(|chunks| RowIndex::new(chunks)).collect::<Vec<_>>();
        let stretches = stretches(&keys, rows.clone());
        pool::map(stretches, rows.len(), self.shards.len(), |stretch| {
            let column = |index: &RowIndex<'_>| decoded(&index.between(stretch.clone()));
            let encoded = keys::encode(&self.types, keys.iter().map(column).collect());
            let hashes = encoded.iter().map(|row| self.hasher.hash_one(row.data())).collect();
            Stretch { start: stretch.start - rows.start, rows: encoded, hashes }
        })
    }
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

impl Shard {
    fn push(&mut self, stretches: &[Stretch], columns: &[Vec<Part>], share: Share) {
        let (rows, groups) = self.find(stretches, share);
        let arrangement = Arrangement::new(rows, groups, self.keys.len());
        arrangement.add_sizes(&mut self.sizes);
        for (states, parts) in self.columns.iter_mut().zip(columns) {
            arrangement.fold(parts, states);
        }
    }

    /// Adds states; whether no group now has more rows than a state can count.
    fn merge(
        &mut self,
        stretches: &[Stretch],
        columns: &[&[Compact]],
        sizes: &[u64],
        share: Share,
    ) -> bool {
        let (rows, groups) = self.find(stretches, share);
        for (&row, &group) in rows.iter().zip(&groups) {
            self.sizes[group as usize] =
                self.sizes[group as usize].saturating_add(sizes[row as usize]);
        }
        let mut merge = |(states, parts): (&mut Vec<Compact>, &&[Compact])| {
            rows.iter().zip(&groups).all(|(&row, &group)| {
                let state = &mut states[group as usize];
                state.add(&parts[row as usize].to_moments());
                state.rows() <= crate::states::moments::MAX_ROWS
            })
        };
        let columns_fit = self.columns.iter_mut().zip(columns).all(&mut merge);
        columns_fit && self.sizes.iter().all(|&size| size <= crate::states::moments::MAX_ROWS)
    }

    /// The rows that belong to this shard, and their groups; new groups get empty states.
    fn find(&mut self, stretches: &[Stretch], share: Share) -> (Vec<u32>, Vec<u32>) {
        let (mut rows, mut groups) = (vec![], vec![]);
        for stretch in stretches {
            for (i, &hash) in stretch.hashes.iter().enumerate() {
                if share.has(hash) {
                    rows.push((stretch.start + i) as u32);
                    groups.push(self.keys.group(hash, stretch.rows.row(i).data()));
                }
            }
        }
        let count = self.keys.len();
        self.sizes.resize(count, 0);
        self.columns.iter_mut().for_each(|states| states.resize(count, Compact::default()));
        (rows, groups)
    }
}
