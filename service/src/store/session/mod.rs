//! One transaction: the changes that wait, applied one after the other, and written together.
//!
//! Entries that are changed are kept decoded until the end, because a group that many batches change is written once.
//! Each change is applied wholly or refused: it computes everything before it replaces anything.
//!
//! Here are batches that are put; [`changes`] has what is done to whole datasets, [`received`] what comes from other
//! nodes, and [`set`] a dataset within a session.

pub mod changes;
pub mod received;
pub mod set;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow_schema::Field;
use redb::{ReadableTable, Table, WriteTransaction};

use set::{Columns, Set};

use super::entry::Entry;
use super::read::{fields_of, schema_bytes};
use super::tables::{
    BATCHES, DATASETS, ENTRIES, HERE, META, ORIGINS, REVISIONS, Record, SCHEMAS, Seen, of_batch,
    of_group,
};
use super::{Acknowledged, Put, now, of_storage};
use crate::dataset::{Definition, check_name};
use crate::groups::BUCKET_BYTES;
use crate::ingest::Delta;
use crate::limits::DATASETS as MAX_DATASETS;
use crate::refusal::{Kind, Refusal, Result};

/// Changes that are committed together.
pub struct Session<'t> {
    meta: Table<'t, &'static str, &'static [u8]>,
    datasets: Table<'t, &'static str, &'static [u8]>,
    schemas: Table<'t, u32, &'static [u8]>,
    origins: Table<'t, u32, &'static [u8]>,
    entries: Table<'t, &'static [u8], &'static [u8]>,
    batches: Table<'t, &'static [u8], &'static [u8]>,
    revisions: Table<'t, &'static [u8], u64>,
    /// The most groups of a dataset.
    max_groups: u64,
    /// That of this transaction.
    revision: u64,
    now: u64,
    has_changed: bool,
    /// Datasets that are known, and whether they must be written.
    sets: HashMap<String, (Set, bool)>,
    /// Entries that must be written.
    changed: HashMap<Vec<u8>, Entry>,
    /// Buckets, with dataset and origin, that have this revision from now on.
    touched: HashSet<Vec<u8>>,
}

impl<'t> Session<'t> {
    /// Creates the tables that are not there.
    pub fn create_tables(transaction: &WriteTransaction) -> Result<()> {
        Session::new(transaction, 0).map(drop)
    }

    pub(super) fn new(transaction: &'t WriteTransaction, max_groups: u64) -> Result<Self> {
        let meta = transaction.open_table(META).map_err(of_storage)?;
        let revision = number(&meta, "revision")? + 1;
        Ok(Self {
            meta,
            datasets: transaction.open_table(DATASETS).map_err(of_storage)?,
            schemas: transaction.open_table(SCHEMAS).map_err(of_storage)?,
            origins: transaction.open_table(ORIGINS).map_err(of_storage)?,
            entries: transaction.open_table(ENTRIES).map_err(of_storage)?,
            batches: transaction.open_table(BATCHES).map_err(of_storage)?,
            revisions: transaction.open_table(REVISIONS).map_err(of_storage)?,
            max_groups,
            revision,
            now: now(),
            has_changed: false,
            sets: HashMap::new(),
            changed: HashMap::new(),
            touched: HashSet::new(),
        })
    }

    /// Writes what has changed; whether anything has.
    pub(super) fn finish(mut self) -> Result<bool> {
        self.flush()?;
        if self.has_changed {
            self.meta.insert("revision", &self.revision.to_le_bytes()[..]).map_err(of_storage)?;
        }
        Ok(self.has_changed)
    }

    /// Writes entries, revisions and datasets that are kept in memory.
    fn flush(&mut self) -> Result<()> {
        for (key, entry) in self.changed.drain() {
            self.entries.insert(&key[..], &entry.encode()[..]).map_err(of_storage)?;
        }
        for key in self.touched.drain() {
            self.revisions.insert(&key[..], self.revision).map_err(of_storage)?;
        }
        for (name, (set, has_changed)) in &mut self.sets {
            if !std::mem::take(has_changed) {
                continue;
            }
            let json = serde_json::to_vec(&set.record);
            let json = json.map_err(|error| Refusal::internal(error.to_string()))?;
            self.datasets.insert(name.as_str(), &json[..]).map_err(of_storage)?;
            if let Some(fields) = set.fields() {
                let bytes = schema_bytes(fields)?;
                self.schemas.insert(set.record.id, &bytes[..]).map_err(of_storage)?;
            }
        }
        Ok(())
    }

