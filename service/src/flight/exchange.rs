//! DoExchange: as DoPut, with the acknowledgements as metadata; or *statistics as a call*, where batches are streamed in, the
//! answer comes back, and nothing is kept.
//!
//! A call is folded by one blocking thread, batch by batch as they come, so that it takes no more memory than the
//! states, and gathers no more than its statistics need.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int8Array, RecordBatch};
use arrow_flight::FlightData;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::plain::Plain;
use colstats::internals::groups::GroupBy;
use colstats::internals::kernels::Need;
use colstats::internals::run::fold::fold;
use colstats::internals::states::accumulator::Accumulator;
use futures::{StreamExt, TryStreamExt};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tonic::{Request, Status, Streaming};

use super::decode::Decoder;
use super::get::sent;
use super::incoming::{Incoming, Target, target};
use super::put::{command, feed, reply};
use super::{Flight, Stream, blocking};
use crate::dataset::schema::Roles;
use crate::guard::Scope;
use crate::ingest::{decoded, key_chunk};
use crate::limits::AHEAD;
use crate::protocol::{ExchangeCommand, PutCommand, Question, parse};
use crate::query::expect_memory;
use crate::query::plan::Plan;
use crate::refusal::{Refusal, Result};

/// Answers a stream, or feeds a dataset with it.
pub async fn exchange(
    flight: &Flight,
    request: Request<Streaming<FlightData>>,
) -> Result<Stream<FlightData>> {
    let caller = flight.0.guard.caller(request.metadata())?;
    let stream = flight.0.stream()?;
    let (incoming, descriptor) = Incoming::open(request.into_inner(), &flight.0).await?;
    let put = match target(&descriptor)? {
        Target::Path(dataset) => PutCommand { dataset: dataset.into(), ..PutCommand::default() },
        Target::Command(json) if is_question(json) => {
            let command: ExchangeCommand = parse(json, "the command of the descriptor")?;
            caller.expect(Scope::Read, None)?;
            return Ok(ask(flight, stream, incoming, command.exchange));
        }
        Target::Command(json) => command(json)?,
    };
    caller.expect(Scope::Write, Some(&put.dataset))?;
    feed(flight, stream, incoming, put, reply).await
}

/// Whether a command is a question, by its only field.
fn is_question(json: &[u8]) -> bool {
    let value = serde_json::from_slice::<serde_json::Value>(json);
    value.is_ok_and(|value| value.get("exchange").is_some())
}

/// The answer of a question, when all batches have come.
fn ask(
    flight: &Flight,
    stream: OwnedSemaphorePermit,
    mut incoming: Incoming,
    question: Question,
) -> Stream<FlightData> {
    let (ahead, mut messages) = mpsc::channel::<(FlightData, OwnedSemaphorePermit)>(AHEAD);
    let (shared, limits) = (Arc::clone(&flight.0), flight.0.limits);
    let folded = tokio::spawn(blocking(move || {
        let mut folding = Folding::new(question, limits.message_bytes, limits.query_bytes)?;
        while let Some((message, _room)) = messages.blocking_recv() {
            folding.read(message)?;
        }
        folding.finish()
    }));
    let answer = async move {
        let mut received = Ok(());
        loop {
            match incoming.next().await {
                Ok(Some(message)) => {
                    shared.counts.bytes.inc_by(message.data_body.len() as u64);
                    let Ok(room) = shared.room(message.data_body.len()).await else { break };
                    if ahead.send((message, room)).await.is_err() {
                        break; // it was refused
                    }
                }
                Ok(None) => break,
                Err(refusal) => {
                    received = Err(refusal);
                    break;
                }
            }
        }
        drop((ahead, stream));
        let folded =
            folded.await.unwrap_or_else(|_| Err(Refusal::internal("a fault of the service")));
        match received.and(folded) {
            Ok(answer) => {
                shared.counts.exchanges.inc();
                Ok(sent(answer))
            }
            Err(refusal) => {
                shared.counts.refused(&refusal);
                Err(Status::from(refusal))
            }
        }
    };
    futures::stream::once(answer).try_flatten().boxed()
}

