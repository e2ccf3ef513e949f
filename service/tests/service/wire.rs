//! The service over the wire: every call.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_flight::{Action, Criteria, Empty, FlightData};
use arrow_schema::Schema;
use colstats_service::server::Server;
use futures::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use tonic::Code;

use super::support::*;

/// A server in this process, which stops in the end.
pub struct Running {
    pub address: String,
    pub page: Option<String>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<()>,
}

impl Running {
    pub async fn start(directory: &Directory, more: &[&str]) -> Self {
        let server = Server::open(settings(directory, more)).await.expect("free ports");
        let address = server.address().expect("it listens").to_string();
        let page = server.page();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let ended = tokio::spawn(async {
            server.run(async { drop(stopped.await) }).await.expect("it serves");
        });
        Self { address, page, stop: Some(stop), ended }
    }

    pub async fn client(&self) -> Client {
        connect(&self.address).await.expect("it listens")
    }

    pub async fn stop(mut self) {
        self.stop.take().map(|stop| stop.send(()));
        self.ended.await.expect("no panic");
    }
}

pub fn sample() -> RecordBatch {
    batch([
        (
            "host",
            Arc::new(StringArray::from(vec![Some("a"), Some("b"), None, Some("a")])) as ArrayRef,
        ),
        ("x", Arc::new(Float64Array::from(vec![0.1, 1e300, -7.0, 0.2])) as ArrayRef),
        (
            "n",
            Arc::new(Int64Array::from(vec![Some(i64::MAX), None, Some(i64::MAX), Some(1)]))
                as ArrayRef,
        ),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_put_acknowledged_and_asked_for() {
    let directory = Directory::new();
    let running = Running::start(&directory, &[]).await;
    let (mut client, rows) = (running.client().await, sample());
    let by = || command(json!({"dataset": "d", "by": ["host"]}));
    let ids = ["1", "2", "1"].map(|id| (&rows, Some(json!({"batch_id": id}))));
    let replies = send(&mut client, messages(by(), &rows.schema(), ids)).await.expect("they fit");
    let seen =
        replies.iter().map(|reply| (&reply["batch_id"], &reply["rows"], &reply["duplicate"]));
    assert_eq!(
        seen.collect::<Vec<_>>(),
        [
            (&json!("1"), &json!(4), &json!(false)),
            (&json!("2"), &json!(4), &json!(false)),
            (&json!("1"), &json!(4), &json!(true))
        ]
    );
    assert_eq!(replies[0]["revision"], replies[2]["revision"]);
    // Without metadata, and with the definition that it has; ids may be given to a whole stream.
    let plain = messages(path("d"), &rows.schema(), [(&rows, None)]);
    assert!(send(&mut client, plain).await.expect("it fits")[0].get("batch_id").is_none());
    let stream = || command(json!({"dataset": "d", "batch_id": "s"}));
    for duplicate in [false, true] {
        let replies =
            send(&mut client, messages(stream(), &rows.schema(), [(&rows, None), (&rows, None)]))
                .await;
        let replies = replies.expect("they fit");
        assert_eq!(
            (&replies[1]["batch_id"], &replies[1]["duplicate"]),
            (&json!("s#1"), &json!(duplicate))
        );
    }
    let answer = fetch(&mut client, json!({"dataset": "d", "statistics": ["rows", "mean", "sum"]}))
        .await
        .expect("it is there");
    let names =
        answer.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    assert_eq!(names, ["host", "rows", "x_mean", "x_sum", "n_mean", "n_sum"]);
    assert_eq!(answer.column(1).as_primitive::<Int64Type>().values().to_vec(), [10, 5, 5]);
    assert_eq!(
        answer.column(2).as_primitive::<Float64Type>().values().to_vec(),
        [0.15000000000000002, 1e300, -7.0]
    );
    let expected =
        of_memory(&vec![rows.column(2).clone(); 5], colstats::Statistic::Sum).expect("of integers");
    let whole = fetch(
        &mut client,
        json!({"dataset": "d", "by": [], "columns": ["n"], "statistics": ["sum"]}),
    )
    .await;
    assert_eq!(**whole.expect("it is there").column(0), *expected);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_may_write_everything_before_it_reads() {
    let directory = Directory::new();
    let running = Running::start(&directory, &["--max-in-flight-mb", "1"]).await;
    let (mut client, rows) = (running.client().await, sample());
    let many = std::iter::repeat_n((&rows, None), 3000);
    let many = messages(path("d"), &rows.schema(), many);
    let (sender, receiver) = futures::channel::mpsc::unbounded::<FlightData>();
    for message in many {
        sender.unbounded_send(message).expect("room");
    }
    drop(sender);
    let replies = client.do_put(receiver).await.expect("a stream").into_inner();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(replies.try_collect::<Vec<_>>().await.expect("they fit").len(), 3000);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_answers_and_keeps_nothing() {
    let directory = Directory::new();
    let running = Running::start(&directory, &[]).await;
    let (mut client, rows) = (running.client().await, sample());
    let mut random = Random::new(9);
    let mut x = |count| {
        Arc::new(Float64Array::from((0..count).map(|_| random.double()).collect::<Vec<_>>()))
            as ArrayRef
    };
    let parts = [x(1000), x(0), x(3), x(5000)].map(|x| batch([("x", x)]));
    let values = parts.iter().map(|part| part.column(0).clone()).collect::<Vec<_>>();
    for statistics in
        [vec!["mean"], vec!["stddev"], vec!["max", "count"], vec!["min", "sum", "variance"], vec![]]
    {
        let names = statistics.clone();
        let mut question = json!({"exchange": {"statistics": names}});
        if statistics.is_empty() {
            question = json!({"exchange": {}});
        }
        let sent =
            messages(command(question), &parts[0].schema(), parts.iter().map(|part| (part, None)));
        let answer =
            client.do_exchange(futures::stream::iter(sent)).await.expect("a stream").into_inner();
        let answer = table(answer).await.expect("a table");
        let asked = STATISTICS
            .into_iter()
            .filter(|it| statistics.is_empty() || statistics.contains(&it.name()));
        for statistic in asked {
            let found =
                answer.column_by_name(&format!("x_{}", statistic.name())).expect("asked for");
            assert_eq!(
                **found,
                *of_memory(&values, statistic).expect("of doubles"),
                "{statistic:?}"
            );
        }
    }
    // By groups: as a dataset would answer. States come back as well.
    let more = [
        json!({"by": ["host"]}),
        json!({"by": ["host"], "states": true}),
        json!({"states": true}),
        json!({}),
    ];
    for (at, question) in more.into_iter().enumerate() {
        let name = format!("d{at}");
        let by = question.get("by").cloned().unwrap_or(json!([]));
        let put = messages(
            command(json!({"dataset": name, "by": by, "columns": ["x", "n"]})),
            &rows.schema(),
            [(&rows, None), (&rows, None)],
        );
        send(&mut client, put).await.expect("they fit");
        let mut ticket = question.clone();
        ticket["dataset"] = json!(name);
        ticket.as_object_mut().expect("an object").remove("by");
        let mut question = question;
        question["columns"] = json!(["x", "n"]);
        let sent = messages(
            command(json!({"exchange": question})),
            &rows.schema(),
            [(&rows, None), (&rows, None)],
        );
        let answer =
            client.do_exchange(futures::stream::iter(sent)).await.expect("a stream").into_inner();
        assert_eq!(
            table(answer).await.expect("a table"),
            fetch(&mut client, ticket).await.expect("it is there")
        );
    }
    // With a dataset, it feeds.
    let sent = messages(
        path("fed"),
        &rows.schema(),
        [(&rows, Some(json!({"batch_id": "1"}))), (&rows, None)],
    );
    let replies =
        client.do_exchange(futures::stream::iter(sent)).await.expect("a stream").into_inner();
    let replies = replies.try_collect::<Vec<_>>().await.expect("they fit");
    assert_eq!(replies.len(), 2);
    let first: Value = serde_json::from_slice(&replies[0].app_metadata).expect("JSON");
    assert_eq!((&first["batch_id"], &first["rows"]), (&json!("1"), &json!(4)));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_there_is_can_be_listed() {
    let directory = Directory::new();
    let running = Running::start(&directory, &[]).await;
    let (mut client, rows) = (running.client().await, sample());
    assert_eq!(
        act(&mut client, "create", json!({"dataset": "new", "by": ["k"]})).await.expect("created"),
        [json!({"created": true})]
    );
    assert_eq!(
        act(&mut client, "create", json!({"dataset": "new", "by": ["k"]})).await.expect("there"),
        [json!({"created": false})]
    );
    send(
        &mut client,
        messages(command(json!({"dataset": "d", "by": ["host"]})), &rows.schema(), [(&rows, None)]),
    )
    .await
    .expect("it fits");
    let flights = client.list_flights(Criteria::default()).await.expect("a list").into_inner();
    let flights = flights.try_collect::<Vec<_>>().await.expect("a list");
    let names =
        flights.iter().map(|it| it.flight_descriptor.clone().expect("a path").path[0].clone());
    assert_eq!(names.collect::<Vec<_>>(), ["d", "new"]);
    let prefix = Criteria { expression: b"n".to_vec().into() };
    assert_eq!(client.list_flights(prefix).await.expect("a list").into_inner().count().await, 1);
    let info = client.get_flight_info(path("d")).await.expect("it is there").into_inner();
    let ticket = info.endpoint[0].ticket.clone().expect("a ticket");
    let schema = info.try_decode_schema().expect("a schema");
    let answer = table(client.do_get(ticket).await.expect("it is there").into_inner())
        .await
        .expect("a table");
    assert_eq!(*answer.schema(), schema);
    let asked = client
        .get_flight_info(command(json!({"dataset": "d", "statistics": ["max"], "by": []})))
        .await;
    let asked = asked.expect("it is there").into_inner().try_decode_schema().expect("a schema");
    assert_eq!(
        asked.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>(),
        ["x_max", "n_max"]
    );
    let schema = client.get_schema(path("d")).await.expect("it is there").into_inner();
    let schema = Schema::try_from(&schema).expect("a schema");
    assert_eq!(schema.fields().len(), 3);
    assert_eq!(schema.metadata()["colstats.definition"], "{\"by\":[\"host\"]}");
    let types = client.list_actions(Empty {}).await.expect("a list").into_inner();
    let types = types.try_collect::<Vec<_>>().await.expect("a list");
    assert!(types.iter().any(|it| it.r#type == "drop_before" && !it.description.is_empty()));
    let stats = act(&mut client, "stats", Value::Null).await.expect("stats");
    assert_eq!((&stats[0]["datasets"], &stats[0]["groups"]), (&json!(2), &json!(3)));
    assert_eq!(
        act(&mut client, "list", json!({"prefix": "d"})).await.expect("a list")[0]["rows"],
        json!(4)
    );
    assert_eq!(
        act(&mut client, "merge", json!({"into": "copy", "from": "d"})).await.expect("merged"),
        [json!({"groups": 3})]
    );
    assert_eq!(
        act(&mut client, "drop", json!({"dataset": "copy"})).await.expect("dropped"),
        [json!({"groups": 3})]
    );
    assert!(
        act(&mut client, "compact", Value::Null).await.expect("compacted")[0]["file_bytes"]
            .is_u64()
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_ends_streams_after_what_they_have_sent() {
    let directory = Directory::new();
    let running = Running::start(&directory, &[]).await;
    let (mut client, rows) = (running.client().await, sample());
    let (sender, stream) = futures::channel::mpsc::unbounded();
    let batches = std::iter::repeat_n((&rows, None), 100);
    for message in messages(path("d"), &rows.schema(), batches) {
        sender.unbounded_send(message).expect("room");
    }
    let mut replies = client.do_put(stream).await.expect("a stream").into_inner();
    replies.message().await.expect("it fits").expect("acknowledged");
    let stopped = std::time::Instant::now();
    running.stop().await;
    assert!(stopped.elapsed() < std::time::Duration::from_secs(10), "{:?}", stopped.elapsed());
    let mut acknowledged = 1;
    let status = loop {
        match replies.message().await {
            Ok(Some(_)) => acknowledged += 1,
            Ok(None) => panic!("the end of a stream that goes on"),
            Err(status) => break status,
        }
    };
    assert!(
        status.code() == Code::Unavailable && status.message().contains("is stopping"),
        "{status}"
    );
    drop(sender);
    let store = directory.open();
    let dataset = store.read().and_then(|snapshot| snapshot.expect("d")).expect("it is there");
    assert_eq!(dataset.record.batches, acknowledged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_is_exported_and_imported() {
    let (here, there) = (Directory::new(), Directory::new());
    let (one, other) = (Running::start(&here, &[]).await, Running::start(&there, &[]).await);
    let (mut from, mut to) = (one.client().await, other.client().await);
    let rows = super::exactly_once::rows(&mut Random::new(4), 300);
    let definitions = [
        json!({"dataset": "a", "by": ["host"], "time": {"column": "at", "every": "1h"}}),
        json!({"dataset": "b", "columns": ["x"]}),
        json!({"dataset": "c", "by": ["host"], "columns": []}),
    ];
    for definition in definitions {
        let dataset = definition["dataset"].clone();
        send(&mut from, messages(command(definition), &rows.schema(), [(&rows, None)]))
            .await
            .expect("it fits");
        let body = json!({"dataset": dataset}).to_string();
        let results =
            from.do_action(Action::new("export", body)).await.expect("it is there").into_inner();
        let pieces = results.try_collect::<Vec<_>>().await.expect("it is there");
        let stream = pieces.iter().flat_map(|piece| piece.body.to_vec()).collect::<Vec<_>>();
        // Any Arrow library reads it.
        let read = arrow_ipc::reader::StreamReader::try_new(&stream[..], None).expect("a stream");
        assert!(read.map(|batch| batch.expect("a batch").num_rows()).sum::<usize>() > 0);
        let import = |bytes: Vec<u8>| Action::new("import", bytes);
        let mut results = to.do_action(import(stream.clone())).await.expect("it fits").into_inner();
        let result = results.message().await.expect("a result").expect("one");
        let result: Value = serde_json::from_slice(&result.body).expect("JSON");
        assert_eq!(result["dataset"], dataset);
        let ticket = json!({"dataset": dataset});
        let expected = fetch(&mut from, ticket.clone()).await.expect("it is there");
        assert_eq!(fetch(&mut to, ticket).await.expect("it was imported"), expected);
        let again = to.do_action(import(stream.clone())).await.expect_err("it would count twice");
        assert_eq!(again.code(), Code::AlreadyExists);
        // Damaged in any place, it is refused, or is another stream that is whole.
        for at in (0..stream.len()).step_by(41) {
            let mut damaged = stream.clone();
            damaged[at] ^= 0x55;
            let _ = to.do_action(import(damaged)).await;
            assert!(to.do_action(import(stream[..at].to_vec())).await.is_err());
        }
    }
    one.stop().await;
    other.stop().await;
}
