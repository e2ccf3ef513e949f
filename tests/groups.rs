//! Groups against an oracle: the rows of each key are collected one by one and folded as a column.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Float64Array, Int32Array, Int64Array, NullArray,
    PrimitiveArray, StringArray, StringViewArray, UInt64Array, make_array,
};
use arrow_buffer::i256;
use arrow_data::transform::MutableArrayData;
use arrow_schema::DataType;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::opaque::Opaque;
use colstats::internals::columns::plain::Plain;
use colstats::internals::columns::runs::Runs;
use colstats::internals::columns::values::Values;
use colstats::internals::groups::{GroupBy, Grouped, joined_type, key_type};
use colstats::internals::kernels::Need;
use colstats::internals::states::accumulator::Accumulator;
use colstats::internals::states::single::Whole;
use colstats::internals::{ErrorKind, types};
use proptest::prelude::*;

/// The rows at these positions.
fn rows_at(array: &ArrayRef, positions: &[usize]) -> ArrayRef {
    let data = array.to_data();
    let mut rows = MutableArrayData::new(vec![&data], true, positions.len());
    for &position in positions {
        rows.try_extend(0, position, position + 1).expect("the offsets do not overflow");
    }
    make_array(rows.freeze())
}

/// A key as text, which is the same for equal keys: all NaNs are one key, and so are both zeros.
fn key_text(array: &ArrayRef, row: usize) -> String {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        return "null".into();
    }
    let one = rows_at(array, &[row]);
    match array.as_any().downcast_ref::<Float64Array>() {
        Some(floats) => format!("{:?}", floats.value(row) + 0.0),
        None => format!("{one:?}"),
    }
}

/// Arrays of every type family, derived from the same integers.
fn arrays(values: &[Option<i64>]) -> Vec<ArrayRef> {
    fn primitive<P: ArrowPrimitiveType>(
        values: &[Option<i64>],
        make: impl Fn(i64) -> P::Native,
    ) -> ArrayRef {
        Arc::new(values.iter().map(|value| value.map(&make)).collect::<PrimitiveArray<P>>())
    }
    let float = |v: i64| [0.0, -0.0, f64::NAN, -f64::NAN, 1e300, -2.5][v.rem_euclid(6) as usize];
    vec![
        primitive::<Float64Type>(values, |v| float(v) * (v >> 3) as f64),
        primitive::<Float64Type>(values, float),
        primitive::<Float64Type>(values, |v| (v as f64) * 0.1),
        primitive::<Float32Type>(values, |v| v as f32 / 7.0),
        primitive::<Float16Type>(values, |v| half::f16::from_bits(v as u16)),
        primitive::<Int8Type>(values, |v| v as i8),
        primitive::<UInt64Type>(values, |v| v as u64),
        primitive::<TimestampNanosecondType>(values, |v| v),
        primitive::<Decimal128Type>(values, |v| i128::from(v).pow(2)),
        primitive::<Decimal256Type>(values, |v| i256::from_i128(v.into()) << 90),
        Arc::new(values.iter().map(|v| v.map(|v| v % 2 == 0)).collect::<BooleanArray>()),
        Arc::new(NullArray::new(values.len())),
        Arc::new(values.iter().map(|v| v.map(|v| v.to_string())).collect::<StringArray>()),
        Arc::new(values.iter().map(|v| v.map(|v| v.to_string())).collect::<StringViewArray>()),
    ]
}

/// An array cut into chunks.
fn cut(array: &ArrayRef, cuts: &[usize]) -> Vec<Chunk> {
    let rows = array.len();
    let mut boundaries =
        cuts.iter().map(|cut| cut % (rows + 1)).chain([0, rows]).collect::<Vec<_>>();
    boundaries.sort_unstable();
    let pairs = boundaries.windows(2);
    pairs.map(|pair| Chunk::from(array.slice(pair[0], pair[1] - pair[0]))).collect()
}