/// A question, and what has been gathered of the batches.
pub struct Folding {
    question: Question,
    decoder: Decoder,
    query_bytes: usize,
    state: Option<(Plan, Roles, State)>,
}

enum State {
    /// Of all rows, by column.
    Whole(u64, Vec<Accumulator>, Vec<Need>),
    Groups(Box<GroupBy>),
}

impl Folding {
    /// Nothing has come yet.
    pub fn new(question: Question, dictionary_bytes: usize, query_bytes: usize) -> Result<Self> {
        question.definition().check()?;
        Ok(Self { question, decoder: Decoder::new(dictionary_bytes), query_bytes, state: None })
    }

    /// Adds a message.
    pub fn read(&mut self, message: FlightData) -> Result<()> {
        let batch = self.decoder.read(message)?;
        if self.state.is_none() {
            self.start()?;
        }
        match (batch, &mut self.state) {
            (Some(batch), Some((plan, roles, state))) => {
                add_batch(plan, roles, state, &batch, self.query_bytes)
            }
            _ => Ok(()),
        }
    }

    /// Plans the answer as soon as the schema is known.
    fn start(&mut self) -> Result<()> {
        let Some(schema) = self.decoder.schema() else { return Ok(()) };
        let definition = self.question.definition();
        let roles = Roles::of(&definition, schema)?;
        let fields = roles.kept(schema);
        if fields.is_empty() {
            return Err(Refusal::invalid("the batches have no columns"));
        }
        let ticket = self.question.ticket();
        let plan = Plan::new(&definition, &fields, &ticket)?;
        let state = match plan.has_no_keys() {
            false => State::Groups(Box::new(GroupBy::new(plan.key_types(), roles.values.len(), 1))),
            true => {
                let needs = plan.needs();
                State::Whole(0, vec![Accumulator::new(); needs.len()], needs)
            }
        };
        self.state = Some((plan, roles, state));
        Ok(())
    }

    /// The answer.
    pub fn finish(self) -> Result<RecordBatch> {
        let nothing = || Refusal::invalid("the stream has no schema: send at least that");
        let (plan, _, state) = self.state.ok_or_else(nothing)?;
        match state {
            State::Whole(rows, states, _) => plan.render_whole(rows, states),
            State::Groups(groups) => {
                plan.render(&groups.finish().map_err(|error| Refusal::of_core(&error))?)
            }
        }
    }
}

fn add_batch(
    plan: &Plan,
    roles: &Roles,
    state: &mut State,
    batch: &RecordBatch,
    query_bytes: usize,
) -> Result<()> {
    let column = |&at: &usize| [Chunk::from(batch.column(at).clone())];
    let values = roles.values.iter().map(column).collect::<Vec<_>>();
    match state {
        State::Whole(rows, states, needs) => {
            *rows += batch.num_rows() as u64;
            let columns = values.iter().zip(needs).map(|(chunk, need)| (&chunk[..], *need));
            let more = fold(&columns.collect::<Vec<_>>(), 1);
            states.iter_mut().zip(&more).for_each(|(state, more)| state.merge(more));
            Ok(())
        }
        State::Groups(groups) => {
            let mut keys = vec![];
            if let (Some((time, start_type)), Some(at)) = (&plan.time, roles.time) {
                let times = decoded(batch.column(at), &time.column)?;
                let numbers: ArrayRef = Arc::new(time.numbers(&times, start_type)?);
                keys.push([Chunk::from(numbers)]);
            }
            for &at in &roles.keys {
                let (_, chunk) = key_chunk(batch.column(at), batch.schema().field(at).name())?;
                keys.push([chunk]);
            }
            if keys.is_empty() {
                let same: ArrayRef = Arc::new(Int8Array::from(vec![0; batch.num_rows()]));
                keys.push([Chunk::from(Plain::Array(same))]);
            }
            let keys = keys.iter().map(|chunks| &chunks[..]).collect::<Vec<_>>();
            let values = values.iter().map(|chunks| &chunks[..]).collect::<Vec<_>>();
            groups.push(&keys, &values, 0..batch.num_rows());
            expect_memory(groups.bytes_for(0), query_bytes)
        }
    }
}
