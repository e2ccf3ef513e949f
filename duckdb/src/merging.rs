//! `cs_merge`: the state of the whole from the serialized states of its parts.

use colstats::Moments;

use crate::aggregates::{Function, State};
use crate::vectors::{Chunk, Output, States, Values};

/// The merged states so far; none if all were null.
#[derive(Default)]
pub struct Merged(Option<Box<Moments>>);

impl State for Merged {
    fn update(_: &Function, chunk: Chunk<'_>, states: &mut States<'_, Self>) -> Result<(), String> {
        let column = chunk.column(0).ok_or("there is no argument")?;
        let Some(Values::Text(texts)) = column.values() else {
            return Err("the argument is no BLOB".into());
        };
        for row in 0..states.len() {
            if let Some(bytes) = column.bytes(texts, row) {
                let part = Moments::from_bytes(bytes).map_err(|error| error.to_string())?;
                states.at(row).add(&part)?;
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: &Self) -> Result<(), String> {
        other.0.as_ref().map_or(Ok(()), |part| self.add(part))
    }

    fn finish(&self, _: &Function) -> Result<Output, String> {
        Ok(self.0.as_ref().map_or(Output::Null, |state| Output::Blob(state.to_bytes())))
    }
}

impl Merged {
    fn add(&mut self, part: &Moments) -> Result<(), String> {
        let whole = self.0.get_or_insert_default();
        whole.merge(part).map_err(|error| error.to_string())
    }
}