/// An array as it is, even if its type has no statistics.
fn array_chunk(array: ArrayRef) -> Chunk {
    Plain::Array(array).into()
}

/// The same chunks with the values of those that are opaque: as keys, such columns are read.
fn as_keys(chunks: Vec<Chunk>, array: &ArrayRef) -> Vec<Chunk> {
    let mut start = 0;
    let of_array = |chunk: Chunk| {
        start += chunk.rows();
        match chunk {
            Chunk::Plain(Plain::Opaque(Opaque { rows, .. })) => {
                array_chunk(array.slice(start - rows, rows))
            }
            other => other,
        }
    };
    chunks.into_iter().map(of_array).collect()
}

/// Groups rows, batch by batch.
fn grouped(
    keys: &[Vec<Chunk>],
    columns: &[Vec<Chunk>],
    types: &[DataType],
    (rows, batch, threads): (usize, usize, usize),
) -> Grouped {
    let keys = keys.iter().map(Vec::as_slice).collect::<Vec<_>>();
    let columns = columns.iter().map(Vec::as_slice).collect::<Vec<_>>();
    let mut groups = GroupBy::new(types.to_vec(), columns.len(), threads);
    for start in (0..rows).step_by(batch) {
        groups.push(&keys, &columns, start..rows.min(start + batch));
    }
    groups.finish().expect("valid text")
}

/// The state of each group, by the oracle.
fn expected(keys: &[&ArrayRef], column: &ArrayRef) -> BTreeMap<Vec<String>, Accumulator> {
    let mut positions: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for row in 0..column.len() {
        let key = keys.iter().map(|key| key_text(key, row)).collect();
        positions.entry(key).or_default().push(row);
    }
    let fold = |positions: Vec<usize>| {
        let mut accumulator = Accumulator::new();
        Chunk::from(rows_at(column, &positions)).fold(Need::Everything, &mut accumulator);
        accumulator
    };
    positions.into_iter().map(|(key, positions)| (key, fold(positions))).collect()
}

/// The state of each group.
fn states(groups: &Grouped, column: usize) -> BTreeMap<Vec<String>, Accumulator> {
    let key = |row| groups.keys().iter().map(|key| key_text(key, row)).collect();
    let states = groups.states(column).iter().enumerate();
    let states: BTreeMap<_, _> =
        states.map(|(row, state)| (key(row), state.to_accumulator())).collect();
    assert_eq!(states.len(), groups.len(), "each key has one group");
    states
}

