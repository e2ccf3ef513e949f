//! Which batches a dataset takes, and what is done to datasets.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{
    ArrayRef, BinaryArray, Date32Array, Float32Array, Float64Array, Int32Array, Int64Array,
    LargeStringArray, NullArray, StringArray, StringViewArray, TimestampMicrosecondArray,
    TimestampSecondArray,
};
use colstats_service::dataset::Definition;
use colstats_service::refusal::{Kind, Result};
use colstats_service::store::Store;
use serde_json::json;

use super::support::{Directory, ask, batch, definition, put};

fn doubles(values: &[f64]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

/// A change, from outside of an executor.
fn change<T: Send + 'static>(
    store: &Store,
    change: impl FnOnce(&mut colstats_service::store::session::Session<'_>) -> Result<T>
    + Send
    + 'static,
) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a thread");
    runtime.block_on(store.change(change))
}

#[test]
fn batches_that_do_not_fit_are_refused_by_name() {
    let (directory, by) = (Directory::new(), definition(json!({"by": ["host"]})));
    let store = directory.open();
    let first = batch([("host", texts(&["a"])), ("x", doubles(&[1.0])), ("s", texts(&["u"]))]);
    put(&store, "d", &by, &first, None).expect("the first");
    let before = ask(&store, json!({"dataset": "d"})).expect("it is there");
    let integers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let halves: ArrayRef = Arc::new(Float32Array::from(vec![1.0]));
    let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![&b"u"[..]]));
    let (host, x, s) = (texts(&["a"]), doubles(&[1.0]), texts(&["u"]));
    let cases = [
        (
            batch([("host", host.clone()), ("x", integers.clone()), ("s", s.clone())]),
            "column \"x\" is int64 in the batch, but float64",
        ),
        (
            batch([("host", host.clone()), ("x", halves), ("s", s.clone())]),
            "column \"x\" is float32",
        ),
        (
            batch([("host", integers), ("x", x.clone()), ("s", s.clone())]),
            "column \"host\" is int64",
        ),
        (batch([("host", host.clone()), ("x", x.clone()), ("s", bytes)]), "column \"s\" is binary"),
        (batch([("host", host.clone()), ("x", x.clone())]), "no column \"s\""),
        (
            batch([("x", x.clone()), ("s", s.clone())]),
            "no column \"host\"; there are: \"x\", \"s\"",
        ),
        (
            batch([("host", host.clone()), ("x", x.clone()), ("s", s.clone()), ("y", x.clone())]),
            "a column \"y\", which the dataset does not have",
        ),
        (
            batch([("host", host.clone()), ("x", x.clone()), ("x", x.clone()), ("s", s.clone())]),
            "two columns are named \"x\"",
        ),
    ];
    for (batch, says) in cases {
        let refused = put(&store, "d", &by, &batch, Some("id")).expect_err(says);
        assert!(refused.message.contains(says), "{refused}");
    }
    // Layouts of text are one type, and nulls are of any type.
    let views: ArrayRef = Arc::new(StringViewArray::from(vec!["a"]));
    let large: ArrayRef = Arc::new(LargeStringArray::from(vec!["v"]));
    let nulls: ArrayRef = Arc::new(NullArray::new(1));
    let other = batch([("s", large), ("host", views), ("x", nulls)]);
    let id = put(&store, "d", &by, &other, Some("id")).expect("refused batches leave no id");
    assert!(!id.duplicate);
    let after = ask(&store, json!({"dataset": "d"})).expect("it is there");
    assert_eq!(after.schema(), before.schema());
    let count = |name: &str| {
        after.column_by_name(name).expect("asked for").as_primitive::<Int64Type>().value(0)
    };
    assert_eq!(
        (count("rows"), count("x_count"), count("x_null_count"), count("s_count")),
        (2, 1, 1, 2)
    );
    let other = definition(json!({"by": ["s"]}));
    let refused = put(&store, "d", &other, &first, None).expect_err("another definition");
    assert!(
        refused.kind == Kind::Conflict && refused.message.contains("{\"by\":[\"host\"]}"),
        "{refused}"
    );
}

