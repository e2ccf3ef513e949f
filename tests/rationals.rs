//! Every statistic of generated columns against its definition in rational arithmetic, bit for bit,
//! and the kernels against the bucket engine, whose sums must be equal as exact integers.

mod oracle;

use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::types::{
    Float16Type, Float32Type, Float64Type, Int8Type, Int32Type, Int64Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray};
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::kernels::buckets::Buckets;
use colstats::internals::kernels::floats::{Floats, Ieee};
use colstats::internals::kernels::{Block, Kernel, Need, Sums};
use colstats::internals::states::accumulator::Accumulator;
use colstats::{Nans, Nulls, Options};
use half::f16;
use num_bigint::{BigInt, BigUint};
use num_traits::{Signed, Zero};
use oracle::{UNIT, nearest};
use proptest::prelude::*;

/// A native value that has an exact value.
trait Exact: Copy + std::fmt::Debug + 'static {
    /// The value in units of 2^-UNIT, if it is finite.
    fn exact(self) -> Option<BigInt>;
    fn float(self) -> f64;
}

impl Exact for f64 {
    fn exact(self) -> Option<BigInt> {
        oracle::exact(self)
    }

    fn float(self) -> f64 {
        self
    }
}

macro_rules! exact {
    ($($type:ty: $exact:expr;)*) => {$(
        impl Exact for $type {
            fn exact(self) -> Option<BigInt> {
                $exact(self)
            }

            fn float(self) -> f64 {
                num_traits::ToPrimitive::to_f64(&self).expect("a number")
            }
        }
    )*};
}

exact! {
    f32: |x| f64::from(x).exact();
    f16: |x| f64::from(x).exact();
    i8: |x| Some(BigInt::from(x) << UNIT);
    i32: |x| Some(BigInt::from(x) << UNIT);
    i64: |x| Some(BigInt::from(x) << UNIT);
    u64: |x| Some(BigInt::from(x) << UNIT);
}

/// The statistics by their definitions.
struct Expected {
    sum: Option<f64>,
    mean: Option<f64>,
    /// Variance and standard deviation for a `ddof` of 0, 1 and 2.
    spreads: [(Option<f64>, Option<f64>); 3],
}

fn expected<T: Exact>(values: &[T]) -> Expected {
    let count = values.len() as u64;
    let none_if = |empty: bool, value: f64| (!empty).then_some(value);
    let Some(exact) = values.iter().map(|v| v.exact()).collect::<Option<Vec<_>>>() else {
        // For special values, floating-point arithmetic gives the expected sum.
        let sum = values.iter().filter(|v| v.exact().is_none()).map(|v| v.float()).sum::<f64>();
        let sum = if sum.is_nan() { f64::NAN } else { sum };
        let spread = |ddof| none_if(count <= ddof, f64::NAN);
        let spreads = [0, 1, 2].map(|ddof| (spread(ddof), spread(ddof)));
        return Expected { sum: Some(sum), mean: Some(sum), spreads };
    };
    let total = exact.iter().sum::<BigInt>();
    let squares = exact.iter().map(|v| v * v).sum::<BigInt>();
    let negative_zeros = values.iter().all(|v| v.float().to_bits() == (-0.0f64).to_bits());

    let over = |divisor: u64| {
        let target = total.abs().to_biguint().expect("not negative") << 1usize;
        let magnitude = nearest(|double| (double * divisor).cmp(&target));
        let negative = total.is_negative() || (total.is_zero() && negative_zeros);
        if negative { -magnitude } else { magnitude }
    };
    let spread =
        (&squares * count - &total * &total).to_biguint().expect("not negative, by Cauchy-Schwarz");
    let spreads = [0, 1, 2].map(|ddof| {
        if count <= ddof {
            return (None, None);
        }
        let divisor = BigUint::from(count) * (count - ddof);
        let root = nearest(|double| (double * double * &divisor).cmp(&(&spread << 2usize)));
        // Doubles are in units of 2^-(UNIT+1), the spread in units of 2^-(2*UNIT).
        let scaled = nearest(|double| ((double * &divisor) << (UNIT - 1)).cmp(&spread));
        (Some(scaled), Some(root))
    });
    Expected {
        sum: none_if(count == 0, over(1)),
        mean: none_if(count == 0, over(count.max(1))),
        spreads,
    }
}

fn bits(value: Option<f64>) -> Option<u64> {
    value.map(f64::to_bits)
}

