//! Linear least squares: a response as a linear combination of regressors, or of their powers.
//!
//! The normal equations are formed from exact sums of products, and solved without fractions
//! ([`elimination`](crate::exact::elimination)), so it does not matter how badly conditioned they are. With the `k` terms `X`,
//! the response `y`, `n` rows and `N = (X'X)^-1`, all of it rational numbers, the answers are
//!
//! ```text
//! coefficients b       RN( N X'y )
//! residual_sum RSS     RN( y'y - b'X'y )
//! regression_sum       RN( TSS - RSS ), where TSS is the sum of the squares of y: around its mean if there is an intercept
//! residual_stddev      RN( sqrt(RSS / (n - k)) )
//! standard errors      RN( sqrt(RSS / (n - k) * N_ii) )
//! r2                   RN( (TSS - RSS) / TSS )
//! f                    RN( (TSS - RSS) / m / (RSS / (n - k)) ), where m is k without the intercept
//! ```
//!
//! each rounded once. With weights, each row counts as often as its weight says: sums are those of products with the weights,
//! and `n` is the sum of these.

use std::cmp::Ordering;

use super::weighted::Typed;
use crate::columns::aligned::BadWeight;
use crate::columns::chunk::Chunk;
use crate::exact::elimination::Swept;
use crate::exact::{Form, Integer, rational};
use crate::run::cancel::Watch;
use crate::run::powers::fold_powers;
use crate::states::joint::Joint;

/// What a response is fitted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// The number of regressors. The response comes after them.
    pub regressors: usize,
    /// Each regressor takes part with all powers up to this one.
    pub degree: usize,
    /// Whether there is a constant, which comes first.
    pub has_intercept: bool,
}

/// A column of the equations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// The constant.
    Intercept,
    /// A power of a regressor, by its position.
    Power(usize, usize),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Fewer rows than terms.
    TooFew,
    /// A term is a linear combination of others, by their positions.
    Collinear(usize, Vec<usize>),
    /// No columns have these sums.
    Impossible,
}

/// The answers, correctly rounded. Without degrees of freedom there is no deviation of the residuals, and what depends on it
/// is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// One for each term.
    pub coefficients: Vec<f64>,
    /// Those of the coefficients.
    pub standard_errors: Vec<Option<f64>>,
    /// The sum of the squares of the residuals.
    pub residual_sum: f64,
    /// By how much less this is than the sum of squares of the response.
    pub regression_sum: f64,
    /// The deviation of the residuals, from the degrees of freedom.
    pub residual_stddev: Option<f64>,
    /// The coefficient of determination; NaN if the response is constant.
    pub r2: f64,
    /// The F statistic of all terms but the intercept.
    pub f: Option<f64>,
    /// The number of rows, or the sum of their weights, less the number of terms.
    pub degrees_of_freedom: Freedom,
    /// The number of rows.
    pub count: u64,
}

/// Degrees of freedom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Freedom {
    /// A whole number below 2^53; negative if the weights are small.
    Whole(i64),
    /// Another number, correctly rounded.
    Rounded(f64),
}

impl Freedom {
    fn of(freedom: &Integer, unit: &Integer) -> Self {
        const EXACT: f64 = (1u64 << f64::MANTISSA_DIGITS) as f64;
        let rounded = rational::quotient(freedom, unit);
        let is_whole = rounded.abs() < EXACT && *freedom == unit.times_integer(rounded as i128);
        if is_whole { Self::Whole(rounded as i64) } else { Self::Rounded(rounded) }
    }
}

impl Model {
    /// The terms: the intercept, then the powers of each regressor.
    pub fn terms(&self) -> Vec<Term> {
        let powers = (0..self.regressors)
            .flat_map(|column| (1..=self.degree).map(move |power| Term::Power(column, power)));
        self.has_intercept.then_some(Term::Intercept).into_iter().chain(powers).collect()
    }