#[test]
fn definitions_that_cannot_be_are_refused() {
    let (directory, store) = {
        let directory = Directory::new();
        let store = directory.open();
        (directory, store)
    };
    let row = batch([
        (
            "list",
            Arc::new(arrow_array::ListArray::from_iter_primitive::<Int64Type, _, _>([Some([
                Some(1),
            ])])) as ArrayRef,
        ),
        ("day", Arc::new(Date32Array::from(vec![1])) as ArrayRef),
        ("n", Arc::new(Int32Array::from(vec![1])) as ArrayRef),
        ("null", Arc::new(NullArray::new(1)) as ArrayRef),
    ]);
    let cases = [
        (json!({"by": ["n", "n"]}), "named twice"),
        (json!({"by": ["day"], "time": {"column": "day", "every": "1d"}}), "named twice"),
        (json!({"columns": ["n", "n"]}), "\"columns\" names \"n\" twice"),
        (json!({"by": ["list"]}), "cannot group by list values"),
        (json!({"by": ["null"]}), "column \"null\" has the type null"),
        (json!({"by": ["zz"]}), "no column \"zz\""),
        (json!({"columns": ["zz"]}), "no column \"zz\""),
        (json!({"time": {"column": "n", "every": "1h"}}), "time column \"n\" is int32"),
        (json!({"time": {"column": "day", "every": "1h"}}), "use whole days"),
    ];
    for (json, says) in cases {
        let refused = put(&store, "d", &definition(json), &row, None).expect_err(says);
        assert!(refused.message.contains(says), "{refused}");
    }
    let many = (0..5000).map(|n| format!("c{n}")).chain(["c4999".into()]).collect::<Vec<_>>();
    let refused = definition(json!({"columns": many})).check().expect_err("too many");
    assert!(
        refused.message.contains("at most 4096 columns"),
        "counted before it is compared: {refused}"
    );
    for name in ["", "a\nb", &"x".repeat(2000)] {
        let refused = put(&store, name, &Definition::default(), &row, None).expect_err("no name");
        assert!(refused.message.contains("cannot name a dataset"), "{refused}");
    }
    assert!(store.read().and_then(|snapshot| snapshot.list("")).expect("a file").is_empty());
    drop(directory);
}

#[test]
fn what_an_open_dataset_lacks_counts_as_null() {
    let (directory, open) = (Directory::new(), definition(json!({"by": ["k"], "open": true})));
    let parts = [
        batch([("k", texts(&["a", "b"])), ("x", doubles(&[1.0, 2.0]))]),
        batch([("k", texts(&["a", "a"])), ("y", doubles(&[5.0, 7.0]))]),
        batch([("y", doubles(&[1.0])), ("x", doubles(&[4.0])), ("k", texts(&["b"]))]),
    ];
    let mut answers = vec![];
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let (store, name) = (directory.open(), format!("{order:?}"));
        for at in order {
            put(&store, &name, &open, &parts[at], None).expect("it fits");
        }
        let columns = json!(["x", "y"]);
        let answer =
            ask(&store, json!({"dataset": name, "columns": columns})).expect("it is there");
        let counts = |name: &str| {
            answer
                .column_by_name(name)
                .expect("asked for")
                .as_primitive::<Int64Type>()
                .values()
                .to_vec()
        };
        assert_eq!(
            (counts("rows"), counts("x_count"), counts("x_null_count")),
            (vec![3, 2], vec![1, 2], vec![2, 0])
        );
        assert_eq!((counts("y_count"), counts("y_null_count")), (vec![2, 1], vec![1, 1]));
        let means = answer.column_by_name("y_mean").expect("asked for");
        assert_eq!(means.as_primitive::<Float64Type>().values().to_vec(), [6.0, 1.0]);
        answers.push(answer);
    }
    assert!(answers[0] == answers[1] && answers[1] == answers[2]);
}

#[test]
fn a_column_of_nulls_takes_the_first_type() {
    let (directory, none) = (Directory::new(), Definition::default());
    let store = directory.open();
    let nulls: ArrayRef = Arc::new(NullArray::new(3));
    put(&store, "d", &none, &batch([("x", nulls.clone())]), Some("n")).expect("the first");
    let answer = ask(&store, json!({"dataset": "d", "statistics": ["count", "null_count"]}));
    assert_eq!(answer.expect("it is there").num_rows(), 1);
    put(&store, "d", &none, &batch([("x", doubles(&[2.0]))]), None).expect("a type");
    assert!(
        put(&store, "d", &none, &batch([("x", nulls)]), Some("n")).expect("the same").duplicate
    );
    let answer = ask(&store, json!({"dataset": "d", "statistics": ["mean", "null_count"]}));
    let answer = answer.expect("it is there");
    assert_eq!(answer.column(0).as_primitive::<Float64Type>().value(0), 2.0);
    assert_eq!(answer.column(1).as_primitive::<Int64Type>().value(0), 3);
    let text = put(&store, "d", &none, &batch([("x", texts(&["a"]))]), None).expect_err("text");
    assert!(text.message.contains("is string in the batch, but float64"), "{text}");
}

