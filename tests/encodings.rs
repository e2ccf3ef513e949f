//! Dictionaries and runs must give the same states as their decoded values.

use std::sync::Arc;

use arrow_array::types::*;
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, Int16Array, Int32Array, Int64Array, NullArray,
    PrimitiveArray, RunArray, StringArray,
};
use arrow_buffer::{NullBuffer, i256};
use colstats::internals::ErrorKind;
use colstats::internals::columns::chunk::{Chunk, fold_chunks};
use colstats::internals::columns::plain::Plain;
use colstats::internals::columns::runs::Runs;
use colstats::internals::columns::values::Values;
use colstats::internals::kernels::Need;
use colstats::internals::run::fold::fold;
use colstats::internals::states::accumulator::{Accumulator, Gathered};
use colstats::{Error, Options};
use proptest::prelude::*;

const NEEDS: [Need; 5] = [Need::Count, Need::Sum, Need::Squares, Need::Extremes, Need::Everything];

fn dictionary(keys: &dyn Array, values: &ArrayRef) -> Result<Chunk, Error> {
    let values = match Plain::from(Arc::clone(values)) {
        Plain::Opaque(values) => Values::Opaque(values),
        _ => Values::Array(Arc::clone(values)),
    };
    Plain::dictionary(keys, values).map(Chunk::from)
}

fn state(chunk: &Chunk, need: Need) -> Accumulator {
    fold_chunks(std::slice::from_ref(chunk), need)
}

/// Compares what `need` asks for, not the whole states: those of booleans always hold everything.
fn same(encoded: &Chunk, plain: &ArrayRef) -> Result<(), TestCaseError> {
    prop_assert_eq!(encoded.rows(), plain.len());
    let options = Options::default();
    for need in NEEDS {
        let (ours, theirs) = (state(encoded, need), state(&Chunk::from(Arc::clone(plain)), need));
        prop_assert_eq!(ours.count(&options), theirs.count(&options));
        prop_assert_eq!(ours.nulls(), theirs.nulls());
        if need == Need::Sum {
            prop_assert_eq!(&ours.sums().first, &theirs.sums().first);
        }
        if matches!(need, Need::Squares | Need::Everything) {
            prop_assert_eq!(ours.sums(), theirs.sums());
        }
        let has_extremes = ours.gathered().includes(Gathered::EXTREMES);
        if matches!(need, Need::Extremes | Need::Everything) && has_extremes {
            let (ours, theirs) = (ours.extremes(&options), theirs.extremes(&options));
            prop_assert_eq!(format!("{ours:?}"), format!("{theirs:?}")); // as text, since NaN != NaN
        }
    }
    Ok(())
}

/// Arrays of every type family, derived from the same integers.
fn arrays(values: &[Option<i64>]) -> Vec<ArrayRef> {
    fn primitive<P: ArrowPrimitiveType>(
        values: &[Option<i64>],
        make: impl Fn(i64) -> P::Native,
    ) -> ArrayRef {
        Arc::new(values.iter().map(|value| value.map(&make)).collect::<PrimitiveArray<P>>())
    }
    vec![
        primitive::<Float64Type>(values, |v| f64::from_bits(v as u64)),
        primitive::<Float32Type>(values, |v| v as f32 / 7.0),
        primitive::<Float16Type>(values, |v| half::f16::from_bits(v as u16)),
        primitive::<Int8Type>(values, |v| v as i8),
        primitive::<UInt64Type>(values, |v| v as u64),
        primitive::<TimestampNanosecondType>(values, |v| v),
        primitive::<Date32Type>(values, |v| v as i32),
        primitive::<Decimal128Type>(values, |v| i128::from(v).pow(2)),
        primitive::<Decimal256Type>(values, |v| i256::from_i128(v.into()) << 90),
        Arc::new(values.iter().map(|v| v.map(|v| v % 2 == 0)).collect::<BooleanArray>()),
        Arc::new(NullArray::new(values.len())),
        Arc::new(values.iter().map(|v| v.map(|v| v.to_string())).collect::<StringArray>()),
    ]
}

/// The value at each position; null where there is none.
fn decoded(array: &ArrayRef, positions: &[Option<usize>]) -> ArrayRef {
    let data = array.to_data();
    let mut rows = arrow_data::transform::MutableArrayData::new(vec![&data], true, positions.len());
    for position in positions {
        match position {
            Some(position) => {
                rows.try_extend(0, *position, position + 1).expect("the offsets do not overflow")
            }
            None => rows.try_extend_nulls(1).expect("the offsets do not overflow"),
        }
    }
    arrow_array::make_array(rows.freeze())
}