    /// A dataset of a name.
    pub fn dataset(&mut self, name: &str) -> Result<Option<Set>> {
        if let Some((set, _)) = self.sets.get(name) {
            return Ok(Some(set.clone()));
        }
        let Some(json) = self.datasets.get(name).map_err(of_storage)? else { return Ok(None) };
        let damaged = |error| Refusal::new(Kind::Damaged, format!("dataset {name:?}: {error}"));
        let record: Record = serde_json::from_slice(json.value()).map_err(damaged)?;
        let fields = self.schemas.get(record.id).map_err(of_storage)?;
        let columns = match fields {
            Some(bytes) => Columns::new(fields_of(bytes.value())?),
            None => Columns::default(),
        };
        let set = Set { record, columns: Arc::new(columns) };
        self.sets.insert(name.to_string(), (set.clone(), false));
        Ok(Some(set))
    }

    fn expect_dataset(&mut self, name: &str) -> Result<Set> {
        self.dataset(name)?.ok_or_else(|| Refusal::no_dataset(name))
    }

    /// A dataset that is not there yet.
    fn new_set(&mut self, name: &str, definition: &Definition) -> Result<Set> {
        check_name(name)?;
        definition.check()?;
        let id = number(&self.meta, "next_dataset")?;
        let count = redb::ReadableTableMetadata::len(&self.datasets).map_err(of_storage)?;
        if count >= MAX_DATASETS as u64 || id >= u32::MAX.into() {
            return Err(Refusal::too_much(format!(
                "there are {count} datasets, of which there are at most {MAX_DATASETS}: drop some"
            )));
        }
        let record = Record {
            id: id as u32,
            definition: definition.clone(),
            rows: 0,
            batches: 0,
            groups: 0,
            dropped_before: None,
            created: self.now,
            changed: self.now,
        };
        Ok(Set { record, columns: Arc::default() })
    }

    /// Keeps a dataset, which may be new.
    fn keep(&mut self, name: &str, mut set: Set) -> Result<()> {
        if !self.sets.contains_key(name) {
            let next = u64::from(set.record.id) + 1;
            self.meta.insert("next_dataset", &next.to_le_bytes()[..]).map_err(of_storage)?;
        }
        set.record.changed = self.now;
        self.sets.insert(name.to_string(), (set, true));
        self.has_changed = true;
        Ok(())
    }

    /// Creates a dataset; nothing changes if it is there already, with the same definition.
    pub fn create(
        &mut self,
        name: &str,
        definition: &Definition,
        fields: Option<&[Field]>,
    ) -> Result<bool> {
        let of = |refusal: Refusal| refusal.of(format!("dataset {name:?}"));
        if let Some(mut set) = self.dataset(name)? {
            set.record.definition.expect(definition).map_err(of)?;
            fields.map_or(Ok(()), |fields| set.admit(fields)).map_err(of)?;
            return Ok(false);
        }
        let mut set = self.new_set(name, definition).map_err(of)?;
        fields.map_or(Ok(()), |fields| set.admit(fields)).map_err(of)?;
        self.keep(name, set)?;
        Ok(true)
    }

