//! The one thread that writes.
//!
//! It takes all changes that wait, applies them in one [`Session`], commits, and answers. While a commit waits for the
//! disk, the next changes gather: many clients share a commit (*group commit*), and one alone waits for nobody.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, RwLock};
use std::thread::JoinHandle;

use redb::Database;
use tokio::sync::{mpsc, oneshot};

use super::session::Session;
use super::{Acknowledged, Put, broken, of_storage};
use crate::limits::{COMMITTED_TOGETHER, WAITING_CHANGES};
use crate::refusal::{Kind, Refusal, Result};

type Answer<T> = oneshot::Sender<Result<T>>;

/// Applies a change, and returns what answers it once it is on disk, or that it is not; and a fault after which nothing may
/// be committed.
type Apply = Box<dyn FnOnce(&mut Session<'_>) -> (Settle, Option<Refusal>) + Send>;
type Settle = Box<dyn FnOnce(Result<()>) + Send>;

/// What waits to be done.
enum Change {
    Put(Box<Put>, Answer<Acknowledged>),
    Other(Apply),
    Stop,
}

/// The thread, and the way to it.
pub struct Writer {
    changes: mpsc::Sender<Change>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub fn start(database: Arc<RwLock<Database>>, max_groups: u64) -> Result<Self> {
        let (changes, waiting) = mpsc::channel(WAITING_CHANGES);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || run(&database, waiting, max_groups))
            .map_err(|error| Refusal::internal(format!("cannot start a thread: {error}")))?;
        Ok(Self { changes, thread: Mutex::new(Some(thread)) })
    }

    pub async fn put(
        &self,
        put: Put,
    ) -> Result<impl Future<Output = Result<Acknowledged>> + Send + use<>> {
        let (answer, answered) = oneshot::channel();
        let change = Change::Put(Box::new(put), answer);
        self.changes.send(change).await.map_err(|_| stopped())?;
        Ok(async { answered.await.unwrap_or_else(|_| Err(stopped())) })
    }

    pub fn put_now(&self, put: Put) -> Result<Acknowledged> {
        let (answer, answered) = oneshot::channel();
        let change = Change::Put(Box::new(put), answer);
        self.changes.blocking_send(change).map_err(|_| stopped())?;
        answered.blocking_recv().unwrap_or_else(|_| Err(stopped()))
    }

    pub async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Session<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let apply: Apply = Box::new(move |session| {
            let result = change(session);
            let fault = fault(&result);
            let settle = move |written: Result<()>| {
                let _ = answer.send(written.and(result)); // nobody may wait any longer
            };
            (Box::new(settle), fault)
        });
        self.changes.send(Change::Other(apply)).await.map_err(|_| stopped())?;
        answered.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Ends the thread after what waits.
    pub fn stop(&self) {
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        if let Some(thread) = thread {
            let mut stop = Change::Stop;
            // The queue may be full, and the caller must not be an executor's thread that blocks.
            while let Err(mpsc::error::TrySendError::Full(back)) = self.changes.try_send(stop) {
                stop = back;
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn stopped() -> Refusal {
    Refusal::new(Kind::Again, "the service is stopping: send it again to the next one")
}

/// A fault of the file, which may have come between two writes of a change that belong together.
fn fault<T>(result: &Result<T>) -> Option<Refusal> {
    let is_fault = |refusal: &&Refusal| matches!(refusal.kind, Kind::Again | Kind::Internal);
    result.as_ref().err().filter(is_fault).cloned()
}

fn run(database: &RwLock<Database>, mut waiting: mpsc::Receiver<Change>, max_groups: u64) {
    let mut is_stopped = false;
    while !is_stopped {
        let Some(first) = waiting.blocking_recv() else { return };
        let mut changes = vec![first];
        while changes.len() < COMMITTED_TOGETHER
            && let Ok(change) = waiting.try_recv()
        {
            changes.push(change);
        }
        if let Some(stop) = changes.iter().position(|change| matches!(change, Change::Stop)) {
            changes.truncate(stop);
            is_stopped = true;
        }
        let mut settles = vec![];
        // A fault in one change must not end the thread: the transaction is dropped, and all are told.
        let written =
            catch_unwind(AssertUnwindSafe(|| commit(database, changes, &mut settles, max_groups)));
        let written = written.unwrap_or_else(|_| {
            Err(Refusal::internal("a fault of the service: nothing of this request was kept"))
        });
        settles.into_iter().for_each(|settle| settle(written.clone()));
    }
}

fn commit(
    database: &RwLock<Database>,
    changes: Vec<Change>,
    settles: &mut Vec<Settle>,
    max_groups: u64,
) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let database = database.read().map_err(|_| broken())?;
    let mut transaction = database.begin_write().map_err(of_storage)?;
    transaction.set_quick_repair(true);
    let mut session = Session::new(&transaction, max_groups)?;
    let mut faults = vec![];
    for change in changes {
        match change {
            Change::Put(put, answer) => {
                let result = session.put(&put);
                faults.extend(fault(&result));
                settles.push(Box::new(move |written| {
                    let _ = answer.send(written.and(result)); // nobody may wait any longer
                }));
            }
            Change::Other(apply) => {
                let (settle, fault) = apply(&mut session);
                settles.push(settle);
                faults.extend(fault);
            }
            Change::Stop => {}
        }
    }
    if let Some(fault) = faults.into_iter().next() {
        return Err(fault); // the transaction is dropped
    }
    match session.finish()? {
        true => transaction.commit().map_err(of_storage),
        false => transaction.abort().map_err(of_storage),
    }
}
