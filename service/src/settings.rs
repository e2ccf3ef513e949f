//! What the command line and the environment say.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Parser;
use tonic::transport::{Certificate, ClientTlsConfig, Identity, ServerTlsConfig};

use crate::guard::expect_guarded;
use crate::limits::Limits;
use crate::refusal::{Refusal, Result};

/// Exact statistics of record batches: many hands feed it over Arrow Flight, and anyone may ask.
#[derive(Clone, Debug, Parser)]
#[command(name = "colstats-service", version)]
pub struct Settings {
    /// The directory of the file of states; it is created if it is not there
    #[arg(long, env = "COLSTATS_DATA")]
    pub data: PathBuf,
    /// The address for Arrow Flight; port 0 takes one that is free
    #[arg(long, env = "COLSTATS_LISTEN", default_value = "127.0.0.1:8815")]
    pub listen: SocketAddr,
    /// The address for the page and the metrics; port 0 takes one that is free, and none serves none
    #[arg(long, env = "COLSTATS_PAGE", default_value = "127.0.0.1:8816", value_parser = page)]
    pub page: Page,
    /// The certificate of the service, as PEM; then both ports speak TLS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The key to it, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// The authorities whose certificates (X.509 v3) clients must show, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_client_ca: Option<PathBuf>,
    /// Listen beyond the loopback interface without a guard
    #[arg(long)]
    pub insecure: bool,
    /// Megabytes of a message, which is a record batch
    #[arg(long, value_name = "MB", default_value_t = 64)]
    pub max_message_mb: usize,
    /// Groups of a dataset: buckets times keys
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    pub max_groups: u64,
    /// Megabytes of batches that have been received and are not yet on disk
    #[arg(long, value_name = "MB", default_value_t = 512)]
    pub max_in_flight_mb: usize,
    /// Megabytes of the states of one answer
    #[arg(long, value_name = "MB", default_value_t = 2048)]
    pub max_query_mb: usize,
    /// Streams that are open at the same time
    #[arg(long, value_name = "N", default_value_t = 1024)]
    pub max_streams: usize,
    /// Seconds after which a stream that sends nothing is closed
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub idle_seconds: u64,
    /// Megabytes of the cache of the file
    #[arg(long, value_name = "MB", default_value_t = 256)]
    pub cache_mb: usize,
    /// Another node whose states are pulled now and then, such as http://other:8815; may be repeated
    #[arg(long, value_name = "URL")]
    pub pull: Vec<String>,
    /// The token that other nodes want to see
    #[arg(long, value_name = "TOKEN", env = "COLSTATS_PULL_TOKEN", hide_env_values = true)]
    pub pull_token: Option<String>,
    /// The authorities whose certificates nodes at https:// have, as PEM; they are shown --tls-cert, if there is one
    #[arg(long, value_name = "FILE")]
    pub pull_ca: Option<PathBuf>,
    /// Seconds between two pulls
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub pull_seconds: u64,
}

impl Settings {
    /// Refuses what would be careless, given whether calls must show a token.
    pub fn check(&self, asks_for_tokens: bool) -> Result<()> {
        // A token that is sent in clear is known to whoever listens on the way.
        let is_guarded = self.tls_client_ca.is_some() || asks_for_tokens && self.tls_cert.is_some();
        expect_guarded(self.listen, is_guarded, self.insecure)?;
        self.page.0.map_or(Ok(()), |page| expect_guarded(page, is_guarded, self.insecure))
    }

    /// How both ports speak TLS, if they do.
    pub fn tls(&self) -> Result<Option<ServerTlsConfig>> {
        let (Some(cert), Some(key)) = (&self.tls_cert, &self.tls_key) else {
            return Ok(None);
        };
        let identity = Identity::from_pem(read(cert)?, read(key)?);
        let tls = ServerTlsConfig::new().identity(identity);
        Ok(Some(match &self.tls_client_ca {
            Some(authorities) => tls.client_ca_root(Certificate::from_pem(read(authorities)?)),
            None => tls,
        }))
    }

    /// How other nodes are asked over TLS, if their certificates can be checked.
    pub fn pull_tls(&self) -> Result<Option<ClientTlsConfig>> {
        let Some(authorities) = &self.pull_ca else { return Ok(None) };
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(authorities)?));
        Ok(Some(match (&self.tls_cert, &self.tls_key) {
            (Some(cert), Some(key)) => tls.identity(Identity::from_pem(read(cert)?, read(key)?)),
            _ => tls,
        }))
    }

    /// The limits of calls.
    pub fn limits(&self) -> Limits {
        let megabytes = |count: usize| count.saturating_mul(1 << 20);
        Limits {
            message_bytes: megabytes(self.max_message_mb.min(1 << 11)),
            groups: self.max_groups,
            in_flight_bytes: megabytes(self.max_in_flight_mb),
            query_bytes: megabytes(self.max_query_mb),
            streams: self.max_streams,
            idle_seconds: self.idle_seconds,
            cache_bytes: megabytes(self.cache_mb),
        }
    }
}

/// Where the page is, if anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page(pub Option<SocketAddr>);

fn page(text: &str) -> std::result::Result<Page, std::net::AddrParseError> {
    if text == "none" { Ok(Page(None)) } else { text.parse().map(|address| Page(Some(address))) }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path)
        .map_err(|error| Refusal::invalid(format!("cannot read {}: {error}", path.display())))
}
