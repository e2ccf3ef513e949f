//! A dataset within a session: what is known of it, and its columns, which batches may change.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::Field;

use crate::dataset::schema::admitted;
use crate::refusal::{Refusal, Result};
use crate::store::tables::Record;

/// A dataset.
#[derive(Clone)]
pub struct Set {
    /// What is known of it.
    pub record: Record,
    /// Its columns.
    pub(super) columns: Arc<Columns>,
}

#[derive(Default)]
pub(super) struct Columns {
    fields: Option<Vec<Field>>,
    numbers: HashMap<String, u32>,
}

impl Columns {
    pub(super) fn new(fields: Vec<Field>) -> Self {
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
    pub(super) fn admit(&mut self, fields: &[Field]) -> Result<()> {
        if self.fields() != Some(fields) {
            let fields = admitted(&self.record.definition, self.fields(), fields)?;
            if self.fields() != Some(&fields) {
                self.columns = Arc::new(Columns::new(fields));
            }
        }
        Ok(())
    }

    /// Counts more rows, of which states may have any number.
    pub(super) fn count_rows(&mut self, more: u64) -> Result<()> {
        let rows = self.record.rows.checked_add(more);
        self.record.rows = rows.ok_or_else(|| {
            Refusal::too_much("the dataset would have 2^64 rows: put them into another")
        })?;
        Ok(())
    }

    pub(super) fn number(&self, column: &str) -> Result<u32> {
        self.columns.numbers.get(column).copied().ok_or_else(|| {
            Refusal::invalid(format!("column {column:?} has states, but is none of the batch"))
        })
    }

    pub(super) fn name(&self, number: u32) -> String {
        let field = self.fields().and_then(|fields| fields.get(number as usize));
        field.map_or_else(|| number.to_string(), |field| format!("{:?}", field.name()))
    }
}
