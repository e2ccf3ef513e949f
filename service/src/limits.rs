//! What bounds every call, so that no request grows without end. Each refusal names its limit.

/// Bytes of a name of a dataset or column.
pub const NAME_BYTES: usize = 1 << 10;
/// Bytes of the id of a batch.
pub const BATCH_ID_BYTES: usize = 256;
/// Bytes of the JSON of a descriptor, a ticket, a batch's metadata or an action, other than an import.
pub const JSON_BYTES: usize = 1 << 18;
/// Bytes of the keys of a group.
pub const KEY_BYTES: usize = 1 << 15;
/// Bytes of a column of text or bytes that is encoded, once it is decoded: a run of one long value costs nothing to send.
pub const DECODED_BYTES: i64 = 1 << 30;
/// Columns of a dataset.
pub const COLUMNS: usize = 1 << 12;
/// Rows of a batch: keys that are encoded as runs or dictionaries are decoded, and rows without memory cost nothing to send.
pub const BATCH_ROWS: usize = 1 << 24;
/// Datasets of a node.
pub const DATASETS: usize = 1 << 20;
/// Batches of a stream that are not yet durable. Beyond, no more are read from it, and the sender waits.
pub const PENDING_BATCHES: usize = 64;
/// Acknowledgements of a stream that its sender has not read. A sender that writes everything first and reads later works
/// up to here; to wait for it any longer would be a deadlock if it never reads.
pub const UNREAD_ACKNOWLEDGEMENTS: usize = 1 << 16;
/// Changes that wait for the thread that writes.
pub const WAITING_CHANGES: usize = 1 << 10;
/// Changes of one transaction.
pub const COMMITTED_TOGETHER: usize = 1 << 10;
/// Rows of a batch of an answer.
pub const ANSWER_ROWS: usize = 1 << 14;
/// Batches that wait between the network and the thread that folds them, of a stateless exchange. With 4, a thread that is
/// scheduled late leaves the network waiting.
pub const AHEAD: usize = 32;
/// Entries that are decoded together when they are read.
pub const ENTRIES_TOGETHER: usize = 1 << 13;

/// Limits that are settings, because they depend on the machine.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a gRPC message, which is a record batch.
    pub message_bytes: usize,
    /// Groups of a dataset: buckets times keys, of each node.
    pub groups: u64,
    /// Bytes of batches that have been received and are not yet durable, over all streams.
    pub in_flight_bytes: usize,
    /// Bytes of the states of one query, or of one stateless exchange.
    pub query_bytes: usize,
    /// Streams that are open at the same time.
    pub streams: usize,
    /// Seconds after which a stream that sends nothing is closed.
    pub idle_seconds: u64,
    /// Bytes of the cache of the file.
    pub cache_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 64 << 20,
            groups: 10_000_000,
            in_flight_bytes: 512 << 20,
            query_bytes: 2 << 30,
            streams: 1024,
            idle_seconds: 300,
            cache_bytes: 256 << 20,
        }
    }
}
