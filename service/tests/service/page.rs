//! The page: what is behind each address, and who may see it.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampSecondArray};
use colstats_service::guard::{Scope, tokens};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::support::*;
use super::wire::Running;

/// The status and the body of a reply to GET.
async fn fetch_page(page: &str, path: &str, token: Option<&str>) -> (u16, String) {
    let address = page.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
    let header = token.map_or(String::new(), |token| format!("authorization: Bearer {token}\r\n"));
    let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{header}\r\n");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.expect("text");
    let (head, body) = reply.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = match head.to_lowercase().contains("transfer-encoding: chunked") {
        true => body.lines().skip(1).step_by(2).collect(),
        false => body.to_string(),
    };
    (status.expect("a status"), body)
}

async fn fetch_json(page: &str, path: &str) -> Value {
    let (status, body) = fetch_page(page, path, None).await;
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).expect("JSON")
}

fn readings() -> RecordBatch {
    let hours = [0, 0, 1, 1].map(|hour| 3600 * hour);
    batch([
        ("at", Arc::new(TimestampSecondArray::from(hours.to_vec())) as ArrayRef),
        ("x", Arc::new(Float64Array::from(vec![0.1, 0.2, 1e300, -1e300])) as ArrayRef),
        (
            "n",
            Arc::new(Int64Array::from(vec![Some(i64::MAX), Some(i64::MAX), None, Some(1)]))
                as ArrayRef,
        ),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_what_the_service_answers() {
    let directory = Directory::new();
    let running = Running::start(&directory, &[]).await;
    let page = running.page.clone().expect("a page");
    for (path, begins) in [("/healthz", "ok"), ("/readyz", "ready"), ("/", "<!doctype html>")] {
        let (status, body) = fetch_page(&page, path, None).await;
        assert_eq!((status, body.starts_with(begins)), (200, true), "{path}: {body}");
    }
    assert_eq!(fetch_json(&page, "/api/datasets").await["count"], json!(0));
    let (mut client, rows) = (running.client().await, readings());
    let descriptor = command(json!({"dataset": "a b&c", "time": {"column": "at", "every": "1h"}}));
    let sent = messages(
        descriptor,
        &rows.schema(),
        [(&rows, Some(json!({"batch_id": "1"}))), (&rows, Some(json!({"batch_id": "1"})))],
    );
    assert_eq!(send(&mut client, sent).await.expect("it fits").len(), 2);
    let datasets = fetch_json(&page, "/api/datasets").await;
    assert_eq!(datasets["datasets"][0]["name"], json!("a b&c"));
    assert_eq!(datasets["datasets"][0]["rows"], json!("4"));
    let summary = fetch_json(&page, "/api/summary?dataset=a%20b%26c").await;
    let of = |column: usize, what: &str| summary["columns"][column][what].clone();
    assert_eq!(
        (of(0, "name"), of(0, "mean"), of(0, "count")),
        (json!("x"), json!("0.07500000000000001"), json!("4"))
    );
    assert_eq!(
        (of(1, "name"), of(1, "nulls"), of(1, "max")),
        (json!("n"), json!("1"), json!("9223372036854775807"))
    );
    let series = fetch_json(&page, "/api/series?dataset=a%20b%26c&column=x").await;
    assert_eq!(series["cut"], json!(false));
    let buckets = [("1970-01-01T00:00:00", "0.15000000000000002"), ("1970-01-01T01:00:00", "0.0")];
    for (at, (start, mean)) in buckets.into_iter().enumerate() {
        assert_eq!(series["buckets"][at]["start"], json!(start));
        assert_eq!(series["buckets"][at]["mean"], json!(mean));
    }
    let (status, metrics) = fetch_page(&page, "/metrics", None).await;
    assert_eq!(status, 200);
    for line in [
        "colstats_batches_total 2",
        "colstats_duplicates_total 1",
        "colstats_rows_total 4",
        "colstats_groups 2",
        "colstats_call_seconds_count{call=\"do_put\"} 2",
    ] {
        assert!(metrics.lines().any(|other| other == line), "{line} is not in\n{metrics}");
    }
    for (path, expected) in [
        ("/api/summary?dataset=none", 404),
        ("/api/summary", 400),
        ("/api/series?dataset=a%20b%26c&column=none", 400),
        ("/none", 404),
    ] {
        assert_eq!(fetch_page(&page, path, None).await.0, expected, "{path}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_nothing_without_the_token_that_it_asks_for() {
    let directory = Directory::new();
    let scopes = || vec![Scope::Read];
    let all = tokens::create(directory.path(), "all", scopes(), None).expect("a new one");
    let one = tokens::create(directory.path(), "one", scopes(), Some(vec!["d".into()]));
    let one = one.expect("a new one");
    let running = Running::start(&directory, &[]).await;
    let page = running.page.clone().expect("a page");
    for (path, none, one_dataset, all_datasets) in [
        ("/", 200, 200, 200),
        ("/healthz", 200, 200, 200),
        ("/readyz", 200, 200, 200),
        ("/metrics", 401, 403, 200),
        ("/api/datasets", 401, 200, 200),
        ("/api/summary?dataset=d", 401, 404, 404),
        ("/api/summary?dataset=e", 401, 403, 404),
    ] {
        for (token, expected) in
            [(None, none), (Some(&one), one_dataset), (Some(&all), all_datasets)]
        {
            let (status, body) = fetch_page(&page, path, token.map(String::as_str)).await;
            assert_eq!(status, expected, "{path} {token:?}: {body}");
        }
    }
    running.stop().await;
}