/// Keys of one width; those that are null have the value `garbage`.
fn keys<P: ArrowPrimitiveType>(positions: &[Option<usize>], garbage: i64) -> ArrayRef
where
    P::Native: num_traits::FromPrimitive,
{
    use num_traits::FromPrimitive;
    let native = |position: i64| P::Native::from_i64(position).expect("in range");
    let values = positions
        .iter()
        .map(|position| native(position.map_or(garbage, |position| position as i64)));
    let validity = positions.iter().map(Option::is_some).collect::<NullBuffer>();
    Arc::new(PrimitiveArray::<P>::new(values.collect(), Some(validity)))
}

fn values() -> impl Strategy<Value = Vec<Option<i64>>> {
    prop::collection::vec(prop::option::weighted(0.8, any::<i64>()), 1..100)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn dictionaries(
        values in values(),
        positions in prop::collection::vec(prop::option::weighted(0.8, any::<prop::sample::Index>()), 0..3000),
        start in 0usize..1500,
        rows in 0usize..1500,
    ) {
        let positions = positions.iter().map(|i| i.map(|i| i.index(values.len()))).collect::<Vec<_>>();
        let start = start.min(positions.len());
        let rows = rows.min(positions.len() - start);
        let all = [
            keys::<Int8Type>(&positions, -1), keys::<UInt8Type>(&positions, 255),
            keys::<Int16Type>(&positions, i16::MIN.into()), keys::<UInt16Type>(&positions, 0),
            keys::<Int32Type>(&positions, 1 << 30), keys::<UInt32Type>(&positions, u32::MAX.into()),
            keys::<Int64Type>(&positions, i64::MIN), keys::<UInt64Type>(&positions, i64::MAX),
        ];
        for (i, array) in arrays(&values).iter().enumerate() {
            let plain = decoded(array, &positions);
            let keys = &all[i % all.len()];
            let chunk = dictionary(keys, array).expect("in range");
            same(&chunk, &plain)?;
            same(&chunk.slice(start, rows), &plain.slice(start, rows))?;
            // Values that are themselves a slice: fewer of them, and not from offset 0 on.
            if let Some(tail) = values.len().checked_sub(1).filter(|&tail| tail > 0) {
                let later = positions.iter().map(|position| position.and_then(|p| p.checked_sub(1)));
                let later = later.collect::<Vec<_>>();
                let chunk = dictionary(
                    &self::keys::<Int32Type>(&later, -5), &array.slice(1, tail),
                ).expect("in range");
                same(&chunk, &decoded(&array.slice(1, tail), &later))?;
            }
        }
    }

    #[test]
    fn runs(
        values in values(),
        lengths in prop::collection::vec(1usize..40, 100),
        start in 0usize..2000,
        rows in 0usize..2000,
        holes in prop::collection::vec(any::<bool>(), 4000),
    ) {
        let lengths = &lengths[..values.len()];
        let positions = lengths.iter().enumerate().flat_map(|(run, &rows)| vec![Some(run); rows]);
        let positions = positions.collect::<Vec<_>>();
        let ends = lengths.iter().scan(0, |end, &length| { *end += length; Some(*end as i64) });
        let ends = ends.collect::<Vec<_>>();
        let all: [ArrayRef; 3] = [
            Arc::new(Int16Array::from_iter_values(ends.iter().map(|&end| end as i16))),
            Arc::new(Int32Array::from_iter_values(ends.iter().map(|&end| end as i32))),
            Arc::new(Int64Array::from_iter_values(ends.iter().copied())),
        ];
        let start = start.min(positions.len());
        let rows = rows.min(positions.len() - start);
        let span = (start, rows);
        for (i, array) in arrays(&values).iter().enumerate() {
            let ends = &all[i % all.len()];
            let chunk = |validity| {
                let values = Plain::from(Arc::clone(array));
                Chunk::from(Runs::new(ends, values, span, validity).expect("sound"))
            };
            same(&chunk(None), &decoded(array, &positions[start..start + rows]))?;
            let (at, len) = (rows / 3, rows / 2);
            let part = &positions[start + at..start + at + len];
            same(&chunk(None).slice(at, len), &decoded(array, part))?;
            // A parent struct that is null in some rows.
            let holes = &holes[..rows];
            let kept = positions[start..start + rows].iter().zip(holes);
            let kept = kept.map(|(position, &hole)| position.filter(|_| !hole)).collect::<Vec<_>>();
            let parent = NullBuffer::from_iter(holes.iter().map(|hole| !hole));
            let chunk = chunk(Some(parent));
            same(&chunk, &decoded(array, &kept))?;
            same(&chunk.slice(at, len), &decoded(array, &kept[at..at + len]))?;
        }
    }
}