    /// The products that must be summed: each once, its factors in order. The product of no factors, whose sum is the number
    /// of rows, is not among them.
    pub fn monomials(&self) -> Vec<Vec<usize>> {
        let factors = self.factors();
        let pairs = factors
            .iter()
            .enumerate()
            .flat_map(|(row, one)| factors[row..].iter().map(move |other| product_of(one, other)));
        let mut monomials = pairs.filter(|factors| !factors.is_empty()).collect::<Vec<_>>();
        monomials.sort_unstable();
        monomials.dedup();
        monomials
    }

    /// The sums over columns that have as many rows each, the response last, and perhaps over their weights.
    ///
    /// # Errors
    /// The first weight that is none.
    pub fn fold(
        &self,
        columns: &[&[Chunk]],
        weights: Option<Typed<'_>>,
        threads: usize,
    ) -> Result<Sums, BadWeight> {
        let monomials = self.monomials();
        let joint = fold_powers(columns, weights, &monomials, threads)?;
        Ok(Sums { monomials, joint })
    }

    /// The columns that are multiplied in each term, and last the response.
    fn factors(&self) -> Vec<Vec<usize>> {
        let factors = self.terms().into_iter().map(|term| match term {
            Term::Intercept => vec![],
            Term::Power(column, power) => vec![column; power],
        });
        factors.chain([vec![self.regressors]]).collect()
    }

    /// The answers by the sums of products over some rows. The values of each column, the response last, are in units of ten
    /// to the power of minus its scale.
    pub fn fit<'a>(
        &self,
        rows: &Joint,
        sum_of: impl Fn(&[usize]) -> &'a Integer,
        scales: &[i32],
    ) -> Result<Fit, Unfit> {
        let (terms, factors) = (self.terms(), self.factors());
        let (size, count) = (terms.len(), rows.rows.finite);
        let (weight, weight_scale) = rows.weight();
        if count < size as u64 {
            return Err(Unfit::TooFew);
        }
        let entry = |row: usize, column: usize| match &product_of(&factors[row], &factors[column])[..]
        {
            [] => weight.clone(),
            factors => sum_of(factors).clone(),
        };
        let mut swept = Swept::new(size + 1, entry);
        // The sum of squares of the response, and what it is to be divided by.
        let mut total = (swept.get(size, size).clone(), Integer::from(1u64));
        for (pivot, term) in terms.iter().enumerate() {
            swept.sweep(pivot).map_err(|others| Unfit::Collinear(pivot, others))?;
            let is_cancelled = Watch::current().is_some_and(|watch| watch.is_cancelled());
            if swept.determinant().is_negative() || is_cancelled {
                return Err(Unfit::Impossible);
            }
            if *term == Term::Intercept {
                total = (swept.get(size, size).clone(), swept.determinant().clone());
            }
        }
        if swept.get(size, size).is_negative() || total.0.is_negative() {
            return Err(Unfit::Impossible);
        }
        let scale_of = |term: &Term| match *term {
            Term::Intercept => 0,
            Term::Power(column, power) => scales[column] * power as i32,
        };
        // A coefficient is in units of the response by those of its term.
        let units = terms.iter().map(|term| scales[self.regressors] - scale_of(term));
        let units = units.collect::<Vec<_>>();
        let unit = rational::power_of_ten(weight_scale);
        let mut freedom = weight;
        freedom.subtract(&unit.times(&Integer::from(size as u64)));
        let weighed = Weighed { count, freedom, unit, scale: weight_scale as i32 };
        Ok(answers(&weighed, self.has_intercept, &swept, total, &units, scales))
    }
}

/// How much the rows of a fit weigh.
struct Weighed {
    /// The number of rows.
    count: u64,
    /// The degrees of freedom, in units of the weights.
    freedom: Integer,
    /// A weight of one.
    unit: Integer,
    /// The decimal places of weights.
    scale: i32,
}

/// Sums of the products that a model needs.
pub struct Sums {
    /// In ascending order.
    monomials: Vec<Vec<usize>>,
    joint: Joint,
}

