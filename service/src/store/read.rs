//! What is on disk at one moment.

use std::ops::Bound;
use std::sync::Arc;

use arrow_flight::{IpcMessage, SchemaAsIpc};
use arrow_ipc::writer::IpcWriteOptions;
use arrow_schema::{Field, Schema};
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata};

use super::of_storage;
use super::tables::{
    BATCHES, DATASETS, ENTRIES, META, NodeId, ORIGINS, REVISIONS, Record, SCHEMAS, after,
    of_dataset, of_group, of_origin, parts,
};
use crate::dataset::Definition;
use crate::groups::Bucket;
use crate::refusal::{Kind, Refusal, Result};

/// The file at one moment, whatever is written meanwhile.
pub struct Snapshot {
    datasets: ReadOnlyTable<&'static str, &'static [u8]>,
    schemas: ReadOnlyTable<u32, &'static [u8]>,
    origins: ReadOnlyTable<u32, &'static [u8]>,
    entries: ReadOnlyTable<&'static [u8], &'static [u8]>,
    batches: ReadOnlyTable<&'static [u8], &'static [u8]>,
    revisions: ReadOnlyTable<&'static [u8], u64>,
    revision: u64,
}

/// A dataset at that moment.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Its name.
    pub name: String,
    /// What is known of it.
    pub record: Record,
    /// The fields that it keeps; their positions are the numbers of columns. None before the first batch.
    pub fields: Vec<Field>,
}

impl Dataset {
    /// How rows become groups.
    pub fn definition(&self) -> &Definition {
        &self.record.definition
    }

    /// A field, with its number.
    pub fn field(&self, name: &str) -> Option<(u32, &Field)> {
        let at = self.fields.iter().position(|field| field.name() == name)?;
        Some((at as u32, &self.fields[at]))
    }
}

/// What changed a bucket last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The node.
    pub node: NodeId,
    /// The bucket.
    pub bucket: Bucket,
    /// The revision of that node.
    pub revision: u64,
}

impl Snapshot {
    pub(super) fn new(transaction: &ReadTransaction) -> Result<Self> {
        let meta = transaction.open_table(META).map_err(of_storage)?;
        let revision = meta.get("revision").map_err(of_storage)?;
        let revision =
            revision.and_then(|bytes| bytes.value().try_into().ok().map(u64::from_le_bytes));
        Ok(Self {
            datasets: transaction.open_table(DATASETS).map_err(of_storage)?,
            schemas: transaction.open_table(SCHEMAS).map_err(of_storage)?,
            origins: transaction.open_table(ORIGINS).map_err(of_storage)?,
            entries: transaction.open_table(ENTRIES).map_err(of_storage)?,
            batches: transaction.open_table(BATCHES).map_err(of_storage)?,
            revisions: transaction.open_table(REVISIONS).map_err(of_storage)?,
            revision: revision.unwrap_or_default(),
        })
    }

    /// How many transactions have changed something.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// How many groups all datasets have.
    pub fn groups(&self) -> Result<u64> {
        self.entries.len().map_err(of_storage)
    }

    /// How many ids of batches are known.
    pub fn batch_ids(&self) -> Result<u64> {
        self.batches.len().map_err(of_storage)
    }

    /// A dataset.
    pub fn find(&self, name: &str) -> Result<Option<Dataset>> {
        let json = self.datasets.get(name).map_err(of_storage)?;
        json.map(|json| self.dataset(name, json.value())).transpose()
    }

    /// A dataset that must be there.
    pub fn expect(&self, name: &str) -> Result<Dataset> {
        self.find(name)?.ok_or_else(|| Refusal::no_dataset(name))
    }

    /// All datasets whose names begin so, in the order of their names.
    pub fn list(&self, prefix: &str) -> Result<Vec<Dataset>> {
        let mut datasets = vec![];
        for dataset in self.datasets.range(prefix..).map_err(of_storage)? {
            let (name, json) = dataset.map_err(of_storage)?;
            if !name.value().starts_with(prefix) {
                break;
            }
            datasets.push(self.dataset(name.value(), json.value())?);
        }
        Ok(datasets)
    }

    fn dataset(&self, name: &str, json: &[u8]) -> Result<Dataset> {
        let damaged = |error| Refusal::new(Kind::Damaged, format!("dataset {name:?}: {error}"));
        let record: Record = serde_json::from_slice(json).map_err(damaged)?;
        let fields = self.schemas.get(record.id).map_err(of_storage)?;
        let fields = fields.map_or(Ok(vec![]), |bytes| fields_of(bytes.value()))?;
        Ok(Dataset { name: name.to_string(), record, fields })
    }

