//! From the messages of a stream to record batches: one schema, dictionaries, batches.
//!
//! The bytes come from anywhere. The reader of arrow-rs checks them, and this checks what it takes on trust.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_flight::FlightData;
use arrow_ipc::reader::{RecordBatchDecoder, read_dictionary};
use arrow_ipc::{MessageHeader, root_as_message};
use arrow_schema::{Schema, SchemaRef};

use crate::limits::BATCH_ROWS;
use crate::refusal::{Refusal, Result};

/// Messages that have been read of a stream.
pub struct Decoder {
    schema: Option<SchemaRef>,
    dictionaries: HashMap<i64, ArrayRef>,
    /// The most bytes of all dictionaries.
    dictionary_bytes: usize,
}

impl Decoder {
    /// Nothing has been read yet.
    pub fn new(dictionary_bytes: usize) -> Self {
        Self { schema: None, dictionaries: HashMap::new(), dictionary_bytes }
    }

    /// The schema, once it has been read.
    pub fn schema(&self) -> Option<&SchemaRef> {
        self.schema.as_ref()
    }

    /// Reads a message; a batch, if it is one.
    pub fn read(&mut self, data: FlightData) -> Result<Option<RecordBatch>> {
        // The last wall: whatever makes the reader of arrow-rs panic is malformed.
        let read = catch_unwind(AssertUnwindSafe(|| self.read_message(data)));
        read.unwrap_or_else(|_| {
            Err(Refusal::invalid("the message is not Arrow IPC: it contradicts itself"))
        })
    }

    fn read_message(&mut self, data: FlightData) -> Result<Option<RecordBatch>> {
        let malformed = |error: &dyn std::fmt::Display| {
            Refusal::invalid(format!("the message is not Arrow IPC: {error}"))
        };
        if data.data_header.is_empty() {
            return match data.data_body.is_empty() {
                true => Ok(None), // a descriptor or metadata alone
                false => Err(malformed(&"it has a body, but no header")),
            };
        }
        let message = root_as_message(&data.data_header).map_err(|error| malformed(&error))?;
        let early = || malformed(&"the schema must come first");
        match message.header_type() {
            MessageHeader::Schema => {
                if self.schema.is_some() {
                    return Err(malformed(&"a stream has one schema: open another stream"));
                }
                let schema = Schema::try_from(&data).map_err(|error| malformed(&error))?;
                self.schema = Some(Arc::new(schema));
                Ok(None)
            }
            MessageHeader::DictionaryBatch => {
                let schema = self.schema.as_ref().ok_or_else(early)?;
                let batch = message.header_as_dictionary_batch();
                let batch = batch.ok_or_else(|| malformed(&"a dictionary without its header"))?;
                let rows = batch.data().map(|batch| batch.length());
                expect_rows(rows.ok_or_else(|| malformed(&"a dictionary without values"))?)?;
                batch
                    .data()
                    .map_or(Ok(()), |batch| expect_buffers(&batch, data.data_body.len()))?;
                let (body, version) = (Buffer::from(data.data_body.clone()), message.version());
                read_dictionary(&body, batch, schema, &mut self.dictionaries, &version)
                    .map_err(|error| malformed(&error))?;
                let bytes = self.dictionaries.values().map(|array| array.get_array_memory_size());
                match bytes.sum::<usize>() <= self.dictionary_bytes {
                    true => Ok(None),
                    false => Err(Refusal::too_much(format!(
                        "the dictionaries of the stream have more than {} bytes: send the values without dictionaries",
                        self.dictionary_bytes
                    ))),
                }
            }
            MessageHeader::RecordBatch => {
                let schema = self.schema.as_ref().ok_or_else(early)?;
                let batch = message.header_as_record_batch();
                let batch = batch.ok_or_else(|| malformed(&"a batch without its header"))?;
                expect_rows(batch.length())?;
                expect_buffers(&batch, data.data_body.len())?;
                // Buffers are not copied unless they are not aligned for their type.
                let (body, version) = (Buffer::from(data.data_body.clone()), message.version());
                let decoder = RecordBatchDecoder::try_new(
                    &body,
                    batch,
                    Arc::clone(schema),
                    &self.dictionaries,
                    &version,
                );
                let batch = decoder.and_then(RecordBatchDecoder::read_record_batch);
                batch.map(Some).map_err(|error| malformed(&error))
            }
            other => {
                let name = other.variant_name().unwrap_or("of an unknown kind");
                Err(malformed(&format!("a message {name} is not expected here")))
            }
        }
    }
}

fn expect_rows(rows: i64) -> Result<()> {
    match usize::try_from(rows) {
        Ok(rows) if rows <= BATCH_ROWS => Ok(()),
        Ok(rows) => Err(Refusal::too_much(format!(
            "the batch has {rows} rows, of which there are at most {BATCH_ROWS}: send several"
        ))),
        Err(_) => Err(Refusal::invalid(format!("the batch says that it has {rows} rows"))),
    }
}

/// Refuses buffers that are not within the body, which the reader takes on trust, and compressed ones, which say
/// themselves how much memory they need.
fn expect_buffers(batch: &arrow_ipc::RecordBatch<'_>, body: usize) -> Result<()> {
    if batch.compression().is_some() {
        return Err(Refusal::invalid(
            "the batch is compressed, which is not taken, because its size would be known only when it is too late: \
             send it without IPC compression",
        ));
    }
    let is_inside = |buffer: &arrow_ipc::Buffer| {
        let (offset, length) = (buffer.offset(), buffer.length());
        let end = offset.checked_add(length).and_then(|end| usize::try_from(end).ok());
        offset >= 0 && length >= 0 && end.is_some_and(|end| end <= body)
    };
    match batch.buffers().iter().flatten().all(is_inside) {
        true => Ok(()),
        false => Err(Refusal::invalid(
            "the message is not Arrow IPC: a buffer is not within its body, which may have been cut off",
        )),
    }
}
