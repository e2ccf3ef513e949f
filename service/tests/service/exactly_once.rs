//! Answers are those of memory, whatever the order of batches, duplicates, and restarts.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, TimestampMillisecondType};
use arrow_array::{
    Array, ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use colstats_service::refusal::Kind;
use serde_json::json;

use super::support::{Directory, Random, STATISTICS, ask, batch, definition, of_memory, put};

const HOUR: i64 = 3_600_000;

/// Rows of some hosts around 1970, with nulls everywhere.
pub fn rows(random: &mut Random, count: usize) -> RecordBatch {
    let hosts = ["a", "b", "ümläut", ""];
    let (mut host, mut time, mut value) = (vec![], vec![], vec![]);
    for _ in 0..count {
        host.push((random.below(7) > 0).then(|| hosts[random.below(4) as usize]));
        time.push((random.below(9) > 0).then(|| random.below(6 * HOUR as u64) as i64 - 3 * HOUR));
        value.push((random.below(5) > 0).then(|| random.double()));
    }
    batch([
        ("host", Arc::new(StringArray::from(host)) as ArrayRef),
        ("at", Arc::new(TimestampMillisecondArray::from(time)) as ArrayRef),
        ("x", Arc::new(Float64Array::from(value)) as ArrayRef),
    ])
}

type Groups = BTreeMap<(bool, i64, bool, String), Vec<Option<f64>>>;

/// The values of each group, by bucket and host, nulls last.
fn groups(batches: &[RecordBatch]) -> Groups {
    let mut groups = Groups::new();
    for batch in batches {
        let host = batch.column(0).as_string::<i32>();
        let time = batch.column(1).as_primitive::<TimestampMillisecondType>();
        let value = batch.column(2).as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            let bucket = time.is_valid(row).then(|| time.value(row).div_euclid(HOUR));
            let name = host.is_valid(row).then(|| host.value(row).to_string());
            let key =
                (bucket.is_none(), bucket.unwrap_or(0), name.is_none(), name.unwrap_or_default());
            groups.entry(key).or_default().push(value.is_valid(row).then(|| value.value(row)));
        }
    }
    groups
}

/// The answer must have the groups in order, with the bits of memory.
fn expect_groups(answer: &RecordBatch, groups: &Groups) {
    assert_eq!(answer.num_rows(), groups.len());
    let starts = answer.column(0).as_primitive::<TimestampMillisecondType>();
    let hosts = answer.column(1).as_string::<i32>();
    for (row, ((no_time, bucket, no_host, host), values)) in groups.iter().enumerate() {
        assert_eq!(starts.is_null(row), *no_time);
        assert!(*no_time || starts.value(row) == bucket * HOUR);
        assert_eq!((hosts.is_null(row), hosts.value(row)), (*no_host, host.as_str()));
        let values: ArrayRef = Arc::new(Float64Array::from(values.clone()));
        for statistic in STATISTICS {
            let expected = of_memory(std::slice::from_ref(&values), statistic).expect("of doubles");
            let found = answer.column_by_name(&format!("x_{}", statistic.name()));
            assert_eq!(*found.expect("asked for").slice(row, 1), *expected, "{}", statistic.name());
        }
    }
}