impl Sums {
    /// The rows, by what became of them, and their weights.
    pub fn rows(&self) -> &Joint {
        &self.joint
    }

    /// The sum of one of the products.
    pub fn of(&self, factors: &[usize]) -> &Integer {
        let place = self.monomials.binary_search_by(|known| known[..].cmp(factors));
        &self.joint.sums[place.expect("a model asks for its own products")]
    }
}

/// The columns that are multiplied in a product of two products, in order.
fn product_of(one: &[usize], other: &[usize]) -> Vec<usize> {
    let mut factors = [one, other].concat();
    factors.sort_unstable();
    factors
}

fn answers(
    Weighed { count, freedom, unit, scale }: &Weighed,
    has_intercept: bool,
    swept: &Swept,
    (total, divisor): (Integer, Integer),
    units: &[i32],
    scales: &[i32],
) -> Fit {
    let size = units.len();
    let (determinant, residuals) = (swept.determinant(), swept.get(size, size));
    let squared = 2 * scales[scales.len() - 1];
    let of_sum = squared + scale;
    // TSS and RSS over a common divisor.
    let common = divisor.times(determinant);
    let (total, residual) = (total.times(determinant), residuals.times(&divisor));
    let mut explained = total.clone();
    explained.subtract(&residual);

    let coefficient = |(term, &units): (usize, &i32)| {
        let (sum, divisor) = rational::over_tens(swept.get(term, size), determinant, units);
        rational::quotient(&sum, &divisor)
    };
    let has_freedom = !freedom.is_zero() && !freedom.is_negative();
    let of_freedom = determinant.times(determinant).times(freedom);
    let standard_error = |(term, &units): (usize, &i32)| {
        let square = residuals.times(swept.get(term, term)).times(unit);
        has_freedom.then(|| root(&square, &of_freedom, 2 * units))
    };
    let others = (size - usize::from(has_intercept)) as u64;
    let f = (has_freedom && others > 0).then(|| {
        let square = explained.times(freedom);
        ratio(&square, &residual.times(&others.into()).times(unit))
    });
    Fit {
        coefficients: units.iter().enumerate().map(coefficient).collect(),
        standard_errors: units.iter().enumerate().map(standard_error).collect(),
        residual_sum: quotient(&residual, &common, of_sum),
        regression_sum: quotient(&explained, &common, of_sum),
        residual_stddev: has_freedom.then(|| root(&residual, &common.times(freedom), squared)),
        r2: ratio(&explained, &total),
        f,
        degrees_of_freedom: Freedom::of(freedom, unit),
        count: *count,
    }
}

/// `numerator / (divisor * 10^tens)`.
pub(super) fn quotient(numerator: &Integer, divisor: &Integer, tens: i32) -> f64 {
    let (numerator, divisor) = rational::over_tens(numerator, divisor, tens);
    rational::quotient(&numerator, &divisor)
}

/// The root of `square / (divisor * 10^tens)`.
pub(super) fn root(square: &Integer, divisor: &Integer, tens: i32) -> f64 {
    let (square, divisor) = rational::over_tens(square, divisor, tens);
    rational::nearest(Form::Root, false, &square, &divisor)
}

/// The ratio of two sums of squares: 0/0 is NaN, and what is divided by zero otherwise is infinite.
pub(super) fn ratio(numerator: &Integer, divisor: &Integer) -> f64 {
    match (divisor.is_zero(), sign(numerator)) {
        (false, _) => rational::quotient(numerator, divisor),
        (true, Ordering::Equal) => f64::NAN,
        (true, Ordering::Less) => f64::NEG_INFINITY,
        (true, Ordering::Greater) => f64::INFINITY,
    }
}

fn sign(number: &Integer) -> Ordering {
    match number.is_negative() {
        true => Ordering::Less,
        false if number.is_zero() => Ordering::Equal,
        false => Ordering::Greater,
    }
}
