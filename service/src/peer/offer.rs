//! What a node tells others: an [`Offer`] for each dataset, as JSON, and the groups of buckets, as an Arrow table.
//!
//! The table has the columns `node`, `bucket`, `group` and `entry`, which are bytes as the file has them, and `revision`.
//! Its schema has `colstats.definition` in its metadata, and in `colstats.schema` the fields of the dataset, by
//! whose positions entries number their columns. All groups of a bucket follow each other.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, BinaryArray, RecordBatch, UInt64Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde::{Deserialize, Serialize};

use super::{bucket, damaged, hex, node, unhex};
use crate::dataset::Definition;
use crate::groups::{BUCKET_BYTES, Bucket};
use crate::query::expect_memory;
use crate::refusal::Result;
use crate::store::entry::Entry;
use crate::store::read::{Snapshot, fields_of, schema_bytes};
use crate::store::session::received::Received;
use crate::store::tables::NodeId;

const DEFINITION: &str = "colstats.definition";
const SCHEMA: &str = "colstats.schema";
/// Buckets that are asked for in one ticket.
pub const BUCKETS_TOGETHER: usize = 256;

/// What a node has of a dataset.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Its name.
    pub dataset: String,
    /// Its definition.
    pub definition: Definition,
    /// By node and bucket, which are hexadecimal, the revision of that node.
    pub revisions: Vec<(String, String, u64)>,
}

/// The buckets that are asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The dataset.
    pub dataset: String,
    /// Nodes and buckets, which are hexadecimal.
    pub buckets: Vec<(String, String)>,
}

/// A ticket for buckets.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedTicket {
    /// What is wanted.
    pub contribution: Wanted,
}

/// What is offered.
pub fn offers(snapshot: &Snapshot) -> Result<Vec<Offer>> {
    let offers = snapshot.list("")?.into_iter().map(|dataset| {
        let revisions = snapshot.revisions(&dataset)?.into_iter();
        let revisions =
            revisions.map(|it| (hex(&it.node), hex(&it.bucket.bytes()), it.revision)).collect();
        let definition = dataset.definition().clone();
        Ok(Offer { dataset: dataset.name, definition, revisions })
    });
    offers.collect()
}

/// The groups of the buckets that are wanted.
pub fn contribution(
    snapshot: &Snapshot,
    wanted: &Wanted,
    most_bytes: usize,
) -> Result<RecordBatch> {
    let dataset = snapshot.expect(&wanted.dataset)?;
    let revisions = snapshot.revisions(&dataset)?.into_iter();
    let revisions =
        revisions.map(|it| ((it.node, it.bucket.bytes()), it.revision)).collect::<HashMap<_, _>>();
    let (mut nodes, mut buckets, mut groups, mut entries) = (vec![], vec![], vec![], vec![]);
    let (mut numbers, mut bytes) = (vec![], 0);
    for (of, at) in &wanted.buckets {
        let (of, at) = (node(of)?, bucket(at)?);
        let Some(&revision) = revisions.get(&(of, at.bytes())) else { continue };
        for (group, entry) in snapshot.contribution(&dataset, of, at)? {
            bytes += group.len() + entry.len() + 64;
            expect_memory(bytes, most_bytes)?;
            nodes.push(of);
            buckets.push(at.bytes());
            numbers.push(revision);
            groups.push(group);
            entries.push(entry);
        }
    }
    let metadata = HashMap::from([
        (DEFINITION.to_string(), serde_json::to_string(dataset.definition()).unwrap_or_default()),
        (SCHEMA.to_string(), hex(&schema_bytes(&dataset.fields)?)),
    ]);
    let schema: SchemaRef = Arc::new(Schema::new_with_metadata(fields(), metadata));
    let arrays: Vec<Arc<dyn Array>> = vec![
        Arc::new(BinaryArray::from_iter_values(nodes)),
        Arc::new(BinaryArray::from_iter_values(buckets)),
        Arc::new(UInt64Array::from(numbers)),
        Arc::new(BinaryArray::from_iter_values(groups)),
        Arc::new(BinaryArray::from_iter_values(entries)),
    ];
    RecordBatch::try_new(schema, arrays).map_err(|error| damaged(&error.to_string()))
}

fn fields() -> Vec<Field> {
    let bytes = |name| Field::new(name, DataType::Binary, false);
    vec![
        bytes("node"),
        bytes("bucket"),
        Field::new("revision", DataType::UInt64, false),
        bytes("group"),
        bytes("entry"),
    ]
}

/// Reads the groups of such tables, which are parts of one; what is complete is taken out.
#[derive(Debug)]
pub struct Reading {
    dataset: String,
    definition: Definition,
    fields: Vec<Field>,
    open: Option<Received>,
    /// Buckets all of whose groups have come.
    pub complete: Vec<Received>,
}

impl Reading {
    /// Of a dataset, by the schema of the table.
    pub fn new(dataset: &str, schema: &Schema) -> Result<Self> {
        let names = |fields: &[Field]| {
            fields.iter().map(|it| (it.name().clone(), it.data_type().clone())).collect::<Vec<_>>()
        };
        let found = schema.fields().iter().map(|field| Field::clone(field)).collect::<Vec<_>>();
        if names(&found) != names(&fields()) {
            return Err(damaged("the table has other columns: use the same release on all nodes"));
        }
        let metadata = |name: &str| {
            schema.metadata().get(name).ok_or_else(|| damaged(&format!("{name:?} is not there")))
        };
        let definition = serde_json::from_str(metadata(DEFINITION)?);
        let definition: Definition = definition.map_err(|error| damaged(&error.to_string()))?;
        definition.check()?;
        let fields = fields_of(&unhex(metadata(SCHEMA)?)?)?;
        Ok(Self { dataset: dataset.into(), definition, fields, open: None, complete: vec![] })
    }

    /// Reads some more groups.
    pub fn read(&mut self, batch: &RecordBatch) -> Result<()> {
        let bytes = |at: usize| batch.column(at).as_binary::<i32>();
        let (nodes, buckets, groups, entries) = (bytes(0), bytes(1), bytes(3), bytes(4));
        let revisions = batch.column(2).as_primitive::<UInt64Type>();
        if batch.columns().iter().any(|column| column.null_count() > 0) {
            return Err(damaged("a value is null"));
        }
        for row in 0..batch.num_rows() {
            let node: NodeId =
                nodes.value(row).try_into().map_err(|_| damaged("the name of a node"))?;
            let bucket = Bucket::of_bytes(buckets.value(row)).ok_or_else(|| damaged("a bucket"))?;
            let group = groups.value(row);
            if group.get(..BUCKET_BYTES) != Some(&bucket.bytes()[..]) {
                return Err(damaged("a group is not of its bucket"));
            }
            let is_open = self.open.as_ref();
            if is_open.is_none_or(|open| (open.node, open.bucket) != (node, bucket)) {
                self.complete.extend(self.open.take());
                self.open = Some(Received {
                    dataset: self.dataset.clone(),
                    definition: self.definition.clone(),
                    fields: self.fields.clone(),
                    node,
                    bucket,
                    revision: revisions.value(row),
                    entries: vec![],
                });
            }
            let entry = Entry::decode(entries.value(row), |_| true)?;
            if let Some(open) = &mut self.open {
                open.entries.push((group.to_vec(), entry));
            }
        }
        Ok(())
    }

    /// At the end, the last bucket is complete.
    pub fn finish(mut self) -> Vec<Received> {
        self.complete.extend(self.open.take());
        self.complete
    }
}
