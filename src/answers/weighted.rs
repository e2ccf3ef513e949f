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

use super::question::Question;
use super::statistic::{Answer, Statistic, finer};
use crate::columns::aligned::{BadWeight, Kind, Reading};
use crate::columns::chunk::Chunk;
use crate::exact::{Ball, Undecided, rational};
use crate::kernels::monomials::Precision;
use crate::run::joint::{centres, fold_read, fold_specials, fold_weights};
use crate::states::accumulator::{Nans, Options};
use crate::states::joint::{Joint, RowCounts};
use crate::types::{self, Family, family};

/// Values of a type.
pub type Typed<'a> = (&'a DataType, &'a [Chunk]);

/// Whether adding the same number to all values of a column changes a statistic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shifts {
    /// It does.
    Matter,
    /// It does not: only deviations from the mean count.
    CancelOut,
}

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

    /// What a question about sums of monomials comes to, with sums that are as near as it takes.
    pub fn settle<T>(
        &self,
        monomials: &[impl AsRef<[usize]> + Sync],
        shifts: Shifts,
        question: impl Fn(&Weighed<'_>) -> Result<T, Open>,
    ) -> Result<T, BadWeight> {
        let answer = match question(&self.sum_near(monomials, shifts)?) {
            Err(Open::Undecided) => question(&self.sum(monomials, Precision::Exact)?),
            settled => settled,
        };
        answer.map_err(Open::decided)
    }

    /// Sums monomials of the columns to within an error: those of differences from a number near the values of each
    /// column, if there is one, and shifts cancel out.
    pub fn sum_near(
        &self,
        monomials: &[impl AsRef<[usize]> + Sync],
        shifts: Shifts,
    ) -> Result<Weighed<'_>, BadWeight> {
        let centres = if shifts == Shifts::CancelOut { self.centres() } else { None };
        if let Some(centres) = centres {
            let sums = self.sum(monomials, Precision::Centred(&centres))?;
            if !sums.sums.iter().any(Ball::is_unknown) {
                return Ok(sums);
            }
        }
        self.sum(monomials, Precision::Near)
    }

    /// A number near all values of each column that is asked, or zero; none if all are zero.
    fn centres(&self) -> Option<Vec<f64>> {
        let weights = usize::from(self.weights.is_some());
        let asked = (self.columns.len() - weights).min(self.reading.asked);
        let mut centres = centres(&self.columns[..asked])?;
        centres.resize(asked + weights, 0.0);
        Some(centres)
    }

    /// Sums that are at hand.
    pub fn of_sums(&self, joint: &Joint, options: &Options) -> Weighed<'_> {
        let sums = joint.sums.iter().map(|sum| Ball::from(sum.clone())).collect();
        let weights = joint.weights.as_ref();
        Weighed {
            of: self,
            rows: joint.rows,
            sums,
            weight: weights.map(|weights| weights.finite.clone().into()),
            admitted: weights.map(|weights| weights.admitted(options).into()),
            scale: weights.map_or(0, |weights| weights.scale),
        }
    }

    /// Sums monomials of the columns.
    pub fn sum(
        &self,
        monomials: &[impl AsRef<[usize]> + Sync],
        precision: Precision<'_>,
    ) -> Result<Weighed<'_>, BadWeight> {
        let Self { columns, reading, threads, .. } = self;
        let Some(of) = self.weights else {
            let joint = fold_read(columns, monomials, precision, *reading, *threads)?;
            let (rows, sums) = (joint.rows, joint.sums);
            return Ok(Weighed { of: self, rows, sums, weight: None, admitted: None, scale: 0 });
        };
        let last = (columns.len() - 1).min(reading.asked);
        let weighted = monomials.iter().map(|factors| [factors.as_ref(), &[last]].concat());
        let weighted = weighted.chain([vec![last]]).collect::<Vec<_>>();
        let joint = fold_read(columns, &weighted, precision, *reading, *threads)?;
        let (rows, mut sums) = (joint.rows, joint.sums);
        let scale = i32::from(types::scale(of));
        if scale < 0 {
            let unit = Ball::from(rational::power_of_ten(scale.unsigned_abs()));
            sums.iter_mut().for_each(|sum| *sum = sum.times(&unit));
        }
        let weight = sums.pop();
        let scale = scale.max(0).unsigned_abs();
        Ok(Weighed { of: self, rows, sums, weight, admitted: None, scale })
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Open {
    /// The sums are not near enough.
    Undecided,
    /// A weight is none.
    Bad(BadWeight),
}

impl Open {
    /// The weight that is none, where sums are exact.
    pub fn decided(self) -> BadWeight {
        match self {
            Self::Undecided => unreachable!("exact sums leave nothing open"),
            Self::Bad(bad) => bad,
        }
    }
}

impl From<Undecided> for Open {
    fn from(Undecided: Undecided) -> Self {
        Self::Undecided
    }
}

impl From<BadWeight> for Open {
    fn from(bad: BadWeight) -> Self {
        Self::Bad(bad)
    }
}

/// Sums over rows.
pub(super) struct Weighed<'a> {
    of: &'a Rows<'a>,
    /// The rows by what became of them.
    pub rows: RowCounts,
    /// The sums that were asked for, over finite rows.
    pub sums: Vec<Ball>,
    /// The sum of the weights of finite rows, if there are weights.
    weight: Option<Ball>,
    /// The sum of the weights of all rows that count, if it is known.
    admitted: Option<Ball>,
    /// Weights are in units of ten to the power of `-scale`, in all sums.
    scale: u32,
}

