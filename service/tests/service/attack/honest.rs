//! What an honest client, and an honest node, send: made once a thread, to be damaged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arrow_array::RecordBatch;
use arrow_flight::FlightData;
use arrow_flight::encode::{DictionaryHandling, FlightDataEncoderBuilder};
use arrow_schema::{Field, Schema};
use colstats_service::dataset::Definition;
use colstats_service::flight::exchange::Folding;
use colstats_service::flight::stream;
use colstats_service::ingest::ingest;
use colstats_service::limits::Limits;
use colstats_service::peer::offer::{Wanted, contribution, offers};
use colstats_service::protocol::{ExchangeCommand, parse};
use colstats_service::refusal::Result;
use colstats_service::store::read::Snapshot;
use colstats_service::store::{Put, Store};
use futures::TryStreamExt;

use super::super::columns::columns;

/// Bytes of dictionaries, and of the states of a query.
pub const MEMORY: usize = 1 << 22;
/// The name of the dataset.
pub const DATASET: &str = "all";
/// The definition of the dataset, which has a column of each type.
pub const DEFINITION: &str =
    r#"{"by": ["utf8", "i8"], "time": {"column": "timestamp", "every": "1h"}}"#;
/// Questions of all those types.
pub const QUESTIONS: [&str; 6] = [
    r#"{"exchange": {}}"#,
    r#"{"exchange": {"statistics": ["mean"], "columns": ["f64", "d128"], "ddof": 1, "skip_nans": true}}"#,
    r#"{"exchange": {"by": ["dictionary", "text_runs"], "nulls": "propagate", "min_count": 1}}"#,
    r#"{"exchange": {"by": ["runs"], "time": {"column": "zoned", "every": "7d"}}}"#,
    r#"{"exchange": {"states": true}}"#,
    r#"{"exchange": {"by": ["utf8", "i8"], "time": {"column": "timestamp", "every": "1h"}, "states": true}}"#,
];

/// All of it.
pub struct Honest {
    /// A batch with a column of each type.
    pub rows: RecordBatch,
    /// The messages of a stream that has it twice, with dictionaries as such.
    pub messages: Vec<FlightData>,
    /// The export of a dataset to which it was put.
    pub export: Vec<u8>,
    /// The states of its columns, and of its groups.
    pub states: [RecordBatch; 2],
    /// What another node sends of the dataset.
    pub contribution: RecordBatch,
    /// What a node has on disk.
    pub snapshot: Snapshot,
    _store: Store,
}

impl Honest {
    /// Lends what this thread has.
    pub fn with<T>(task: impl FnOnce(&Self) -> T) -> T {
        thread_local! {
            static HONEST: Honest = Honest::new().expect("honest data is taken");
        }
        HONEST.with(task)
    }

    fn new() -> Result<Self> {
        let rows = rows();
        let messages = encoded(&rows);
        let states = [answer(QUESTIONS[4], &messages)?, answer(QUESTIONS[5], &messages)?];
        let store = store(&rows)?;
        let snapshot = store.read()?;
        let export = stream::export(&snapshot, DATASET, MEMORY)?.concat();
        let offered = offers(&snapshot)?.remove(0);
        let buckets = offered.revisions.into_iter().map(|(node, bucket, _)| (node, bucket));
        let wanted = Wanted { dataset: DATASET.into(), buckets: buckets.collect() };
        let contribution = contribution(&snapshot, &wanted, MEMORY)?;
        Ok(Self { rows, messages, export, states, contribution, snapshot, _store: store })
    }
}

fn rows() -> RecordBatch {
    let columns = columns();
    let fields =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(schema, arrays).expect("columns of one length")
}

fn encoded(rows: &RecordBatch) -> Vec<FlightData> {
    let batches = futures::stream::iter([Ok(rows.clone()), Ok(rows.clone())]);
    let encoder = FlightDataEncoderBuilder::new()
        .with_dictionary_handling(DictionaryHandling::Resend)
        .build(batches);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a thread");
    runtime.block_on(encoder.try_collect()).expect("Arrow IPC")
}

/// The answer of a stateless exchange.
pub fn answer(question: &str, messages: &[FlightData]) -> Result<RecordBatch> {
    let command: ExchangeCommand = parse(question.as_bytes(), "the command of the descriptor")?;
    let mut folding = Folding::new(command.exchange, MEMORY, MEMORY)?;
    messages.iter().try_for_each(|message| folding.read(message.clone()))?;
    folding.finish()
}

/// A store of the rows, in a directory that disappears at once: its file stays as long as it is open.
fn store(rows: &RecordBatch) -> Result<Store> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("colstats-attack-{}-{number}", std::process::id());
    let directory = std::env::temp_dir().join(name);
    let store = Store::open(&directory, &Limits::default())?;
    let _ = std::fs::remove_dir_all(&directory);
    let definition: Definition = parse(DEFINITION.as_bytes(), "the definition")?;
    store.put_now(Put {
        dataset: DATASET.into(),
        delta: Arc::new(ingest(&definition, rows)?),
        definition,
        batch_id: Some("first".into()),
    })?;
    Ok(store)
}
