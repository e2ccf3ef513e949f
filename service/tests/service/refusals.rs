//! What is wrong is refused with a status, and the server goes on.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array};
use arrow_flight::{Action, FlightData, FlightDescriptor};
use clap::Parser;
use colstats_service::settings::Settings;
use futures::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use tonic::Code;

use super::support::*;
use super::wire::{Running, sample};

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
        (metadata, Code::InvalidArgument, "the metadata of the batch is not JSON"),
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
        (put(command(json!(7)), None), Code::InvalidArgument, "invalid type: integer `7`"),
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
        (json!({"dataset": "d", "ddof": -1}), Code::InvalidArgument, "integer `-1`"),
        (json!([]), Code::InvalidArgument, "the ticket: "),
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
        status.code() == Code::Unavailable && status.message().contains("--max-streams"),
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
        Settings::parse_from(all).check(false)
    };
    assert!(settings(&[]).expect_err("anyone could").message.contains("--insecure"));
    assert!(settings(&["--insecure"]).is_ok());
}
