//! Nodes that pull from each other answer like one node that was told everything.

use arrow_array::RecordBatch;
use serde_json::{Value, json};
use tonic::Code;

use super::exactly_once::rows;
use super::kill::Process;
use super::support::*;
use super::wire::Running;

fn pull_from(address: &str) -> Value {
    json!({"url": format!("http://{address}")})
}

fn definition_of(dataset: &str) -> Value {
    json!({"dataset": dataset, "by": ["host"], "time": {"column": "at", "every": "1h"}})
}

async fn feed(client: &mut Client, batches: &[RecordBatch]) {
    let all = batches
        .iter()
        .enumerate()
        .map(|(id, batch)| (batch, Some(json!({"batch_id": id.to_string()}))));
    let sent = messages(command(definition_of("d")), &batches[0].schema(), all);
    send(client, sent).await.expect("they fit");
}

/// What a node that was told everything answers.
fn expected(batches: &[RecordBatch]) -> RecordBatch {
    let directory = Directory::new();
    let store = directory.open();
    let mut definition_only = definition_of("d");
    definition_only.as_object_mut().expect("an object").remove("dataset");
    tokio::task::block_in_place(|| {
        for batch in batches {
            put(&store, "d", &definition(definition_only.clone()), batch, None).expect("it fits");
        }
    });
    ask(&store, json!({"dataset": "d", "per": "bucket"})).expect("it is there")
}

