//! Rows that weigh: means, deviations and covariances of weighted values.
//!
//! A weight says how often a row counts, and may be any number that is not negative. With the sums `W` of the weights,
//! and `Sx`, `Sxx`, `Sxy` of their products with values:
//!
//! ```text
//! mean       = RN( Sx / W )
//! variance   = RN( (W*Sxx - Sx^2) / (W*(W - ddof)) )          stddev: the root of the same unrounded ratio
//! covariance = RN( (W*Sxy - Sx*Sy) / (W*(W - ddof)) )
//! ```
//!
//! so that weights of `2` and `3` mean what two and three equal rows do. A weight of zero is absence, also of a null or a
//! NaN; a null leaves its row out. Weights that are negative, infinite or NaN are refused.

use arrow_schema::DataType;

use super::pairs::spread as spread_of;
use super::question::Question;
use super::statistic::{Answer, Statistic, finer};
use crate::columns::aligned::{BadWeight, Kind, Reading};
use crate::columns::chunk::Chunk;
use crate::exact::{Form, Integer, rational};
use crate::run::joint::{fold_monomials, fold_specials};
use crate::states::accumulator::{Nans, Options};
use crate::states::joint::RowCounts;
use crate::types::{self, Family, family};

/// Values of a type.
pub type Typed<'a> = (&'a DataType, &'a [Chunk]);

/// Rows of columns, each of which counts once, or as often as its weight says.
pub(super) struct Rows<'a> {
    /// The chunks of the columns, and those of the weights.
    columns: Vec<&'a [Chunk]>,
    weights: Option<&'a DataType>,
    reading: Reading,
    threads: usize,
}

impl<'a> Rows<'a> {
    pub fn new(columns: &[&'a [Chunk]], weights: Option<Typed<'a>>, threads: usize) -> Self {
        let reading = Reading { are_weighted: weights.is_some(), ..Reading::FINITE };
        let columns = columns.iter().copied().chain(weights.map(|(_, chunks)| chunks));
        let weights = weights.map(|(of, _)| of);
        Self { columns: columns.collect(), weights, reading, threads }
    }

    /// Those of the first two columns, in which the others have a value, too.
    pub fn of_two(mut self, options: &Options) -> Self {
        (self.reading.asked, self.reading.skips_nans) = (2, options.nans == Nans::AreNull);
        self
    }

    /// Sums monomials of the columns.
    pub fn sum(self, monomials: &[&[usize]]) -> Result<Weighed<'a>, BadWeight> {
        let Some(of) = self.weights else {
            let joint = fold_monomials(&self.columns, monomials, self.reading, self.threads)?;
            let (rows, sums) = (joint.rows, joint.sums);
            return Ok(Weighed { of: self, rows, sums, weight: None, scale: 0 });
        };
        let last = self.columns.len() - 1;
        let weighted = monomials.iter().map(|factors| [factors, &[last][..]].concat());
        let weighted = weighted.chain([vec![last]]).collect::<Vec<_>>();
        let weighted = weighted.iter().map(Vec::as_slice).collect::<Vec<_>>();
        let joint = fold_monomials(&self.columns, &weighted, self.reading, self.threads)?;
        let (rows, mut sums) = (joint.rows, joint.sums);
        let scale: i32 = types::scale(of).into();
        sums.iter_mut().for_each(|sum| *sum = in_small_units(sum, scale));
        let weight = sums.pop();
        Ok(Weighed { of: self, rows, sums, weight, scale: i32::max(scale, 0).unsigned_abs() })
    }
}

/// Exact sums over rows.
pub(super) struct Weighed<'a> {
    of: Rows<'a>,
    /// The rows by what became of them.
    pub rows: RowCounts,
    /// The sums that were asked for, over finite rows.
    pub sums: Vec<Integer>,
    /// The sum of the weights of finite rows, if there are weights.
    weight: Option<Integer>,
    /// Weights are in units of ten to the power of `-scale`, in all sums.
    scale: u32,
}

