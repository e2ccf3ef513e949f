//! The server is killed again and again while clients send each batch one to three times: the answer is that of the
//! batches, each once.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arrow_array::RecordBatch;
use serde_json::json;

use super::exactly_once::rows;
use super::support::{
    Directory, Random, STATISTICS, command, connect, fetch, messages, of_memory, send,
};

/// A process of the service.
pub struct Process {
    child: Child,
    pub address: String,
}

impl Process {
    /// Starts the service, and waits until it listens.
    pub fn start(data: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_colstats-service"))
            .args(["--listen", "127.0.0.1:0", "--page", "none", "--data"])
            .arg(data)
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it was built");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let address = line.trim().strip_prefix("listening on ").expect("it listens").to_string();
        Self { child, address }
    }

    /// Ends it as a power cut would, as far as the process is concerned: it cannot do anything about it.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it was killed");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What clients share.
struct Work {
    batches: Vec<RecordBatch>,
    address: Mutex<String>,
    acknowledged: AtomicUsize,
}

/// Sends some batches, each one to three times, in no order, until each has been acknowledged as often.
async fn client(work: Arc<Work>, mine: Vec<usize>, seed: u64) {
    let mut random = Random::new(seed);
    let mut sends = vec![];
    for id in mine {
        sends.extend(std::iter::repeat_n(id, 1 + random.below(3) as usize));
    }
    random.shuffle(&mut sends);
    let mut client = None;
    let definition = || {
        command(json!({"dataset": "d", "by": ["host"], "time": {"column": "at", "every": "1h"}}))
    };
    while let Some(&id) = sends.last() {
        let address = work.address.lock().expect("no panic").clone();
        if client.is_none() {
            client = connect(&address).await.ok();
        }
        let Some(open) = &mut client else {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        // A few at a time, so that some are between the network and the disk when the server is killed.
        let some =
            sends.iter().rev().take(1 + random.below(5) as usize).copied().collect::<Vec<_>>();
        let batches =
            some.iter().map(|id| (&work.batches[*id], Some(json!({"batch_id": id.to_string()}))));
        let schema = work.batches[id].schema();
        match send(open, messages(definition(), &schema, batches)).await {
            Ok(replies) => {
                assert_eq!(replies.len(), some.len(), "each is acknowledged");
                sends.truncate(sends.len() - some.len());
                work.acknowledged.fetch_add(some.len(), Ordering::Relaxed);
            }
            Err(status) => {
                let code = status.code();
                let expected = [
                    tonic::Code::Unavailable,
                    tonic::Code::Unknown,
                    tonic::Code::Cancelled,
                    tonic::Code::Internal,
                    tonic::Code::Aborted,
                ];
                assert!(expected.contains(&code), "{status}");
                client = None;
            }
        }
    }
}

/// Clients send batches while the server is killed a number of times.
fn survive(batches: usize, rows_each: usize, clients: usize, kills: usize) {
    let mut random = Random::new(11);
    let batches = (0..batches).map(|_| rows(&mut random, rows_each)).collect::<Vec<_>>();
    let directory = Directory::new();
    let mut process = Process::start(directory.path(), &[]);
    let work = Arc::new(Work {
        batches,
        address: Mutex::new(process.address.clone()),
        acknowledged: AtomicUsize::new(0),
    });
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("threads");
    let tasks = (0..clients).map(|number| {
        let mine = (0..work.batches.len()).filter(|id| id % clients == number).collect();
        runtime.spawn(client(Arc::clone(&work), mine, number as u64 + 1))
    });
    let tasks = tasks.collect::<Vec<_>>();
    // Each batch is sent twice on average: kills are spread over these.
    for kill in 1..=kills {
        let enough = kill * 2 * work.batches.len() / (kills + 1);
        while work.acknowledged.load(Ordering::Relaxed) < enough
            && tasks.iter().any(|task| !task.is_finished())
        {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(random.below(10)));
        process.kill();
        process = Process::start(directory.path(), &[]);
        *work.address.lock().expect("no panic") = process.address.clone();
    }
    runtime.block_on(async {
        for task in tasks {
            task.await.expect("each batch is acknowledged");
        }
        let mut client = connect(&process.address).await.expect("it runs");
        let whole =
            fetch(&mut client, json!({"dataset": "d", "by": []})).await.expect("it is there");
        let values = work.batches.iter().map(|batch| batch.column(2).clone()).collect::<Vec<_>>();
        for statistic in STATISTICS {
            let found =
                whole.column_by_name(&format!("x_{}", statistic.name())).expect("asked for");
            assert_eq!(**found, *of_memory(&values, statistic).expect("of doubles"));
        }
        // Group by group, against a store that was never killed.
        let (directory, by) = (
            Directory::new(),
            super::support::definition(
                json!({"by": ["host"], "time": {"column": "at", "every": "1h"}}),
            ),
        );
        let store = Arc::new(directory.open());
        let (batches, kept) = (Arc::clone(&work), Arc::clone(&store));
        tokio::task::spawn_blocking(move || {
            for batch in &batches.batches {
                super::support::put(&kept, "d", &by, batch, None).expect("it fits");
            }
        })
        .await
        .expect("no panic");
        let ticket = json!({"dataset": "d", "per": "bucket"});
        let expected = super::support::ask(&store, ticket.clone()).expect("it is there");
        assert_eq!(fetch(&mut client, ticket).await.expect("it is there"), expected);
    });
}

#[test]
fn a_server_that_is_killed_loses_nothing_and_counts_nothing_twice() {
    survive(240, 50, 4, 4);
}

#[test]
#[ignore = "minutes: `cargo test -p colstats-service -- --ignored`"]
fn a_server_that_is_killed_twenty_times_while_ten_thousand_batches_are_sent() {
    survive(10_000, 100, 8, 20);
}

#[test]
fn a_server_that_is_told_to_stop_finishes_what_it_has() {
    let directory = Directory::new();
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let batch = rows(&mut Random::new(5), 1000);
    for round in 0..3 {
        let mut process = Process::start(directory.path(), &[]);
        runtime.block_on(async {
            let mut client = connect(&process.address).await.expect("it runs");
            let messages = messages(super::support::path("d"), &batch.schema(), [(&batch, None)]);
            send(&mut client, messages).await.expect("it fits");
        });
        // SAFETY-free: the shell's kill sends the signal.
        let id = process.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
        assert!(process.child.wait().expect("it ends").success());
        let store = directory.open();
        let dataset = store.read().and_then(|snapshot| snapshot.expect("d")).expect("it is there");
        assert_eq!(dataset.record.batches, round + 1);
    }
}
