//! DoPut: batches are added to a dataset.
//!
//! Each batch is decoded and turned into states by a thread of its own, handed to the thread that writes, and
//! acknowledged in the order of the stream once it is on disk. Meanwhile the next are read, up to
//! [`PENDING_BATCHES`]; beyond that, and while all streams together have too many bytes in flight, nothing is read, and
//! the sender waits.
//!
//! The first batch that is refused ends the stream with its status. Batches that were sent after it may have been kept
//! or not: with ids, they are sent again.

use std::sync::Arc;
use std::time::Instant;

use arrow_array::RecordBatch;
use arrow_flight::{FlightData, PutResult};
use futures::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tonic::codegen::tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status, Streaming};

use super::decode::Decoder;
use super::incoming::{Incoming, Target, target};
use super::{Flight, Shared, Stream, blocking};
use crate::dataset::{Definition, check_name};
use crate::guard::Scope;
use crate::ingest::{Delta, ingest};
use crate::limits::{PENDING_BATCHES, UNREAD_ACKNOWLEDGEMENTS};
use crate::protocol::{Acknowledgement, BatchMetadata, PutCommand, check_id, parse};
use crate::refusal::{Refusal, Result};
use crate::store::{Acknowledged, Put};
use crate::{protocol, states};

pub async fn put(
    flight: &Flight,
    request: Request<Streaming<FlightData>>,
) -> Result<Stream<PutResult>> {
    let caller = flight.0.guard.caller(request.metadata())?;
    let stream = flight.0.stream()?;
    let (incoming, descriptor) = Incoming::open(request.into_inner(), &flight.0).await?;
    let command = match target(&descriptor)? {
        Target::Path(dataset) => PutCommand { dataset: dataset.into(), ..PutCommand::default() },
        Target::Command(json) => parse(json, "the command of the descriptor")?,
    };
    caller.expect(Scope::Write, Some(&command.dataset))?;
    let reply = |json: Vec<u8>| PutResult { app_metadata: json.into() };
    feed(flight, stream, incoming, command, reply).await
}

/// What waits for the disk: the id of a batch, when it arrived, and what says when it is there.
type Pending = (
    Option<String>,
    Instant,
    OwnedSemaphorePermit,
    futures::future::BoxFuture<'static, Result<Acknowledged>>,
);

/// Adds the batches of a stream; what is returned are the acknowledgements, as messages of some kind.
pub async fn feed<T: Send + 'static>(
    flight: &Flight,
    stream: OwnedSemaphorePermit,
    incoming: Incoming,
    command: PutCommand,
    message: fn(Vec<u8>) -> T,
) -> Result<Stream<T>> {
    check_name(&command.dataset)?;
    command.batch_id.as_deref().map_or(Ok(()), check_id)?;
    let (shared, asked) = (Arc::clone(&flight.0), command.clone());
    let definition = blocking(move || definition(&shared, &asked)).await?;
    let (pending, waiting) = mpsc::channel(PENDING_BATCHES);
    // One more than are allowed, for the refusal.
    let (replies, answered) = mpsc::channel(UNREAD_ACKNOWLEDGEMENTS + 1);
    let shared = Arc::clone(&flight.0);
    tokio::spawn(async move {
        acknowledge(&shared, waiting, &replies, message).await;
        drop(stream);
    });
    let feed = Feed {
        shared: Arc::clone(&flight.0),
        command: Arc::new(command),
        definition,
        decoder: Some(Decoder::new(flight.0.limits.message_bytes)),
        batches: 0,
    };
    tokio::spawn(feed.run(incoming, pending));
    Ok(ReceiverStream::new(answered).boxed())
}

/// The definition for which batches are ingested: that of the dataset, or that which is asked for.
fn definition(shared: &Shared, command: &PutCommand) -> Result<Definition> {
    let asked = command.definition();
    if let Some(asked) = &asked {
        asked.check()?;
    }
    match shared.store.read()?.find(&command.dataset)? {
        None => Ok(asked.unwrap_or_default()),
        Some(dataset) => {
            let there = dataset.definition();
            let expected = asked.map_or(Ok(()), |asked| there.expect(&asked));
            expected.map_err(|refusal| refusal.of(format!("dataset {:?}", command.dataset)))?;
            Ok(there.clone())
        }
    }
}

