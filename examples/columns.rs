//! Statistics of Arrow columns: nulls, decimals, timestamps, chunks and threads.
//!
//! `cargo run --example columns`

use arrow_array::{Array, Decimal128Array, Float64Array, StringArray, TimestampMillisecondArray};
use colstats::arrow::{self, Column};
use colstats::{Answer, Error, Nulls, Options, Statistic};

/// Prints some results, and asserts them.
pub fn main() -> Result<(), Error> {
    let options = Options::default();

    let prices = Float64Array::from(vec![Some(1.5), None, Some(3.5)]);
    assert_eq!(arrow::mean(&prices, &options)?, Answer::Float(2.5));
    let strict = Options { nulls: Nulls::Propagate, ..options };
    assert_eq!(arrow::mean(&prices, &strict)?, Answer::Null);

    // Decimals are exact: the answer is in units of the scale.
    let amounts = Decimal128Array::from(vec![110, 220]).with_precision_and_scale(10, 2);
    let amounts = amounts.expect("a valid decimal type");
    assert_eq!(arrow::sum(&amounts, &options)?, Answer::Integer(330));

    // The mean of timestamps is a timestamp, rounded once to its unit.
    let times = TimestampMillisecondArray::from(vec![1_000, 1_001, 1_001]);
    assert_eq!(arrow::mean(&times, &options)?, Answer::Integer(1_001));
    println!("{}", arrow::result_type(Statistic::Mean, times.data_type())?);

    // Chunks and threads make no difference to any bit.
    let chunks: Vec<Float64Array> =
        (0..8).map(|i| (0..1000).map(|j| Some(f64::from(i * 1000 + j).sqrt())).collect()).collect();
    let chunks: Vec<&dyn Array> = chunks.iter().map(|chunk| chunk as _).collect();
    let column = Column::new(chunks.iter().copied())?;
    let reversed = Column::new(chunks.iter().copied().rev())?.with_threads(2);
    for statistic in [Statistic::Mean, Statistic::Stddev, Statistic::Max] {
        println!("{statistic:?}: {:?}", column.ask(statistic, &options)?);
        assert_eq!(column.ask(statistic, &options)?, reversed.ask(statistic, &options)?);
    }
    assert_eq!(column.moments()?, reversed.moments()?);

    let error = arrow::mean(&StringArray::from(vec!["a"]), &options).expect_err("text");
    println!("{error}");
    assert!(error.is_unsupported());
    Ok(())
}