#[test]
fn answers_are_those_of_memory_in_any_order() {
    let by = definition(json!({"by": ["host"], "time": {"column": "at", "every": "1h"}}));
    let mut random = Random::new(1);
    let mut batches = (0..40).map(|_| rows(&mut random, 100)).collect::<Vec<_>>();
    let expected = groups(&batches);
    let mut answers = vec![];
    for _ in 0..3 {
        random.shuffle(&mut batches);
        let (directory, mut answer) = (Directory::new(), vec![]);
        {
            let store = directory.open();
            for batch in &batches {
                put(&store, "d", &by, batch, None).expect("it fits");
            }
            let groups =
                ask(&store, json!({"dataset": "d", "per": "bucket"})).expect("it is there");
            expect_groups(&groups, &expected);
            answer.push(groups);
        }
        // The same after a restart, and with all in one group.
        let store = directory.open();
        answer.push(ask(&store, json!({"dataset": "d", "per": "bucket"})).expect("it is kept"));
        assert_eq!(answer[0], answer[1]);
        let whole = ask(&store, json!({"dataset": "d", "by": []})).expect("it is there");
        let values = batches.iter().map(|batch| batch.column(2).clone()).collect::<Vec<_>>();
        for statistic in STATISTICS {
            let found =
                whole.column_by_name(&format!("x_{}", statistic.name())).expect("asked for");
            assert_eq!(**found, *of_memory(&values, statistic).expect("of doubles"));
        }
        answer.push(whole);
        answers.push(answer);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[test]
fn spans_of_time_have_the_buckets_between() {
    let by = definition(json!({"by": ["host"], "time": {"column": "at", "every": "1h"}}));
    let (directory, mut random) = (Directory::new(), Random::new(2));
    let store = directory.open();
    let batches = [rows(&mut random, 500)];
    put(&store, "d", &by, &batches[0], None).expect("it fits");
    let all = groups(&batches);
    let spans = [
        (json!({"from": "1969-12-31T23:00:00Z", "to": "1970-01-01T01:00:00Z"}), -1, 1),
        (json!({"from": "1970-01-01T01:00:00Z"}), 1, i64::MAX),
        (json!({"to": "1970-01-01"}), i64::MIN, 0),
        (json!({"from": "1970-01-01T01:00:00Z", "to": "1970-01-01"}), 1, 0),
    ];
    for (mut ticket, from, to) in spans {
        (ticket["dataset"], ticket["per"]) = ("d".into(), "bucket".into());
        let mut expected = all.clone();
        expected.retain(|(no_time, bucket, ..), _| !no_time && (from..to).contains(bucket));
        expect_groups(&ask(&store, ticket).expect("starts of buckets"), &expected);
    }
}

#[test]
fn a_batch_that_comes_again_changes_nothing() {
    let (directory, none) = (Directory::new(), definition(json!({})));
    let values =
        |values: Vec<f64>| batch([("x", Arc::new(Float64Array::from(values)) as ArrayRef)]);
    let (one, other) = (values(vec![0.1, 0.2]), values(vec![0.1, 0.3]));
    let mut answer = None;
    for restart in 0..3 {
        let store = directory.open();
        let first = put(&store, "d", &none, &one, Some("one")).expect("it fits");
        assert_eq!((first.rows, first.duplicate), (2, restart > 0));
        let again = put(&store, "d", &none, &one, Some("one")).expect("it is the same");
        assert_eq!((again.rows, again.duplicate, again.revision), (2, true, first.revision));
        let refused = put(&store, "d", &none, &other, Some("one")).expect_err("it is another");
        assert_eq!(refused.kind, Kind::Exists);
        assert!(
            refused.message.contains("\"one\"") && refused.message.contains("\"d\""),
            "{refused}"
        );
        let now = ask(&store, json!({"dataset": "d"})).expect("it is there");
        assert_eq!(*answer.get_or_insert(now.clone()), now);
    }
    // The same id is another batch in another dataset, and the same rows are another batch with another id.
    let store = directory.open();
    assert!(!put(&store, "e", &none, &other, Some("one")).expect("it fits").duplicate);
    assert!(!put(&store, "d", &none, &one, Some("two")).expect("it fits").duplicate);
    let rows = ask(&store, json!({"dataset": "d", "statistics": ["rows"]})).expect("it is there");
    assert_eq!(rows.column(0).as_primitive::<arrow_array::types::Int64Type>().value(0), 4);
}

#[test]
fn many_threads_share_commits_and_lose_nothing() {
    let (directory, by) = (Directory::new(), definition(json!({"by": ["host"]})));
    let store = Arc::new(directory.open());
    let mut random = Random::new(3);
    let batches = (0..160).map(|_| rows(&mut random, 20)).collect::<Vec<_>>();
    let batches = batches.iter().map(|batch| batch.project(&[0, 2]).expect("columns"));
    let batches = Arc::new(batches.collect::<Vec<_>>());
    let threads = (0..8).map(|thread| {
        let (store, batches, by) = (Arc::clone(&store), Arc::clone(&batches), by.clone());
        std::thread::spawn(move || {
            // Each batch is sent by two threads.
            for (id, batch) in batches.iter().enumerate().filter(|(id, _)| id % 4 == thread % 4) {
                put(&store, "d", &by, batch, Some(&id.to_string())).expect("it fits");
            }
        })
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().expect("no panic"));
    let whole = ask(&store, json!({"dataset": "d", "by": []})).expect("it is there");
    let values = batches.iter().map(|batch| batch.column(1).clone()).collect::<Vec<_>>();
    for statistic in STATISTICS {
        let found = whole.column_by_name(&format!("x_{}", statistic.name())).expect("asked for");
        assert_eq!(**found, *of_memory(&values, statistic).expect("of doubles"));
    }
    let dataset = store.read().and_then(|snapshot| snapshot.expect("d")).expect("it is there");
    assert_eq!((dataset.record.batches, dataset.record.rows), (160, 3200));
    assert!(store.read().expect("a file").revision() <= 161);
}