fn few_values() -> impl Strategy<Value = Vec<Option<i64>>> {
    prop::collection::vec(prop::option::weighted(0.9, any::<i64>()), 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn groups_equal_columns_of_their_rows(
        values in few_values(),
        which in prop::collection::vec(0i64..7, 80),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
        (first, second) in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        (batch, threads) in (1usize..100, 1usize..4),
    ) {
        let rows = values.len();
        let whole = arrays(&values);
        let keys = arrays(&(0..rows).map(|row| (which[row] > 0).then_some(which[row] - 3)).collect::<Vec<_>>());
        let keys = [&keys[first.index(keys.len())], &keys[second.index(keys.len())]];
        let types = keys.map(|key| key_type(key.data_type()).expect("a key"));
        let chunks = |cuts: &[usize]| {
            let columns = whole.iter().map(|array| cut(array, cuts)).collect::<Vec<_>>();
            (keys.map(|array| as_keys(cut(array, &cuts[cuts.len() / 2..]), array)), columns)
        };
        let (key_chunks, columns) = chunks(&cuts);
        let groups = grouped(&key_chunks, &columns, &types, (rows, batch, threads));
        let plain = chunks(&[]);
        let other = grouped(&plain.0, &plain.1, &types, (rows, rows.max(1), 1));
        prop_assert_eq!(groups.keys(), other.keys());
        for (i, array) in whole.iter().enumerate() {
            let oracle = expected(&keys, array);
            prop_assert_eq!(&states(&groups, i), &oracle);
            prop_assert_eq!(&states(&other, i), &oracle);
        }

        // Merged states of parts are those of the whole.
        let mut joined = GroupBy::new(types.to_vec(), whole.len(), threads);
        for part in [0..rows / 3, rows / 3..rows] {
            let mut groups = GroupBy::new(types.to_vec(), whole.len(), 1);
            let slices = key_chunks.each_ref().map(Vec::as_slice);
            groups.push(&slices, &columns.iter().map(Vec::as_slice).collect::<Vec<_>>(), part);
            let part = groups.finish().expect("valid text");
            let states = (0..whole.len()).map(|column| part.states(column)).collect::<Vec<_>>();
            part.push_to(&mut joined, &states).expect("few rows");
        }
        let joined = joined.finish().expect("valid text");
        prop_assert_eq!(joined.keys(), groups.keys());
        prop_assert_eq!(joined.sizes(), groups.sizes());
        let rows_of = |state: &Whole| state.rows();
        prop_assert_eq!(groups.sizes(), groups.states(0).iter().map(rows_of).collect::<Vec<_>>());
        for column in 0..whole.len() {
            prop_assert_eq!(states(&joined, column), states(&groups, column));
        }
    }

    #[test]
    fn encoded_columns_are_grouped_like_their_values(
        values in few_values().prop_filter("some", |values| !values.is_empty()),
        positions in prop::collection::vec(any::<prop::sample::Index>(), 1..60),
        start in 0usize..60,
    ) {
        let positions = positions.iter().map(|position| position.index(values.len())).collect::<Vec<_>>();
        let start = start.min(positions.len());
        let rows = positions.len() - start;
        let keys = Int32Array::from_iter_values(positions.iter().map(|&position| position as i32));
        let ends = Int64Array::from_iter_values(1..=positions.len() as i64);
        for array in arrays(&values) {
            let plain = rows_at(&array, &positions);
            let values = |array: &ArrayRef| match types::is_readable(array.data_type()) {
                true => Values::Array(Arc::clone(array)),
                false => Values::Opaque(Opaque { rows: array.len(), validity: array.logical_nulls() }),
            };
            let of_array = || values(&array);
            let runs = Runs::new(&ends, values(&plain).into(), (start, rows), None);
            let runs = Chunk::from(runs.expect("sound"));
            let dictionary = Plain::dictionary(&keys, of_array()).expect("sound").slice(start, rows).into();
            let of_type = key_type(array.data_type()).expect("a key");
            let plain = plain.slice(start, rows);
            let by = [array_chunk(Arc::new(Int32Array::from_iter_values((0..rows as i32).map(|row| row % 3))))];
            let group = |column: &Chunk| {
                grouped(&[by.to_vec()], &[vec![column.clone()]], &[DataType::Int32], (rows, 7, 2))
            };
            let oracle = states(&group(&Chunk::from(Arc::clone(&plain))), 0);
            for encoded in [&runs, &dictionary] {
                prop_assert_eq!(states(&group(encoded), 0), oracle.clone());
                if matches!(array.data_type(), DataType::Utf8 | DataType::Utf8View) {
                    continue; // text keys are decoded by the caller
                }
                let by = |key: &Chunk| grouped(&[vec![key.clone()]], &[], std::slice::from_ref(&of_type), (rows, 9, 1));
                let (ours, theirs) = (by(encoded), by(&array_chunk(Arc::clone(&plain))));
                prop_assert_eq!(ours.keys(), theirs.keys());
            }
        }
    }
}

#[test]
fn groups_are_sorted_by_key() {
    let floats = [Some(1.5), None, Some(f64::NAN), Some(-0.0), Some(f64::INFINITY), Some(0.0)];
    let floats: ArrayRef = Arc::new(Float64Array::from(floats.to_vec()));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["b", "a", "b", "a", "b", "a"]));
    let keys = [vec![array_chunk(text)], vec![Chunk::from(floats)]];
    let groups = grouped(&keys, &[], &[DataType::Utf8, DataType::Float64], (6, 6, 2));
    let texts = (0..groups.len()).map(|row| {
        let key = groups.keys().iter().map(|key| format!("{:?}", rows_at(key, &[row])));
        key.collect::<String>().replace(['\n', ' '], "")
    });
    let texts = texts.collect::<Vec<_>>();
    let expected = ["a0.0", "anull", "b1.5", "binf", "bNaN"];
    assert_eq!(texts.len(), expected.len());
    for (found, expected) in texts.iter().zip(expected) {
        let (text, float) = expected.split_at(1);
        assert!(
            found.contains(&format!("\"{text}\"")) && found.contains(float),
            "{found}: {expected}"
        );
    }
}

