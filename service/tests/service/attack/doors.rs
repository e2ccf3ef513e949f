//! The doors through which bytes enter, and what must hold of those that are taken.

use std::collections::HashMap;
use std::sync::Arc;

use arbitrary::Arbitrary;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray, LargeBinaryArray, RecordBatch};
use arrow_schema::{DataType, Schema};
use colstats::internals::states::wire;
use colstats_service::dataset::{Definition, check_name};
use colstats_service::flight::actions::{Before, Create, Merge, Named, Nothing, Prefix, Url};
use colstats_service::flight::decode::Decoder;
use colstats_service::flight::exchange::Folding;
use colstats_service::flight::stream;
use colstats_service::ingest::{Delta, ingest};
use colstats_service::peer::offer::{Offer, Reading, WantedTicket, contribution as offered};
use colstats_service::protocol::{BatchMetadata, ExchangeCommand, PutCommand, Ticket, parse};
use colstats_service::query;
use colstats_service::refusal::Refusal;
use colstats_service::store::entry::Entry;

use super::Outcome;
use super::change::{Change, change};
use super::honest::{DATASET, DEFINITION, Honest, MEMORY, QUESTIONS};

/// Rows of a batch that are looked at. More are valid, too, and cost nothing to send, but much time.
const ROWS: usize = 1 << 12;

/// Places of JSON in the protocol.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Json {
    Put,
    Metadata,
    Ticket,
    Exchange,
    Create,
    Named,
    Merge,
    Before,
    Url,
    Nothing,
    Prefix,
    Wanted,
    Offer,
}

impl Json {
    #[cfg(test)]
    pub const ALL: [Self; 13] = [
        Self::Put,
        Self::Metadata,
        Self::Ticket,
        Self::Exchange,
        Self::Create,
        Self::Named,
        Self::Merge,
        Self::Before,
        Self::Url,
        Self::Nothing,
        Self::Prefix,
        Self::Wanted,
        Self::Offer,
    ];

