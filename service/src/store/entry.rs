//! The states of a group, as they are stored: how many rows it has, and, for each column that has any, its number and its
//! state, as the core serializes it.
//!
//! ```text
//! rows (8) { column (4) length (4) state (length) } ...        numbers are little-endian, columns ascend
//! ```
//!
//! Rows in which a column was lacking are not in its state; they count as nulls when it is asked for.

use colstats::Moments;
use colstats::internals::states::moments::MAX_ROWS;
use colstats::internals::states::wire;

use crate::refusal::{Kind, Refusal, Result};

/// The states of a group.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Its rows.
    pub rows: u64,
    /// The states by the numbers of their columns, which ascend.
    pub states: Vec<(u32, Moments)>,
}

impl Entry {
    /// Adds rows, and the states of some columns for them. Nothing has changed if it is refused, with the column.
    pub fn merged(
        &self,
        rows: u64,
        states: impl Iterator<Item = (u32, Moments)>,
    ) -> std::result::Result<Self, (u32, colstats::Error)> {
        let mut whole = self.clone();
        whole.rows += rows;
        for (column, state) in states {
            match whole.states.binary_search_by_key(&column, |(column, _)| *column) {
                Ok(at) => whole.states[at].1.merge(&state).map_err(|error| (column, error))?,
                Err(at) => whole.states.insert(at, (column, state)),
            }
        }
        Ok(whole)
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.rows.to_le_bytes().to_vec();
        for (column, state) in &self.states {
            let state = wire::encode(state);
            bytes.extend_from_slice(&column.to_le_bytes());
            bytes.extend_from_slice(&(state.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&state);
        }
        bytes
    }

    /// The entry of these bytes, with the states of some columns.
    pub fn decode(bytes: &[u8], wanted: impl Fn(u32) -> bool) -> Result<Self> {
        let damaged = |why: &str| {
            Refusal::new(Kind::Damaged, format!("an entry of the file is damaged: {why}"))
        };
        let (rows, mut rest) =
            bytes.split_first_chunk().ok_or_else(|| damaged("it ends too early"))?;
        let mut states = vec![];
        while let Some((column, after)) = rest.split_first_chunk() {
            let column = u32::from_le_bytes(*column);
            let state = after.split_first_chunk().and_then(|(length, after)| {
                after.split_at_checked(u32::from_le_bytes(*length) as usize)
            });
            let (state, after) = state.ok_or_else(|| damaged("a state ends too early"))?;
            if states.last().is_some_and(|(last, _)| *last >= column) {
                return Err(damaged("its columns do not ascend"));
            }
            if wanted(column) {
                let state = wire::decode(state).map_err(|error| damaged(&error.to_string()))?;
                states.push((column, state));
            }
            rest = after;
        }
        let rows = u64::from_le_bytes(*rows);
        if rows > MAX_ROWS || states.iter().any(|(_, state)| state.rows() > rows) {
            return Err(damaged("its states do not have as many rows as it says"));
        }
        match rest.is_empty() {
            true => Ok(Self { rows, states }),
            false => Err(damaged("something follows it")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_back_and_damage_is_refused() {
        let state = |values: &[f64]| values.iter().copied().collect::<Moments>();
        let entry = Entry::default()
            .merged(2, [(3, state(&[1.0, 2.0])), (0, state(&[0.1, 0.2]))].into_iter())
            .expect("one type");
        let bytes = entry.encode();
        let read = Entry::decode(&bytes, |_| true).expect("it was encoded");
        assert_eq!((read.rows, read.states), (2, entry.states.clone()));
        let one = Entry::decode(&bytes, |column| column == 3).expect("it was encoded");
        assert_eq!(one.states, entry.states[1..]);
        for end in 0..bytes.len() {
            // All but the number of rows, and whole states, are noticed when they are cut off.
            let cut = Entry::decode(&bytes[..end], |_| true);
            assert!(cut.is_err() || cut.is_ok_and(|cut| cut.states.len() < 2), "{end}");
        }
        for rows in [1_u64, (1 << 53) + 1, u64::MAX] {
            let false_rows = [&rows.to_le_bytes()[..], &bytes[8..]].concat();
            let refused = Entry::decode(&false_rows, |_| true).expect_err("it has two rows");
            assert_eq!(refused.kind, Kind::Damaged, "{refused}");
        }
        let refused = entry.merged(1, [(0, [1_i64 << 60 | 1].into_iter().collect())].into_iter());
        assert_eq!(refused.expect_err("it is no double").0, 0);
    }
}
