//! One transaction: the changes that wait, applied one after the other, and written together.
//!
//! Entries that are changed are kept decoded until the end, because a group that many batches change is written once.
//! Each change is applied wholly or refused: it computes everything before it replaces anything.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow_schema::Field;
use redb::{ReadableTable, Table, WriteTransaction};

use super::entry::Entry;
use super::read::{fields_of, schema_bytes};
use super::tables::{
    BATCHES, DATASETS, ENTRIES, HERE, META, NodeId, ORIGINS, REVISIONS, Record, SCHEMAS, Seen,
    after, of_batch, of_dataset, of_group, of_origin, parts,
};
use super::{Acknowledged, Put, now, of_storage};
use crate::dataset::schema::admitted;
use crate::dataset::{Definition, check_name};
use crate::groups::{BUCKET_BYTES, Bucket};
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

/// A dataset.
#[derive(Clone)]
pub struct Set {
    /// What is known of it.
    pub record: Record,
    /// Its columns.
    columns: Arc<Columns>,
}

#[derive(Default)]
struct Columns {
    fields: Option<Vec<Field>>,
    numbers: HashMap<String, u32>,
}

impl Columns {
    fn new(fields: Vec<Field>) -> Self {
        let names = fields.iter().enumerate();
        let numbers = names.map(|(at, field)| (field.name().clone(), at as u32)).collect();
        Self { fields: Some(fields), numbers }
    }
}

impl Set {
    /// The fields that it keeps; none before the first batch.
    pub fn fields(&self) -> Option<&[Field]> {
        self.columns.fields.as_deref()
    }

    /// The same, after a batch with these fields.
    fn admit(&mut self, fields: &[Field]) -> Result<()> {
        if self.fields() != Some(fields) {
            let fields = admitted(&self.record.definition, self.fields(), fields)?;
            if self.fields() != Some(&fields) {
                self.columns = Arc::new(Columns::new(fields));
            }
        }
        Ok(())
    }

    fn number(&self, column: &str) -> Result<u32> {
        self.columns.numbers.get(column).copied().ok_or_else(|| {
            Refusal::invalid(format!("column {column:?} has states, but is none of the batch"))
        })
    }

    fn name(&self, number: u32) -> String {
        let field = self.fields().and_then(|fields| fields.get(number as usize));
        field.map_or_else(|| number.to_string(), |field| format!("{:?}", field.name()))
    }
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
        self.add(&mut set, delta).map_err(of)?;
        set.record.rows += delta.rows;
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

    /// Drops a dataset, with the ids of its batches; how many groups it had.
    pub fn drop_dataset(&mut self, name: &str) -> Result<u64> {
        let set = self.expect_dataset(name)?;
        self.flush()?;
        let beginning = of_dataset(set.record.id);
        let groups = self.remove_groups(&beginning, after(&beginning).as_deref())?;
        remove(&mut self.batches, &beginning, after(&beginning).as_deref(), |_| true)?;
        self.schemas.remove(set.record.id).map_err(of_storage)?;
        self.datasets.remove(name).map_err(of_storage)?;
        self.sets.remove(name);
        self.has_changed = true;
        Ok(groups)
    }

    /// Drops the buckets before a number, of all nodes; how many groups there were in them.
    pub fn drop_before(&mut self, name: &str, number: i64) -> Result<u64> {
        let mut set = self.expect_dataset(name)?;
        self.flush()?;
        let mut groups = 0;
        for origin in self.origin_numbers()? {
            let [from, to] = [i64::MIN, number]
                .map(|number| of_group(set.record.id, origin, &Bucket::Number(number).bytes()));
            groups += self.remove_groups(&from, Some(&to))?;
        }
        let before = set.record.dropped_before.unwrap_or(i64::MIN).max(number);
        set.record.dropped_before = Some(before);
        set.record.groups -= groups.min(set.record.groups);
        self.keep(name, set)?;
        Ok(groups)
    }

    /// Removes entries and revisions in a range of keys; how many entries there were.
    fn remove_groups(&mut self, from: &[u8], to: Option<&[u8]>) -> Result<u64> {
        remove(&mut self.revisions, from, to, |_| true)?;
        remove(&mut self.entries, from, to, |_| true)
    }