impl Weighed<'_> {
    /// What the finite rows weigh: `n`, or `W`.
    pub fn weight(&self) -> Integer {
        self.weight.clone().unwrap_or_else(|| self.rows.finite.into())
    }

    /// `n (n - ddof)`, or `W (W - ddof)`, by which sums of products of deviations are divided; none if it is not positive,
    /// or if the options make the result null.
    pub fn divisor(&self, options: &Options) -> Result<Option<Integer>, BadWeight> {
        let Some(count) = self.rows.admitted(options).filter(|&count| count > 0) else {
            return Ok(None);
        };
        let Some(weight) = &self.weight else {
            let rest = count.checked_sub(options.ddof).filter(|&rest| rest > 0);
            return Ok(rest.map(|rest| Integer::from(count).times(&rest.into())));
        };
        let divisor = self.divisor_of(weight, options.ddof);
        if divisor.is_some() || count == self.rows.finite {
            return Ok(divisor);
        }
        // Other rows weigh, too.
        let Rows { columns, reading, threads, .. } = &self.of;
        let up_to = if options.nans == Nans::AreNull { Kind::Infinite } else { Kind::Nan };
        let weights = columns.len() - 1;
        let all = fold_monomials(columns, &[&[weights]], Reading { up_to, ..*reading }, *threads)?;
        Ok(self.divisor_of(&in_small_units(&all.sums[0], self.scale_of_type()), options.ddof))
    }

    /// The scale of the type of weights, which may be below zero.
    fn scale_of_type(&self) -> i32 {
        self.of.weights.map_or(0, |of| types::scale(of).into())
    }

    fn divisor_of(&self, weight: &Integer, ddof: u64) -> Option<Integer> {
        let mut rest = weight.clone();
        rest.subtract(&rational::power_of_ten(self.scale).times(&ddof.into()));
        let is_positive = !rest.is_negative() && !rest.is_zero();
        is_positive.then(|| weight.times(&rest))
    }

    /// `n Sxy - Sx Sy`, or `W Sxy - Sx Sy`.
    pub fn spread(&self, product: &Integer, factors: [&Integer; 2]) -> Integer {
        spread_of(&self.weight(), product, factors)
    }
}

/// A number in units of `10^-scale`, in units of one if these are greater.
fn in_small_units(number: &Integer, scale: i32) -> Integer {
    match scale {
        ..0 => number.times(&rational::power_of_ten(scale.unsigned_abs())),
        _ => number.clone(),
    }
}

/// Whether values of a type can be weights.
pub fn are_weights(data_type: &DataType) -> bool {
    types::is_numeric(data_type) || types::is_null(data_type)
}

/// The mean, the variance or the deviation of values with weights, of as many rows, of a type that has it.
///
/// # Errors
/// The first weight that is none.
pub fn ask_weighted(
    question: &Question<'_>,
    values: &[Chunk],
    weights: Typed<'_>,
    threads: usize,
) -> Result<Answer, BadWeight> {
    let is_mean = question.statistic == Statistic::Mean;
    let monomials: &[&[usize]] = if is_mean { &[&[0]] } else { &[&[0], &[0, 0]] };
    let weighed = Rows::new(&[values], Some(weights), threads).sum(monomials)?;
    let answer = if is_mean { mean(question, &weighed) } else { spread(question, &weighed) };
    Ok(answer?.unwrap_or(Answer::Null))
}

fn mean(question: &Question<'_>, weighed: &Weighed<'_>) -> Result<Option<Answer>, BadWeight> {
    let (rows, options) = (weighed.rows, question.options);
    let Some(count) = rows.admitted(options).filter(|&count| count > 0) else {
        return Ok(None);
    };
    let (sum, weight) = (&weighed.sums[0], weighed.weight());
    if !is_number(question.of) {
        let ticks = sum.times(&finer(types::plain(question.of), question.ticks).into());
        return Ok(rational::nearest_integer(&ticks, &weight).map(Answer::Integer));
    }
    let is_special = count > rows.finite || sum.is_zero() && family(question.of) == Family::Float;
    if is_special {
        return special_mean(rows, options, weighed).map(|mean| Some(Answer::Float(mean)));
    }
    let (sum, weight) = rational::over_tens(sum, &weight, types::scale(question.of).into());
    Ok(Some(Answer::Float(rational::quotient(&sum, &weight))))
}