#[test]
fn key_types_join_if_they_can_match() {
    let (text, large) = (DataType::Utf8, DataType::LargeUtf8);
    assert_eq!(joined_type(&text, &text), Some(text.clone()));
    assert_eq!(joined_type(&text, &DataType::Utf8View), Some(large.clone()));
    assert_eq!(joined_type(&DataType::Null, &text), Some(text.clone()));
    assert_eq!(joined_type(&text, &DataType::Binary), None);
    assert_eq!(joined_type(&DataType::Int32, &DataType::Int64), Some(DataType::Int64));
    assert_eq!(joined_type(&DataType::UInt64, &DataType::Int64), None);
    assert_eq!(joined_type(&DataType::Float16, &DataType::Float32), Some(DataType::Float32));
    assert_eq!(joined_type(&DataType::Float64, &DataType::Int8), None);
    assert_eq!(joined_type(&DataType::Decimal32(4, 2), &DataType::Decimal32(5, 2)), None);
    let dictionary = DataType::Dictionary(DataType::Int8.into(), text.clone().into());
    assert_eq!(key_type(&dictionary), Some(text));
    assert_eq!(key_type(&DataType::new_list(large, true)), None);
}

/// Keys of two types meet as those of the wider one, at the limits of the narrower.
#[test]
fn keys_of_two_number_types_meet() {
    fn limits<P: ArrowPrimitiveType>(least: P::Native, greatest: P::Native) -> ArrayRef {
        Arc::new(PrimitiveArray::<P>::from_iter([Some(least), None, Some(greatest)]))
    }
    let integers = [
        limits::<Int8Type>(i8::MIN, i8::MAX),
        limits::<Int16Type>(i16::MIN, i16::MAX),
        limits::<Int32Type>(i32::MIN, i32::MAX),
        limits::<Int64Type>(i64::MIN, i64::MAX),
        limits::<UInt8Type>(u8::MIN, u8::MAX),
        limits::<UInt16Type>(u16::MIN, u16::MAX),
        limits::<UInt32Type>(u32::MIN, u32::MAX),
        limits::<UInt64Type>(u64::MIN, u64::MAX),
    ];
    let floats = [
        limits::<Float16Type>(-half::f16::MAX, half::f16::MAX),
        limits::<Float32Type>(f32::MIN, f32::MAX),
        limits::<Float64Type>(f64::MIN, f64::MAX),
    ];
    let text = number_text;
    for family in [&integers[..], &floats[..]] {
        for (one, other) in
            family.iter().flat_map(|one| family.iter().map(move |other| (one, other)))
        {
            let Some(of) = joined_type(one.data_type(), other.data_type()) else {
                continue;
            };
            let mut groups = GroupBy::new(vec![of], 0, 1);
            for array in [one, other] {
                let part = grouped(
                    &[vec![array_chunk(Arc::clone(array))]],
                    &[],
                    &[array.data_type().clone()],
                    (3, 3, 1),
                );
                part.push_to(&mut groups, &[]).expect("few rows");
            }
            let groups = groups.finish().expect("no text");
            let keys = &groups.keys()[0];
            let found = (0..keys.len()).map(|row| text(keys, row)).collect::<BTreeSet<_>>();
            let both =
                [one, other].into_iter().flat_map(|array| [0, 1, 2].map(|row| text(array, row)));
            assert_eq!(found, both.collect::<BTreeSet<_>>());
            assert_eq!(found.len(), keys.len(), "equal keys are one");
            assert_eq!(groups.sizes().iter().sum::<u64>(), 6);
        }
    }
}

