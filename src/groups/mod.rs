//! Groups: the states of the rows that have a key in common.
//!
//! Rows arrive in batches. The keys of a batch become bytes ([`keys`]), and bytes become numbers
//! ([`table`]); the values of each column are brought together by these numbers and handed to the
//! kernels ([`arrange`]); what they add up to is kept in little memory ([`compact`](crate::states::compact)). In the end
//! groups are ordered by their keys ([`grouped`]).
//!
//! Threads do not share groups: each has those whose hashes fall to it, and finds their rows among all.
//! So nothing is merged, whether there are two groups or millions. As all sums are exact and groups
//! are ordered by their keys, neither batches nor threads leave a trace in the result.

mod arrange;
mod grouped;
mod keys;
mod table;

use std::ops::Range;

use ahash::RandomState;
use arrow_array::ArrayRef;
use arrow_row::Rows;
use arrow_schema::DataType;

use crate::answers::windows::{Per, Pieces};
use crate::columns::chunk::{Chunk, Written};
use crate::run::pool;
use crate::states::moments::Unmergeable;
use arrange::{Arrangement, Part};
use table::KeyTable;

pub use crate::states::compact::Compact;
pub use grouped::Grouped;
pub use keys::{NotText, joined_type, key_type};

/// Rows whose keys are encoded together.
const STRETCH: usize = 1 << 17;
/// Rows of a batch, at least and at most.
const FEWEST_ROWS: usize = 1 << 20;
const MOST_ROWS: usize = 1 << 24;
/// More threads would only read the same hashes once more each.
const MOST_SHARDS: usize = 16;

/// Collects the states of groups, batch by batch.
pub struct GroupBy {
    types: Vec<DataType>,
    hasher: RandomState,
    shards: Vec<Shard>,
    /// How many rows there were.
    rows: usize,
}

/// The groups that one thread has.
struct Shard {
    keys: KeyTable,
    /// By column and group.
    columns: Vec<Vec<Compact>>,
}

/// Which of all hashes are those of a shard.
#[derive(Clone, Copy)]
struct Share {
    index: u64,
    count: u64,
}

