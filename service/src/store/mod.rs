//! States on disk: a file of [redb], and one thread that writes it.
//!
//! Whoever changes something hands the thread a change and waits. The thread takes all that wait,
//! applies them in a [`Session`], commits once, and then answers all of them: what is acknowledged is on disk. Readers take
//! a [`Snapshot`] and wait for nobody.
//!
//! The file saves the state of its allocator with each commit (`quick_repair`), so that a start after a crash does not
//! read all of it.

pub mod entry;
pub mod read;
pub mod session;
pub mod tables;
mod writer;

use std::hash::BuildHasher;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use redb::{Builder, Database, ReadableDatabase, ReadableTable};

use crate::dataset::Definition;
use crate::ingest::Delta;
use crate::limits::Limits;
use crate::refusal::{Kind, Refusal, Result};
use read::Snapshot;
use session::Session;
use tables::{FORMAT, HERE, META, NodeId, ORIGINS};
use writer::Writer;

/// The name of the file in its directory.
pub const FILE: &str = "colstats.redb";

/// A file of states.
pub struct Store {
    path: PathBuf,
    database: Arc<RwLock<Database>>,
    node: NodeId,
    writer: Writer,
}

/// A batch to be added to a dataset.
#[derive(Clone, Debug)]
pub struct Put {
    /// The name of the dataset.
    pub dataset: String,
    /// That for which the batch was ingested; the dataset is created with it, if there is none.
    pub definition: Definition,
    /// What to add.
    pub delta: Arc<Delta>,
    /// The key by which it is known if it comes again.
    pub batch_id: Option<String>,
}

/// That a batch is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Its rows.
    pub rows: u64,
    /// Whether it was there already.
    pub duplicate: bool,
    /// The revision with which it was committed.
    pub revision: u64,
}

impl Store {
    /// Opens the file in a directory, or creates both.
    pub fn open(directory: &Path, limits: &Limits) -> Result<Self> {
        let path = directory.join(FILE);
        let refused = |error: &dyn std::fmt::Display| {
            Refusal::new(Kind::Damaged, format!("cannot open {}: {error}", path.display()))
        };
        std::fs::create_dir_all(directory).map_err(|error| refused(&error))?;
        let database = Builder::new()
            .set_cache_size(limits.cache_bytes)
            .create(&path)
            .map_err(|error| refused(&error))?;
        let node = prepare(&database).map_err(|error| error.of(path.display()))?;
        let database = Arc::new(RwLock::new(database));
        let writer = Writer::start(Arc::clone(&database), limits.groups)?;
        Ok(Self { path, database, node, writer })
    }

    /// The random name of this node.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// The bytes of the file.
    pub fn file_bytes(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
    }

    /// What is on disk now.
    pub fn read(&self) -> Result<Snapshot> {
        let database = self.database.read().map_err(|_| broken())?;
        Snapshot::new(&database.begin_read().map_err(of_storage)?)
    }

    /// Hands over a batch; what is returned says when it is on disk. Waits while too much waits already.
    pub async fn put(
        &self,
        put: Put,
    ) -> Result<impl Future<Output = Result<Acknowledged>> + Send + use<>> {
        self.writer.put(put).await
    }

    /// Adds a batch, and waits until it is on disk; for callers without an executor.
    pub fn put_now(&self, put: Put) -> Result<Acknowledged> {
        self.writer.put_now(put)
    }

    /// Changes something in the next transaction, and waits until it is on disk. If the change is refused, it must not
    /// have written anything.
    pub async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Session<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.change(change).await
    }

    /// Makes the file smaller, if it has room that nothing uses. No one may be reading meanwhile.
    pub fn compact(&self) -> Result<bool> {
        let mut database = self.database.write().map_err(|_| broken())?;
        database.compact().map_err(|error| match error {
            redb::CompactionError::TransactionInProgress => Refusal::new(
                Kind::Again,
                "the file cannot be compacted while it is being read: try again",
            ),
            error => of_storage(error),
        })
    }

    /// Waits for what was handed over, commits it, and ends the thread that writes.
    pub fn close(&self) {
        self.writer.stop();
    }
}

/// Creates the tables, or checks that this release knows them.
fn prepare(database: &Database) -> Result<NodeId> {
    let mut transaction = database.begin_write().map_err(of_storage)?;
    transaction.set_quick_repair(true);
    let node = {
        let mut meta = transaction.open_table(META).map_err(of_storage)?;
        let format = meta.get("format").map_err(of_storage)?.map(|bytes| bytes.value().to_vec());
        match format.as_deref().map(|bytes| bytes.try_into().map(u32::from_le_bytes)) {
            None => {
                meta.insert("format", &FORMAT.to_le_bytes()[..]).map_err(of_storage)?;
                meta.insert("node", &random()[..]).map_err(of_storage)?;
            }
            Some(Ok(FORMAT)) => {}
            Some(Ok(found)) if found > FORMAT => {
                return Err(Refusal::conflict(format!(
                    "the file has version {found}, but this release reads versions up to {FORMAT}: use a newer release"
                )));
            }
            Some(_) => return Err(Refusal::new(Kind::Damaged, "its version cannot be read")),
        }
        let node = meta.get("node").map_err(of_storage)?;
        let node = node.and_then(|bytes| bytes.value().try_into().ok());
        let node: NodeId =
            node.ok_or_else(|| Refusal::new(Kind::Damaged, "the name of its node is not there"))?;
        let mut origins = transaction.open_table(ORIGINS).map_err(of_storage)?;
        origins.insert(HERE, &node[..]).map_err(of_storage)?;
        node
    };
    Session::create_tables(&transaction)?;
    transaction.commit().map_err(of_storage)?;
    Ok(node)
}

/// 128 random bits, from the keys of the standard library's hash tables.
fn random() -> NodeId {
    let word = || std::hash::RandomState::new().hash_one(now()).to_le_bytes();
    let mut node = NodeId::default();
    node[..8].copy_from_slice(&word());
    node[8..].copy_from_slice(&word());
    node
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// A fault of the file.
pub fn of_storage(error: impl Into<redb::Error>) -> Refusal {
    match error.into() {
        redb::Error::Io(error) => Refusal::new(
            Kind::Again,
            format!(
                "the file of states cannot be read or written: {error}; nothing of this request was kept"
            ),
        ),
        error => Refusal::new(Kind::Internal, format!("the file of states: {error}")),
    }
}

fn broken() -> Refusal {
    Refusal::internal("the file of states is not usable after a fault: restart the service")
}
