//! Statistics of decimals of every width and scale against their definitions in rational arithmetic,
//! bit for bit.

mod oracle;

use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
};
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_buffer::i256;
use arrow_schema::DataType;
use colstats::internals::answers::statistic::{Ticks, answer};
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::states::accumulator::Accumulator;
use colstats::{Answer, Options, Statistic};
use num_bigint::{BigInt, BigUint};
use num_traits::{Signed, Zero};
use proptest::prelude::*;

/// The unscaled value of a decimal of any width.
trait Units: Copy + std::fmt::Debug + Ord {
    fn big(self) -> BigInt;
}

macro_rules! units {
    ($($type:ty),*) => {$(
        impl Units for $type {
            fn big(self) -> BigInt {
                BigInt::from_signed_bytes_le(&self.to_le_bytes())
            }
        }
    )*};
}

units!(i32, i64, i128, i256);

/// An integer answer as a big integer.
fn big(answer: Answer) -> Option<BigInt> {
    match answer {
        Answer::Null => None,
        Answer::Integer(value) => Some(value.into()),
        Answer::Wide(limbs) => {
            Some(BigInt::from_signed_bytes_le(limbs.map(u64::to_le_bytes).as_flattened()))
        }
        Answer::Float(value) => unreachable!("{value} is not an integer"),
    }
}

/// The bits of a floating-point answer.
fn bits(answer: Answer) -> Option<u64> {
    match answer {
        Answer::Null => None,
        Answer::Float(value) => Some(value.to_bits()),
        other => unreachable!("{other:?} is not a float"),
    }
}

/// A fraction multiplied by `10^exponent`, with integers on both sides.
fn ratio(numerator: BigUint, denominator: BigUint, exponent: i32) -> (BigUint, BigUint) {
    let power = BigUint::from(10u32).pow(exponent.unsigned_abs());
    if exponent < 0 { (numerator, denominator * power) } else { (numerator * power, denominator) }
}

/// Compares all statistics of a decimal column, cut into two chunks, with their definitions.
fn check<P>(
    rows: &[Option<P::Native>],
    data_type: &DataType,
    cut: usize,
) -> Result<(), TestCaseError>
where
    P: ArrowPrimitiveType<Native: Units>,
{
    let array =
        rows.iter().copied().collect::<PrimitiveArray<P>>().with_data_type(data_type.clone());
    let array: ArrayRef = Arc::new(array);
    let cut = cut.min(rows.len());
    let chunks = [(cut, rows.len() - cut), (0, cut)].map(|(at, n)| array.slice(at, n));
    let ask = |statistic: Statistic, ddof| {
        let options = Options { ddof, min_count: 1, ..Options::default() };
        let mut accumulator = Accumulator::new();
        for chunk in &chunks {
            let mut part = Accumulator::new();
            Chunk::from(Arc::clone(chunk)).fold(statistic.need(&options), &mut part);
            accumulator.merge(&part);
        }
        answer(statistic, data_type, &accumulator, &options, Ticks::Unit)
    };

    let valid = rows.iter().flatten().map(|value| value.big()).collect::<Vec<_>>();
    let (count, total) = (valid.len() as u64, valid.iter().sum::<BigInt>());
    let scale = i32::from(colstats::internals::types::scale(data_type));
    prop_assert_eq!(big(ask(Statistic::Count, 0)), Some(count.into()));
    prop_assert_eq!(big(ask(Statistic::Sum, 0)), (count > 0).then(|| total.clone()));
    prop_assert_eq!(big(ask(Statistic::Min, 0)), valid.iter().min().cloned());
    prop_assert_eq!(big(ask(Statistic::Max, 0)), valid.iter().max().cloned());

    let mean = (count > 0).then(|| {
        let (numerator, denominator) =
            ratio(total.abs().to_biguint().expect("not negative"), count.into(), -scale);
        let magnitude = oracle::quotient(&numerator, &denominator);
        if total.is_negative() { -magnitude } else { magnitude }
    });
    prop_assert_eq!(bits(ask(Statistic::Mean, 0)), mean.map(f64::to_bits));

    let squares = valid.iter().map(|value| value * value).sum::<BigInt>();
    let spread =
        (squares * count - &total * &total).to_biguint().expect("not negative, by Cauchy-Schwarz");
    for ddof in 0..3 {
        let spread = (count > ddof)
            .then(|| ratio(spread.clone(), BigUint::from(count) * (count - ddof), -2 * scale));
        let variance = spread.as_ref().map(|(n, d)| oracle::quotient(n, d).to_bits());
        prop_assert_eq!(bits(ask(Statistic::Variance, ddof)), variance, "variance, ddof {}", ddof);
        let stddev = spread
            .as_ref()
            .map(|(n, d)| if n.is_zero() { 0 } else { oracle::root(n, d).to_bits() });
        prop_assert_eq!(bits(ask(Statistic::Stddev, ddof)), stddev, "stddev, ddof {}", ddof);
    }
    Ok(())
}