/// A number as text, whatever its type.
fn number_text(array: &ArrayRef, row: usize) -> String {
    fn text<P: ArrowPrimitiveType>(
        array: &ArrayRef,
        row: usize,
        show: impl Fn(P::Native) -> String,
    ) -> String {
        let numbers = array.as_primitive::<P>();
        if numbers.is_null(row) { "null".into() } else { show(numbers.value(row)) }
    }
    match array.data_type() {
        DataType::Int8 => text::<Int8Type>(array, row, |value| value.to_string()),
        DataType::Int16 => text::<Int16Type>(array, row, |value| value.to_string()),
        DataType::Int32 => text::<Int32Type>(array, row, |value| value.to_string()),
        DataType::Int64 => text::<Int64Type>(array, row, |value| value.to_string()),
        DataType::UInt8 => text::<UInt8Type>(array, row, |value| value.to_string()),
        DataType::UInt16 => text::<UInt16Type>(array, row, |value| value.to_string()),
        DataType::UInt32 => text::<UInt32Type>(array, row, |value| value.to_string()),
        DataType::UInt64 => text::<UInt64Type>(array, row, |value| value.to_string()),
        DataType::Float16 => text::<Float16Type>(array, row, |value| value.to_f64().to_string()),
        DataType::Float32 => text::<Float32Type>(array, row, |value| f64::from(value).to_string()),
        _ => text::<Float64Type>(array, row, |value| value.to_string()),
    }
}

#[test]
fn keys_that_are_not_utf8_are_refused() {
    let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![b"a".as_slice(), b"\xff"]));
    for of in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View] {
        let mut groups = GroupBy::new(vec![DataType::Int64, of], 0, 1);
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let keys = [[array_chunk(numbers)], [array_chunk(Arc::clone(&bytes))]];
        groups.push(&keys.each_ref().map(|chunks| &chunks[..]), &[], 0..2);
        assert_eq!(groups.finish().err(), Some(ErrorKind::NotText { column: 1 }.into()));
    }
}

/// Long enough for several stretches of keys, several threads and several kernel blocks.
#[test]
fn long_columns_are_grouped_by_several_threads() {
    let rows = 600_000;
    let key = |row: usize| (row * row) as u64 % 1009;
    let keys: ArrayRef = Arc::new(UInt64Array::from_iter_values((0..rows).map(key)));
    let value = |row: usize| (!row.is_multiple_of(11)).then_some(1e3 / (row as f64 - 1e5 - 0.5));
    let values: ArrayRef = Arc::new((0..rows).map(value).collect::<Float64Array>());
    let mut positions = BTreeMap::new();
    (0..rows).for_each(|row| positions.entry(key(row)).or_insert_with(Vec::new).push(row));
    for (threads, batch) in [(1, rows), (3, rows), (2, 250_000)] {
        let chunks = [vec![Chunk::from(Arc::clone(&keys))], vec![Chunk::from(Arc::clone(&values))]];
        let groups =
            grouped(&chunks[..1], &chunks[1..], &[DataType::UInt64], (rows, batch, threads));
        let expected = PrimitiveArray::<UInt64Type>::from_iter_values(positions.keys().copied());
        assert_eq!(groups.keys()[0].to_data(), expected.to_data());
        for (state, positions) in groups.states(0).iter().zip(positions.values()).step_by(50) {
            let mut accumulator = Accumulator::new();
            Chunk::from(rows_at(&values, positions)).fold(Need::Everything, &mut accumulator);
            assert_eq!(state.to_accumulator(), accumulator);
        }
    }
}