    /// Calls a function with bucket, group and bytes of each entry of a dataset, of all nodes, in buckets from one number to
    /// before another. With a limit, rows without a time are in none of the buckets.
    pub fn scan(
        &self,
        dataset: &Dataset,
        (from, to): (Option<i64>, Option<i64>),
        mut each: impl FnMut(Bucket, &[u8], &[u8]) -> Result<()>,
    ) -> Result<()> {
        for (origin, _) in self.origins()? {
            let bound =
                |number: i64| of_group(dataset.record.id, origin, &Bucket::Number(number).bytes());
            let start = match from.or(to.map(|_| i64::MIN)) {
                Some(number) => bound(number),
                None => of_origin(dataset.record.id, origin),
            };
            let end = match (to, from) {
                (Some(number), _) => Some(bound(number)),
                (None, Some(_)) => Some(of_group(dataset.record.id, origin, &Bucket::Null.bytes())),
                (None, None) => after(&of_origin(dataset.record.id, origin)),
            };
            let end = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            if matches!(end, Bound::Excluded(end) if *end <= start[..]) {
                continue;
            }
            let entries = self.entries.range::<&[u8]>((Bound::Included(&start[..]), end));
            for entry in entries.map_err(of_storage)? {
                let (key, bytes) = entry.map_err(of_storage)?;
                let (.., bucket, group) = parts(key.value())
                    .ok_or_else(|| Refusal::new(Kind::Damaged, "a key of the file is damaged"))?;
                each(bucket, group, bytes.value())?;
            }
        }
        Ok(())
    }

    /// The numbers and the names of the nodes that have contributed; the first is this one.
    pub fn origins(&self) -> Result<Vec<(u32, NodeId)>> {
        let damaged = || Refusal::new(Kind::Damaged, "the name of a node is damaged");
        let origins = self.origins.iter().map_err(of_storage)?.map(|origin| {
            let (number, node) = origin.map_err(of_storage)?;
            Ok((number.value(), node.value().try_into().map_err(|_| damaged())?))
        });
        origins.collect()
    }

    /// What changed each bucket of a dataset last.
    pub fn revisions(&self, dataset: &Dataset) -> Result<Vec<Revision>> {
        let origins = self.origins()?;
        let from = of_dataset(dataset.record.id);
        let to = after(&from).unwrap_or_else(|| vec![u8::MAX; 64]);
        let revisions = self.revisions.range(&from[..]..&to[..]).map_err(of_storage)?;
        let revisions = revisions.map(|revision| {
            let (key, revision) = revision.map_err(of_storage)?;
            let damaged = || Refusal::new(Kind::Damaged, "a revision of the file is damaged");
            let (_, origin, bucket, _) = parts(key.value()).ok_or_else(damaged)?;
            let node = origins.iter().find(|(number, _)| *number == origin);
            let (_, node) = node.ok_or_else(damaged)?;
            Ok(Revision { node: *node, bucket, revision: revision.value() })
        });
        revisions.collect()
    }

    /// The groups that a node has contributed to a bucket of a dataset: bucket and keys, and the bytes of the entry.
    pub fn contribution(
        &self,
        dataset: &Dataset,
        node: NodeId,
        bucket: Bucket,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let origins = self.origins()?;
        let Some((origin, _)) = origins.iter().find(|(_, id)| *id == node) else {
            return Ok(vec![]);
        };
        let from = of_group(dataset.record.id, *origin, &bucket.bytes());
        let to = after(&from).unwrap_or_else(|| vec![u8::MAX; 64]);
        let entries = self.entries.range(&from[..]..&to[..]).map_err(of_storage)?;
        let entries = entries.map(|entry| {
            let (key, bytes) = entry.map_err(of_storage)?;
            Ok((key.value()[2 * size_of::<u32>()..].to_vec(), bytes.value().to_vec()))
        });
        entries.collect()
    }
}

/// Fields as an Arrow IPC message, the form in which they are stored.
pub fn schema_bytes(fields: &[Field]) -> Result<Vec<u8>> {
    let (schema, options) = (Schema::new(fields.to_vec()), IpcWriteOptions::default());
    let message = IpcMessage::try_from(SchemaAsIpc::new(&schema, &options));
    message
        .map(|message| message.0.to_vec())
        .map_err(|error| Refusal::invalid(format!("the schema cannot be written: {error}")))
}

/// The fields of an Arrow IPC message. It may come from another node, so whatever makes the reader of arrow-rs panic is
/// damaged.
pub fn fields_of(bytes: &[u8]) -> Result<Vec<Field>> {
    let damaged = |error: &dyn std::fmt::Display| {
        Refusal::new(Kind::Damaged, format!("the schema of a dataset is damaged: {error}"))
    };
    let read = std::panic::catch_unwind(|| Schema::try_from(IpcMessage(bytes.to_vec().into())));
    let schema = read.map_err(|_| damaged(&"it contradicts itself"))?;
    let schema = schema.map_err(|error| damaged(&error))?;
    Ok(schema.fields().iter().map(|field| Arc::unwrap_or_clone(field.clone())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_schema::DataType;

    #[test]
    fn damaged_schemas_are_refused_or_valid() {
        let dictionary = DataType::Dictionary(DataType::Int8.into(), DataType::Utf8.into());
        let types = [DataType::Float64, dictionary, DataType::Decimal128(38, 2), DataType::Date32];
        let fields =
            types.into_iter().enumerate().map(|(i, of)| Field::new(format!("{i}"), of, true));
        let fields = fields.collect::<Vec<_>>();
        let whole = schema_bytes(&fields).expect("a schema");
        assert_eq!(fields_of(&whole), Ok(fields));
        let mut refused = 0;
        for at in 0..whole.len() {
            for bits in [0x01, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] ^= bits;
                refused += usize::from(fields_of(&damaged).is_err());
            }
            refused += usize::from(fields_of(&whole[..at]).is_err());
        }
        assert!(refused > whole.len(), "{refused} refused of {}", 4 * whole.len());
    }
}