    /// Forgets the ids of batches that were acknowledged before a time, in milliseconds since 1970; how many there were.
    pub fn forget_ids(&mut self, name: &str, before: u64) -> Result<u64> {
        let set = self.expect_dataset(name)?;
        let beginning = of_dataset(set.record.id);
        let is_old = |seen: &[u8]| Seen::of_bytes(seen).is_some_and(|seen| seen.time < before);
        let forgotten =
            remove(&mut self.batches, &beginning, after(&beginning).as_deref(), is_old)?;
        self.has_changed |= forgotten > 0;
        Ok(forgotten)
    }

    /// Adds the states of a dataset to another, of the same definition, which is created if it is not there, and drops
    /// the first unless it is to be kept; how many groups there were.
    pub fn merge(&mut self, into: &str, from: &str, keep: bool) -> Result<u64> {
        let of = |refusal: Refusal| refusal.of(format!("merging dataset {from:?} into {into:?}"));
        if into == from {
            return Err(of(Refusal::invalid("they are the same")));
        }
        let source = self.expect_dataset(from)?;
        let mut target = match self.dataset(into)? {
            Some(target) => target,
            None => self.new_set(into, &source.record.definition).map_err(of)?,
        };
        source.record.definition.expect(&target.record.definition).map_err(of)?;
        let fields = source.fields().unwrap_or_default();
        if !fields.is_empty() {
            target.admit(fields).map_err(of)?;
        }
        let numbers = fields.iter().map(|field| target.number(field.name()));
        let numbers = numbers.collect::<Result<Vec<_>>>()?;
        self.flush()?;
        let mut merged = HashMap::<Vec<u8>, Entry>::new();
        let (mut groups, mut new) = (0, 0);
        for (key, bytes) in self.all_entries(source.record.id)? {
            let (.., group) = parts(&key).ok_or_else(|| Refusal::new(Kind::Damaged, "a key"))?;
            let entry = Entry::decode(&bytes, |_| true)?;
            let key = of_group(target.record.id, HERE, group);
            let ours = match merged.remove(&key) {
                Some(ours) => ours,
                None => {
                    let ours = self.entry(&key)?;
                    new += u64::from(ours.is_none());
                    ours.unwrap_or_default()
                }
            };
            let number = |column: u32| numbers.get(column as usize).copied().unwrap_or(u32::MAX);
            let states = entry.states.into_iter().map(|(column, state)| (number(column), state));
            let whole = ours.merged(entry.rows, states);
            let whole = whole.map_err(|(column, error)| unmergeable(&target, column, &error));
            merged.insert(key, whole.map_err(of)?);
            groups += 1;
        }
        self.expect_room(&target, new).map_err(of)?;
        target.record.groups += new;
        target.record.rows += source.record.rows;
        target.record.batches += source.record.batches;
        merged.keys().for_each(|key| self.touch(key));
        self.changed.extend(merged);
        self.keep(into, target)?;
        if !keep {
            self.drop_dataset(from)?;
        }
        Ok(groups)
    }

    /// Creates a dataset with the states of another that was exported; how many groups it has.
    pub fn import(&mut self, imported: Imported) -> Result<u64> {
        let Imported { dataset: name, definition, delta } = imported;
        let of = |refusal: Refusal| refusal.of(format!("dataset {name:?}"));
        if self.dataset(&name)?.is_some() {
            return Err(of(Refusal::new(
                Kind::Exists,
                "it is there already, and its rows would count twice: drop it, or merge it into another first",
            )));
        }
        let mut set = self.new_set(&name, &definition).map_err(of)?;
        if !delta.fields.is_empty() {
            set.admit(&delta.fields).map_err(of)?;
        }
        self.add(&mut set, &delta).map_err(of)?;
        set.record.rows = delta.rows;
        let groups = set.record.groups;
        self.keep(&name, set)?;
        Ok(groups)
    }

