//! All types of columns, keys and states.

use std::sync::Arc;

use arrow_array::types::{Int8Type, Int32Type};
use arrow_array::*;
use colstats_service::dataset::Definition;
use colstats_service::refusal::Kind;
use colstats_service::states;
use colstats_service::store::Put;
use serde_json::json;

use super::columns::columns;
use super::support::{Directory, STATISTICS, ask, batch, definition, of_memory, put};

#[test]
fn every_type_has_the_answers_of_memory() {
    let (directory, none) = (Directory::new(), Definition::default());
    let columns = columns();
    {
        let store = directory.open();
        // All at once, and row by row, which is no different.
        put(&store, "at once", &none, &batch(columns.clone()), None).expect("they fit");
        for row in [2, 0, 3, 1] {
            put(&store, "rows", &none, &batch(columns.clone()).slice(row, 1), None)
                .expect("it fits");
        }
    }
    let store = directory.open();
    let whole = ask(&store, json!({"dataset": "at once"})).expect("it is there");
    assert_eq!(whole, ask(&store, json!({"dataset": "rows"})).expect("it is there"));
    for (name, column) in &columns {
        for statistic in STATISTICS {
            let found = whole.column_by_name(&format!("{name}_{}", statistic.name()));
            let expected = of_memory(std::slice::from_ref(column), statistic);
            assert_eq!(
                found.map(|it| it.to_data()),
                expected.map(|it| it.to_data()),
                "{name} {statistic:?}"
            );
        }
        let asked = json!({"dataset": "rows", "columns": [name], "statistics": ["mean"]});
        let has_mean = of_memory(std::slice::from_ref(column), colstats::Statistic::Mean).is_some();
        let answer = ask(&store, asked);
        assert_eq!(answer.is_ok(), has_mean, "{name}");
        if let Err(refused) = answer {
            assert!(refused.kind == Kind::Invalid && refused.message.contains(name), "{refused}");
        }
    }
}

#[test]
fn every_type_of_keys_groups_rows() {
    let (directory, values) = (Directory::new(), Float64Array::from(vec![1.0, 2.0, 4.0, 8.0]));
    let values: ArrayRef = Arc::new(values);
    for (name, keys) in columns() {
        let by = definition(json!({"by": [name]}));
        let rows = batch([(name, keys.clone()), ("x", values.clone())]);
        {
            let store = directory.open();
            let fits = put(&store, name, &by, &rows, Some("all"));
            if ["null", "list"].contains(&name) {
                assert!(fits.expect_err("no key").message.contains(name));
                continue;
            }
            fits.expect("it is a key");
            put(&store, name, &by, &rows.slice(2, 2), None).expect("some again");
        }
        let store = directory.open();
        let answer =
            ask(&store, json!({"dataset": name, "statistics": ["sum"]})).expect("it is there");
        assert_eq!(answer.num_rows(), 3, "{name}");
        let plain = colstats::internals::types::plain(keys.data_type());
        assert_eq!(answer.column(0).data_type(), plain, "{name}");
        // The null comes last; the other two groups are those of rows 0 and 2, and of row 3; of runs, of 0, and of 3.
        let mut sums = answer
            .column(1)
            .as_any()
            .downcast_ref::<Float64Array>()
            .expect("sums")
            .values()
            .to_vec();
        assert!(answer.column(0).is_null(2), "{name}");
        let null = sums.pop();
        sums.sort_by(f64::total_cmp);
        match name {
            "runs" | "text_runs" => assert_eq!((null, sums), (Some(10.0), vec![1.0, 16.0])),
            _ => assert_eq!((null, sums), (Some(2.0), vec![9.0, 16.0]), "{name}"),
        }
    }
}

