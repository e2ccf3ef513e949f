//! Stores in directories that disappear, batches, and what memory answers.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::{FlightData, FlightDescriptor};
use arrow_schema::{Field, Schema};
use clap::Parser;
use colstats::arrow::{Column, to_array};
use colstats::{Options, Statistic};
use colstats_service::dataset::Definition;
use colstats_service::ingest::ingest;
use colstats_service::limits::Limits;
use colstats_service::protocol::Ticket;
use colstats_service::query;
use colstats_service::refusal::Result;
use colstats_service::settings::Settings;
use colstats_service::store::{Acknowledged, Put, Store};
use futures::TryStreamExt;
use serde_json::Value;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

/// A directory that is removed in the end.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("colstats-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn open(&self) -> Store {
        Store::open(&self.0, &Limits::default()).expect("a directory of our own")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The settings of a server on free ports.
pub fn settings(directory: &Directory, more: &[&str]) -> Settings {
    let data = directory.path().to_str().expect("text");
    let ports = ["--listen", "127.0.0.1:0", "--page", "127.0.0.1:0"];
    let arguments = ["colstats-service", "--data", data].into_iter().chain(ports);
    Settings::parse_from(arguments.chain(more.iter().copied()))
}

pub fn definition(json: Value) -> Definition {
    serde_json::from_value(json).expect("a definition")
}

pub fn put(
    store: &Store,
    dataset: &str,
    definition: &Definition,
    batch: &RecordBatch,
    id: Option<&str>,
) -> Result<Acknowledged> {
    store.put_now(Put {
        dataset: dataset.into(),
        definition: definition.clone(),
        delta: Arc::new(ingest(definition, batch)?),
        batch_id: id.map(str::to_string),
    })
}

pub fn ask(store: &Store, ticket: Value) -> Result<RecordBatch> {
    let ticket: Ticket = serde_json::from_value(ticket).expect("a ticket");
    query::answer(&store.read()?, &ticket, usize::MAX)
}

pub fn batch(columns: impl IntoIterator<Item = (&'static str, ArrayRef)>) -> RecordBatch {
    let (mut fields, mut arrays) = (vec![], vec![]);
    for (name, array) in columns {
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("columns of one length")
}

pub const STATISTICS: [Statistic; 7] = [
    Statistic::Count,
    Statistic::Sum,
    Statistic::Mean,
    Statistic::Variance,
    Statistic::Stddev,
    Statistic::Min,
    Statistic::Max,
];

/// What memory answers for a column in chunks; none if its type has no such statistic.
pub fn of_memory(chunks: &[ArrayRef], statistic: Statistic) -> Option<ArrayRef> {
    let column = Column::new(chunks.iter().map(|chunk| chunk as &dyn Array)).expect("one type");
    let of = chunks[0].data_type();
    let promised = colstats::arrow::result_type(statistic, of).ok()?;
    let answer = column.ask(statistic, &Options::default()).expect("it has this statistic");
    Some(to_array(statistic, &promised, &[answer]).expect("it fits"))
}

/// Numbers without a pattern.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A double of any size; naive sums of these are wrong in all digits, and differ by order.
    pub fn double(&mut self) -> f64 {
        let exponent = self.below(120) as i32 - 60;
        let fraction = self.next() as f64 / u64::MAX as f64 - 0.5;
        fraction * 2f64.powi(exponent)
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

/// The messages of a stream: the schema with a descriptor, then batches with the metadata of each.
pub fn messages<'a>(
    descriptor: FlightDescriptor,
    schema: &Schema,
    batches: impl IntoIterator<Item = (&'a RecordBatch, Option<Value>)>,
) -> Vec<FlightData> {
    let all = batches.into_iter().collect::<Vec<_>>();
    let plain = all.iter().map(|(batch, _)| *batch);
    let mut messages = arrow_flight::utils::batches_to_flight_data(schema, plain).expect("batches");
    messages[0].flight_descriptor = Some(descriptor);
    let of_batches = messages.len() - all.len();
    for (message, (_, metadata)) in messages[of_batches..].iter_mut().zip(all) {
        if let Some(metadata) = metadata {
            message.app_metadata = metadata.to_string().into_bytes().into();
        }
    }
    messages
}

pub fn path(dataset: &str) -> FlightDescriptor {
    FlightDescriptor::new_path(vec![dataset.to_string()])
}

pub fn command(json: Value) -> FlightDescriptor {
    FlightDescriptor::new_cmd(json.to_string())
}

/// A client of the generated kind, which sends whatever it is told to.
pub type Client = FlightServiceClient<Channel>;

pub async fn connect(address: &str) -> std::result::Result<Client, tonic::transport::Error> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
    let channel = endpoint.connect_timeout(Duration::from_secs(5)).connect().await?;
    Ok(FlightServiceClient::new(channel).max_decoding_message_size(1 << 28))
}

/// Sends messages, and waits for all replies.
pub async fn send(
    client: &mut Client,
    messages: Vec<FlightData>,
) -> std::result::Result<Vec<Value>, Status> {
    let replies = client.do_put(futures::stream::iter(messages)).await?.into_inner();
    let replies = replies.map_ok(|reply| {
        serde_json::from_slice(&reply.app_metadata).expect("acknowledgements are JSON")
    });
    replies.try_collect().await
}

/// The table that a ticket is answered with.
pub async fn fetch(client: &mut Client, ticket: Value) -> std::result::Result<RecordBatch, Status> {
    let answer = client.do_get(arrow_flight::Ticket::new(ticket.to_string())).await?.into_inner();
    table(answer).await
}

/// The table that a stream has.
pub async fn table(
    answer: impl futures::Stream<Item = std::result::Result<FlightData, Status>>,
) -> std::result::Result<RecordBatch, Status> {
    let messages = answer.try_collect::<Vec<_>>().await?;
    let batches = arrow_flight::utils::flight_data_to_batches(&messages).expect("Arrow IPC");
    let schema = Schema::try_from(&messages[0]).expect("the schema comes first");
    let schema = batches.first().map_or(Arc::new(schema), RecordBatch::schema);
    Ok(arrow_select::concat::concat_batches(&schema, &batches).expect("one schema"))
}

/// The JSON of the results of an action.
pub async fn act(
    client: &mut Client,
    name: &str,
    body: Value,
) -> std::result::Result<Vec<Value>, Status> {
    let body = if body.is_null() { vec![] } else { body.to_string().into_bytes() };
    let action = arrow_flight::Action::new(name, body);
    let results = client.do_action(action).await?.into_inner();
    let json = |result: arrow_flight::Result| serde_json::from_slice(&result.body).expect("JSON");
    results.map_ok(json).try_collect().await
}
