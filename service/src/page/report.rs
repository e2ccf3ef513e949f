//! What the page shows of datasets, as JSON whose numbers are text.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use arrow_array::{Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use serde_json::{Value, json};

use crate::flight::Shared;
use crate::protocol::{Per, Ticket};
use crate::query;
use crate::refusal::{Refusal, Result};
use crate::store::Store;
use crate::store::read::{Dataset, Snapshot};

/// Datasets on the page: those that changed last.
const SHOWN: usize = 50;
/// Buckets in a plot: the last ones.
const PLOTTED: usize = 500;
/// A report is made again at the earliest after that many times the time that it took, so that an open page costs a
/// tenth of a core at most.
const REST: u32 = 10;

/// The reports that were made last.
#[derive(Default)]
pub struct Reports(Mutex<HashMap<(String, Option<String>), Made>>);

struct Made {
    /// When the dataset was changed that it was made of.
    changed: (u64, u64),
    at: Instant,
    took: Duration,
    report: Value,
}

impl Reports {
    /// The statistics of each column of a dataset.
    pub fn summary(&self, shared: &Shared, name: &str) -> Result<Value> {
        let bytes = shared.limits.query_bytes;
        self.latest(&shared.store, (name.into(), None), |snapshot, dataset| {
            summary(snapshot, dataset, bytes)
        })
    }

    /// Mean and deviation of a column, bucket by bucket.
    pub fn series(&self, shared: &Shared, name: &str, column: &str) -> Result<Value> {
        let key = (name.into(), Some(column.into()));
        let bytes = shared.limits.query_bytes;
        self.latest(&shared.store, key, |snapshot, dataset| {
            series(snapshot, dataset, column, bytes)
        })
    }

    fn latest(
        &self,
        store: &Store,
        key: (String, Option<String>),
        make: impl FnOnce(&Snapshot, &Dataset) -> Result<Value>,
    ) -> Result<Value> {
        let snapshot = store.read()?;
        let dataset = snapshot.expect(&key.0)?;
        let changed = (u64::from(dataset.record.id), snapshot.revision());
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = lock().get(&key)
            && (made.changed == changed || made.at.elapsed() < made.took * REST)
        {
            return Ok(made.report.clone());
        }
        let start = Instant::now();
        let report = make(&snapshot, &dataset)?;
        let made =
            Made { changed, at: Instant::now(), took: start.elapsed(), report: report.clone() };
        let mut reports = lock();
        if reports.len() > 4 * SHOWN {
            reports.clear();
        }
        reports.insert(key, made);
        Ok(report)
    }
}

/// The datasets that a caller may see.
pub fn datasets(store: &Store, may_see: impl Fn(&str) -> bool) -> Result<Value> {
    let snapshot = store.read()?;
    let mut datasets = snapshot.list("")?;
    datasets.retain(|dataset| may_see(&dataset.name));
    let count = datasets.len();
    datasets.sort_by_key(|dataset| std::cmp::Reverse(dataset.record.changed));
    datasets.truncate(SHOWN);
    datasets.sort_by(|a, b| a.name.cmp(&b.name));
    let node = store.node().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let datasets = datasets.iter().map(|dataset| {
        let record = &dataset.record;
        json!({
            "name": dataset.name,
            "rows": record.rows.to_string(),
            "batches": record.batches.to_string(),
            "groups": record.groups.to_string(),
            "changed": record.changed,
            "by": record.definition.by,
            "time": record.definition.time,
            "has_columns": !dataset.fields.is_empty(),
        })
    });
    Ok(json!({
        "node": node,
        "revision": snapshot.revision().to_string(),
        "count": count,
        "more": count > SHOWN,
        "datasets": datasets.collect::<Vec<_>>(),
    }))
}

const ASKED: [&str; 6] = ["count", "null_count", "mean", "stddev", "min", "max"];

fn summary(snapshot: &Snapshot, dataset: &Dataset, query_bytes: usize) -> Result<Value> {
    if dataset.fields.is_empty() {
        return Ok(json!({ "columns": [] }));
    }
    let ticket = |columns| Ticket {
        dataset: dataset.name.clone(),
        columns,
        by: Some(vec![]),
        ..Ticket::default()
    };
    let answer = |columns| query::answer(snapshot, &ticket(columns), query_bytes);
    // Names such as `a_count` may be those of two answers; column by column they are not.
    let whole = answer(None);
    let columns = dataset.fields.iter().filter_map(|field| {
        let name = field.name();
        let own = match &whole {
            Ok(_) => None,
            Err(_) => Some(answer(Some(vec![name.clone()])).ok()?),
        };
        let batch = own.as_ref().or(whole.as_ref().ok())?;
        let cell = |statistic| cell(batch, &format!("{name}_{statistic}"), 0).transpose();
        let cells = ASKED.map(cell);
        cells[0].as_ref()?; // keys have no states
        let of = colstats::internals::types::name(field.data_type());
        Some(cells.into_iter().map(Option::transpose).collect::<Result<Vec<_>>>().map(|cells| {
            json!({
                "name": name, "type": of, "count": cells[0], "nulls": cells[1], "mean": cells[2],
                "stddev": cells[3], "min": cells[4], "max": cells[5],
            })
        }))
    });
    Ok(json!({ "columns": columns.collect::<Result<Vec<_>>>()? }))
}

fn series(
    snapshot: &Snapshot,
    dataset: &Dataset,
    column: &str,
    query_bytes: usize,
) -> Result<Value> {
    const STATISTICS: [&str; 3] = ["count", "mean", "stddev"];
    let ticket = Ticket {
        dataset: dataset.name.clone(),
        columns: Some(vec![column.into()]),
        statistics: Some(STATISTICS.map(String::from).to_vec()),
        by: Some(vec![]),
        per: Per::Bucket,
        ..Ticket::default()
    };
    let batch = query::answer(snapshot, &ticket, query_bytes)?;
    let start = batch.schema().field(0).name().clone();
    let rows = batch.num_rows();
    let buckets = (rows.saturating_sub(PLOTTED)..rows).map(|row| {
        let cell = |name: &str| cell(&batch, &format!("{column}_{name}"), row);
        let [count, mean, stddev] = STATISTICS.map(cell);
        let start = cell_of(&batch, 0, row)?;
        Ok(json!({ "start": start, "count": count?, "mean": mean?, "stddev": stddev? }))
    });
    let buckets = buckets.collect::<Result<Vec<_>>>()?;
    Ok(json!({ "time": start, "cut": rows > PLOTTED, "buckets": buckets }))
}

/// What a cell shows; none if it is null, or there is no such column.
fn cell(batch: &RecordBatch, name: &str, row: usize) -> Result<Option<String>> {
    batch.schema().index_of(name).ok().map_or(Ok(None), |column| cell_of(batch, column, row))
}

fn cell_of(batch: &RecordBatch, column: usize, row: usize) -> Result<Option<String>> {
    let array = batch.column(column);
    if array.is_null(row) {
        return Ok(None);
    }
    let shown = |error: arrow_schema::ArrowError| Refusal::internal(error.to_string());
    let formatter = ArrayFormatter::try_new(array, &FormatOptions::new()).map_err(shown)?;
    Ok(Some(formatter.value(row).try_to_string().map_err(shown)?))
}
