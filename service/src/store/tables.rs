//! The tables of the file, and what is in them.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `meta` | a name | `format`, the version of this layout; `node`, the 16 random bytes of this node; `revision`, how many transactions changed something; `next_dataset` |
//! | `datasets` | the name | a [`Record`], as JSON |
//! | `schemas` | dataset | the fields that it keeps, as an Arrow IPC schema; positions number the columns |
//! | `origins` | origin | the 16 bytes of the node; 0 is this one |
//! | `entries` | dataset, origin, bucket, keys | the states of a group: an [`Entry`](super::entry::Entry) |
//! | `batches` | dataset, id of the batch | its digest, rows, revision and the time: a [`Seen`] |
//! | `revisions` | dataset, origin, bucket | the revision of the origin that changed the bucket last |
//!
//! Numbers in keys are big-endian, so that a range of keys is a range of numbers. A file of a later version is refused.

use redb::TableDefinition;
use serde::{Deserialize, Serialize};

use crate::dataset::Definition;
use crate::groups::{BUCKET_BYTES, Bucket};
use crate::ingest::Digest;

/// The version of the layout of files.
pub const FORMAT: u32 = 1;
/// The origin of what was put into this node.
pub const HERE: u32 = 0;

/// What the file says about itself.
pub const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// Datasets by name.
pub const DATASETS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("datasets");
/// Fields by dataset.
pub const SCHEMAS: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("schemas");
/// Nodes by number.
pub const ORIGINS: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("origins");
/// States by group.
pub const ENTRIES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("entries");
/// Batches that were acknowledged.
pub const BATCHES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("batches");
/// Revisions by bucket.
pub const REVISIONS: TableDefinition<'_, &[u8], u64> = TableDefinition::new("revisions");

/// A random name of a node.
pub type NodeId = [u8; 16];

/// What is known of a dataset besides its columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its number, which is never used again.
    pub id: u32,
    /// How rows become groups.
    pub definition: Definition,
    /// The rows that were put into this node.
    pub rows: u64,
    /// The batches, without duplicates.
    pub batches: u64,
    /// The groups of all nodes.
    pub groups: u64,
    /// Buckets below this number have been dropped, and are not pulled again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped_before: Option<i64>,
    /// When it was created, in milliseconds since 1970.
    pub created: u64,
    /// When it was last changed.
    pub changed: u64,
}

/// A batch that has been acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Of its content.
    pub digest: Digest,
    /// Its rows.
    pub rows: u64,
    /// The revision with which it was committed.
    pub revision: u64,
    /// When, in milliseconds since 1970.
    pub time: u64,
}

impl Seen {
    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let numbers = [self.rows, self.revision, self.time].map(u64::to_le_bytes);
        [&self.digest[..], numbers.as_flattened()].concat()
    }

    /// What these bytes say.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (digest, rest) = bytes.split_first_chunk()?;
        let (numbers, rest) = rest.as_chunks::<8>();
        let [rows, revision, time] = numbers else { return None };
        let [rows, revision, time] =
            [rows, revision, time].map(|number| u64::from_le_bytes(*number));
        rest.is_empty().then_some(Self { digest: *digest, rows, revision, time })
    }
}

/// The beginning of the keys of a dataset.
pub fn of_dataset(dataset: u32) -> Vec<u8> {
    dataset.to_be_bytes().to_vec()
}

/// The beginning of the keys of what a node has contributed to a dataset.
pub fn of_origin(dataset: u32, origin: u32) -> Vec<u8> {
    [dataset.to_be_bytes(), origin.to_be_bytes()].concat()
}

/// The key of an entry, or, of a bucket alone, of its revision.
pub fn of_group(dataset: u32, origin: u32, group: &[u8]) -> Vec<u8> {
    [&of_origin(dataset, origin)[..], group].concat()
}

/// The key of a batch.
pub fn of_batch(dataset: u32, id: &str) -> Vec<u8> {
    [&dataset.to_be_bytes()[..], id.as_bytes()].concat()
}

/// The parts of the key of an entry or a revision: dataset, origin, bucket, and the bytes of its group.
pub fn parts(key: &[u8]) -> Option<(u32, u32, Bucket, &[u8])> {
    let (dataset, rest) = key.split_first_chunk()?;
    let (origin, group) = rest.split_first_chunk()?;
    let bucket = Bucket::of_bytes(group.get(..BUCKET_BYTES)?)?;
    Some((u32::from_be_bytes(*dataset), u32::from_be_bytes(*origin), bucket, group))
}

/// The first key after all that begin like one; none if there is none.
pub fn after(beginning: &[u8]) -> Option<Vec<u8>> {
    let mut end = beginning.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}
