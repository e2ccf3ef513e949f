//! Windows that slide, against windows that are read one by one.

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow_array::types::{Decimal256Type, Int64Type};
use arrow_array::{
    BooleanArray, Float32Array, Float64Array, NullArray, PrimitiveArray, StringArray,
};
use arrow_buffer::i256;
use arrow_schema::DataType;

use super::*;
use crate::answers::statistic::{Statistic, Ticks, result_type};
use crate::states::accumulator::{Nans, Nulls, Options};

fn rows(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

/// Numbers that have nothing to do with each other.
fn numbers(count: usize, seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    })
    .take(count)
}

/// Columns of all kinds of values.
fn columns(count: usize) -> Vec<(&'static str, ArrayRef)> {
    let float = |seed: u64, value: fn(u64) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(numbers(count, seed).map(value)))
    };
    let some = |seed: u64, value: fn(u64) -> f64| -> ArrayRef {
        let null = |bits: u64| (!bits.is_multiple_of(5)).then(|| value(bits));
        Arc::new(numbers(count, seed).map(null).collect::<Float64Array>())
    };
    fn unit(bits: u64) -> f64 {
        (bits >> 11) as f64 * 2f64.powi(-53) - 0.5
    }
    fn any(bits: u64) -> f64 {
        let value = f64::from_bits(bits);
        if value.is_finite() { value } else { 1.0 }
    }
    fn special(bits: u64) -> f64 {
        match bits % 97 {
            0 => f64::NAN,
            1 => f64::INFINITY,
            2 => f64::NEG_INFINITY,
            3 => 1e300,
            4..20 => -0.0,
            20..30 => 0.0,
            _ => unit(bits),
        }
    }
    fn zeros(bits: u64) -> f64 {
        if bits.is_multiple_of(64) { 1.0 } else { -0.0 }
    }
    fn large_mean(bits: u64) -> f64 {
        1e9 + unit(bits)
    }
    fn outlier(bits: u64) -> f64 {
        if bits.is_multiple_of(501) { 1e16 } else { 0.1 }
    }
    let integers = numbers(count, 7).map(|bits| bits as i64);
    let wide = numbers(count, 8).map(|bits| {
        let value = i256::from_i128(i128::from(bits as i64) << 60);
        (bits % 3 > 0).then_some(value.wrapping_mul(i256::from_i128(1 << 60)))
    });
    let wide = wide.collect::<PrimitiveArray<Decimal256Type>>();
    vec![
        ("uniform", float(1, unit)),
        ("any", float(2, any)),
        ("special", float(3, special)),
        ("zeros", float(4, zeros)),
        ("large mean", float(5, large_mean)),
        ("outlier", float(6, outlier)),
        ("with nulls", some(7, unit)),
        ("special with nulls", some(8, special)),
        ("constant", float(9, |_| 0.1)),
        (
            "single",
            Arc::new(
                numbers(count, 9).map(|bits| unit(bits) as f32).map(Some).collect::<Float32Array>(),
            ),
        ),
        ("integers", Arc::new(PrimitiveArray::<Int64Type>::from_iter_values(integers))),
        (
            "small",
            Arc::new(
                numbers(count, 3)
                    .map(|bits| (bits % 7 > 0).then_some((bits % 100) as i64))
                    .collect::<PrimitiveArray<Int64Type>>(),
            ),
        ),
        ("wide", Arc::new(wide.with_precision_and_scale(76, 3).unwrap())),
        (
            "bits",
            Arc::new(
                numbers(count, 5)
                    .map(|bits| (bits % 9 > 0).then_some(bits % 2 > 0))
                    .collect::<BooleanArray>(),
            ),
        ),
        (
            "text",
            Arc::new(
                numbers(count, 6)
                    .map(|bits| (bits % 4 > 0).then_some("x"))
                    .collect::<StringArray>(),
            ),
        ),
        ("nulls", Arc::new(NullArray::new(count))),
    ]
}

const STATISTICS: [Statistic; 7] = [
    Statistic::Count,
    Statistic::Sum,
    Statistic::Mean,
    Statistic::Variance,
    Statistic::Stddev,
    Statistic::Min,
    Statistic::Max,
];

/// Each window read by itself.
fn one_by_one(
    question: &Question<'_>,
    array: &ArrayRef,
    rolling: Rolling,
    times: &[i64],
) -> Vec<Answer> {
    let mut spans = Spans::new(rolling);
    spans.push(array.len(), Some(times));
    let ranges = spans.take(true);
    let of = |window| {
        let range: Range<usize> = ranges.get(window);
        let chunk = Chunk::from(array.slice(range.start, range.len()));
        let mut state = Accumulator::new();
        chunk.fold(question.exact_need(), &mut state);
        question.settle(&state)
    };
    (0..ranges.count()).map(of).collect()
}