#[test]
fn a_run_of_2_to_the_40_rows_is_instant() {
    let ends = Int64Array::from(vec![1 << 40, (1 << 40) + 1]);
    let values: ArrayRef = Arc::new(Int64Array::from(vec![3, i64::MAX]));
    let runs = Runs::new(&ends, Plain::from(values), (0, (1 << 40) + 1), None).expect("sound");
    let chunk = Chunk::from(runs);
    for threads in [1, 2] {
        let accumulator =
            fold(&[(std::slice::from_ref(&chunk), Need::Squares)], threads).swap_remove(0);
        assert_eq!(accumulator.count(&Options::default()), (1 << 40) + 1);
        let sum = (3i128 << 40) + i128::from(i64::MAX);
        assert_eq!(accumulator.sums().first.to_i128(), Some(sum));
        assert_eq!(
            accumulator.sums().second.to_i128(),
            Some((9 << 40) + i128::from(i64::MAX).pow(2))
        );
    }
}

#[test]
fn parts_of_many_runs_add_up() {
    let count = 700_000;
    let ends = Int32Array::from_iter_values((1..=count).map(|i| i * 3 - i % 2));
    let values: ArrayRef = Arc::new(
        (0..count)
            .map(|i| (i % 7 > 0).then_some(f64::from(i) / 3.0))
            .collect::<PrimitiveArray<Float64Type>>(),
    );
    let rows = ends.value(count as usize - 1) as usize;
    let runs = Runs::new(&ends, Plain::from(values), (1, rows - 1), None).expect("sound");
    let chunk = Chunk::from(runs);
    for need in NEEDS {
        let expected = state(&chunk, need);
        assert_eq!(fold(&[(std::slice::from_ref(&chunk), need)], 2), [expected]);
    }
}

#[test]
fn arrow_dictionaries_and_runs_equal_their_values() {
    let plain: ArrayRef =
        Arc::new(Int64Array::from(vec![Some(5), Some(7), None, Some(7), Some(7)]));
    let keys = Int32Array::from(vec![Some(1), Some(0), Some(2), Some(0), Some(0)]);
    let values = Arc::new(Int64Array::from(vec![Some(7), Some(5), None]));
    let dictionary: ArrayRef = Arc::new(DictionaryArray::new(keys, values));
    let ends = Int16Array::from(vec![1, 2, 3, 5]);
    let values = Int64Array::from(vec![Some(5), Some(7), None, Some(7)]);
    let runs: ArrayRef = Arc::new(RunArray::try_new(&ends, &values).expect("sound"));
    for (start, rows) in [(0, 5), (1, 3), (2, 1), (4, 1), (5, 0)] {
        for encoded in [&dictionary, &runs] {
            let chunk = Chunk::from(encoded.slice(start, rows));
            same(&chunk, &plain.slice(start, rows)).expect("the same");
        }
    }
}

#[test]
fn malformed_keys_and_run_ends_are_refused() {
    let values = |rows| Arc::new(Int64Array::from(vec![1; rows])) as ArrayRef;
    let error_of = |key: i32| dictionary(&Int32Array::from(vec![0, key]), &values(2)).err();
    assert_eq!(error_of(1), None);
    for out in [2, -1, i32::MIN, i32::MAX] {
        assert_eq!(error_of(out), Some(ErrorKind::KeyOutOfRange { row: 1, values: 2 }.into()));
    }
    let nulls = dictionary(&Int32Array::from(vec![None, None]), &values(0)).expect("all null");
    assert_eq!(state(&nulls, Need::Squares).nulls(), 2);

    let runs = |ends: Vec<i32>, count, span| {
        Runs::new(&Int32Array::from(ends), Plain::from(values(count)), span, None).err()
    };
    assert_eq!(runs(vec![2, 4], 2, (1, 3)), None);
    assert_eq!(runs(vec![], 0, (0, 0)), None);
    assert_eq!(
        runs(vec![2, 4], 1, (0, 4)),
        Some(ErrorKind::UnevenRuns { ends: 2, values: 1 }.into())
    );
    assert_eq!(runs(vec![2, 2], 2, (0, 2)), Some(ErrorKind::RunEndsDescend { run: 1 }.into()));
    assert_eq!(runs(vec![0, 2], 2, (0, 2)), Some(ErrorKind::RunEndsDescend { run: 0 }.into()));
    assert_eq!(
        runs(vec![2, 4], 2, (1, 4)),
        Some(ErrorKind::RunsTooShort { end: 4, need: 5 }.into())
    );
    let nulls = Int32Array::from(vec![Some(1), None]);
    assert_eq!(
        Runs::new(&nulls, Plain::from(values(2)), (0, 1), None).err(),
        Some(ErrorKind::NullRunEnds.into())
    );
}