/// 256-bit integers: uniform, of every magnitude, around the limits of `i128`, and other limits.
fn wide() -> impl Strategy<Value = i256> {
    let any = || (any::<u128>(), any::<i128>()).prop_map(|(low, high)| i256::from_parts(low, high));
    prop_oneof![
        any(),
        (any(), 0u8..255).prop_map(|(value, bits)| value >> bits),
        (0i128..100).prop_map(|value| i256::from_i128(i128::MAX.wrapping_add(value - 50))),
        prop::sample::select(vec![i256::MIN, i256::MAX, i256::ZERO, i256::ONE, i256::MINUS_ONE]),
        prop::sample::select(vec![i64::MIN, i64::MAX])
            .prop_map(|value| i256::from_i128(value.into())),
    ]
}

/// Rows with nulls, or one value repeated.
fn column<T: Copy + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Vec<Option<T>>> {
    let value = value.boxed();
    prop_oneof![
        4 => prop::collection::vec(prop::option::weighted(0.9, value.clone()), 0..50),
        1 => (value, 0usize..50).prop_map(|(value, rows)| vec![Some(value); rows]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn decimal256(rows in column(wide()), scale in -76i8..=76, cut in 0usize..60) {
        check::<Decimal256Type>(&rows, &DataType::Decimal256(76, scale), cut)?;
    }

    #[test]
    fn decimal128(
        rows in column((any::<i128>(), 0u32..127).prop_map(|(value, bits)| value >> bits)),
        scale in prop_oneof![-38i8..=38, Just(i8::MIN), Just(i8::MAX)],
        cut in 0usize..60,
    ) {
        check::<Decimal128Type>(&rows, &DataType::Decimal128(38, scale), cut)?;
    }

    #[test]
    fn decimal64(rows in column(any::<i64>()), scale in -18i8..=18, cut in 0usize..60) {
        check::<Decimal64Type>(&rows, &DataType::Decimal64(18, scale), cut)?;
    }

    #[test]
    fn decimal32(rows in column(any::<i32>()), scale in -9i8..=9, cut in 0usize..60) {
        check::<Decimal32Type>(&rows, &DataType::Decimal32(9, scale), cut)?;
    }

    #[test]
    fn long_columns_of_mixed_widths(
        seed in prop::collection::vec(wide(), 1..8),
        narrow in prop::collection::vec(any::<i64>(), 1..5),
        length in 900usize..4000,
        cut in 0usize..3000,
    ) {
        let rows = (0..length).map(|i| match i % 1500 {
            ..1200 => Some(i256::from_i128(narrow[i % narrow.len()].into())),
            1200..1210 => None,
            _ => Some(seed[i % seed.len()]),
        });
        check::<Decimal256Type>(&rows.collect::<Vec<_>>(), &DataType::Decimal256(76, 5), cut)?;
    }
}
