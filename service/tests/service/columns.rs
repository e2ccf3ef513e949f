//! A column of each type, to be put, asked for, and damaged.

use std::sync::Arc;

use arrow_array::types::{Int8Type, Int32Type, Int64Type};
use arrow_array::*;
use arrow_buffer::i256;
use half::f16;

/// A column of each type, with nulls, the same value twice, and values that show lost digits.
pub fn columns() -> Vec<(&'static str, ArrayRef)> {
    let text = vec![Some("a"), None, Some("a"), Some("")];
    let dictionary = text.iter().copied().collect::<DictionaryArray<Int8Type>>();
    let numbers = DictionaryArray::<Int32Type>::new(
        Int32Array::from(vec![Some(0), None, Some(0), Some(1)]),
        Arc::new(Float64Array::from(vec![0.1, 1e300])),
    );
    let runs = RunArray::<Int32Type>::try_new(
        &Int32Array::from(vec![1, 3, 4]),
        &Int64Array::from(vec![Some(i64::MAX), None, Some(-5)]),
    );
    let text_runs = RunArray::<Int32Type>::try_new(
        &Int32Array::from(vec![1, 3, 4]),
        &StringArray::from(vec![Some("r"), None, Some("s")]),
    );
    let list =
        ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)]), None, None, None]);
    macro_rules! of {
        ($Array:ty, $($value:expr),*) => { Arc::new(<$Array>::from(vec![$($value),*])) as ArrayRef };
    }
    vec![
        ("null", Arc::new(NullArray::new(4))),
        ("bool", of!(BooleanArray, Some(true), None, Some(true), Some(false))),
        ("i8", of!(Int8Array, Some(i8::MIN), None, Some(i8::MIN), Some(3))),
        ("i16", of!(Int16Array, Some(i16::MIN), None, Some(i16::MIN), Some(3))),
        ("i32", of!(Int32Array, Some(i32::MIN), None, Some(i32::MIN), Some(3))),
        ("i64", of!(Int64Array, Some(i64::MIN), None, Some(i64::MIN), Some(3))),
        ("u8", of!(UInt8Array, Some(u8::MAX), None, Some(u8::MAX), Some(3))),
        ("u16", of!(UInt16Array, Some(u16::MAX), None, Some(u16::MAX), Some(3))),
        ("u32", of!(UInt32Array, Some(u32::MAX), None, Some(u32::MAX), Some(3))),
        ("u64", of!(UInt64Array, Some(u64::MAX), None, Some(u64::MAX), Some(3))),
        (
            "f16",
            of!(
                Float16Array,
                Some(f16::from_f32(0.1)),
                None,
                Some(f16::from_f32(0.1)),
                Some(f16::NEG_ZERO)
            ),
        ),
        ("f32", of!(Float32Array, Some(0.1), None, Some(0.1), Some(f32::MAX))),
        ("f64", of!(Float64Array, Some(0.1), None, Some(0.1), Some(-1e300))),
        ("date32", of!(Date32Array, Some(-1), None, Some(-1), Some(20000))),
        ("date64", of!(Date64Array, Some(-86_400_000), None, Some(-86_400_000), Some(0))),
        ("time32", of!(Time32MillisecondArray, Some(1), None, Some(1), Some(86_399_999))),
        ("time64", of!(Time64NanosecondArray, Some(1), None, Some(1), Some(86_399_999_999_999))),
        ("duration", of!(DurationMicrosecondArray, Some(-1), None, Some(-1), Some(1 << 50))),
        ("timestamp", of!(TimestampNanosecondArray, Some(-1), None, Some(-1), Some(i64::MAX))),
        (
            "zoned",
            Arc::new(
                TimestampSecondArray::from(vec![Some(1), None, Some(1), Some(-7)])
                    .with_timezone("Europe/Paris"),
            ),
        ),
        (
            "d32",
            Arc::new(
                Decimal32Array::from(vec![Some(12345), None, Some(12345), Some(-1)])
                    .with_precision_and_scale(9, 2)
                    .expect("digits"),
            ),
        ),
        (
            "d64",
            Arc::new(
                Decimal64Array::from(vec![Some(12345), None, Some(12345), Some(-1)])
                    .with_precision_and_scale(18, 3)
                    .expect("digits"),
            ),
        ),
        (
            "d128",
            Arc::new(
                Decimal128Array::from(vec![
                    Some(10i128.pow(30)),
                    None,
                    Some(10i128.pow(30)),
                    Some(-1),
                ])
                .with_precision_and_scale(38, 10)
                .expect("digits"),
            ),
        ),
        (
            "d256",
            Arc::new(
                Decimal256Array::from(vec![
                    Some(i256::from_i128(i128::MAX)),
                    None,
                    Some(i256::from_i128(i128::MAX)),
                    Some(i256::MINUS_ONE),
                ])
                .with_precision_and_scale(76, 0)
                .expect("digits"),
            ),
        ),
        ("utf8", Arc::new(StringArray::from(text.clone()))),
        ("large", Arc::new(LargeStringArray::from(text.clone()))),
        ("view", Arc::new(StringViewArray::from(text))),
        ("binary", of!(BinaryArray, Some(&b"\xff"[..]), None, Some(&b"\xff"[..]), Some(&b""[..]))),
        (
            "large_binary",
            of!(LargeBinaryArray, Some(&b"\xff"[..]), None, Some(&b"\xff"[..]), Some(&b""[..])),
        ),
        (
            "binary_view",
            Arc::new(BinaryViewArray::from_iter([
                Some(&b"\xff"[..]),
                None,
                Some(&b"\xff"[..]),
                Some(&b""[..]),
            ])),
        ),
        (
            "fixed",
            Arc::new(
                FixedSizeBinaryArray::try_from_sparse_iter_with_size(
                    [Some([1u8, 2]), None, Some([1, 2]), Some([0, 0])].into_iter(),
                    2,
                )
                .expect("two bytes"),
            ),
        ),
        ("dictionary", Arc::new(dictionary)),
        ("numbers", Arc::new(numbers)),
        ("runs", Arc::new(runs.expect("runs"))),
        ("text_runs", Arc::new(text_runs.expect("runs"))),
        ("list", Arc::new(list)),
    ]
}