impl Weighed<'_> {
    /// What the finite rows weigh: `n`, or `W`.
    pub fn weight(&self) -> Ball {
        self.weight.clone().unwrap_or_else(|| self.rows.finite.into())
    }

    /// `n (n - ddof)`, or `W (W - ddof)`, by which sums of products of deviations are divided; none if it is not positive,
    /// or if the options make the result null.
    pub fn divisor(&self, options: &Options) -> Result<Option<Ball>, Open> {
        let Some(count) = self.rows.admitted(options).filter(|&count| count > 0) else {
            return Ok(None);
        };
        let Some(weight) = &self.weight else {
            let rest = count.checked_sub(options.ddof).filter(|&rest| rest > 0);
            return Ok(rest.map(|rest| Ball::from(count).times(&rest.into())));
        };
        let divisor = self.divisor_of(weight, options.ddof)?;
        if divisor.is_some() || count == self.rows.finite {
            return Ok(divisor);
        }
        // Other rows weigh, too.
        if let Some(weight) = &self.admitted {
            return Ok(self.divisor_of(weight, options.ddof)?);
        }
        let Rows { columns, reading, threads, .. } = self.of;
        let up_to = if options.nans == Nans::AreNull { Kind::Infinite } else { Kind::Nan };
        let weight = fold_weights(columns, Reading { up_to, ..*reading }, *threads)?;
        let scale = self.of.weights.map_or(0, types::scale);
        let weight = match scale {
            ..0 => weight.times(&rational::power_of_ten(scale.unsigned_abs().into())),
            _ => weight,
        };
        Ok(self.divisor_of(&weight.into(), options.ddof)?)
    }

    fn divisor_of(&self, weight: &Ball, ddof: u64) -> Result<Option<Ball>, Undecided> {
        let ddof = Ball::from(ddof).times(&rational::power_of_ten(self.scale).into());
        let rest = weight.clone().minus(&ddof);
        let is_positive = !rest.is_zero()? && !rest.is_negative();
        Ok(is_positive.then(|| weight.times(&rest)))
    }

    /// Replaces sums at some places, and the weight, by others.
    pub fn replace(&mut self, places: impl Iterator<Item = usize>, by: Weighed<'_>) {
        for (place, sum) in places.zip(by.sums) {
            self.sums[place] = sum;
        }
        self.weight = by.weight;
    }

    /// `n Sxy - Sx Sy`, or `W Sxy - Sx Sy`.
    pub fn spread(&self, product: &Ball, [x, y]: [&Ball; 2]) -> Ball {
        product.times(&self.weight()).minus(&x.times(y))
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
    let rows = Rows::new(&[values], Some(weights), threads);
    let answer = match question.statistic {
        Statistic::Mean => rows.settle(MEAN, Shifts::Matter, |weighed| mean(question, weighed)),
        _ => rows.settle(SPREAD, Shifts::CancelOut, |weighed| spread(question, weighed)),
    };
    Ok(answer?.unwrap_or(Answer::Null))
}

const MEAN: &[&[usize]] = &[&[0]];
const SPREAD: &[&[usize]] = &[&[0], &[0, 0]];

fn mean(question: &Question<'_>, weighed: &Weighed<'_>) -> Result<Option<Answer>, Open> {
    let (rows, options) = (weighed.rows, question.options);
    let Some(count) = rows.admitted(options).filter(|&count| count > 0) else {
        return Ok(None);
    };
    let (sum, weight) = (&weighed.sums[0], weighed.weight());
    if types::is_temporal(question.of) {
        let ticks = sum.times(&finer(types::plain(question.of), question.ticks).into());
        return Ok(ticks.nearest_integer(&weight)?.map(Answer::Integer));
    }
    if count > rows.finite || family(question.of) == Family::Float && sum.is_zero()? {
        return Ok(Some(Answer::Float(special_mean(rows, options, weighed)?)));
    }
    let (sum, weight) = sum.over_tens(&weight, types::scale(question.of).into());
    Ok(Some(Answer::Float(sum.quotient(&weight)?)))
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
fn spread(question: &Question<'_>, weighed: &Weighed<'_>) -> Result<Option<Answer>, Open> {
    let Some(divisor) = weighed.divisor(question.options)? else {
        return Ok(None);
    };
    if weighed.rows.admitted(question.options) > Some(weighed.rows.finite) {
        return Ok(Some(Answer::Float(f64::NAN)));
    }
    let (first, second) = (&weighed.sums[0], &weighed.sums[1]);
    let spread = weighed.spread(second, [first; 2]);
    if types::is_temporal(question.of) {
        let factor = Ball::from(finer(types::plain(question.of), question.ticks));
        let root = spread.times(&factor).times(&factor).nearest_integer_root(&divisor)?;
        return Ok(root.map(Answer::Integer));
    }
    let (spread, divisor) = spread.over_tens(&divisor, 2 * i32::from(types::scale(question.of)));
    let number = match question.statistic {
        Statistic::Stddev => spread.root_of_quotient(&divisor, false),
        _ => spread.quotient(&divisor),
    };
    Ok(Some(Answer::Float(number?)))
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