use crate::answers::statistic::Answer;

fn assert_same(found: &Answers, expected: &[Answer], what: &dyn Fn() -> String) {
    assert_eq!(found.len(), expected.len(), "{}", what());
    for (window, (found, &expected)) in found.iter().zip(expected).enumerate() {
        let is_nan = |answer| matches!(answer, Answer::Float(value) if f64::is_nan(value));
        let is_same = found.is_same(expected) || is_nan(found) && is_nan(expected);
        assert!(is_same, "{} window {window}: {found:?}, not {expected:?}", what());
    }
}

#[test]
fn windows_that_slide_have_the_answers_of_windows_read_one_by_one() {
    const ROWS: usize = 700;
    let times = numbers(ROWS, 77).map(|bits| (bits % 3) as i64);
    let times = times
        .scan(0, |time, step| {
            *time += step;
            Some(*time)
        })
        .collect::<Vec<_>>();
    let all = [
        Rolling::Steps { rows: rows(200), step: rows(1) },
        Rolling::Steps { rows: rows(300), step: rows(3) },
        Rolling::Steps { rows: rows(9), step: rows(2) },
        Rolling::Steps { rows: rows(5), step: rows(8) },
        Rolling::Trailing(rows(7)),
        Rolling::Trailing(rows(256)),
        Rolling::Trailing(rows(usize::MAX)),
        Rolling::Cumulative,
        Rolling::Period(40),
        Rolling::Period(400),
    ];
    let options = [
        Options { nulls: Nulls::Skip, nans: Nans::Propagate, min_count: 1, ddof: 1 },
        Options { nulls: Nulls::Skip, nans: Nans::AreNull, min_count: 200, ddof: 0 },
        Options { nulls: Nulls::Propagate, nans: Nans::Propagate, min_count: 0, ddof: 0 },
    ];
    for (name, array) in columns(ROWS) {
        let cases = STATISTICS.iter().flat_map(|&it| options.each_ref().map(|of| (it, of)));
        for (statistic, options) in cases {
            let of = array.data_type();
            if result_type(statistic, of).is_err() {
                continue;
            }
            let question = Question { statistic, of, options, ticks: Ticks::Unit };
            for rolling in all {
                let expected = one_by_one(&question, &array, rolling, &times);
                for lengths in [&[ROWS][..], &[1, 300, 0, 3, 396], &[70; 10]] {
                    let mut windows = RollingWindows::new(rolling);
                    let mut at = 0;
                    for &length in lengths {
                        let chunk = Chunk::from(array.slice(at, length));
                        windows.push(&question, &[chunk], Some(&times[at..at + length]), 1);
                        at += length;
                    }
                    let found = windows.finish(&question, 1);
                    let what =
                        || format!("{name} {statistic:?} {options:?} {rolling:?} {lengths:?}");
                    assert_same(&found, &expected, &what);
                }
            }
        }
    }
}

#[test]
fn long_columns_are_cut_into_parts() {
    const ROWS: usize = 3 * PART_ROWS + 17;
    let value =
        |bits: u64| (!bits.is_multiple_of(50)).then(|| (bits >> 20) as f64 * 2f64.powi(-40) - 0.1);
    let array: ArrayRef = Arc::new(numbers(ROWS, 4).map(value).collect::<Float64Array>());
    let options = Options { min_count: 1, ..Options::default() };
    for (statistic, rolling) in [
        (Statistic::Mean, Rolling::Trailing(rows(100))),
        (Statistic::Stddev, Rolling::Trailing(rows(3000))),
        (Statistic::Max, Rolling::Trailing(rows(300))),
        (Statistic::Stddev, Rolling::Cumulative),
        (Statistic::Min, Rolling::Cumulative),
    ] {
        let question =
            Question { statistic, of: &DataType::Float64, options: &options, ticks: Ticks::Unit };
        let ask = |threads, lengths: &[usize]| {
            let mut windows = RollingWindows::new(rolling);
            let mut at = 0;
            for &length in lengths {
                windows.push(&question, &[Chunk::from(array.slice(at, length))], None, threads);
                at += length;
            }
            windows.finish(&question, threads)
        };
        let found = ask(1, &[ROWS]);
        assert_eq!(found, ask(3, &[ROWS]));
        assert_eq!(found, ask(2, &[5, PART_ROWS, ROWS - PART_ROWS - 5]));
        for window in [0, 1, 99, 5000, PART_ROWS - 1, PART_ROWS + 50, ROWS - 1] {
            let Rolling::Trailing(length) = rolling else { continue };
            let start = (window + 1).saturating_sub(length.get());
            let chunk = [Chunk::from(array.slice(start, window + 1 - start))];
            assert!(found.get(window).is_same(question.ask(&chunk[..])), "{statistic:?} {window}");
        }
    }
}
