//! What is done to whole datasets: they are dropped, merged, imported, and lose what is old.

use std::collections::HashMap;

use redb::{ReadableTable, Table};

use super::{Session, unmergeable};
use crate::dataset::Definition;
use crate::groups::Bucket;
use crate::ingest::Delta;
use crate::refusal::{Kind, Refusal, Result};
use crate::store::entry::Entry;
use crate::store::of_storage;
use crate::store::tables::{HERE, Seen, after, of_dataset, of_group, parts};

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

impl Session<'_> {
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
        target.count_rows(source.record.rows).map_err(of)?;
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
}

/// Removes entries in a range of keys that a test picks by their values; how many there were.
pub(super) fn remove<V: redb::Value + 'static>(
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
