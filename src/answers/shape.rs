//! Statistics of the shape of a distribution, and of means: skewness, kurtosis, standard error, root mean square.
//!
//! With the sums `S1` to `S4` of the first four powers, `D = n S2 - S1^2`, and
//!
//! ```text
//! A3 = n^2 S3 - 3 n S1 S2 + 2 S1^3
//! A4 = n^3 S4 - 4 n^2 S1 S3 + 6 n S1^2 S2 - 3 S1^4
//!
//! skewness = A3 / D^(3/2)                      unbiased: times sqrt(n (n - 1)) / (n - 2)
//! kurtosis = A4 / D^2 - 3                      unbiased: ((n + 1) kurtosis + 6) (n - 1) / ((n - 2) (n - 3))
//! sem      = sqrt(D / (n^2 (n - ddof)))
//! rms      = sqrt(S2 / n)
//! ```
//!
//! Each is rounded once. Skewness and kurtosis have no unit; those of constant values are NaN: their deviation is
//! zero. The standard error of times and the root mean square of durations are durations, in ticks as those of a standard deviation are.

use arrow_schema::DataType;

use super::pairs::spread;
use super::statistic::{Answer, Statistic, Ticks, finer, result_type};
use crate::columns::chunk::Chunk;
use crate::exact::{Ball, Undecided};
use crate::run::joint;
use crate::states::accumulator::Options;
use crate::states::joint::NearJoint;
use crate::types::{Family, family, is_null, is_numeric, is_temporal, plain, scale};

/// A statistic of one column that is a ratio of power sums, or the root of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The third standardized moment.
    Skewness {
        /// Whether it is that of the values as they are; otherwise it estimates that of their population.
        is_biased: bool,
    },
    /// The fourth standardized moment, less 3, that of a normal distribution.
    Kurtosis {
        /// Whether it is that of the values as they are; otherwise it estimates that of their population.
        is_biased: bool,
    },
    /// The standard error of the mean, with the divisor `count - ddof`.
    StandardError,
    /// The root of the mean of the squares.
    RootMeanSquare,
}

