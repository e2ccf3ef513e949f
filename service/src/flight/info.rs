//! What there is: ListFlights, GetFlightInfo and GetSchema.
//!
//! A flight is a ticket: that of a dataset asks for everything, with its keys. GetSchema of a dataset is the schema of the
//! batches that it takes, with its definition in the metadata.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_flight::{
    Criteria, FlightDescriptor, FlightEndpoint, FlightInfo, SchemaAsIpc, SchemaResult, Ticket,
};
use arrow_ipc::writer::IpcWriteOptions;
use arrow_schema::Schema;
use tonic::Request;

use super::actions::summary;
use super::incoming::{Target, target};
use super::{Flight, Stream, all_of, blocking};
use crate::guard::Scope;
use crate::protocol::{self, parse};
use crate::query::plan::Plan;
use crate::refusal::{Refusal, Result};
use crate::store::read::Dataset;

pub async fn list(flight: &Flight, request: Request<Criteria>) -> Result<Stream<FlightInfo>> {
    let caller = flight.0.guard.caller(request.metadata())?;
    let prefix = String::from_utf8(request.into_inner().expression.to_vec())
        .map_err(|_| Refusal::invalid("the criteria are the beginning of names, as text"))?;
    let shared = Arc::clone(&flight.0);
    let datasets = blocking(move || shared.store.read()?.list(&prefix)).await?;
    let seen = datasets
        .iter()
        .filter(|dataset| caller.expect(Scope::Read, Some(&dataset.name)).is_ok())
        .map(|dataset| of_dataset(dataset, &ticket_of(&dataset.name)));
    Ok(all_of(seen.collect::<Result<_>>()?))
}

pub async fn info(flight: &Flight, request: Request<FlightDescriptor>) -> Result<FlightInfo> {
    let caller = flight.0.guard.caller(request.metadata())?;
    let ticket = match target(request.get_ref())? {
        Target::Path(dataset) => ticket_of(dataset),
        Target::Command(json) => json.to_vec(),
    };
    let asked: protocol::Ticket = parse(&ticket, "the command of the descriptor")?;
    caller.expect(Scope::Read, Some(&asked.dataset))?;
    of_dataset(&dataset(flight, asked.dataset).await?, &ticket)
}

pub async fn schema(flight: &Flight, request: Request<FlightDescriptor>) -> Result<SchemaResult> {
    let caller = flight.0.guard.caller(request.metadata())?;
    let name = match target(request.get_ref())? {
        Target::Path(dataset) => dataset.to_string(),
        Target::Command(json) => {
            parse::<protocol::Ticket>(json, "the command of the descriptor")?.dataset
        }
    };
    caller.expect(Scope::Read, Some(&name))?;
    let dataset = dataset(flight, name).await?;
    let definition = serde_json::to_string(dataset.definition()).unwrap_or_default();
    let metadata = HashMap::from([("colstats.definition".to_string(), definition)]);
    let schema = Schema::new_with_metadata(dataset.fields, metadata);
    SchemaAsIpc::new(&schema, &IpcWriteOptions::default())
        .try_into()
        .map_err(|error| Refusal::internal(format!("the schema cannot be written: {error}")))
}

async fn dataset(flight: &Flight, name: String) -> Result<Dataset> {
    let shared = Arc::clone(&flight.0);
    blocking(move || shared.store.read()?.expect(&name)).await
}

/// The ticket of everything about a dataset.
fn ticket_of(dataset: &str) -> Vec<u8> {
    serde_json::json!({ "dataset": dataset }).to_string().into_bytes()
}

fn of_dataset(dataset: &Dataset, ticket: &[u8]) -> Result<FlightInfo> {
    let asked: protocol::Ticket = parse(ticket, "the ticket")?;
    let schema = match dataset.fields.is_empty() {
        true => Schema::empty().into(), // nothing is known yet
        false => Plan::new(dataset.definition(), &dataset.fields, &asked)
            .and_then(|plan| plan.schema())
            .map_err(|refusal| refusal.of(format!("dataset {:?}", dataset.name)))?,
    };
    let endpoint = FlightEndpoint::new().with_ticket(Ticket::new(ticket.to_vec()));
    let info = FlightInfo::new().with_endpoint(endpoint);
    let info = info.with_descriptor(FlightDescriptor::new_path(vec![dataset.name.clone()]));
    let metadata = summary(dataset).to_string().into_bytes();
    info.try_with_schema(&schema)
        .map(|info| info.with_app_metadata(metadata))
        .map_err(|error| Refusal::internal(format!("the schema cannot be written: {error}")))
}
