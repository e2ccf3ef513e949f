//! Groups of many rows: sums on grids that they share against the kernels, value by value, and the order of text.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float16Type, Float32Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, Float64Array, Int64Array, PrimitiveArray, StringArray, StringViewArray,
};
use arrow_schema::DataType;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::plain::Plain;
use colstats::internals::groups::Grouping;
use colstats::internals::kernels::Need;
use colstats::internals::states::accumulator::Accumulator;

/// Floats of all kinds that are added to sums on shared grids, or leave them.
fn float_columns(rows: usize) -> Vec<(&'static str, ArrayRef)> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut uniform = move || (random() >> 11) as f64 * 2f64.powi(-53);
    let mut normal = move || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
    let mut column = |name, value: &dyn Fn(usize, f64) -> Option<f64>| {
        let values = (0..rows).map(|row| value(row, normal())).collect::<Float64Array>();
        (name, Arc::new(values) as ArrayRef)
    };
    let every = |row: usize, n: usize| (row * 7 + row / n).is_multiple_of(n);
    let mut columns = vec![
        column("normal", &|_, x| Some(10.0 + 3.0 * x)),
        column("nulls", &|row, x| (!every(row, 10)).then_some(x)),
        column("all nulls", &|_, _| None),
        column("NaNs", &|row, x| Some(if every(row, 100) { f64::NAN } else { x })),
        column("infinities", &|row, x| Some(if row % 1000 == 7 { f64::INFINITY } else { x })),
        column("outliers", &|row, x| Some(if every(row, 1000) { 1e30 * x } else { x })),
        column("tiny", &|row, x| Some(if every(row, 100) { 1e-30 * x } else { x })),
        column("scattered", &|_, x| Some((8.0 * x).exp())),
        column("zeros", &|row, _| Some(if row % 3 == 0 { -0.0 } else { 0.0 })),
        column("negative zeros", &|_, _| Some(-0.0)),
        column("zeros and ones", &|row, _| Some(if row < rows / 2 { -0.0 } else { 1.0 })),
        column("growing", &|row, x| Some(x * 2f64.powi((row / 700) as i32 % 600 - 300))),
        column("changing", &|row, x| Some(if row < rows / 3 { x } else { 1e9 * x })),
        column("huge", &|_, x| Some(1e307 * x)),
        column("subnormal", &|_, x| Some(1e-310 * x)),
    ];
    let narrow = Float64Array::from_iter_values((0..rows).map(|row| (row as f64).sin()));
    let single: PrimitiveArray<Float32Type> = narrow.unary(|value| value as f32);
    let half: PrimitiveArray<Float16Type> = narrow.unary(half::f16::from_f64);
    columns.push(("single", Arc::new(single)));
    columns.push(("half", Arc::new(half)));
    columns
}

/// Checks the states of each group, which gather only some, against those of all of its rows.
fn check<const S: usize>(
    name: &str,
    (keys, column): (&Int64Array, &ArrayRef),
    (batch, threads): (usize, usize),
) {
    let (rows, need) = (keys.len(), if S == 1 { Need::Squares } else { Need::Sum });
    let by = [Chunk::from(Arc::new(keys.clone()) as ArrayRef)];
    let cuts = [0, rows / 5, rows / 2, rows];
    let chunk = |cut: &[usize]| Chunk::from(column.slice(cut[0], cut[1] - cut[0]));
    let chunks = cuts.windows(2).map(chunk).collect::<Vec<_>>();
    let mut groups = Grouping::<S, 0>::new(vec![DataType::Int64], 1, threads);
    for start in (0..rows).step_by(batch) {
        groups.push(&[&by], &[&chunks], start..rows.min(start + batch));
    }
    let groups = groups.finish().expect("no text");
    let mut expected: BTreeMap<Option<i64>, (u64, Accumulator)> = BTreeMap::new();
    for (row, key) in keys.iter().enumerate() {
        let (size, accumulator) = expected.entry(key).or_default();
        Chunk::from(column.slice(row, 1)).fold(need, accumulator);
        *size += 1;
    }
    assert_eq!(groups.len(), expected.len());
    let found_keys = groups.keys()[0].as_primitive::<Int64Type>();
    for (group, state) in groups.states(0).iter().enumerate() {
        let key = found_keys.is_valid(group).then(|| found_keys.value(group));
        let (size, expected) = &expected[&key];
        assert_eq!(groups.sizes()[group], *size);
        let mut found = state.to_accumulator();
        found.count_others_as_null(*size); // the nulls are known by the size
        assert_eq!(found, *expected, "{name} of {key:?}, {threads} threads");
    }
}

#[test]
fn floats_on_shared_grids_have_exact_sums() {
    let rows = 30_000;
    let key = |row: usize| (row % 97 != 5).then_some((row * row) as i64 % 23 - 11);
    let few = (0..rows).map(key).collect::<Int64Array>();
    for (name, column) in float_columns(rows) {
        for threads in [1, 3] {
            check::<0>(name, (&few, &column), (9_000, threads));
            check::<1>(name, (&few, &column), (9_000, threads));
        }
    }
}

/// Enough groups for each shard to own some.
#[test]
fn floats_of_many_groups_have_exact_sums() {
    let rows = 30_000;
    let key = |row: usize| (row % 97 != 5).then_some((row * 2_654_435_761 % 10_007) as i64);
    let many = (0..rows).map(key).collect::<Int64Array>();
    for (name, column) in float_columns(rows).into_iter().step_by(2) {
        check::<0>(name, (&many, &column), (9_000, 2));
        check::<1>(name, (&many, &column), (9_000, 2));
    }
}

/// Text that is read ahead, in several threads, with a long common beginning or none, in the order of its bytes.
#[test]
fn groups_of_text_are_sorted() {
    let rows = 40_000;
    let number = |row: usize| row * 2_654_435_761 % 10_007;
    for start in ["", "https://www.example.com/a/rather/long/path/"] {
        let text = |row: usize| match number(row) {
            0 => None,
            n if n % 5 == 0 => Some(format!("{start}{}", "\0".repeat(n % 40))),
            n if n % 5 == 1 => Some(format!("{start}{n:x}")),
            n if n % 5 == 2 => Some(format!("{start}{n:020}")),
            n => Some(format!("{start}{n:06}")),
        };
        let texts = (0..rows).map(text).collect::<Vec<_>>();
        let mut expected: BTreeMap<(bool, &Option<String>), u64> = BTreeMap::new();
        for text in &texts {
            *expected.entry((text.is_none(), text)).or_default() += 1;
        }
        let keys: ArrayRef = Arc::new(StringArray::from_iter(&texts));
        let views: ArrayRef = Arc::new(StringViewArray::from_iter(&texts));
        for (keys, threads) in [(&keys, 1), (&keys, 2), (&views, 3)] {
            let by = [Chunk::from(Plain::Array(Arc::clone(keys)))];
            let mut groups = Grouping::<0, 0>::new(vec![DataType::Utf8], 0, threads);
            for start in (0..rows).step_by(9_000) {
                groups.push(&[&by], &[], start..rows.min(start + 9_000));
            }
            let groups = groups.finish().expect("valid text");
            let found = groups.keys()[0].as_string::<i32>();
            let found = found.iter().zip(groups.sizes()).map(|(key, &size)| (key, size));
            let expected = expected.iter().map(|((_, text), &size)| (text.as_deref(), size));
            assert!(found.eq(expected), "{start}, {threads} threads");
        }
    }
}
