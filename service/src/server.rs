//! The service, listening.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tonic::transport::Server as Grpc;
use tonic::transport::server::TcpIncoming;

use crate::flight::{Flight, Shared};
use crate::guard::Guard;
use crate::peer::pull::{Peer, keep_pulling};
use crate::refusal::{Kind, Refusal, Result};
use crate::settings::Settings;
use crate::store::Store;

/// Bytes that a sender may be ahead of what was read, of a stream and of a connection: a batch of 64 Ki doubles, several
/// times over, so that the network never waits for the decoder.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;
/// Bytes of an HTTP/2 frame: the default of 16 KiB costs a fifth of the throughput of large batches.
const FRAME: u32 = 1 << 20;
/// How often a connection that is silent is asked whether it is there, and how long it may take to answer.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// How long calls that are under way may take when the service is to stop.
const GRACE: Duration = Duration::from_secs(20);

/// A service that listens.
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
    settings: Settings,
}

impl Server {
    /// Opens the file, and the port.
    pub async fn open(settings: Settings) -> Result<Self> {
        settings.check()?;
        let limits = settings.limits();
        let store = Store::open(&settings.data, &limits)?;
        let listener = TcpListener::bind(settings.listen).await.map_err(|error| {
            Refusal::new(Kind::Conflict, format!("cannot listen on {}: {error}", settings.listen))
        })?;
        let shared = Arc::new(Shared::new(store, limits, Guard));
        Ok(Self { listener, shared, settings })
    }

    /// Where it listens.
    pub fn address(&self) -> Result<SocketAddr> {
        self.listener.local_addr().map_err(|error| Refusal::internal(error.to_string()))
    }

    /// What all calls share.
    pub fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// The settings with which it was opened.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Serves until told to stop; then calls that are under way are finished, and what was handed over is written.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<()> {
        let every = Duration::from_secs(self.settings.pull_seconds.max(1));
        let mut pulls = tokio::task::JoinSet::new();
        for url in &self.settings.pull {
            let peer = Peer { url: url.clone(), token: self.settings.pull_token.clone() };
            pulls.spawn(keep_pulling(Arc::clone(&self.shared), peer, every));
        }
        let (shared, grace) = (Arc::clone(&self.shared), tokio::sync::oneshot::channel());
        let stop = async move {
            stop.await;
            shared.stop();
            let _ = grace.0.send(());
        };
        // The server's own setting does not reach sockets of a listener that is handed to it. Without it, small messages wait
        // for the client's delayed acknowledgement of those before: an exchange had a fifth of its throughput.
        let incoming = TcpIncoming::from(self.listener).with_nodelay(Some(true));
        let served = Grpc::builder()
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(FRAME)
            .http2_keepalive_interval(Some(KEEPALIVE))
            .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
            .add_service(Flight(Arc::clone(&self.shared)).server())
            .serve_with_incoming_shutdown(incoming, stop);
        let patience = async {
            let _ = grace.1.await;
            tokio::time::sleep(GRACE).await;
        };
        let served = tokio::select! {
            served = served => served,
            () = patience => Ok(()),
        };
        pulls.shutdown().await;
        let shared = self.shared;
        let _ = tokio::task::spawn_blocking(move || shared.store.close()).await;
        served.map_err(|error| Refusal::internal(format!("the server ended: {error}")))
    }
}
