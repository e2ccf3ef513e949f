//! Rows that are divided by the hashes of their keys have the groups that they have one by one.
//!
//! The reference puts each row into a map by its key as text, and adds its value to an accumulator.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Float64Array, Int32Array, Int64Array, LargeStringArray,
    StringArray, StringViewArray,
};
use arrow_schema::DataType;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::plain::Plain;
use colstats::internals::groups::{Division, Grouping, key_type};
use colstats::internals::kernels::{Block, Need};
use colstats::internals::states::accumulator::{Accumulator, Options};
use proptest::prelude::*;

/// A key of a row: a number, or null.
type Id = Option<i64>;

/// Forms of keys, made of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Numbers,
    /// All numbers below zero are NaNs, of different bits, and zero has two signs.
    Floats,
    Text,
    Long,
    Views,
    /// The same values twice, in an order of its own for each chunk, with nulls among keys and values.
    Dictionary,
    /// With another column: rows of bytes.
    Two,
}

const FORMS: [Form; 7] =
    [Form::Numbers, Form::Floats, Form::Text, Form::Long, Form::Views, Form::Dictionary, Form::Two];

fn name(id: i64) -> String {
    format!("a name {id}")
}

fn float(id: i64, row: usize) -> f64 {
    match id {
        ..0 => f64::from_bits((0x7ff8_0000_0000_0001 + row as u64) | ((row as u64 % 2) << 63)),
        0 if row.is_multiple_of(2) => -0.0,
        id => id as f64 * 0.25,
    }
}

fn dictionary(ids: &[Id], start: usize) -> ArrayRef {
    let mut values = ids.to_vec();
    values.sort_unstable();
    values.dedup();
    values.extend(values.clone());
    let turn = start % values.len().max(1);
    values.rotate_left(turn);
    let place = |(row, id): (usize, &Id)| {
        let twice = values.iter().enumerate().filter(|(_, value)| *value == id);
        let place = twice.map(|(place, _)| place as i32).nth(row % 2);
        if id.is_none() && row.is_multiple_of(3) { None } else { place }
    };
    let keys = ids.iter().enumerate().map(place).collect::<Int32Array>();
    let values = values.iter().map(|id| id.map(name)).collect::<StringArray>();
    Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(values)))
}

/// The columns of keys of rows that begin at `start`.
fn keys(form: Form, ids: &[Id], start: usize) -> Vec<ArrayRef> {
    let numbers = || Arc::new(ids.iter().copied().collect::<Int64Array>()) as ArrayRef;
    let names = || ids.iter().map(|id| id.map(name));
    match form {
        Form::Numbers => vec![numbers()],
        Form::Floats => {
            let float = |(row, id): (usize, &Id)| id.map(|id| float(id, start + row));
            vec![Arc::new(ids.iter().enumerate().map(float).collect::<Float64Array>())]
        }
        Form::Text => vec![Arc::new(names().collect::<StringArray>())],
        Form::Long => {
            let long = names().map(|name| name.map(|name| name.repeat(9)));
            vec![Arc::new(long.collect::<LargeStringArray>())]
        }
        Form::Views => vec![Arc::new(names().collect::<StringViewArray>())],
        Form::Dictionary => vec![dictionary(ids, start)],
        Form::Two => vec![numbers(), Arc::new(names().collect::<StringArray>())],
    }
}

/// The keys of a row as text, the same for equal keys.
fn text(keys: &[ArrayRef], row: usize) -> String {
    let one = |keys: &ArrayRef| {
        let name = |name: &str| name.to_string();
        match keys.data_type() {
            _ if keys.is_null(row) => "null".to_string(),
            DataType::Int64 => keys.as_primitive::<Int64Type>().value(row).to_string(),
            DataType::Float64 => (keys.as_primitive::<Float64Type>().value(row) + 0.0).to_string(),
            DataType::Utf8 => name(keys.as_string::<i32>().value(row)),
            DataType::LargeUtf8 => name(keys.as_string::<i64>().value(row)),
            DataType::Utf8View => name(keys.as_string_view().value(row)),
            _ => {
                let dictionary = keys.as_dictionary::<Int32Type>();
                let values = dictionary.values().as_string::<i32>();
                let place = dictionary.keys().value(row) as usize;
                if values.is_null(place) { "null".to_string() } else { name(values.value(place)) }
            }
        }
    };
    keys.iter().map(one).collect::<Vec<_>>().join("|")
}

/// Adds each row to the accumulator of its key.
fn one_by_one(keys: &[ArrayRef], values: &Float64Array, all: &mut BTreeMap<String, Accumulator>) {
    for row in 0..values.len() {
        let state = all.entry(text(keys, row)).or_default();
        match values.is_null(row) {
            true => state.update_counts(0, 1, Need::Everything),
            false => state.update(1, &Block::Dense(&[values.value(row)]), Need::Everything),
        }
    }
}

/// How the rows of a table are read.
#[derive(Clone, Copy, Debug)]
struct Reading {
    chunk: usize,
    batch: usize,
    threads: usize,
    division: Division,
}

