//! How fast it is, on this machine, with one profile: figures for people, run on demand and with `--release`.
//!
//! ```text
//! cargo test --release -p colstats-service -- --ignored --nocapture load
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use arrow_flight::FlightData;
use serde_json::json;

use super::echo::echo;
use super::support::*;
use super::wire::Running;

const ROWS: usize = 1 << 16;

/// Ordinary measurements, with all their digits.
fn doubles(random: &mut Random, rows: usize) -> RecordBatch {
    let value = |random: &mut Random| 20.0 + 10.0 * (random.next() as f64 / u64::MAX as f64);
    let values = (0..rows).map(|_| value(random)).collect::<Vec<_>>();
    batch([("x", Arc::new(Float64Array::from(values)) as ArrayRef)])
}

/// Seconds of processors that this process has used; other processes do not change them much.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = after_name.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// Seconds to stream messages in, and to read all that comes back; and those of processors, the client's among them.
async fn exchange(client: &mut Client, sent: Vec<FlightData>) -> (f64, f64) {
    let (start, used) = (Instant::now(), processor_seconds());
    let mut replies =
        client.do_exchange(futures::stream::iter(sent)).await.expect("a stream").into_inner();
    while replies.message().await.expect("no refusal").is_some() {}
    (start.elapsed().as_secs_f64(), processor_seconds() - used)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "figures, not facts"]
async fn exchange_beside_an_echo() {
    const BATCHES: usize = 2000;
    let directory = Directory::new();
    let running = Running::start(&directory, &[]).await;
    let mut service = running.client().await;
    let mut bare = connect(&echo().await).await.expect("it listens");
    let mut random = Random::new(1);
    let some = (0..8).map(|_| doubles(&mut random, ROWS)).collect::<Vec<_>>();
    let all = |question: serde_json::Value| {
        let batches = (0..BATCHES).map(|at| (&some[at % 8], None));
        messages(command(question), &some[0].schema(), batches)
    };
    let gigabytes = (BATCHES * ROWS * 8) as f64 / 1e9;
    for statistics in [json!(["mean"]), json!(["stddev"]), json!(["mean", "stddev", "min", "max"])]
    {
        let least = |one: (f64, f64), other: (f64, f64)| (one.0.min(other.0), one.1.min(other.1));
        let (mut ours, mut theirs) = ((f64::MAX, f64::MAX), (f64::MAX, f64::MAX));
        for _ in 0..3 {
            let question = json!({"exchange": {"statistics": statistics}});
            ours = least(ours, exchange(&mut service, all(question)).await);
            theirs = least(theirs, exchange(&mut bare, all(json!({}))).await);
        }
        let show = |(seconds, used): (f64, f64)| {
            format!("{:.2} GB/s, {:.2} s of processors a GB", gigabytes / seconds, used / gigabytes)
        };
        println!("{statistics}: {}; an echo {}", show(ours), show(theirs));
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "figures, not facts"]
async fn durable_acknowledgements_of_many_clients() {
    const CLIENTS: usize = 16;
    let (directory, limit) = (Directory::new(), Duration::from_secs(5));
    let running = Running::start(&directory, &[]).await;
    let start = Instant::now();
    let clients = (0..CLIENTS).map(|number| {
        let address = running.address.clone();
        tokio::spawn(async move {
            let mut client = connect(&address).await.expect("it listens");
            let small = doubles(&mut Random::new(number as u64), 10);
            let (sender, receiver) = futures::channel::mpsc::unbounded();
            let mut sent = messages(path("d"), &small.schema(), [(&small, None)]);
            let batch = sent.pop().expect("a batch");
            sender.unbounded_send(sent.remove(0)).expect("room");
            sender.unbounded_send(batch.clone()).expect("room");
            let mut replies = client.do_put(receiver).await.expect("a stream").into_inner();
            let (mut count, mut worst) = (0, Duration::ZERO);
            while start.elapsed() < limit {
                let sent = Instant::now();
                replies.message().await.expect("no refusal").expect("acknowledged");
                worst = worst.max(sent.elapsed());
                count += 1;
                sender.unbounded_send(batch.clone()).expect("room");
            }
            (count, worst)
        })
    });
    let (mut count, mut worst) = (0, Duration::ZERO);
    for client in clients.collect::<Vec<_>>() {
        let (some, longest) = client.await.expect("no panic");
        count += some;
        worst = worst.max(longest);
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{:.0} acknowledgements a second of {CLIENTS} clients, the slowest after {worst:?}",
        count as f64 / seconds
    );
    running.stop().await;
}

#[test]
#[ignore = "figures, not facts"]
fn a_restart_with_a_million_states() {
    const DATASETS: usize = 1000;
    const GROUPS: i64 = 1000;
    let (directory, by) = (Directory::new(), definition(json!({"by": ["k"]})));
    let store = Arc::new(directory.open());
    let keys: ArrayRef = Arc::new(Int64Array::from((0..GROUPS).collect::<Vec<_>>()));
    let mut random = Random::new(5);
    let mut doubles = || (0..GROUPS).map(|_| random.double()).collect::<Vec<_>>();
    let rows = batch([("k", keys), ("x", Arc::new(Float64Array::from(doubles())) as ArrayRef)]);
    let start = Instant::now();
    let threads = (0..8).map(|thread| {
        let (store, rows, by) = (Arc::clone(&store), rows.clone(), by.clone());
        std::thread::spawn(move || {
            for number in (thread..DATASETS).step_by(8) {
                put(&store, &format!("d{number}"), &by, &rows, Some("first")).expect("it fits");
            }
        })
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().expect("no panic"));
    let states = DATASETS * GROUPS as usize;
    println!("{:.0} states a second", states as f64 / start.elapsed().as_secs_f64());
    println!("{} bytes of the file a state", store.file_bytes() / states as u64);
    store.compact().expect("nobody reads");
    println!("{} when it is compacted", store.file_bytes() / states as u64);
    drop(store);
    let start = Instant::now();
    let store = directory.open();
    let opened = start.elapsed();
    let answer = ask(&store, json!({"dataset": "d77"})).expect("it is there");
    println!("opened after {opened:?}, the first answer after {:?}", start.elapsed());
    assert_eq!(answer.num_rows(), GROUPS as usize);
    drop(store);
    // Killed instead of closed, the file is as soon open again.
    let process = super::kill::Process::start(directory.path(), &[]);
    process.kill();
    let start = Instant::now();
    let process = super::kill::Process::start(directory.path(), &[]);
    println!("a process that was killed listens again after {:?}", start.elapsed());
    drop(process);
}