#[test]
fn times_may_come_in_any_unit_and_zone() {
    let by = definition(json!({"time": {"column": "at", "every": "1m"}}));
    let (directory, utc) = (Directory::new(), "UTC");
    let store = directory.open();
    let seconds = TimestampSecondArray::from(vec![59, 60, -1]).with_timezone(utc);
    let micros = TimestampMicrosecondArray::from(vec![59_999_999, -1]).with_timezone("+02:00");
    let x = |count: usize| doubles(&vec![1.0; count]);
    put(&store, "d", &by, &batch([("at", Arc::new(seconds) as ArrayRef), ("x", x(3))]), None)
        .expect("first");
    put(&store, "d", &by, &batch([("at", Arc::new(micros) as ArrayRef), ("x", x(2))]), None)
        .expect("others");
    let answer = ask(&store, json!({"dataset": "d", "per": "bucket", "statistics": ["rows"]}));
    let answer = answer.expect("it is there");
    assert_eq!(answer.schema().field(0).data_type().to_string(), "Timestamp(s, \"UTC\")");
    let starts = answer.column(0).as_primitive::<arrow_array::types::TimestampSecondType>();
    assert_eq!(starts.values().to_vec(), [-60, 0, 60]);
    assert_eq!(answer.column(1).as_primitive::<Int64Type>().values().to_vec(), [2, 2, 1]);
    let naive: ArrayRef = Arc::new(TimestampSecondArray::from(vec![1]));
    let refused = put(&store, "d", &by, &batch([("at", naive), ("x", x(1))]), None);
    assert!(refused.expect_err("without a zone").message.contains("column \"at\""));
}

#[test]
fn only_the_columns_that_are_named_have_states() {
    let (directory, some) =
        (Directory::new(), definition(json!({"by": ["k"], "columns": ["x", "k"]})));
    let store = directory.open();
    let rows = batch([("k", texts(&["a"])), ("x", doubles(&[1.0])), ("y", doubles(&[1.0]))]);
    put(&store, "d", &some, &rows, None).expect("it fits");
    let answer =
        ask(&store, json!({"dataset": "d", "statistics": ["count"]})).expect("it is there");
    let names =
        answer.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    assert_eq!(names, ["k", "k_count", "x_count"]);
    let refused =
        ask(&store, json!({"dataset": "d", "columns": ["y"]})).expect_err("it is not kept");
    assert!(
        refused.message.contains("there is no column \"y\"; there are: \"k\", \"x\""),
        "{refused}"
    );
}

#[test]
fn datasets_are_created_merged_and_dropped() {
    let (directory, by) = (Directory::new(), definition(json!({"by": ["k"]})));
    let store = directory.open();
    let create = |name: &'static str, definition: &Definition| {
        let definition = definition.clone();
        change(&store, move |session| session.create(name, &definition, None))
    };
    assert_eq!(create("a", &by), Ok(true));
    assert_eq!(create("a", &by), Ok(false));
    assert_eq!(create("a", &Definition::default()).expect_err("another").kind, Kind::Conflict);
    let empty = ask(&store, json!({"dataset": "a"})).expect_err("no columns are known");
    assert!(empty.message.contains("no data yet"), "{empty}");
    let rows = |k: &[&str], x: &[f64], n: Vec<i64>| {
        batch([
            ("k", texts(k)),
            ("x", doubles(x)),
            ("n", Arc::new(Int64Array::from(n)) as ArrayRef),
        ])
    };
    put(&store, "a", &by, &rows(&["u", "v"], &[0.1, 0.2], vec![1, 2]), Some("1")).expect("it fits");
    put(
        &store,
        "b",
        &by,
        &rows(&["v", "w"], &[0.7, 1e30], vec![3, 4]).project(&[2, 0, 1]).expect("columns"),
        Some("1"),
    )
    .expect("it fits");
    put(
        &store,
        "both",
        &by,
        &rows(&["u", "v", "v", "w"], &[0.1, 0.2, 0.7, 1e30], vec![1, 2, 3, 4]),
        None,
    )
    .expect("it fits");
    assert_eq!(change(&store, |session| session.merge("a", "b", true)), Ok(2));
    let all = |name: &str| ask(&store, json!({"dataset": name, "columns": ["x", "n"]}));
    assert_eq!(all("a"), all("both"));
    assert_eq!(change(&store, |session| session.merge("new", "b", false)), Ok(2));
    assert_eq!(all("b").expect_err("it was moved").kind, Kind::Missing);
    assert!(all("new").is_ok());
    let gone = change(&store, |session| session.merge("a", "b", false)).expect_err("it was moved");
    assert_eq!(gone.kind, Kind::Missing);
    assert_eq!(change(&store, |session| session.drop_dataset("a")), Ok(3));
    assert_eq!(all("a").expect_err("it was dropped").kind, Kind::Missing);
    // A dataset of the same name is another one, which has seen nothing.
    assert!(
        !put(&store, "a", &by, &rows(&["u"], &[1.0], vec![1]), Some("1"))
            .expect("it fits")
            .duplicate
    );
    assert_eq!(all("a").expect("it is there").num_rows(), 1);
    assert_eq!(store.compact().map(drop), Ok(()));
    drop(store);
    let store = directory.open();
    let names = store.read().and_then(|snapshot| snapshot.list("")).expect("a file");
    assert_eq!(
        names.iter().map(|dataset| dataset.name.as_str()).collect::<Vec<_>>(),
        ["a", "both", "new"]
    );
}

