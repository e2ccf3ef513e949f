//! Bytes that are changed on the way: each message is refused, or is another one that is valid.
//!
//! The reader of messages, and all that is made of batches after it, see them as a client could send them.

use std::panic::catch_unwind;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_flight::FlightData;
use arrow_flight::encode::{DictionaryHandling, FlightDataEncoderBuilder};
use colstats_service::flight::decode::Decoder;
use colstats_service::ingest::ingest;
use futures::TryStreamExt;
use serde_json::json;

use super::kinds::columns;
use super::support::{Random, batch, definition};

/// The messages of a stream that has a batch twice, with dictionaries as such.
fn encoded(rows: &RecordBatch) -> Vec<FlightData> {
    let batches = futures::stream::iter([Ok(rows.clone()), Ok(rows.clone())]);
    let encoder = FlightDataEncoderBuilder::new()
        .with_dictionary_handling(DictionaryHandling::Resend)
        .build(batches);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a thread");
    runtime.block_on(encoder.try_collect()).expect("Arrow IPC")
}

/// Reads a stream, and makes states of its batches, by each column that may be a key.
fn read(stream: Vec<FlightData>) -> Result<usize, colstats_service::refusal::Refusal> {
    let (mut decoder, mut rows) = (Decoder::new(1 << 20), 0);
    for message in stream {
        let Some(batch) = decoder.read(message)? else { continue };
        ingest(&definition(json!({})), &batch)?;
        for name in ["utf8", "runs", "text_runs", "dictionary"] {
            let by =
                definition(json!({"by": [name], "time": {"column": "timestamp", "every": "1h"}}));
            ingest(&by, &batch)?;
        }
        rows += batch.num_rows();
    }
    Ok(rows)
}

#[test]
fn damaged_messages_are_refused_or_valid() {
    let count = std::env::var("COLSTATS_DAMAGE").ok().and_then(|count| count.parse().ok());
    let rows: RecordBatch = batch(columns());
    let whole = encoded(&rows);
    assert_eq!(read(whole.clone()).expect("it is whole"), 8);
    let mut random = Random::new(77);
    let (mut refused, mut taken) = (0, 0);
    for _ in 0..count.unwrap_or(3000) {
        let mut stream = whole.clone();
        let at = random.below(stream.len() as u64) as usize;
        let message = &mut stream[at];
        let is_header = message.data_body.is_empty() || random.below(3) > 0;
        let mut bytes =
            if is_header { message.data_header.to_vec() } else { message.data_body.to_vec() };
        for _ in 0..1 + random.below(3) {
            let place = random.below(bytes.len() as u64) as usize;
            match random.below(4) {
                0 => bytes[place] = random.next() as u8,
                1 => bytes[place] ^= 1 << random.below(8),
                2 => bytes.truncate(place.max(1)),
                _ => {
                    let end = bytes.len().min(place + 8);
                    let value =
                        [0, u64::MAX, 1 << 63, 1 << 31, random.next()][random.below(5) as usize];
                    bytes[place..end].copy_from_slice(&value.to_le_bytes()[..end - place]);
                }
            }
        }
        match is_header {
            true => message.data_header = bytes.into(),
            false => message.data_body = bytes.into(),
        }
        let stream = Arc::new(stream);
        let read = catch_unwind(|| read((*stream).clone()));
        match read.unwrap_or_else(|_| panic!("a panic, from message {at} of {stream:?}")) {
            Ok(_) => taken += 1,
            Err(refusal) => {
                assert!(!refusal.message.contains("a fault of the service"), "{refusal}");
                refused += 1;
            }
        }
    }
    assert!(refused > 100 && taken > 100, "{refused} refused, {taken} taken");
}