impl Shape {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Skewness { .. } => "skewness",
            Self::Kurtosis { .. } => "kurtosis",
            Self::StandardError => "sem",
            Self::RootMeanSquare => "rms",
        }
    }

    /// The type of the statistic of a column; none if there is no such statistic.
    pub fn result_type(self, of: &DataType) -> Option<DataType> {
        let has_no_unit = matches!(self, Self::Skewness { .. } | Self::Kurtosis { .. });
        if is_numeric(of) || is_null(of) || has_no_unit && is_temporal(of) {
            return Some(DataType::Float64);
        }
        let is_duration = self.is_duration(of);
        if is_duration { result_type(Statistic::Stddev, of).ok() } else { None }
    }

    /// Whether the statistic of a column is a duration.
    fn is_duration(self, of: &DataType) -> bool {
        match self {
            Self::StandardError => is_temporal(of),
            Self::RootMeanSquare => family(of) == Family::Duration,
            _ => false,
        }
    }

    /// The powers that are summed.
    fn powers(self) -> &'static [&'static [usize]] {
        match self {
            Self::Skewness { .. } => &[&[0], &[0, 0], &[0, 0, 0]],
            Self::Kurtosis { .. } => &[&[0], &[0, 0], &[0, 0, 0], &[0, 0, 0, 0]],
            Self::StandardError | Self::RootMeanSquare => &[&[0], &[0, 0]],
        }
    }

    /// The number of values from which on there is an answer.
    fn least(self, ddof: u64) -> u64 {
        match self {
            Self::Skewness { is_biased: false } => 3,
            Self::Kurtosis { is_biased: false } => 4,
            Self::StandardError => ddof.saturating_add(1),
            _ => 1,
        }
    }

    /// The statistic of a column; null if there are too few values.
    pub fn of(
        self,
        of: &DataType,
        chunks: &[Chunk],
        options: &Options,
        ticks: Ticks,
        threads: usize,
    ) -> Answer {
        let answer = |sums: &NearJoint| self.settle(sums, of, options, ticks);
        joint::settle(&[chunks], self.powers(), threads, answer)
    }

    fn settle(
        self,
        joint: &NearJoint,
        of: &DataType,
        options: &Options,
        ticks: Ticks,
    ) -> Result<Answer, Undecided> {
        let least = self.least(options.ddof);
        let Some(count) = joint.rows.admitted(options).filter(|&count| count >= least) else {
            return Ok(Answer::Null);
        };
        if count > joint.rows.finite {
            let is_infinite = self == Self::RootMeanSquare && joint.rows.is_without_nans(options);
            return Ok(Answer::Float(if is_infinite { f64::INFINITY } else { f64::NAN }));
        }
        let n = Ball::from(count);
        let (first, second) = (&joint.sums[0], &joint.sums[1]);
        let spread = spread(count, second, [first; 2]);
        let number = match self {
            Self::RootMeanSquare => return self.root_in_units(second, &n, of, ticks),
            Self::StandardError => {
                let divisor = n.times(&n).times(&(count - options.ddof).into());
                return self.root_in_units(&spread, &divisor, of, ticks);
            }
            _ if spread.is_zero()? => f64::NAN,
            Self::Skewness { is_biased } => skewness(is_biased, count, &joint.sums, &spread)?,
            Self::Kurtosis { is_biased } => kurtosis(is_biased, count, &joint.sums, &spread)?,
        };
        Ok(Answer::Float(number))
    }

    /// The root of a quotient of squares, in the units of the type.
    fn root_in_units(
        self,
        numerator: &Ball,
        divisor: &Ball,
        of: &DataType,
        ticks: Ticks,
    ) -> Result<Answer, Undecided> {
        if self.is_duration(of) {
            let factor = Ball::from(finer(plain(of), ticks));
            let root = numerator.times(&factor).times(&factor).nearest_integer_root(divisor)?;
            return Ok(root.map_or(Answer::Null, Answer::Integer));
        }
        let (numerator, divisor) = numerator.over_tens(divisor, 2 * i32::from(scale(of)));
        numerator.root_of_quotient(&divisor, false).map(Answer::Float)
    }
}

fn skewness(is_biased: bool, count: u64, sums: &[Ball], spread: &Ball) -> Result<f64, Undecided> {
    let (n, [first, second, third]) = (Ball::from(count), [&sums[0], &sums[1], &sums[2]]);
    let cube = first.times(first).times(first);
    let moment = n.times(&n).times(third).minus(&n.times(first).times(second).times(&3.into()));
    let moment = moment.plus(&cube.times(&2.into()));
    let mut square = moment.times(&moment);
    let mut divisor = spread.times(spread).times(spread);
    if !is_biased {
        square = square.times(&n).times(&(count - 1).into());
        let rest = Ball::from(count - 2);
        divisor = divisor.times(&rest).times(&rest);
    }
    square.root_of_quotient(&divisor, moment.is_negative())
}

fn kurtosis(is_biased: bool, count: u64, sums: &[Ball], spread: &Ball) -> Result<f64, Undecided> {
    let n = Ball::from(count);
    let [first, second, third, fourth] = [&sums[0], &sums[1], &sums[2], &sums[3]];
    let (n2, first2) = (n.times(&n), first.times(first));
    let square = spread.times(spread);
    // A4 - 3 D^2
    let excess = n2.times(&n).times(fourth);
    let excess = excess.minus(&n2.times(first).times(third).times(&4.into()));
    let excess = excess.plus(&n.times(&first2).times(second).times(&6.into()));
    let excess = excess.minus(&first2.times(&first2).plus(&square).times(&3.into()));
    if is_biased {
        return excess.quotient(&square);
    }
    let numerator = excess.times(&(count + 1).into()).plus(&square.times(&6.into()));
    let divisor = square.times(&(count - 2).into()).times(&(count - 3).into());
    numerator.times(&(count - 1).into()).quotient(&divisor)
}