    /// The keys and the bytes of all entries of a dataset.
    fn all_entries(&self, dataset: u32) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let from = of_dataset(dataset);
        let to = after(&from).unwrap_or_else(|| vec![u8::MAX; 64]);
        let entries = self.entries.range(&from[..]..&to[..]).map_err(of_storage)?;
        let entries = entries.map(|entry| {
            let (key, bytes) = entry.map_err(of_storage)?;
            Ok((key.value().to_vec(), bytes.value().to_vec()))
        });
        entries.collect()
    }

    fn origin_numbers(&self) -> Result<Vec<u32>> {
        let origins = self.origins.iter().map_err(of_storage)?;
        origins.map(|origin| Ok(origin.map_err(of_storage)?.0.value())).collect()
    }

    /// The number of another node, which is new if it is not known.
    fn origin(&mut self, node: NodeId) -> Result<u32> {
        let mut last = HERE;
        for origin in self.origins.iter().map_err(of_storage)? {
            let (number, id) = origin.map_err(of_storage)?;
            last = number.value();
            if id.value() == node {
                return Ok(last);
            }
        }
        self.origins.insert(last + 1, &node[..]).map_err(of_storage)?;
        Ok(last + 1)
    }

    /// Replaces what another node has contributed to a bucket of a dataset, unless it is as new here; whether it was
    /// replaced. The numbers of columns of its entries are positions in `columns`.
    pub fn replace(&mut self, received: &Received) -> Result<bool> {
        let of = |refusal: Refusal| refusal.of(format!("dataset {:?}", received.dataset));
        let origin = self.origin(received.node)?;
        if origin == HERE {
            return Ok(false); // only this node says what it has itself
        }
        let mut set = match self.dataset(&received.dataset)? {
            Some(set) => set,
            None => self.new_set(&received.dataset, &received.definition).map_err(of)?,
        };
        set.record.definition.expect(&received.definition).map_err(of)?;
        let beginning = of_group(set.record.id, origin, &received.bucket.bytes());
        let ours = self.revisions.get(&beginning[..]).map_err(of_storage)?;
        let is_dropped = matches!((received.bucket, set.record.dropped_before),
            (Bucket::Number(number), Some(before)) if number < before);
        if is_dropped || ours.is_some_and(|ours| ours.value() >= received.revision) {
            return Ok(false);
        }
        if !received.fields.is_empty() {
            set.admit(&received.fields).map_err(of)?;
        }
        let numbers = received.fields.iter().map(|field| set.number(field.name()));
        let numbers = numbers.collect::<Result<Vec<_>>>().map_err(of)?;
        let mut entries = vec![];
        for (group, entry) in &received.entries {
            let mut states = vec![];
            for (column, state) in &entry.states {
                let number = numbers.get(*column as usize);
                let number = number.ok_or_else(|| {
                    of(Refusal::new(Kind::Damaged, "an entry has a column that the schema lacks"))
                })?;
                states.push((*number, state.clone()));
            }
            states.sort_unstable_by_key(|(number, _)| *number);
            entries.push((group, Entry { rows: entry.rows, states }));
        }
        self.flush()?;
        let removed =
            remove(&mut self.entries, &beginning, after(&beginning).as_deref(), |_| true)?;
        set.record.groups -= removed.min(set.record.groups);
        set.record.groups += entries.len() as u64;
        for (group, entry) in entries {
            let key = of_group(set.record.id, origin, group);
            self.entries.insert(&key[..], &entry.encode()[..]).map_err(of_storage)?;
        }
        self.revisions.insert(&beginning[..], received.revision).map_err(of_storage)?;
        self.keep(&received.dataset, set)?;
        Ok(true)
    }
}

/// A dataset that was exported.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its name.
    pub dataset: String,
    /// Its definition.
    pub definition: Definition,
    /// Its states.
    pub delta: Delta,
}

/// What another node has contributed to a bucket of a dataset.
#[derive(Clone, Debug)]
pub struct Received {
    /// The name of the dataset.
    pub dataset: String,
    /// Its definition there, which must be the same here.
    pub definition: Definition,
    /// Its columns there.
    pub fields: Vec<Field>,
    /// The node from which it comes in the first place.
    pub node: NodeId,
    /// The bucket.
    pub bucket: Bucket,
    /// The revision of that node.
    pub revision: u64,
    /// The groups: bucket and keys, and the states.
    pub entries: Vec<(Vec<u8>, Entry)>,
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

/// Removes entries in a range of keys that a test picks by their values; how many there were.
fn remove<V: redb::Value + 'static>(
    table: &mut Table<'_, &'static [u8], V>,
    from: &[u8],
    to: Option<&[u8]>,
    is_picked: impl for<'f> Fn(V::SelfType<'f>) -> bool,
) -> Result<u64> {
    let mut removed = 0;
    let keep = |_: &[u8], value: V::SelfType<'_>| {
        let is_removed = is_picked(value);
        removed += u64::from(is_removed);
        !is_removed
    };
    match to {
        Some(to) => table.retain_in(from..to, keep),
        None => table.retain_in(from.., keep),
    }
    .map_err(of_storage)?;
    Ok(removed)
}

/// The beginning of the keys of a node's contribution; used by readers.
pub(super) fn beginning(dataset: u32, origin: u32) -> Vec<u8> {
    of_origin(dataset, origin)
}
