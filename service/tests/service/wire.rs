//! The service over the wire: every call, and what comes back when it is wrong.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_flight::{Action, Criteria, Empty, FlightData, FlightDescriptor};
use arrow_schema::Schema;
use clap::Parser;
use colstats_service::server::Server;
use colstats_service::settings::Settings;
use futures::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use tonic::Code;

use super::support::*;

/// A server in this process, which stops in the end.
pub struct Running {
    pub address: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<()>,
}

impl Running {
    pub async fn start(directory: &Directory, more: &[&str]) -> Self {
        let data = directory.path().to_str().expect("text");
        let mut arguments = vec!["colstats-service", "--data", data, "--listen", "127.0.0.1:0"];
        arguments.extend(more);
        let server = Server::open(Settings::parse_from(arguments)).await.expect("a free port");
        let address = server.address().expect("it listens").to_string();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let ended = tokio::spawn(async {
            server.run(async { drop(stopped.await) }).await.expect("it serves");
        });
        Self { address, stop: Some(stop), ended }
    }

    pub async fn client(&self) -> Client {
        connect(&self.address).await.expect("it listens")
    }

    pub async fn stop(mut self) {
        self.stop.take().map(|stop| stop.send(()));
        self.ended.await.expect("no panic");
    }
}

fn sample() -> RecordBatch {
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

/// Calls that are wrong have a code that fits and say why, and the server goes on.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_refused_with_a_status() {
    let directory = Directory::new();
    let running =
        Running::start(&directory, &["--max-message-mb", "1", "--idle-seconds", "1"]).await;
    let (mut client, rows) = (running.client().await, sample());
    let schema = rows.schema();
    let put = |descriptor, metadata| messages(descriptor, &schema, [(&rows, metadata)]);
    send(&mut client, put(command(json!({"dataset": "d", "by": ["host"]})), None))
        .await
        .expect("it fits");

    let mut garbage = put(path("e"), None);
    garbage[1].data_header = b"this is no flatbuffer".to_vec().into();
    let mut cut = put(path("e"), None);
    cut[1].data_body = cut[1].data_body.slice(..16);
    let mut no_schema = put(path("e"), None);
    no_schema.remove(0);
    no_schema[0].flight_descriptor = Some(path("e"));
    let mut twice = put(path("e"), None);
    twice.insert(1, FlightData { flight_descriptor: None, ..twice[0].clone() });
    let mut no_descriptor = put(path("e"), None);
    no_descriptor[0].flight_descriptor = None;
    let mut no_header = put(path("e"), None);
    no_header[1].data_header = vec![].into();
    let mut metadata = put(path("e"), None);
    metadata[1].app_metadata = vec![0xff; 10].into();
    let huge = batch([("x", Arc::new(Float64Array::from(vec![1.0; 1 << 19])) as ArrayRef)]);
    let long = "i".repeat(257);
    let puts = [
        (garbage, Code::InvalidArgument, "not Arrow IPC"),
        (cut, Code::InvalidArgument, "not Arrow IPC"),
        (no_schema, Code::InvalidArgument, "the schema must come first"),
        (twice, Code::InvalidArgument, "a stream has one schema"),
        (no_descriptor, Code::InvalidArgument, "must have a descriptor"),
        (no_header, Code::InvalidArgument, "no header"),
        (metadata, Code::InvalidArgument, "the metadata of the batch is not the JSON"),
        (vec![], Code::InvalidArgument, "must have a descriptor"),
        (
            messages(path("e"), &huge.schema(), [(&huge, None)]),
            Code::ResourceExhausted,
            "--max-message-mb",
        ),
        (
            put(path("e"), Some(json!({"batch": "1"}))),
            Code::InvalidArgument,
            "unknown field `batch`",
        ),
        (
            put(path("e"), Some(json!({"batch_id": ""}))),
            Code::InvalidArgument,
            "must have 1 to 256",
        ),
        (
            put(path("e"), Some(json!({"batch_id": long}))),
            Code::InvalidArgument,
            "must have 1 to 256",
        ),
        (put(path(""), None), Code::InvalidArgument, "cannot name a dataset"),
        (
            put(FlightDescriptor::new_path(vec!["a".into(), "b".into()]), None),
            Code::InvalidArgument,
            "2 elements",
        ),
        (
            put(command(json!({"dataset": "d", "by": ["x"]})), None),
            Code::FailedPrecondition,
            "dataset \"d\": it is defined as",
        ),
        (
            put(command(json!({"dataset": "e", "by": ["zz"]})), None),
            Code::InvalidArgument,
            "no column \"zz\"",
        ),
        (
            put(command(json!({"dataset": "e", "time": {"column": "x", "every": "1 hour"}})), None),
            Code::InvalidArgument,
            "not the width of a bucket",
        ),
        (
            put(command(json!({"dataset": "e", "nope": 1})), None),
            Code::InvalidArgument,
            "unknown field `nope`",
        ),
        (
            put(command(json!({"dataset": "e", "states": true})), None),
            Code::InvalidArgument,
            "no column \"name\"",
        ),
        (put(command(json!(7)), None), Code::InvalidArgument, "not the JSON"),
        (
            messages(path("d"), &huge.schema(), [(&huge.slice(0, 1), None)]),
            Code::InvalidArgument,
            "no column \"host\"",
        ),
    ];
    for (messages, code, says) in puts {
        let status = send(&mut client, messages).await.expect_err(says);
        assert!(status.code() == code && status.message().contains(says), "{says}: {status}");
    }
    let tickets = [
        (json!({"dataset": "zz"}), Code::NotFound, "no dataset \"zz\""),
        (
            json!({"dataset": "d", "statistics": ["median"]}),
            Code::InvalidArgument,
            "no statistic \"median\"; there are:",
        ),
        (json!({"dataset": "d", "columns": ["zz"]}), Code::InvalidArgument, "no column \"zz\""),
        (json!({"dataset": "d", "by": ["x"]}), Code::InvalidArgument, "no key of the dataset"),
        (json!({"dataset": "d", "per": "bucket"}), Code::InvalidArgument, "leave out \"per\""),
        (
            json!({"dataset": "d", "from": "2020-01-01"}),
            Code::InvalidArgument,
            "leave out \"from\"",
        ),
        (
            json!({"dataset": "d", "by": ["host", "host"]}),
            Code::InvalidArgument,
            "would be named \"host\"",
        ),
        (json!({"dataset": "d", "ddof": -1}), Code::InvalidArgument, "not the JSON"),
        (json!([]), Code::InvalidArgument, "not the JSON"),
        (
            json!({"dataset": "d", "columns": vec!["c"; 100_000]}),
            Code::ResourceExhausted,
            "the ticket has",
        ),
    ];
    for (ticket, code, says) in tickets {
        let status = fetch(&mut client, ticket.clone()).await.expect_err(says);
        assert!(status.code() == code && status.message().contains(says), "{says}: {status}");
        if code != Code::ResourceExhausted {
            let status = client.get_flight_info(command(ticket)).await.expect_err(says);
            assert_eq!(status.code(), code, "{says}: {status}");
        }
    }
    let actions = [
        ("drop", json!({"dataset": "zz"}), Code::NotFound),
        ("drop", json!({}), Code::InvalidArgument),
        ("dorp", json!({"dataset": "d"}), Code::NotFound),
        ("create", json!({"dataset": "d"}), Code::FailedPrecondition),
        ("merge", json!({"into": "d", "from": "d"}), Code::InvalidArgument),
        ("merge", json!({"into": "d", "from": "zz"}), Code::NotFound),
        ("drop_before", json!({"dataset": "d", "before": "2020-01-01"}), Code::InvalidArgument),
        ("forget_batch_ids", json!({"dataset": "d", "before": "soon"}), Code::InvalidArgument),
        ("stats", json!({"all": true}), Code::InvalidArgument),
    ];
    for (name, body, code) in actions {
        let status = act(&mut client, name, body).await.expect_err(name);
        assert!(
            status.code() == code && status.message().contains(&format!("the action {name:?}")),
            "{status}"
        );
    }
    let questions = [
        (json!({"exchange": {"statistics": ["mean"]}}), "column \"host\": cannot compute the mean"),
        (json!({"exchange": {"columns": ["zz"]}}), "no column \"zz\""),
        (json!({"exchange": {"dataset": "d"}}), "unknown field `dataset`"),
    ];
    for (question, says) in questions {
        let answer = client.do_exchange(futures::stream::iter(put(command(question), None))).await;
        let status = match answer {
            Ok(answer) => table(answer.into_inner()).await.expect_err(says),
            Err(status) => status,
        };
        assert!(
            status.code() == Code::InvalidArgument && status.message().contains(says),
            "{status}"
        );
    }
    // A stream that says nothing any longer.
    let silent = futures::stream::iter(put(path("s"), None)).chain(futures::stream::pending());
    let replies = client.do_put(silent).await.expect("a stream").into_inner();
    let status = replies.try_collect::<Vec<_>>().await.expect_err("it is closed");
    assert!(
        status.code() == Code::DeadlineExceeded && status.message().contains("1 seconds"),
        "{status}"
    );
    assert!(client.handshake(futures::stream::empty()).await.is_err());
    assert!(client.do_action(Action::new("", vec![0xff; 1 << 19])).await.is_err());
    // Nothing of all that was kept.
    let names = act(&mut client, "list", Value::Null).await.expect("it goes on");
    let names = names.iter().map(|it| it["dataset"].clone()).collect::<Vec<_>>();
    assert_eq!(names, ["d", "s"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_streams_are_open() {
    let directory = Directory::new();
    let running = Running::start(&directory, &["--max-streams", "2"]).await;
    let (mut client, rows) = (running.client().await, sample());
    let mut held = vec![];
    for _ in 0..2 {
        let (sender, stream) = futures::channel::mpsc::unbounded();
        for message in messages(path("d"), &rows.schema(), [(&rows, None)]) {
            sender.unbounded_send(message).expect("room");
        }
        let mut replies = client.do_put(stream).await.expect("a stream").into_inner();
        replies.message().await.expect("it fits").expect("acknowledged");
        held.push((sender, replies));
    }
    let status = send(&mut client, messages(path("d"), &rows.schema(), [(&rows, None)])).await;
    let status = status.expect_err("one too many");
    assert!(
        status.code() == Code::ResourceExhausted && status.message().contains("--max-streams"),
        "{status}"
    );
    held.pop();
    for _ in 0..100 {
        if fetch(&mut client, json!({"dataset": "d"})).await.is_ok() {
            held.clear();
            running.stop().await;
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("a stream that is closed still counts");
}

#[test]
fn a_server_does_not_listen_beyond_the_machine_unless_told_to() {
    let settings = |more: &[&str]| {
        let mut all = vec!["colstats-service", "--data", "/nowhere", "--listen", "0.0.0.0:0"];
        all.extend(more);
        Settings::parse_from(all).check()
    };
    assert!(settings(&[]).expect_err("anyone could").message.contains("--insecure"));
    assert!(settings(&["--insecure"]).is_ok());
}