/// The state of a column of several chunks.
fn fold(arrays: &[ArrayRef], need: Need) -> Accumulator {
    let mut accumulator = Accumulator::new();
    for array in arrays {
        let mut part = Accumulator::new();
        Chunk::from(Arc::clone(array)).fold(need, &mut part);
        accumulator.merge(&part);
    }
    accumulator
}

/// Compares all statistics of a nullable column, cut into two chunks, with their definitions.
fn check<P>(rows: &[Option<P::Native>], cut: usize) -> Result<(), TestCaseError>
where
    P: ArrowPrimitiveType<Native: Exact>,
{
    let array: ArrayRef = Arc::new(rows.iter().copied().collect::<PrimitiveArray<P>>());
    let cut = cut.min(rows.len());
    let chunks = [array.slice(cut, rows.len() - cut), array.slice(0, cut)];
    let valid = rows.iter().flatten().copied().collect::<Vec<_>>();
    let expected = expected(&valid);

    let at_least = |min_count| Options { min_count, ..Options::default() };
    let sums = fold(&chunks, Need::Sum);
    prop_assert_eq!(sums.count(&Options::default()), valid.len() as u64);
    prop_assert_eq!(sums.nulls() as usize, rows.len() - valid.len());
    prop_assert_eq!(bits(sums.sum(&at_least(1))), bits(expected.sum));
    prop_assert_eq!(bits(sums.mean(&at_least(1))), bits(expected.mean));

    let squares = fold(&chunks, Need::Squares);
    prop_assert_eq!(&squares.sums().first, &sums.sums().first);
    for (ddof, (variance, stddev)) in (0..).zip(expected.spreads) {
        let options = Options { ddof, ..Options::default() };
        prop_assert_eq!(
            bits(squares.variance(&options)),
            bits(variance),
            "variance, ddof {}",
            ddof
        );
        prop_assert_eq!(bits(squares.stddev(&options)), bits(stddev), "stddev, ddof {}", ddof);
    }

    let strict = Options { nulls: Nulls::Propagate, ..Options::default() };
    prop_assert_eq!(sums.mean(&strict).is_none(), valid.len() < rows.len() || valid.is_empty());
    let numbers = valid.iter().filter(|v| !v.float().is_nan()).copied().collect::<Vec<_>>();
    let lenient = Options { nans: Nans::AreNull, ..Options::default() };
    prop_assert_eq!(bits(sums.mean(&lenient)), bits(self::expected(&numbers).mean));
    Ok(())
}

/// Columns of doubles: any bit pattern, ordinary magnitudes, cancelling pairs, limits of the format,
/// special values.
fn doubles() -> impl Strategy<Value = Vec<Option<f64>>> {
    let value = prop_oneof![
        any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |v| v.is_finite()),
        -1e3..1e3f64,
        (-50i32..50).prop_map(f64::from),
        prop::sample::select(vec![
            0.0,
            -0.0,
            5e-324,
            -5e-324,
            2.2250738585072014e-308,
            1e308,
            -1e308,
            f64::MAX,
            f64::MIN,
            1e16,
            -1e16,
            1.0 + f64::EPSILON,
        ]),
    ];
    let special = prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    let columns = prop_oneof![
        4 => prop::collection::vec(value.boxed(), 0..60),
        1 => (any::<f64>(), 0usize..40).prop_map(|(v, n)| vec![if v.is_finite() { v } else { 0.1 }; n]),
        1 => prop::collection::vec(1e15..1e16f64, 0..40).prop_map(|v| {
            v.iter().flat_map(|&x| [x, -x]).chain([1e-9]).collect()
        }),
        1 => prop::collection::vec(Just(-0.0), 0..4),
        1 => prop::collection::vec(prop_oneof![8 => -1e3..1e3f64, 1 => special], 0..40),
        1 => (any::<u64>(), 0usize..3000).prop_map(|(seed, n)| scattered(seed, n)),
    ];
    columns.prop_flat_map(nullable)
}

/// Values with exponents across the whole range, more than are added one by one.
fn scattered(seed: u64, length: usize) -> Vec<f64> {
    let mut state = seed | 1;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        f64::from_bits(state & !(1 << 62) | 1 << 53)
    };
    (0..length).map(next).filter(|v| v.is_finite()).collect()
}

/// The same values, some of them replaced by nulls.
fn nullable<T: Copy + std::fmt::Debug>(values: Vec<T>) -> impl Strategy<Value = Vec<Option<T>>> {
    let nulls = prop_oneof![
        Just(vec![true; values.len()]),
        prop::collection::vec(prop::bool::weighted(0.8), values.len()),
    ];
    nulls.prop_map(move |valid| values.iter().zip(valid).map(|(&v, ok)| ok.then_some(v)).collect())
}

