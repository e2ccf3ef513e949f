//! The service, listening.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Server as Grpc, ServerTlsConfig};

use crate::flight::{Flight, Shared};
use crate::guard::Guard;
use crate::page;
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
    page: Option<TcpListener>,
    tls: Option<ServerTlsConfig>,
    shared: Arc<Shared>,
    settings: Settings,
}

impl Server {
    /// Opens the file, and the ports.
    pub async fn open(settings: Settings) -> Result<Self> {
        let guard = Guard::open(&settings.data)?;
        settings.check(guard.asks_for_tokens()?)?;
        let (limits, tls) = (settings.limits(), settings.tls()?);
        let store = Store::open(&settings.data, &limits)?;
        let listener = bind(settings.listen).await?;
        let page = match settings.page.0 {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let shared = Arc::new(Shared::new(store, limits, guard, settings.pull_tls()?));
        Ok(Self { listener, page, tls, shared, settings })
    }

    /// Where it listens.
    pub fn address(&self) -> Result<SocketAddr> {
        self.listener.local_addr().map_err(|error| Refusal::internal(error.to_string()))
    }

    /// Where the page is, as a URL.
    pub fn page(&self) -> Option<String> {
        let address = self.page.as_ref()?.local_addr().ok()?;
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        Some(format!("{scheme}://{address}/"))
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
        let Self { listener, page, tls, shared, settings } = self;
        let every = Duration::from_secs(settings.pull_seconds.max(1));
        // The page, and pulls from others, end with the calls.
        let mut aside = tokio::task::JoinSet::new();
        for url in &settings.pull {
            let peer = Peer { url: url.clone(), token: settings.pull_token.clone() };
            aside.spawn(keep_pulling(Arc::clone(&shared), peer, every));
        }
        if let Some(listener) = page {
            let server = with_tls(Grpc::builder().accept_http1(true), tls.clone())?;
            aside.spawn(show(server, listener, Arc::clone(&shared)));
        }
        let (stopping, grace) = (Arc::clone(&shared), tokio::sync::oneshot::channel());
        let stop = async move {
            stop.await;
            stopping.stop();
            let _ = grace.0.send(());
        };
        // The server's own setting does not reach sockets of a listener that is handed to it. Without it, small messages wait
        // for the client's delayed acknowledgement of those before: an exchange had a fifth of its throughput.
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let calls = Grpc::builder()
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(FRAME)
            .http2_keepalive_interval(Some(KEEPALIVE))
            .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT));
        let served = with_tls(calls, tls)?
            .add_service(Flight(Arc::clone(&shared)).server())
            .serve_with_incoming_shutdown(incoming, stop);
        let patience = async {
            let _ = grace.1.await;
            tokio::time::sleep(GRACE).await;
        };
        let served = tokio::select! {
            served = served => served,
            () = patience => Ok(()),
        };
        aside.shutdown().await;
        let _ = tokio::task::spawn_blocking(move || shared.store.close()).await;
        served.map_err(ended)
    }
}

/// Serves the page.
async fn show(mut server: Grpc, listener: TcpListener, shared: Arc<Shared>) {
    let served = server.add_routes(Routes::from(page::routes(shared)));
    if let Err(error) =
        served.serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true))).await
    {
        eprintln!("colstats-service: the page is gone: {error}");
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        Refusal::new(Kind::Conflict, format!("cannot listen on {address}: {error}"))
    })
}

fn with_tls(server: Grpc, tls: Option<ServerTlsConfig>) -> Result<Grpc> {
    let Some(tls) = tls else {
        return Ok(server);
    };
    server.tls_config(tls).map_err(|error| {
        let why = std::error::Error::source(&error).map(ToString::to_string);
        let why = why.unwrap_or_else(|| error.to_string());
        Refusal::invalid(format!("the certificate or its key cannot be used: {why}"))
    })
}

fn ended(error: tonic::transport::Error) -> Refusal {
    Refusal::internal(format!("the server ended: {error}"))
}