impl Share {
    #[inline]
    fn has(self, hash: u64) -> bool {
        // The table uses the highest and the lowest bits.
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
    /// For keys of these types, which must be [types of keys](key_type), and so many columns.
    pub fn new(types: Vec<DataType>, columns: usize, threads: usize) -> Self {
        let shard = || Shard { keys: KeyTable::default(), columns: vec![vec![]; columns] };
        let shards = (0..threads.clamp(1, MOST_SHARDS)).map(|_| shard()).collect();
        Self { types, hasher: RandomState::new(), shards, rows: 0 }
    }

    /// How many rows should be pushed at a time: enough for the groups to have some of them each.
    pub fn batch_rows(&self) -> usize {
        (4 * self.groups()).clamp(FEWEST_ROWS, MOST_ROWS)
    }

    /// About how many bytes it takes to add so many rows, if there are as many new groups among them
    /// as there were among those before.
    pub fn bytes_for(&self, rows: usize) -> usize {
        let columns = self.shards.first().map_or(0, |shard| shard.columns.len());
        // Of a row its key, where that lies, its hash, its place and its group, and a value.
        let of_row = 16 * self.types.len() + 3 * size_of::<u64>() + size_of::<usize>();
        // Of a group its states, and what the table of keys knows.
        let of_group = columns * size_of::<Compact>() + 64;
        let groups = self.groups();
        // Vectors double when they grow.
        let grown = (2 * groups).max(groups + groups * rows / self.rows.max(1));
        rows * of_row + grown * of_group
    }

    fn groups(&self) -> usize {
        self.shards.iter().map(|shard| shard.keys.len()).sum()
    }

    /// Adds some of the rows of columns, at most 2^32.
    pub fn push(&mut self, keys: &[&[Chunk]], columns: &[&[Chunk]], rows: Range<usize>) {
        let stretches = self.encode(keys, rows.clone());
        let parts = |chunks: &&[Chunk]| {
            let mut start = 0;
            let chunks = Pieces::new(chunks, Per::Chunk).between(rows.clone());
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

    /// Adds states, by column and row, to the groups of their rows; each must be possible.
    pub fn push_states(
        &mut self,
        keys: &[&[Chunk]],
        columns: &[&[Compact]],
        rows: usize,
    ) -> Result<(), Unmergeable> {
        let stretches = self.encode(keys, 0..rows);
        self.rows += rows;
        let fit = self.each_shard(rows, |shard, share| shard.merge(&stretches, columns, share));
        fit.into_iter().all(|fits| fits).then_some(()).ok_or(Unmergeable::TooManyRows)
    }

    /// The groups, ordered by their keys; or why their keys are none.
    pub fn finish(self) -> Result<Grouped, NotText> {
        Grouped::of_shards(self.types, self.shards)
    }

    /// Does something with each shard, knowing which hashes are its own.
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
        let keys = keys.iter().map(|chunks| Pieces::new(chunks, Per::Chunk)).collect::<Vec<_>>();
        let stretches = stretches(&keys, rows.clone());
        pool::map(stretches, rows.len(), self.shards.len(), |stretch| {
            let column = |pieces: &Pieces<'_>| written(&pieces.between(stretch.clone()));
            let encoded = keys::encode(&self.types, keys.iter().map(column).collect());
            let hashes = encoded.iter().map(|row| self.hasher.hash_one(row.data())).collect();
            Stretch { start: stretch.start - rows.start, rows: encoded, hashes }
        })
    }
}

/// Cuts rows where the chunks of any column end, and where there are too many.
fn stretches(columns: &[Pieces<'_>], rows: Range<usize>) -> Vec<Range<usize>> {
    let inside = |&row: &usize| rows.start < row && row < rows.end;
    let borders = columns.iter().flat_map(|pieces| pieces.starts()).copied().filter(inside);
    let mut borders = borders.chain([rows.end]).collect::<Vec<_>>();
    borders.sort_unstable();
    borders.dedup();
    let mut start = rows.start;
    let cut = borders.into_iter().flat_map(|end| {
        let from = std::mem::replace(&mut start, end);
        (from..end).step_by(STRETCH).map(move |at| at..end.min(at + STRETCH))
    });
    cut.collect()
}

/// The values of keys, which are in one chunk.
fn written(chunks: &[Chunk]) -> ArrayRef {
    match chunks {
        [chunk] => match chunk.written_out() {
            Written::Values(array) => array,
            Written::Validity(_) => unreachable!("keys have values"),
        },
        _ => unreachable!("stretches end where chunks do"),
    }
}

impl Shard {
    fn push(&mut self, stretches: &[Stretch], columns: &[Vec<Part>], share: Share) {
        let (rows, groups) = self.find(stretches, share);
        let arrangement = Arrangement::new(rows, groups, self.keys.len());
        for (states, parts) in self.columns.iter_mut().zip(columns) {
            arrangement.fold(parts, states);
        }
    }

    /// Whether no group has more rows than are ever counted.
    fn merge(&mut self, stretches: &[Stretch], columns: &[&[Compact]], share: Share) -> bool {
        let (rows, groups) = self.find(stretches, share);
        let mut merge = |(states, parts): (&mut Vec<Compact>, &&[Compact])| {
            rows.iter().zip(&groups).all(|(&row, &group)| {
                let state = &mut states[group as usize];
                state.add(&parts[row as usize].to_moments());
                state.rows() <= crate::states::moments::MOST_ROWS
            })
        };
        self.columns.iter_mut().zip(columns).all(&mut merge)
    }

    /// The rows whose groups are here, and these groups, which have states from now on.
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
        self.columns.iter_mut().for_each(|states| states.resize(count, Compact::default()));
        (rows, groups)
    }
}
