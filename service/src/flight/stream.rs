//! The states of a dataset as an Arrow IPC stream, to be kept or carried elsewhere.
//!
//! It is what a ticket with `states` for each bucket is answered with, so any Arrow library reads it, and the Python
//! package reads its states. The name, the definition and the columns are in the metadata of the schema. Reading takes
//! nothing on trust, in particular no length.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_flight::FlightData;
use arrow_ipc::root_as_message;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::Schema;
use arrow_select::concat::concat_batches;

use super::decode::Decoder;
use crate::dataset::{Definition, check_name};
use crate::limits::ANSWER_ROWS;
use crate::peer::{hex, unhex};
use crate::protocol::{Per, Ticket};
use crate::query;
use crate::refusal::{Refusal, Result};
use crate::states;
use crate::store::read::{Snapshot, fields_of, schema_bytes};
use crate::store::session::changes::Imported;

const DATASET: &str = "colstats.dataset";
const DEFINITION: &str = "colstats.definition";
/// The fields of the columns, as hexadecimal Arrow IPC: states do not describe every type in full.
const SCHEMA: &str = "colstats.schema";
/// Bytes of a piece of a stream.
const PIECE_BYTES: usize = 1 << 20;
/// What a message of a stream begins with.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// The states of a dataset, in pieces of a stream.
pub fn export(snapshot: &Snapshot, name: &str, query_bytes: usize) -> Result<Vec<Vec<u8>>> {
    let dataset = snapshot.expect(name)?;
    let per = if dataset.definition().time.is_some() { Per::Bucket } else { Per::All };
    let ticket = Ticket { dataset: name.into(), states: true, per, ..Ticket::default() };
    let answer = query::answer(snapshot, &ticket, query_bytes)?;
    let definition = serde_json::to_string(dataset.definition()).unwrap_or_default();
    let metadata = HashMap::from([
        (DATASET.to_string(), name.to_string()),
        (DEFINITION.to_string(), definition),
        (SCHEMA.to_string(), hex(&schema_bytes(&dataset.fields)?)),
    ]);
    let schema = Schema::new_with_metadata(answer.schema().fields().clone(), metadata);
    let failed = |error| Refusal::internal(format!("the states cannot be written: {error}"));
    let mut writer = StreamWriter::try_new(Vec::new(), &schema).map_err(failed)?;
    for start in (0..answer.num_rows()).step_by(ANSWER_ROWS) {
        let rows = ANSWER_ROWS.min(answer.num_rows() - start);
        let part = answer.slice(start, rows).with_schema(Arc::new(schema.clone()));
        part.and_then(|part| writer.write(&part)).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(failed)?;
    Ok(bytes.chunks(PIECE_BYTES).map(<[u8]>::to_vec).collect())
}

/// The dataset of a stream.
pub fn read(bytes: &[u8], dictionary_bytes: usize) -> Result<Imported> {
    let mut decoder = Decoder::new(dictionary_bytes);
    let mut batches = vec![];
    for message in messages(bytes)? {
        batches.extend(decoder.read(message)?);
    }
    let schema = decoder.schema().ok_or_else(|| malformed("it is empty"))?;
    let metadata = |name: &str| {
        let found = schema.metadata().get(name);
        found.ok_or_else(|| malformed(&format!("its schema has no {name:?}")))
    };
    let dataset = metadata(DATASET)?.clone();
    check_name(&dataset)?;
    let definition = serde_json::from_str(metadata(DEFINITION)?);
    let definition: Definition = definition.map_err(|error| malformed(&error.to_string()))?;
    definition.check()?;
    let whole: RecordBatch =
        concat_batches(schema, &batches).map_err(|error| malformed(&error.to_string()))?;
    let fields = match schema.metadata().get(SCHEMA) {
        Some(fields) => fields_of(&unhex(fields)?)?,
        None => vec![],
    };
    let delta = states::read(&definition, &fields, &whole)?;
    Ok(Imported { dataset, definition, delta })
}

fn malformed(why: &str) -> Refusal {
    Refusal::invalid(format!("the stream is not an export of a dataset: {why}"))
}

/// The messages of a stream.
fn messages(bytes: &[u8]) -> Result<Vec<FlightData>> {
    let early = || malformed("it ends too early");
    let (mut messages, mut rest) = (vec![], bytes);
    while !rest.is_empty() {
        let (mark, after) = rest.split_first_chunk().ok_or_else(early)?;
        if *mark != CONTINUATION {
            return Err(malformed("it is not an Arrow IPC stream"));
        }
        let (length, after) = after.split_first_chunk().ok_or_else(early)?;
        let length = usize::try_from(i32::from_le_bytes(*length)).map_err(|_| early())?;
        if length == 0 {
            return Ok(messages); // the end of the stream
        }
        let (header, after) = after.split_at_checked(length).ok_or_else(early)?;
        let message = root_as_message(header).map_err(|error| malformed(&error.to_string()))?;
        let body = usize::try_from(message.bodyLength()).map_err(|_| early())?;
        let (body, after) = after.split_at_checked(body).ok_or_else(early)?;
        messages.push(FlightData {
            data_header: header.to_vec().into(),
            data_body: body.to_vec().into(),
            ..FlightData::default()
        });
        rest = after;
    }
    Ok(messages)
}
