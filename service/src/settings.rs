//! What the command line and the environment say.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

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
    /// Listen beyond the loopback interface although whoever reaches the port may do everything
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
    /// Seconds between two pulls
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub pull_seconds: u64,
}

impl Settings {
    /// Refuses what would be careless.
    pub fn check(&self) -> Result<()> {
        if !self.listen.ip().is_loopback() && !self.insecure {
            return Err(Refusal::invalid(format!(
                "whoever reaches {} could do everything: listen on 127.0.0.1, or say --insecure if the network is trusted",
                self.listen
            )));
        }
        Ok(())
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