#[test]
fn equal_keys_are_one_group_whatever_their_bits() {
    let (directory, by) = (Directory::new(), definition(json!({"by": ["k"]})));
    let store = directory.open();
    let other_nan = f64::from_bits(0xfff8_0000_0000_0007);
    for keys in [vec![0.0, f64::NAN, 1.0], vec![-0.0, other_nan, 1.0]] {
        let rows = batch([("k", Arc::new(Float64Array::from(keys)) as ArrayRef)]);
        put(&store, "d", &by, &rows, None).expect("it fits");
    }
    let answer = ask(&store, json!({"dataset": "d"})).expect("it is there");
    assert_eq!(answer.num_rows(), 3);
    assert_eq!(answer.column(1).to_data(), Int64Array::from(vec![2, 2, 2]).to_data());
}

/// States that are asked for and put elsewhere are as good as the data.
#[test]
fn states_are_asked_for_and_put() {
    let directory = Directory::new();
    let store = directory.open();
    let definitions = [
        json!({}),
        json!({"by": ["i8", "utf8"]}),
        json!({"by": ["f64"], "time": {"column": "timestamp", "every": "1h"}}),
        json!({"time": {"column": "zoned", "every": "1s"}}),
        json!({"by": ["bool"], "columns": []}),
    ];
    // States do not say how long fixed-size bytes are, nor what is in a list.
    let columns = columns()
        .into_iter()
        .filter(|(name, _)| !["fixed", "list", "dictionary", "text_runs"].contains(name));
    let rows = batch(columns);
    for (at, json) in definitions.into_iter().enumerate() {
        let definition = definition(json);
        let (data, copied) = (format!("data {at}"), format!("copied {at}"));
        put(&store, &data, &definition, &rows, None).expect("it fits");
        put(&store, &data, &definition, &rows.slice(1, 2), None).expect("it fits");
        let per = if definition.time.is_some() { "bucket" } else { "all" };
        let table =
            ask(&store, json!({"dataset": data, "states": true, "per": per})).expect("states");
        let put_states = |id| {
            store.put_now(Put {
                dataset: copied.clone(),
                definition: definition.clone(),
                delta: Arc::new(states::read(&definition, &[], &table)?),
                batch_id: Some(id),
            })
        };
        assert!(!put_states("once".to_string()).expect("they fit").duplicate);
        assert!(put_states("once".to_string()).expect("they fit").duplicate);
        let all =
            |name: &str| ask(&store, json!({"dataset": name, "per": per})).expect("it is there");
        assert_eq!(all(&data), all(&copied));
        // Data may follow.
        put(&store, &copied, &definition, &rows, None).expect("the same columns");
    }
}

#[test]
fn states_that_are_none_are_refused() {
    let grouped = definition(json!({"by": ["k"]}));
    let bytes = |bytes: &'static [u8]| Arc::new(BinaryArray::from(vec![Some(bytes)])) as ArrayRef;
    let text = |text: &'static str| Arc::new(StringArray::from(vec![text])) as ArrayRef;
    let state = |values: &[f64]| {
        let state = values.iter().copied().collect::<colstats::Moments>().to_bytes();
        Arc::new(BinaryArray::from(vec![Some(&state[..])])) as ArrayRef
    };
    let none = Definition::default();
    let cases = [
        (&none, batch([("name", text("x"))]), "no column \"state\""),
        (
            &none,
            batch([("name", text("x")), ("state", text("y"))]),
            "\"state\" is string, expected binary",
        ),
        (&none, batch([("name", text("x")), ("state", bytes(b"CSTM"))]), "row 0, column \"state\""),
        (
            &none,
            batch([("name", Arc::new(NullArray::new(1)) as ArrayRef), ("state", state(&[1.0]))]),
            "a row has no name",
        ),
        (&grouped, batch([("k", text("a"))]), "no column of states"),
        (&grouped, batch([("x_state", state(&[1.0]))]), "no column \"k\""),
        (
            &grouped,
            batch([("k", text("a")), ("x_state", state(&[1.0])), ("y", text("b"))]),
            "neither a key",
        ),
        (
            &grouped,
            batch([("k", text("a")), ("x_state", state(&[1.0])), ("y_state", state(&[1.0, 2.0]))]),
            "states of 1 rows for column \"x\", but of 2 for column \"y\"",
        ),
    ];
    for (definition, table, says) in cases {
        let refused = states::read(definition, &[], &table).expect_err(says);
        assert!(refused.message.contains(says), "{refused}");
    }
    let mut less = [1.0, 2.0, 4.0].into_iter().collect::<colstats::Moments>();
    less.retract(&[2.0].into_iter().collect()).expect("it was added");
    let less: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&less.to_bytes()[..])]));
    let refused = states::read(&none, &[], &batch([("name", text("x")), ("state", less)]));
    assert!(
        refused.expect_err("no extremes").message.contains("minimum and maximum are not known")
    );
}