/// Answers each batch when it is on disk, in order.
async fn acknowledge<T>(
    shared: &Shared,
    mut waiting: mpsc::Receiver<Pending>,
    replies: &mpsc::Sender<std::result::Result<T, Status>>,
    message: fn(Vec<u8>) -> T,
) {
    loop {
        let next = tokio::select! {
            next = waiting.recv() => next,
            () = replies.closed() => None,
        };
        let Some((batch_id, arrived, room, on_disk)) = next else { return };
        let acknowledged = on_disk.await;
        drop(room);
        let reply = acknowledged.and_then(|acknowledged| {
            if replies.capacity() <= 1 {
                return Err(Refusal::too_much(format!(
                    "{UNREAD_ACKNOWLEDGEMENTS} acknowledgements have not been read: read them while you write"
                )));
            }
            let Acknowledged { rows, duplicate, revision } = acknowledged;
            shared.counts.batches.inc();
            shared.counts.took("do_put", arrived.elapsed());
            shared.counts.duplicates.inc_by(duplicate.into());
            shared.counts.rows.inc_by(if duplicate { 0 } else { rows });
            serde_json::to_vec(&Acknowledgement { batch_id, rows, duplicate, revision })
                .map_err(|error| Refusal::internal(error.to_string()))
        });
        let is_refused = reply.is_err();
        if let Err(refusal) = &reply {
            shared.counts.refused(refusal);
        }
        // There is room, or nobody listens any longer.
        let sent = replies.try_send(reply.map(message).map_err(Status::from));
        if is_refused || sent.is_err() {
            return;
        }
    }
}

/// Batches on their way to the disk.
struct Feed {
    shared: Arc<Shared>,
    command: Arc<PutCommand>,
    definition: Definition,
    /// Lent to the thread that decodes.
    decoder: Option<Decoder>,
    batches: u64,
}

impl Feed {
    async fn run(mut self, mut incoming: Incoming, pending: mpsc::Sender<Pending>) {
        loop {
            let next = tokio::select! {
                next = incoming.next() => next,
                () = pending.closed() => return, // it was refused, or nobody listens
            };
            let handed = match next {
                Ok(None) => return,
                Ok(Some(message)) => self.hand_over(message, &pending).await,
                Err(refusal) => Err(refusal),
            };
            match handed {
                Ok(true) => {}
                Ok(false) => return,
                Err(refusal) => {
                    // Answered after all that came before.
                    let Ok(room) = self.shared.room(0).await else { return };
                    let refused = futures::future::ready(Err(refusal));
                    let _ = pending.send((None, Instant::now(), room, Box::pin(refused))).await;
                    return;
                }
            }
        }
    }

    /// Hands a batch to the thread that writes; whether the stream goes on.
    async fn hand_over(
        &mut self,
        message: FlightData,
        pending: &mpsc::Sender<Pending>,
    ) -> Result<bool> {
        let arrived = Instant::now();
        let bytes = message.data_header.len() + message.data_body.len();
        self.shared.counts.bytes.inc_by(bytes as u64);
        let room = self.shared.room(bytes).await?;
        let metadata = BatchMetadata::of(&message.app_metadata);
        let Some(batch) = self.decode(message).await? else { return Ok(true) };
        let batch_id = match (metadata?.batch_id, &self.command.batch_id) {
            (Some(id), _) => Some(id),
            (None, Some(of_stream)) => Some(format!("{of_stream}#{}", self.batches)),
            (None, None) => None,
        };
        self.batches += 1;
        let delta = self.delta(batch).await.map_err(|refusal| self.of_batch(refusal))?;
        let put = Put {
            dataset: self.command.dataset.clone(),
            definition: self.definition.clone(),
            delta: Arc::new(delta),
            batch_id: batch_id.clone(),
        };
        let on_disk = self.shared.store.put(put).await?;
        Ok(pending.send((batch_id, arrived, room, Box::pin(on_disk))).await.is_ok())
    }

    fn of_batch(&self, refusal: Refusal) -> Refusal {
        refusal
            .of(format!("dataset {:?}, batch {} of the stream", self.command.dataset, self.batches))
    }

    async fn decode(&mut self, message: FlightData) -> Result<Option<RecordBatch>> {
        let mut decoder = self.decoder.take().ok_or_else(|| Refusal::internal("no decoder"))?;
        let (decoder, decoded) = blocking(move || {
            let decoded = decoder.read(message);
            Ok((decoder, decoded))
        })
        .await?;
        self.decoder = Some(decoder);
        decoded
    }

    async fn delta(&self, batch: RecordBatch) -> Result<Delta> {
        let (definition, command) = (self.definition.clone(), Arc::clone(&self.command));
        if !command.states {
            return blocking(move || ingest(&definition, &batch)).await;
        }
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            let known = shared.store.read()?.find(&command.dataset)?;
            let known = known.map(|dataset| dataset.fields).unwrap_or_default();
            states::read(&definition, &known, &batch)
        })
        .await
    }
}

/// The bytes of a reply in DoExchange.
pub fn reply(json: Vec<u8>) -> FlightData {
    FlightData { app_metadata: json.into(), ..FlightData::default() }
}

/// A command that feeds, in DoExchange.
pub fn command(json: &[u8]) -> Result<PutCommand> {
    protocol::parse(json, "the command of the descriptor")
}