    /// Adds a batch, unless it is there already.
    pub(super) fn put(&mut self, put: &Put) -> Result<Acknowledged> {
        let of = |refusal: Refusal| refusal.of(format!("dataset {:?}", put.dataset));
        let (delta, name) = (&put.delta, put.dataset.as_str());
        let mut set = match self.dataset(name)? {
            Some(set) => set,
            None => self.new_set(name, &put.definition).map_err(of)?,
        };
        set.record.definition.expect(&put.definition).map_err(of)?;
        let digest = put.batch_id.as_ref().map(|id| (id, delta.digest()));
        if let Some((id, digest)) = digest
            && let Some(seen) = self.seen(set.record.id, id)?
        {
            return match seen.digest == digest {
                true => {
                    Ok(Acknowledged { rows: seen.rows, duplicate: true, revision: seen.revision })
                }
                false => Err(of(Refusal::new(
                    Kind::Exists,
                    format!(
                        "there is a batch {id:?} with other content: a batch that is sent again must be the same; give \
                         other rows another id"
                    ),
                ))),
            };
        }
        set.admit(&delta.fields).map_err(of)?;
        set.count_rows(delta.rows).map_err(of)?;
        self.add(&mut set, delta).map_err(of)?;
        set.record.batches += 1;
        if let Some((id, digest)) = digest {
            let seen = Seen { digest, rows: delta.rows, revision: self.revision, time: self.now };
            let key = of_batch(set.record.id, id);
            self.batches.insert(&key[..], &seen.bytes()[..]).map_err(of_storage)?;
        }
        self.keep(name, set)?;
        Ok(Acknowledged { rows: delta.rows, duplicate: false, revision: self.revision })
    }

    fn seen(&self, dataset: u32, id: &str) -> Result<Option<Seen>> {
        let bytes = self.batches.get(&of_batch(dataset, id)[..]).map_err(of_storage)?;
        let damaged = || Refusal::new(Kind::Damaged, format!("what is known of batch {id:?}"));
        bytes.map(|bytes| Seen::of_bytes(bytes.value()).ok_or_else(damaged)).transpose()
    }

    /// Adds the groups of a batch to those of this node.
    fn add(&mut self, set: &mut Set, delta: &Delta) -> Result<()> {
        let columns =
            delta.columns.iter().map(|name| set.number(name)).collect::<Result<Vec<_>>>()?;
        let mut merged = Vec::with_capacity(delta.groups.len());
        let mut new = 0;
        for group in &delta.groups {
            let key = of_group(set.record.id, HERE, &group.key);
            let entry = self.entry(&key)?;
            new += u64::from(entry.is_none());
            let states = columns.iter().copied().zip(group.states.iter().cloned());
            let entry = entry.unwrap_or_default().merged(group.rows, states);
            merged.push((key, entry.map_err(|(column, error)| unmergeable(set, column, &error))?));
        }
        self.expect_room(set, new)?;
        set.record.groups += new;
        for (key, entry) in merged {
            self.touch(&key);
            self.changed.insert(key, entry);
        }
        Ok(())
    }

    fn expect_room(&self, set: &Set, new: u64) -> Result<()> {
        let groups = set.record.groups + new;
        match groups <= self.max_groups {
            true => Ok(()),
            false => Err(Refusal::too_much(format!(
                "it would have {groups} groups, of which there are at most {}: group by fewer columns, use wider buckets, \
                 drop old ones with drop_before, or start the service with a higher --max-groups",
                self.max_groups
            ))),
        }
    }

    fn entry(&self, key: &[u8]) -> Result<Option<Entry>> {
        if let Some(entry) = self.changed.get(key) {
            return Ok(Some(entry.clone()));
        }
        let bytes = self.entries.get(key).map_err(of_storage)?;
        bytes.map(|bytes| Entry::decode(bytes.value(), |_| true)).transpose()
    }

    /// Notes that a bucket has changed, given the key of one of its groups.
    fn touch(&mut self, key: &[u8]) {
        let bucket = &key[..2 * size_of::<u32>() + BUCKET_BYTES];
        if !self.touched.contains(bucket) {
            self.touched.insert(bucket.to_vec());
        }
    }
}

fn unmergeable(set: &Set, column: u32, error: &colstats::Error) -> Refusal {
    Refusal::of_core(error).of(format!("column {}", set.name(column)))
}

/// A number among the metadata; 0 if it is not there.
fn number(meta: &impl ReadableTable<&'static str, &'static [u8]>, name: &str) -> Result<u64> {
    let bytes = meta.get(name).map_err(of_storage)?;
    let number = bytes.and_then(|bytes| bytes.value().try_into().ok().map(u64::from_le_bytes));
    Ok(number.unwrap_or_default())
}