/// Compares the sums, or the sums of squares (`S` = 1), or everything (`E` = 1) with those of the reference.
fn compare<const S: usize, const E: usize>(
    form: Form,
    ids: &[Id],
    values: &[Option<f64>],
    reading: Reading,
) {
    let Reading { chunk, batch, threads, division } = reading;
    let (mut by, mut columns, mut expected) = (vec![], vec![], BTreeMap::new());
    for start in (0..ids.len()).step_by(chunk) {
        let end = ids.len().min(start + chunk);
        let keys = keys(form, &ids[start..end], start);
        let values = values[start..end].iter().copied().collect::<Float64Array>();
        one_by_one(&keys, &values, &mut expected);
        by.resize(keys.len(), vec![]);
        by.iter_mut()
            .zip(keys)
            .for_each(|(chunks, key)| chunks.push(Chunk::from(Plain::Array(key))));
        columns.push(Chunk::from(Arc::new(values) as ArrayRef));
    }
    let types = keys(form, &[], 0);
    let types = types.iter().map(|keys| key_type(keys.data_type()).expect("a key")).collect();
    let mut groups = Grouping::<S, E>::with_division(types, 1, threads, division);
    let by = by.iter().map(Vec::as_slice).collect::<Vec<_>>();
    for start in (0..ids.len()).step_by(batch) {
        groups.push(&by, &[&columns], start..ids.len().min(start + batch));
    }
    let groups = groups.finish().expect("valid text");
    assert_eq!(groups.len(), expected.len(), "{form:?} {reading:?}");
    for (row, state) in groups.states(0).iter().enumerate() {
        let key = text(groups.keys(), row);
        let expected = &expected[&key];
        let options = Options::default();
        let rows = expected.count(&options) + expected.nulls();
        let bits = |sum: Option<f64>| sum.map(f64::to_bits);
        let found = state.to_accumulator();
        assert_eq!(groups.sizes()[row], rows, "the rows of {key}: {form:?} {reading:?}");
        assert_eq!(
            bits(found.mean(&options)),
            bits(expected.mean(&options)),
            "{key}: {form:?} {reading:?}"
        );
        if S == 1 {
            let spreads = [&found, expected].map(|state| bits(state.stddev(&options)));
            assert_eq!(spreads[0], spreads[1], "{key}: {form:?} {reading:?}");
        }
        if E == 1 {
            assert_eq!(&found, expected, "{key}: {form:?} {reading:?}");
        }
    }
}

/// Numbers of rows: all equal, all different, a few, mostly one, or any.
fn ids() -> impl Strategy<Value = Vec<Id>> {
    let key = prop_oneof![
        Just(0i64..1).boxed(),
        Just(-3i64..9).boxed(),
        Just(-200i64..200).boxed(),
        Just(i64::MIN..i64::MAX).boxed(),
    ];
    let random = key
        .prop_flat_map(|range| prop::collection::vec(prop::option::weighted(0.9, range), 0..700));
    let different = (0usize..700, any::<i32>(), prop::sample::select(vec![1i64, -1, 3, 1 << 20]))
        .prop_map(|(rows, first, step)| {
            (0..rows as i64).map(|row| Some(i64::from(first) + row * step)).collect()
        });
    let mostly_one = (0usize..700, 1usize..50).prop_map(|(rows, every)| {
        (0..rows)
            .map(|row| (row % 7 > 0).then_some(if row % every == 0 { row as i64 } else { 5 }))
            .collect()
    });
    prop_oneof![2 => random, 1 => different, 1 => mostly_one, 1 => Just(vec![None; 40])]
}

fn values() -> impl Strategy<Value = Vec<Option<f64>>> {
    let usual = (-50i32..50).prop_map(|value| f64::from(value) * 0.1);
    let special = prop::sample::select(vec![f64::NAN, f64::INFINITY, 1e300, -0.0, 5e-324, 1e-30]);
    let some = |share: u32| {
        let value = prop_oneof![60 => usual.clone(), share => special.clone()];
        prop::collection::vec(prop::option::weighted(0.95, value), 700).boxed()
    };
    prop_oneof![some(1), some(60)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn divided_rows_have_the_groups_of_single_rows(
        ids in ids(),
        values in values(),
        form in prop::sample::select(FORMS.to_vec()),
        (chunk, batch, threads) in (1usize..900, 1usize..900, 1usize..5),
        (from, parts, rows) in (0usize..60, prop::sample::select(vec![1, 2, 3, 64, 128, 256]), 1usize..300),
    ) {
        let division = Division { from, parts, rows };
        let reading = Reading { chunk, batch, threads, division };
        let values = &values[..ids.len()];
        compare::<0, 0>(form, &ids, values, reading);
        compare::<1, 0>(form, &ids, values, reading);
        compare::<1, 1>(form, &ids, values, reading);
    }
}

/// Enough rows for several threads, and enough groups for tables that are read ahead.
#[test]
fn a_million_rows_are_divided_among_threads() {
    let rows = 1_100_000;
    let key = |row: usize| (row % 1009 != 3).then_some((row * 7919 % 150_001) as i64);
    let ids = (0..rows).map(key).collect::<Vec<_>>();
    let value = |row: usize| (!row.is_multiple_of(11)).then_some(1e3 / (row as f64 - 1e5 - 0.5));
    let values = (0..rows).map(value).collect::<Vec<_>>();
    for (form, threads, chunk) in
        [(Form::Numbers, 1, rows), (Form::Numbers, 4, 100_000), (Form::Text, 2, rows)]
    {
        let division = Division { from: 1 << 16, parts: 128, rows: 1 << 16 };
        compare::<1, 0>(form, &ids, &values, Reading { chunk, batch: 600_000, threads, division });
    }
}