fn integers<T: Arbitrary + Copy + 'static>(
    limits: Vec<T>,
) -> impl Strategy<Value = Vec<Option<T>>> {
    let value = prop_oneof![any::<T>(), prop::sample::select(limits)].boxed();
    prop::collection::vec(prop::option::weighted(0.9, value), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn float64(rows in doubles(), cut in 0usize..80) {
        check::<Float64Type>(&rows, cut)?;
    }

    #[test]
    fn float32(rows in prop::collection::vec(prop::option::weighted(0.9, any::<u32>()), 0..60), cut in 0usize..80) {
        let rows = rows.into_iter().map(|row| row.map(f32::from_bits)).collect::<Vec<_>>();
        check::<Float32Type>(&rows, cut)?;
    }

    #[test]
    fn float16(rows in prop::collection::vec(prop::option::weighted(0.9, any::<u16>()), 0..60), cut in 0usize..80) {
        let rows = rows.into_iter().map(|row| row.map(f16::from_bits)).collect::<Vec<_>>();
        check::<Float16Type>(&rows, cut)?;
    }

    #[test]
    fn narrow_integers(rows in integers(vec![i8::MIN, i8::MAX]), cut in 0usize..80) {
        check::<Int8Type>(&rows, cut)?;
    }

    #[test]
    fn middle_integers(rows in integers(vec![i32::MIN, i32::MAX]), cut in 0usize..80) {
        check::<Int32Type>(&rows, cut)?;
    }

    #[test]
    fn wide_integers(rows in integers(vec![i64::MIN, i64::MAX]), cut in 0usize..80) {
        check::<Int64Type>(&rows, cut)?;
    }

    #[test]
    fn unsigned_integers(rows in integers(vec![0, u64::MAX]), cut in 0usize..80) {
        check::<UInt64Type>(&rows, cut)?;
    }

    #[test]
    fn booleans(rows in prop::collection::vec(any::<Option<bool>>(), 0..200), cut in 0usize..200) {
        let cut = cut.min(rows.len());
        let array = BooleanArray::from(rows.clone());
        let chunks: [ArrayRef; 2] = [Arc::new(array.slice(0, cut)), Arc::new(array.slice(cut, rows.len() - cut))];
        let as_integers = rows.iter().map(|row| row.map(i8::from)).collect::<PrimitiveArray<Int8Type>>();
        let as_integers: ArrayRef = Arc::new(as_integers);
        let (bools, integers) = (fold(&chunks, Need::Squares), fold(&[as_integers], Need::Squares));
        prop_assert_eq!(bools.sums(), integers.sums());
        prop_assert_eq!(bools.nulls(), integers.nulls());
    }

    #[test]
    fn kernels_equal_the_bucket_engine(
        seed: u64,
        length in prop_oneof![0usize..300, 1000usize..1100, 2000usize..2100],
        spread in 0u64..2046,
        lowest in 0u64..2046,
    ) {
        let any = scattered(seed, length);
        let values = any.iter().map(|value| {
            // Exponents within `spread` of the lowest one, which may be that of the subnormals.
            let field = (lowest + (value.to_bits() >> 52 & 0x7ff) % (spread + 1)).min(2046);
            f64::from_bits(value.to_bits() & !(0x7ff << 52) | field << 52)
        });
        same_as_buckets(&values.collect::<Vec<_>>())?;
        same_as_buckets(&any.iter().map(|&v| v as f32).filter(|v| v.is_finite()).collect::<Vec<_>>())?;
    }
}

/// Compares the sums of the kernel with those of the bucket engine.
fn same_as_buckets<T: Ieee>(values: &[T]) -> Result<(), TestCaseError> {
    let (mut oracle, mut sums, mut squares) = (Sums::default(), Sums::default(), Sums::default());
    let mut buckets = Buckets::new(Need::Squares);
    buckets.update(values, &mut oracle);
    buckets.finish(&mut oracle);
    for (need, into) in [(Need::Sum, &mut sums), (Need::Squares, &mut squares)] {
        let mut kernel = Floats::<T>::new(need);
        kernel.update(Block::Dense(values), into);
        kernel.finish(into);
    }
    prop_assert_eq!(&squares.first, &oracle.first);
    prop_assert_eq!(&squares.second, &oracle.second);
    prop_assert_eq!(&sums.first, &oracle.first);
    Ok(())
}
