//! DoGet: a ticket is answered with an Arrow table.

use std::sync::Arc;
use std::time::Instant;

use arrow_array::RecordBatch;
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::error::FlightError;
use arrow_flight::{FlightData, Ticket};
use futures::{StreamExt, TryStreamExt};
use tonic::{Request, Status};

use super::{Flight, Stream, blocking};
use crate::guard::Scope;
use crate::limits::ANSWER_ROWS;
use crate::peer::offer::{WantedTicket, contribution};
use crate::protocol::{self, parse};
use crate::query;
use crate::refusal::Result;

pub async fn get(flight: &Flight, request: Request<Ticket>) -> Result<Stream<FlightData>> {
    let start = Instant::now();
    let caller = flight.0.guard.caller(request.metadata())?;
    let stream = flight.0.stream()?;
    let (shared, json) = (Arc::clone(&flight.0), request.into_inner().ticket);
    let most_bytes = shared.limits.query_bytes;
    let answer = if is_of_a_node(&json) {
        let WantedTicket { contribution: wanted } = parse(&json, "the ticket")?;
        caller.expect(Scope::Read, Some(&wanted.dataset))?;
        blocking(move || contribution(&shared.store.read()?, &wanted, most_bytes)).await?
    } else {
        let ticket: protocol::Ticket = parse(&json, "the ticket")?;
        caller.expect(Scope::Read, Some(&ticket.dataset))?;
        blocking(move || query::answer(&shared.store.read()?, &ticket, most_bytes)).await?
    };
    flight.0.counts.answers.inc();
    flight.0.counts.took("do_get", start.elapsed());
    let counted_until_read = move |message| {
        let _open = &stream;
        message
    };
    Ok(sent(answer).map(counted_until_read).boxed())
}

/// Whether a ticket is that of another node, which asks for states as they are stored.
fn is_of_a_node(json: &[u8]) -> bool {
    let value = serde_json::from_slice::<serde_json::Value>(json);
    value.is_ok_and(|value| value.get("contribution").is_some())
}

/// A table as messages.
pub fn sent(answer: RecordBatch) -> Stream<FlightData> {
    let schema = answer.schema();
    let starts = (0..answer.num_rows()).step_by(ANSWER_ROWS);
    let parts = starts.map(|start| {
        let rows = ANSWER_ROWS.min(answer.num_rows() - start);
        Ok::<_, FlightError>(answer.slice(start, rows))
    });
    let parts = parts.collect::<Vec<_>>();
    FlightDataEncoderBuilder::new()
        .with_schema(schema)
        .build(futures::stream::iter(parts))
        .map_err(|error| match error {
            FlightError::Tonic(status) => *status,
            error => Status::internal(error.to_string()),
        })
        .boxed()
}
