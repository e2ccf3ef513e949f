//! What comes from other nodes: what one of them has contributed to a bucket, which is replaced as a whole.

use arrow_schema::Field;
use redb::ReadableTable;

use super::Session;
use super::changes::remove;
use crate::dataset::Definition;
use crate::groups::Bucket;
use crate::refusal::{Kind, Refusal, Result};
use crate::store::entry::Entry;
use crate::store::of_storage;
use crate::store::tables::{HERE, NodeId, after, of_group};

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

impl Session<'_> {
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