async fn answer(client: &mut Client) -> RecordBatch {
    fetch(client, json!({"dataset": "d", "per": "bucket"})).await.expect("it is there")
}

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_come_to_the_answer_of_one() {
    let directories = [Directory::new(), Directory::new(), Directory::new()];
    let mut nodes = directories.each_ref().map(|it| Process::start(it.path(), &[]));
    let mut random = Random::new(21);
    let mut all = vec![];
    for round in 0..3 {
        // Each node is told something else, some of it twice; one node is killed and started again each time.
        for node in &nodes {
            let batches = (0..4).map(|_| rows(&mut random, 60)).collect::<Vec<_>>();
            let named = batches.iter().enumerate();
            let named = named.flat_map(|(at, batch)| {
                let id = json!({"batch_id": format!("{round}/{at}")});
                [(batch, Some(id.clone())), (batch, Some(id))]
            });
            let sent = messages(command(definition_of("d")), &batches[0].schema(), named);
            let mut client = connect(&node.address).await.expect("it runs");
            assert_eq!(send(&mut client, sent).await.expect("they fit").len(), 8);
            all.extend(batches);
        }
        let killed =
            std::mem::replace(&mut nodes[round], Process::start(Directory::new().path(), &[]));
        killed.kill();
        nodes[round] = Process::start(directories[round].path(), &[]);
        // A chain, and back: the last learns of the first by way of the second, and the first of all by the last.
        for (to, from) in [(1, 0), (2, 1), (0, 2), (1, 2), (0, 2)] {
            let mut client = connect(&nodes[to].address).await.expect("it runs");
            act(&mut client, "pull", pull_from(&nodes[from].address)).await.expect("it is reached");
        }
        let expected = expected(&all);
        for node in &nodes {
            let mut client = connect(&node.address).await.expect("it runs");
            assert_eq!(answer(&mut client).await, expected);
        }
        // Nothing is newer anywhere now.
        for (to, from) in [(0, 1), (1, 0), (2, 0), (2, 1)] {
            let mut client = connect(&nodes[to].address).await.expect("it runs");
            let pulled = act(&mut client, "pull", pull_from(&nodes[from].address))
                .await
                .expect("it is reached");
            assert_eq!(pulled, [json!({"datasets": 1, "buckets": 0, "groups": 0, "refused": []})]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_pull_by_themselves() {
    let (here, there) = (Directory::new(), Directory::new());
    let source = Running::start(&there, &[]).await;
    let url = format!("http://{}", source.address);
    let puller = Running::start(&here, &["--pull", &url, "--pull-seconds", "1"]).await;
    let batches = [rows(&mut Random::new(6), 50)];
    feed(&mut source.client().await, &batches).await;
    let (mut client, expected) = (puller.client().await, expected(&batches));
    for _ in 0..100 {
        let found = fetch(&mut client, json!({"dataset": "d", "per": "bucket"})).await;
        if found.is_ok_and(|found| found == expected) {
            puller.stop().await;
            return source.stop().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it has not been pulled");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_by_name_and_the_rest_is_pulled() {
    let (here, there) = (Directory::new(), Directory::new());
    let (ours, theirs) = (Running::start(&here, &[]).await, Running::start(&there, &[]).await);
    let (mut client, mut other) = (ours.client().await, theirs.client().await);
    let batch = rows(&mut Random::new(8), 200);
    let floats: arrow_array::ArrayRef = std::sync::Arc::new(arrow_array::Int64Array::from(vec![1]));
    for (client, by, x) in
        [(&mut client, json!(["host"]), None), (&mut other, json!([]), Some(floats))]
    {
        let columns = batch.project(&[0, 2]).expect("columns");
        let sent = messages(
            command(json!({"dataset": "defined", "by": by})),
            &columns.schema(),
            [(&columns, None)],
        );
        send(client, sent).await.expect("it fits");
        let typed = x.map_or_else(
            || batch.project(&[2]).expect("a column"),
            |x| super::support::batch([("x", x)]),
        );
        let sent = messages(path("typed"), &typed.schema(), [(&typed, None)]);
        send(client, sent).await.expect("it fits");
    }
    feed(&mut other, std::slice::from_ref(&batch)).await;
    let before = fetch(&mut client, json!({"dataset": "typed"})).await.expect("it is there");
    let pulled = act(&mut client, "pull", pull_from(&theirs.address)).await.expect("it is reached");
    let refused = pulled[0]["refused"].as_array().expect("a list");
    let says = |at: usize, what: &str| refused[at].as_str().expect("text").contains(what);
    assert!(
        refused.len() == 2 && says(0, "dataset \"defined\"") && says(0, "it is defined as"),
        "{pulled:?}"
    );
    assert!(says(1, "dataset \"typed\"") && says(1, "column \"x\" is int64"), "{pulled:?}");
    assert_eq!(fetch(&mut client, json!({"dataset": "typed"})).await.expect("it is there"), before);
    assert_eq!(answer(&mut client).await, answer(&mut other).await);
    // What is dropped here stays away, although the other still has it.
    let drop = json!({"dataset": "d", "before": "1970-01-01"});
    act(&mut client, "drop_before", drop.clone()).await.expect("buckets");
    let left = answer(&mut client).await;
    feed(&mut other, std::slice::from_ref(&batch)).await;
    let mut more = rows(&mut Random::new(9), 100);
    more = more.slice(0, 100);
    let sent = messages(command(definition_of("d")), &more.schema(), [(&more, None)]);
    send(&mut other, sent).await.expect("it fits");
    act(&mut client, "pull", pull_from(&theirs.address)).await.expect("it is reached");
    assert_ne!(answer(&mut client).await, left);
    act(&mut other, "drop_before", drop).await.expect("buckets");
    assert_eq!(answer(&mut client).await, answer(&mut other).await);
    // A node that is not there, and a URL that is none.
    let status = act(&mut client, "pull", json!({"url": "http://127.0.0.1:1"}))
        .await
        .expect_err("nobody listens");
    assert!(
        status.code() == Code::Unavailable && status.message().contains("127.0.0.1:1"),
        "{status}"
    );
    let status = act(&mut client, "pull", json!({"url": "no url"})).await.expect_err("no URL");
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    ours.stop().await;
    theirs.stop().await;
}

/// A file that was put back from a copy does not know what was put since: that is noticed where others know it.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_a_file_is_noticed() {
    let (here, there) = (Directory::new(), Directory::new());
    let batches = [rows(&mut Random::new(6), 50), rows(&mut Random::new(7), 50)];
    let file = here.path().join(colstats_service::store::FILE);
    let copy = here.path().join("copy");
    let ours = Running::start(&here, &[]).await;
    feed(&mut ours.client().await, &batches[..1]).await;
    ours.stop().await;
    std::fs::copy(&file, &copy).expect("room");
    let ours = Running::start(&here, &[]).await;
    feed(&mut ours.client().await, &batches).await;
    let theirs = Running::start(&there, &[]).await;
    act(&mut theirs.client().await, "pull", pull_from(&ours.address)).await.expect("it is reached");
    ours.stop().await;
    std::fs::copy(&copy, &file).expect("room");
    let ours = Running::start(&here, &[]).await;
    let pulled = act(&mut ours.client().await, "pull", pull_from(&theirs.address))
        .await
        .expect("it is reached");
    assert!(
        pulled[0]["refused"][0].as_str().expect("text").contains("an older copy"),
        "{pulled:?}"
    );
    ours.stop().await;
    theirs.stop().await;
}