/// One long value in many rows costs nothing to send, and is not decoded.
#[test]
fn keys_that_would_take_all_memory_are_refused() {
    let rows = 1 << 20;
    let long = "x".repeat(1 << 20);
    let ends = Int32Array::from(vec![rows]);
    let runs = |values: ArrayRef| RunArray::<Int32Type>::try_new(&ends, &values).expect("a run");
    let dictionary = DictionaryArray::<Int8Type>::new(
        Int8Array::from(vec![0; rows as usize]),
        Arc::new(LargeBinaryArray::from_vec(vec![long.as_bytes()])),
    );
    let columns: [ArrayRef; 3] = [
        Arc::new(runs(Arc::new(LargeStringArray::from(vec![long.as_str()])))),
        Arc::new(runs(Arc::new(
            FixedSizeBinaryArray::try_from_iter([long.as_bytes()].into_iter()).expect("bytes"),
        ))),
        Arc::new(dictionary),
    ];
    for keys in columns {
        let by_key = definition(json!({"by": ["name"]}));
        let table = batch([("name", keys)]);
        for refused in [
            colstats_service::ingest::ingest(&by_key, &table).err(),
            states::read(&by_key, &[], &table).err(),
            states::read(&Definition::default(), &[], &table).err(),
        ] {
            let refused = refused.expect("a terabyte");
            assert_eq!(refused.kind, Kind::TooMuch, "{refused}");
            assert!(
                refused.message.contains("1073741824 bytes when they are decoded"),
                "{refused}"
            );
        }
    }
}

/// States count rows that nobody sent: their keys and numbers are bounded as those of rows are.
#[test]
fn states_of_long_keys_or_too_many_rows_are_refused() {
    let nulls = |rows| {
        let mut state = colstats::internals::states::single::Whole::default();
        state.add_counts(0, rows);
        states::typed(
            &colstats::internals::states::column_type::ColumnType::of(
                &arrow_schema::DataType::Null,
            ),
            &state,
        )
        .to_bytes()
    };
    let by_key = definition(json!({"by": ["k"]}));
    let table = |keys: Vec<String>, rows| {
        let state = nulls(rows);
        let states = vec![&state[..]; keys.len()];
        let keys: ArrayRef = Arc::new(StringArray::from(keys));
        batch([("k", keys), ("_state", Arc::new(BinaryArray::from_vec(states)) as ArrayRef)])
    };
    let long = states::read(&by_key, &[], &table(vec!["k".repeat(40_000)], 1)).expect_err("long");
    assert!(long.kind == Kind::TooMuch && long.message.contains("at most 32768"), "{long}");

    let directory = Directory::new();
    let store = directory.open();
    let keys = (0..1500).map(|key| key.to_string()).collect::<Vec<_>>();
    let delta = states::read(&by_key, &[], &table(keys, 1 << 53)).expect("they fit");
    let put = |_| {
        let delta = Arc::new(delta.clone());
        store.put_now(Put {
            dataset: "d".into(),
            definition: by_key.clone(),
            delta,
            batch_id: None,
        })
    };
    assert_eq!(put(0).expect("they fit").rows, 1500 << 53);
    let refused = put(1).expect_err("more than 2^64");
    assert!(refused.kind == Kind::TooMuch && refused.message.contains("2^64 rows"), "{refused}");
    let dataset = store.read().and_then(|snapshot| snapshot.expect("d")).expect("it is there");
    assert_eq!((dataset.record.rows, dataset.record.groups), (1500 << 53, 1500));
}