    /// What is taken there.
    pub fn honest(self) -> &'static [&'static str] {
        match self {
            Self::Put => &[
                r#"{"dataset": "trips"}"#,
                r#"{"dataset": "a/b c", "by": ["utf8"], "time": {"column": "date32", "every": "1d"}, "columns": ["f64"], "open": true, "batch_id": "a-1", "states": false}"#,
            ],
            Self::Metadata => &["", r#"{"batch_id": "a-1"}"#, "{}"],
            Self::Ticket => &[
                r#"{"dataset": "all"}"#,
                r#"{"dataset": "all", "statistics": ["mean", "stddev"], "columns": ["f64", "i64"], "by": ["utf8"], "from": "1969-01-01T00:00:00Z", "to": "2300-01-01", "per": "bucket", "ddof": 1, "min_count": 1, "skip_nans": true, "nulls": "propagate", "states": false}"#,
                r#"{"dataset": "all", "by": [], "states": true}"#,
            ],
            Self::Exchange => &QUESTIONS,
            Self::Create => &[
                r#"{"dataset": "trips", "by": ["runs", "bool"], "time": {"column": "zoned", "every": "90s"}, "columns": ["f16", "d256"], "open": false}"#,
            ],
            Self::Named => &[r#"{"dataset": "trips"}"#],
            Self::Merge => &[r#"{"into": "a", "from": "b", "keep": true}"#],
            Self::Before => &[r#"{"dataset": "trips", "before": "2026-11-26T14:00:00Z"}"#],
            Self::Url => &[r#"{"url": "http://127.0.0.1:8815", "token": "secret"}"#],
            Self::Nothing => &["{}"],
            Self::Prefix => &[r#"{"prefix": "tri"}"#],
            Self::Wanted => &[
                r#"{"contribution": {"dataset": "all", "buckets": []}}"#,
                r#"{"contribution": {"dataset": "all", "buckets": [["00112233445566778899aabbccddeeff", "007fffffffffffffff"]]}}"#,
            ],
            Self::Offer => &[
                r#"{"dataset": "all", "definition": {"by": ["utf8"], "time": null, "columns": null, "open": false}, "revisions": [["00", "01", 7]]}"#,
            ],
        }
    }

    /// Sends a text there.
    pub fn enter(self, honest: &Honest, text: &[u8]) -> Outcome {
        match self {
            Self::Put => {
                let command: PutCommand = parse(text, "the command")?;
                check_name(&command.dataset)?;
                defined(honest, &command.definition().unwrap_or_default())
            }
            Self::Metadata => BatchMetadata::of(text).map(drop),
            Self::Ticket => {
                let ticket: Ticket = parse(text, "the ticket")?;
                query::answer(&honest.snapshot, &ticket, MEMORY).map(|answer| expect_valid(&answer))
            }
            Self::Exchange => {
                let command: ExchangeCommand = parse(text, "the command")?;
                let mut folding = Folding::new(command.exchange, MEMORY, MEMORY)?;
                for message in &honest.messages {
                    folding.read(message.clone())?;
                }
                folding.finish().map(|answer| expect_valid(&answer))
            }
            Self::Create => defined(honest, &parse::<Create>(text, "its body")?.definition()),
            Self::Named => check_name(&parse::<Named>(text, "its body")?.dataset),
            Self::Merge => {
                let Merge { into, from, .. } = parse(text, "its body")?;
                check_name(&into).and_then(|()| check_name(&from))
            }
            Self::Before => parse::<Before>(text, "its body")?.milliseconds().map(drop),
            Self::Url => parse::<Url>(text, "its body").map(drop),
            Self::Nothing => parse::<Nothing>(text, "its body").map(drop),
            Self::Prefix => {
                let Prefix { prefix } = parse(text, "its body")?;
                honest.snapshot.list(&prefix).map(drop)
            }
            Self::Wanted => {
                let WantedTicket { contribution } = parse(text, "the ticket")?;
                offered(&honest.snapshot, &contribution, MEMORY).map(|table| expect_valid(&table))
            }
            Self::Offer => parse::<Offer>(text, "the offer")?.definition.check(),
        }
    }
}

/// A definition that comes with a command; the rows are put to it.
fn defined(honest: &Honest, definition: &Definition) -> Outcome {
    definition.check()?;
    taken(ingest(definition, &honest.rows)?, honest.rows.num_rows())
}

/// A stream whose messages are changed, as a question and as batches that are put.
pub fn messages(honest: &Honest, question: u8, changes: &[(u8, bool, Change)]) -> Outcome {
    let mut messages = honest.messages.clone();
    for (at, is_header, by) in changes {
        let at = usize::from(*at) % messages.len();
        let message = &mut messages[at];
        let part = if *is_header { &mut message.data_header } else { &mut message.data_body };
        *part = change(part, std::slice::from_ref(by)).into();
    }
    let question = QUESTIONS[usize::from(question) % QUESTIONS.len()];
    let ExchangeCommand { exchange } = parse(question.as_bytes(), "the command")?;
    let definition = exchange.definition();
    let mut folding = Folding::new(exchange, MEMORY, MEMORY)?;
    let mut decoder = Decoder::new(MEMORY);
    for message in messages {
        let batch = decoder.read(message.clone())?;
        if batch.as_ref().is_some_and(|batch| batch.num_rows() > ROWS) {
            return Ok(());
        }
        folding.read(message)?;
        if let Some(batch) = batch {
            expect_valid(&batch);
            taken(ingest(&definition, &batch)?, batch.num_rows())?;
        }
    }
    folding.finish().map(|answer| expect_valid(&answer))
}

/// A table of states, with one of them changed.
pub fn states(
    honest: &Honest,
    grouped: bool,
    cell: u8,
    repaired: bool,
    changes: &[Change],
) -> Outcome {
    let table = &honest.states[usize::from(grouped)];
    let schema = table.schema();
    let columns = schema.fields().iter().enumerate();
    let columns = columns.filter(|(_, field)| field.name().ends_with("state"));
    let columns = columns.map(|(at, _)| at).collect::<Vec<_>>();
    let (column, row) =
        (columns[usize::from(cell) % columns.len()], usize::from(cell) % table.num_rows());
    let forge = |bytes: &[u8]| match bytes.split_last_chunk::<8>() {
        Some((content, _)) if repaired => with_checksum(change(content, changes)),
        _ => change(bytes, changes),
    };
    let changed = with_cell(table, column, row, forge);
    let definition = match grouped {
        true => parse(DEFINITION.as_bytes(), "the definition")?,
        false => Definition::default(),
    };
    let known = honest.snapshot.expect(DATASET)?.fields;
    let delta = colstats_service::states::read(&definition, &known, &changed)?;
    let rows = delta.rows as usize;
    taken(delta, rows)
}

/// The export of a dataset.
pub fn export(bytes: &[u8]) -> Outcome {
    let imported = stream::read(bytes, MEMORY)?;
    let rows = imported.delta.rows as usize;
    taken(imported.delta, rows)
}

/// What another node sends: a cell, or one of the two values in the metadata of its schema.
pub fn contribution(honest: &Honest, column: u8, row: u8, changes: &[Change]) -> Outcome {
    let table = &honest.contribution;
    let (schema, row) = (table.schema(), usize::from(row) % table.num_rows());
    let (fields, mut changed) = (schema.fields().len(), table.clone());
    let mut metadata = schema.metadata().iter().collect::<Vec<_>>();
    metadata.sort();
    let mut metadata =
        metadata.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect::<Vec<_>>();
    match usize::from(column) % (fields + metadata.len()) {
        at if at < fields => changed = with_cell(table, at, row, |bytes| change(bytes, changes)),
        at => {
            let (_, value) = &mut metadata[at - fields];
            *value = String::from_utf8_lossy(&change(value.as_bytes(), changes)).into_owned();
        }
    }
    let metadata = metadata.into_iter().collect::<HashMap<_, _>>();
    let schema = Schema::new_with_metadata(schema.fields().clone(), metadata);
    let mut reading = Reading::new(DATASET, &schema)?;
    reading.read(&changed)?;
    for received in reading.finish() {
        received.definition.check()?;
        for (_, entry) in received.entries {
            Entry::decode(&entry.encode(), |_| true).expect("an entry that was read is written");
        }
    }
    Ok(())
}

/// The table with the bytes of a cell replaced; a column of numbers stays as it is.
fn with_cell(
    table: &RecordBatch,
    column: usize,
    row: usize,
    replace: impl Fn(&[u8]) -> Vec<u8>,
) -> RecordBatch {
    let mut columns = table.columns().to_vec();
    let cell = |at: usize, bytes: &[u8]| match at == row {
        true => replace(bytes),
        false => bytes.to_vec(),
    };
    let array = Arc::clone(&columns[column]);
    let changed: Option<ArrayRef> = match array.data_type() {
        DataType::Binary => {
            let cells = array.as_binary::<i32>().iter().flatten().enumerate();
            Some(Arc::new(BinaryArray::from_iter_values(cells.map(|(at, bytes)| cell(at, bytes)))))
        }
        DataType::LargeBinary => {
            let cells = array.as_binary::<i64>().iter().flatten().enumerate();
            Some(Arc::new(LargeBinaryArray::from_iter_values(
                cells.map(|(at, bytes)| cell(at, bytes)),
            )))
        }
        _ => None,
    };
    columns[column] = changed.unwrap_or(array);
    RecordBatch::try_new(table.schema(), columns).expect("the same types")
}

/// What a batch adds accounts for each of its rows, and its states are written and read.
fn taken(delta: Delta, rows: usize) -> Outcome {
    let rows = rows as u64;
    assert_eq!(delta.rows, rows, "{delta:?}");
    assert_eq!(delta.groups.iter().map(|group| group.rows).sum::<u64>(), rows, "{delta:?}");
    let _ = delta.digest();
    for group in &delta.groups {
        assert_eq!(group.states.len(), delta.columns.len(), "{delta:?}");
        for state in &group.states {
            assert_eq!(state.rows(), group.rows, "{delta:?}");
            let read = wire::decode(&wire::encode(state)).map_err(|error| Refusal::of_core(&error));
            assert_eq!(read.as_ref().map(wire::encode), Ok(wire::encode(state)), "{state:?}");
        }
    }
    Ok(())
}

/// What Arrow itself says of a table that is taken, or given.
fn expect_valid(table: &RecordBatch) {
    for (field, column) in table.schema().fields().iter().zip(table.columns()) {
        let valid = column.to_data().validate_full();
        assert!(valid.is_ok(), "{field:?}: {valid:?}");
    }
}

/// Appends the checksum of the format of states: FNV-1a of 64 bits.
fn with_checksum(mut content: Vec<u8>) -> Vec<u8> {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211);
    let hash = content.iter().fold(14_695_981_039_346_656_037, step);
    content.extend_from_slice(&hash.to_le_bytes());
    content
}
