//! The Arrow Flight service.
//!
//! | call | what | where |
//! | --- | --- | --- |
//! | DoPut | batches are added to a dataset, and acknowledged when they are on disk | `put.rs` |
//! | DoGet | a ticket is answered | `get.rs` |
//! | DoExchange | as DoPut; or batches are answered, and nothing is kept | [`exchange`] |
//! | DoAction, ListActions | datasets are created, dropped, merged, ... | [`actions`] |
//! | GetFlightInfo, GetSchema, ListFlights | what there is | `info.rs` |
//!
//! Work that takes more than a moment is done by blocking threads. A panic in one becomes the status of its call.

pub mod actions;
pub mod decode;
pub mod exchange;
mod get;
mod incoming;
mod info;
mod put;
pub mod stream;

use std::sync::Arc;

use arrow_flight::flight_service_server::{FlightService, FlightServiceServer};
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo,
    HandshakeRequest, HandshakeResponse, PollInfo, PutResult, SchemaResult, Ticket,
};
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tonic::transport::ClientTlsConfig;
use tonic::{Request, Response, Status, Streaming};

use crate::counts::Counts;
use crate::guard::Guard;
use crate::limits::Limits;
use crate::refusal::{Kind, Refusal, Result};
use crate::store::Store;

type Outcome<T> = std::result::Result<Response<T>, Status>;
type Stream<T> = BoxStream<'static, std::result::Result<T, Status>>;

/// What all calls share.
pub struct Shared {
    /// The states.
    pub store: Store,
    /// What bounds each call.
    pub limits: Limits,
    /// Who may do what.
    pub guard: Guard,
    /// What has been done.
    pub counts: Counts,
    /// How other nodes are asked over TLS, if at all.
    pub pull_tls: Option<ClientTlsConfig>,
    /// Kilobytes of batches that may be received and not yet durable.
    room: Arc<Semaphore>,
    /// Streams that may be open.
    streams: Arc<Semaphore>,
    /// Whether the service is stopping.
    stopping: watch::Sender<bool>,
}

impl Shared {
    /// What all calls share, of a store.
    pub fn new(
        store: Store,
        limits: Limits,
        guard: Guard,
        pull_tls: Option<ClientTlsConfig>,
    ) -> Self {
        Self {
            store,
            limits,
            guard,
            pull_tls,
            counts: Counts::default(),
            room: Arc::new(Semaphore::new(
                (limits.in_flight_bytes >> 10).clamp(1, u32::MAX as usize),
            )),
            streams: Arc::new(Semaphore::new(limits.streams.min(Semaphore::MAX_PERMITS))),
            stopping: watch::Sender::new(false),
        }
    }

    /// Ends streams that are waited for, after what they have sent is on disk.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Room for a number of bytes, when there is enough.
    async fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit> {
        let most = (self.limits.in_flight_bytes >> 10).clamp(1, u32::MAX as usize);
        let kilobytes = (bytes >> 10).clamp(1, most) as u32;
        let room = Arc::clone(&self.room).acquire_many_owned(kilobytes).await;
        room.map_err(|_| Refusal::internal("the service is stopping"))
    }

    /// A stream, as long as there are not too many.
    fn stream(&self) -> Result<OwnedSemaphorePermit> {
        Arc::clone(&self.streams).try_acquire_owned().map_err(|_| {
            let most = self.limits.streams;
            Refusal::new(
                Kind::Again,
                format!(
                    "{most} streams are open, and no more may be: close some, try again later, or start the service with \
                     a higher --max-streams",
                ),
            )
        })
    }
}

/// The service.
#[derive(Clone)]
pub struct Flight(pub Arc<Shared>);

impl Flight {
    /// The service for a server to listen with.
    pub fn server(self) -> FlightServiceServer<Self> {
        let bytes = self.0.limits.message_bytes;
        // Metadata and padding come on top of the batch.
        FlightServiceServer::new(self).max_decoding_message_size(bytes.saturating_add(1 << 20))
    }

    /// Counts a refusal.
    fn settled<T>(&self, result: Result<T>) -> Outcome<T> {
        result.map(Response::new).map_err(|refusal| {
            self.0.counts.refused(&refusal);
            refusal.into()
        })
    }
}

/// The result of work on a thread that may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(Refusal::internal("a fault of the service: please report it; the service goes on"))
    })
}

#[tonic::async_trait]
impl FlightService for Flight {
    type HandshakeStream = Stream<HandshakeResponse>;
    type ListFlightsStream = Stream<FlightInfo>;
    type DoGetStream = Stream<FlightData>;
    type DoPutStream = Stream<PutResult>;
    type DoExchangeStream = Stream<FlightData>;
    type DoActionStream = Stream<arrow_flight::Result>;
    type ListActionsStream = Stream<ActionType>;

    async fn handshake(
        &self,
        _: Request<Streaming<HandshakeRequest>>,
    ) -> Outcome<Self::HandshakeStream> {
        Err(Status::unimplemented(
            "there is no handshake: send the token with each call, in the header \"authorization: Bearer ...\"",
        ))
    }

    async fn list_flights(&self, request: Request<Criteria>) -> Outcome<Self::ListFlightsStream> {
        self.settled(info::list(self, request).await)
    }

    async fn get_flight_info(&self, request: Request<FlightDescriptor>) -> Outcome<FlightInfo> {
        self.settled(info::info(self, request).await)
    }

    async fn poll_flight_info(&self, _: Request<FlightDescriptor>) -> Outcome<PollInfo> {
        Err(Status::unimplemented("answers do not take long: use GetFlightInfo, or DoGet"))
    }

    async fn get_schema(&self, request: Request<FlightDescriptor>) -> Outcome<SchemaResult> {
        self.settled(info::schema(self, request).await)
    }

    async fn do_get(&self, request: Request<Ticket>) -> Outcome<Self::DoGetStream> {
        self.settled(get::get(self, request).await)
    }

    async fn do_put(&self, request: Request<Streaming<FlightData>>) -> Outcome<Self::DoPutStream> {
        self.settled(put::put(self, request).await)
    }

    async fn do_exchange(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Outcome<Self::DoExchangeStream> {
        self.settled(exchange::exchange(self, request).await)
    }

    async fn do_action(&self, request: Request<Action>) -> Outcome<Self::DoActionStream> {
        self.settled(actions::act(self, request).await)
    }

    async fn list_actions(&self, _: Request<Empty>) -> Outcome<Self::ListActionsStream> {
        Ok(Response::new(actions::list()))
    }
}

/// A stream of things that are there.
fn all_of<T: Send + 'static>(items: Vec<T>) -> Stream<T> {
    futures::stream::iter(items.into_iter().map(Ok)).boxed()
}