/// The mean of values with NaNs or infinities, or of floating-point numbers whose sum is zero.
#[cold]
fn special_mean(
    rows: RowCounts,
    options: &Options,
    weighed: &Weighed<'_>,
) -> Result<f64, BadWeight> {
    if !rows.is_without_nans(options) {
        return Ok(f64::NAN);
    }
    let specials = fold_specials(&weighed.of.columns, weighed.of.threads)?;
    Ok(match (specials.has_infinity, specials.has_negative_infinity) {
        (true, true) => f64::NAN,
        (true, false) => f64::INFINITY,
        (false, true) => f64::NEG_INFINITY,
        _ if specials.has_other_than_negative_zero => 0.0,
        _ => -0.0,
    })
}

/// The variance, or its root.
fn spread(question: &Question<'_>, weighed: &Weighed<'_>) -> Result<Option<Answer>, BadWeight> {
    let Some(divisor) = weighed.divisor(question.options)? else {
        return Ok(None);
    };
    if weighed.rows.admitted(question.options) > Some(weighed.rows.finite) {
        return Ok(Some(Answer::Float(f64::NAN)));
    }
    let (first, second) = (&weighed.sums[0], &weighed.sums[1]);
    let spread = weighed.spread(second, [first; 2]);
    if !is_number(question.of) {
        let factor = Integer::from(finer(types::plain(question.of), question.ticks));
        let spread = spread.times(&factor).times(&factor);
        return Ok(rational::nearest_integer_root(&spread, &divisor).map(Answer::Integer));
    }
    let scale = i32::from(types::scale(question.of));
    let (spread, divisor) = rational::over_tens(&spread, &divisor, 2 * scale);
    let form = if question.statistic == Statistic::Stddev { Form::Root } else { Form::Quotient };
    Ok(Some(Answer::Float(rational::nearest(form, false, &spread, &divisor))))
}

fn is_number(of: &DataType) -> bool {
    !types::is_temporal(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::statistic::Ticks;
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Decimal128Array, Float64Array};

    fn floats(values: &[f64]) -> ArrayRef {
        Arc::new(Float64Array::from(values.to_vec()))
    }

    fn ask(
        statistic: Statistic,
        values: &ArrayRef,
        weights: &ArrayRef,
        ddof: u64,
    ) -> Result<Answer, BadWeight> {
        let options = Options { ddof, ..Options::default() };
        let of = values.data_type();
        let question = Question { statistic, of, options: &options, ticks: Ticks::Unit };
        let chunks = [values, weights].map(|array| [Chunk::from(Arc::clone(array))]);
        ask_weighted(&question, &chunks[0], (weights.data_type(), &chunks[1]), 1)
    }

    #[test]
    fn weights_count_rows() {
        let values = floats(&[1.0, 4.0, f64::NAN]);
        let weights = floats(&[2.0, 1.0, 0.0]);
        let answer = |statistic, ddof| ask(statistic, &values, &weights, ddof);
        assert_eq!(answer(Statistic::Mean, 0), Ok(Answer::Float(2.0)));
        assert_eq!(answer(Statistic::Variance, 1), Ok(Answer::Float(3.0)));
        assert_eq!(answer(Statistic::Stddev, 0), Ok(Answer::Float(2f64.sqrt())));
        assert_eq!(answer(Statistic::Variance, 3), Ok(Answer::Null));
    }

    #[test]
    fn weights_have_units() {
        let values = floats(&[1.0, 4.0]);
        for (scale, unit) in [(0, 1), (3, 1000), (-1, 1)] {
            let weights = [2, 1].map(|weight| i128::from(weight * unit));
            let array = Decimal128Array::from(weights.to_vec());
            let array: ArrayRef = Arc::new(array.with_precision_and_scale(20, scale).unwrap());
            let sum = if scale < 0 { 30.0 } else { 3.0 };
            let expected = 6.0 / (sum - 1.0) * (sum / 3.0);
            assert_eq!(ask(Statistic::Variance, &values, &array, 1), Ok(Answer::Float(expected)));
        }
    }

    #[test]
    fn the_first_bad_weight_is_reported() {
        let mut weights = vec![1.0; 5_000];
        (weights[4_000], weights[4_500]) = (-1.0, f64::NAN);
        let values = floats(&vec![2.0; 5_000]);
        let answer = ask(Statistic::Mean, &values, &floats(&weights), 0);
        assert_eq!(answer, Err(BadWeight { row: 4_000 }));
    }
}
