//! What the service has done since it started, for the action `stats` and for Prometheus.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use serde::Serialize;

use crate::refusal::Refusal;

/// Upper ends of the ranges in which latencies are counted, in seconds.
const SECONDS: [f64; 12] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// Counts that every call adds to.
#[derive(Debug)]
pub struct Counts {
    /// Batches that were acknowledged, duplicates among them.
    pub batches: Counter,
    /// Those that were there already.
    pub duplicates: Counter,
    /// Rows of batches that were not.
    pub rows: Counter,
    /// Bytes of batches that were received.
    pub bytes: Counter,
    /// Tickets that were answered.
    pub answers: Counter,
    /// Streams that were answered without keeping anything.
    pub exchanges: Counter,
    /// Calls and streams that were refused.
    refusals: Counter,
    refusals_by_kind: Family<Why, Counter>,
    seconds: Family<Call, Histogram>,
    file_bytes: Gauge,
    groups: Gauge,
    revision: Gauge,
    registry: Registry,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Why {
    kind: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    call: &'static str,
}

/// The counts at one moment.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Counted {
    pub batches: u64,
    pub duplicates: u64,
    pub rows: u64,
    pub bytes: u64,
    pub refusals: u64,
    pub answers: u64,
    pub exchanges: u64,
}

impl Default for Counts {
    fn default() -> Self {
        let mut counts = Self {
            batches: Counter::default(),
            duplicates: Counter::default(),
            rows: Counter::default(),
            bytes: Counter::default(),
            answers: Counter::default(),
            exchanges: Counter::default(),
            refusals: Counter::default(),
            refusals_by_kind: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            file_bytes: Gauge::default(),
            groups: Gauge::default(),
            revision: Gauge::default(),
            registry: Registry::with_prefix("colstats"),
        };
        counts.register();
        counts
    }
}

impl Counts {
    fn register(&mut self) {
        let to = &mut self.registry;
        to.register("batches", "Batches that were acknowledged", self.batches.clone());
        to.register("duplicates", "Those that were there already", self.duplicates.clone());
        to.register("rows", "Rows of batches that were not", self.rows.clone());
        to.register("received_bytes", "Bytes of batches that were received", self.bytes.clone());
        to.register("answers", "Tickets that were answered", self.answers.clone());
        to.register(
            "exchanges",
            "Streams that were answered without keeping anything",
            self.exchanges.clone(),
        );
        to.register(
            "refusals",
            "Calls and streams that were refused",
            self.refusals_by_kind.clone(),
        );
        to.register(
            "call_seconds",
            "How long an answer took, or a batch from its arrival to its acknowledgement",
            self.seconds.clone(),
        );
        to.register("file_bytes", "Bytes of the file of states", self.file_bytes.clone());
        to.register("groups", "Groups of all datasets", self.groups.clone());
        to.register("revision", "Transactions that changed something", self.revision.clone());
    }

    /// Something was refused.
    pub fn refused(&self, refusal: &Refusal) {
        self.refusals.inc();
        let kind = format!("{:?}", refusal.kind).to_lowercase();
        self.refusals_by_kind.get_or_create(&Why { kind }).inc();
    }

    /// A call took so long.
    pub fn took(&self, call: &'static str, time: Duration) {
        self.seconds.get_or_create(&Call { call }).observe(time.as_secs_f64());
    }

    /// All of them now.
    pub fn now(&self) -> Counted {
        Counted {
            batches: self.batches.get(),
            duplicates: self.duplicates.get(),
            rows: self.rows.get(),
            bytes: self.bytes.get(),
            refusals: self.refusals.get(),
            answers: self.answers.get(),
            exchanges: self.exchanges.get(),
        }
    }

    /// All of them as Prometheus reads them, and what is in the file.
    pub fn text(
        &self,
        file_bytes: u64,
        groups: u64,
        revision: u64,
    ) -> Result<String, std::fmt::Error> {
        self.file_bytes.set(file_bytes as i64);
        self.groups.set(groups as i64);
        self.revision.set(revision as i64);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