#[test]
fn old_buckets_and_ids_are_dropped() {
    let by = definition(json!({"time": {"column": "at", "every": "1h"}}));
    let (directory, start) = (Directory::new(), 3600);
    let store = directory.open();
    let times: ArrayRef =
        Arc::new(TimestampSecondArray::from(vec![Some(-1), Some(0), Some(start), None]));
    put(
        &store,
        "d",
        &by,
        &batch([("at", times), ("x", doubles(&[1.0, 2.0, 3.0, 4.0]))]),
        Some("i"),
    )
    .expect("it fits");
    assert_eq!(change(&store, |session| session.drop_before("d", 1)), Ok(2));
    let answer = ask(&store, json!({"dataset": "d", "per": "bucket", "statistics": ["sum"]}))
        .expect("it is there");
    assert_eq!(answer.column(1).as_primitive::<Float64Type>().values().to_vec(), [3.0, 4.0]);
    let groups = |store: &Store| {
        store.read().and_then(|it| it.expect("d")).expect("it is there").record.groups
    };
    assert_eq!(groups(&store), 2);
    assert_eq!(change(&store, |session| session.forget_ids("d", 0)), Ok(0));
    assert_eq!(change(&store, |session| session.forget_ids("d", u64::MAX)), Ok(1));
    assert_eq!(store.read().and_then(|snapshot| snapshot.batch_ids()), Ok(0));
}

#[test]
fn a_dataset_has_so_many_groups_and_no_more() {
    let directory = Directory::new();
    let limits = colstats_service::limits::Limits { groups: 3, ..Default::default() };
    let store = Store::open(directory.path(), &limits).expect("a directory");
    let by = definition(json!({"by": ["k"]}));
    let rows = |keys: &[&str]| batch([("k", texts(keys)), ("x", doubles(&vec![1.0; keys.len()]))]);
    put(&store, "d", &by, &rows(&["a", "b"]), None).expect("two");
    let refused = put(&store, "d", &by, &rows(&["a", "c", "d"]), Some("i")).expect_err("four");
    assert!(refused.kind == Kind::TooMuch && refused.message.contains("--max-groups"), "{refused}");
    put(&store, "d", &by, &rows(&["a", "c"]), Some("i")).expect("three");
    let sums = ask(&store, json!({"dataset": "d", "statistics": ["sum"]})).expect("it is there");
    assert_eq!(sums.column(1).as_primitive::<Float64Type>().values().to_vec(), [2.0, 1.0, 1.0]);
    let long = "k".repeat(1 << 16);
    let refused = put(&store, "d", &by, &rows(&[&long]), None).expect_err("a long key");
    assert!(refused.message.contains("group by something shorter"), "{refused}");
}

#[test]
fn a_file_of_a_later_version_is_refused() {
    let directory = Directory::new();
    drop(directory.open());
    let path = directory.path().join(colstats_service::store::FILE);
    {
        let database = redb::Database::open(&path).expect("our file");
        let transaction = database.begin_write().expect("nobody else writes");
        let meta = colstats_service::store::tables::META;
        transaction
            .open_table(meta)
            .expect("a table")
            .insert("format", &7_u32.to_le_bytes()[..])
            .expect("room");
        transaction.commit().expect("room");
    }
    let limits = colstats_service::limits::Limits::default();
    let refused = Store::open(directory.path(), &limits).err().expect("a later version");
    assert!(
        refused.message.contains("version 7") && refused.message.contains("newer release"),
        "{refused}"
    );
    std::fs::write(&path, b"this is no file of states, but text that is long enough to look at")
        .expect("room");
    let refused = Store::open(directory.path(), &limits).err().expect("not a file of states");
    assert!(refused.message.contains("cannot open"), "{refused}");
}
