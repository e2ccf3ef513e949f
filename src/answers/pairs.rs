//! Statistics of two columns: covariance and correlation.
//!
//! ```text
//! covariance  = RN( (n*Sxy - Sx*Sy) / (n*(n - ddof)) )
//! correlation = RN( (n*Sxy - Sx*Sy) / sqrt((n*Sxx - Sx^2) * (n*Syy - Sy^2)) )
//! ```
//!
//! `n` is the number of rows in which both have a value, or the sum of their [weights](super::weighted). A NaN or an
//! infinity among these makes the result NaN. The correlation with a constant column is NaN: it has no deviation to compare
//! with.

use arrow_schema::DataType;

use super::weighted::{Rows, Typed, Weighed};
use crate::columns::aligned::BadWeight;
use crate::exact::{Form, Integer, rational};
use crate::states::accumulator::Options;
use crate::types::{is_null, is_numeric, is_temporal, scale};

/// A statistic of two columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairStatistic {
    /// The covariance, with the divisor `count - ddof`.
    Covariance,
    /// Pearson's coefficient of correlation, from -1 to 1.
    Correlation,
}

impl PairStatistic {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Covariance => "covariance",
            Self::Correlation => "correlation",
        }
    }

    /// Whether columns of a type have it: a correlation has no unit, so that times have one.
    pub fn is_of(self, data_type: &DataType) -> bool {
        is_numeric(data_type)
            || is_null(data_type)
            || self == Self::Correlation && is_temporal(data_type)
    }

    /// The statistic of two columns, and perhaps of weights, of as many rows; `None` if they are too few.
    ///
    /// # Errors
    /// The first weight that is none.
    pub fn of(
        self,
        columns: [Typed<'_>; 2],
        weights: Option<Typed<'_>>,
        options: &Options,
        threads: usize,
    ) -> Result<Option<f64>, BadWeight> {
        let chunks = columns.map(|(_, chunks)| chunks);
        let weighed = Rows::new(&chunks, weights, threads).sum(PAIR)?;
        let scales = columns.map(|(data_type, _)| i32::from(scale(data_type)));
        self.settle(&weighed, [0, 1, 2, 3, 4], scales, options)
    }

    /// The statistic of each column with each, row by row of the matrix. Rows in which a value is missing are left out
    /// pair by pair, or, if `complete`, for all pairs.
    ///
    /// # Errors
    /// The first weight that is none.
    pub fn matrix(
        self,
        columns: &[Typed<'_>],
        weights: Option<Typed<'_>>,
        is_complete: bool,
        options: &Options,
        threads: usize,
    ) -> Result<Vec<Option<f64>>, BadWeight> {
        let count = columns.len();
        let pairs = (0..count).flat_map(|row| (row..count).map(move |column| (row, column)));
        let pairs = pairs.collect::<Vec<_>>();
        // The sums and squares of the columns come first.
        let mut monomials = (0..count).map(|column| vec![column]).collect::<Vec<_>>();
        monomials.extend(pairs.iter().map(|&(row, column)| vec![row, column]));
        let monomials = monomials.iter().map(Vec::as_slice).collect::<Vec<_>>();
        let place = |row: usize, column: usize| count + row * count - row * (row + 1) / 2 + column;
        let chunks = columns.iter().map(|(_, chunks)| *chunks).collect::<Vec<_>>();
        let together = Rows::new(&chunks, weights, threads).sum(&monomials)?;
        // What is not finite in one column must not change the answers for others.
        let is_common = together.rows.are_finite() || is_complete && !together.rows.have_specials();
        let answer = |&(row, column): &(usize, usize)| {
            let scales = [row, column].map(|at| i32::from(scale(columns[at].0)));
            if is_common {
                let products = [place(row, column), place(row, row), place(column, column)];
                let places = [row, column, products[0], products[1], products[2]];
                return self.settle(&together, places, scales, options);
            }
            let others = (0..count).filter(|&other| is_complete && other != row && other != column);
            let joined = [row, column].into_iter().chain(others).map(|at| chunks[at]);
            let joined = joined.collect::<Vec<_>>();
            let weighed = Rows::new(&joined, weights, threads).of_two(options).sum(PAIR)?;
            self.settle(&weighed, [0, 1, 2, 3, 4], scales, options)
        };
        let mut matrix = vec![None; count * count];
        for (pair, answer) in pairs.iter().zip(pairs.iter().map(answer)) {
            let answer = answer?;
            matrix[pair.0 * count + pair.1] = answer;
            matrix[pair.1 * count + pair.0] = answer;
        }
        Ok(matrix)
    }

    /// The statistic of values in units of `10^-scale` each, by sums that are those of [`PAIR`], at some places.
    fn settle(
        self,
        weighed: &Weighed<'_>,
        places: [usize; 5],
        scales: [i32; 2],
        options: &Options,
    ) -> Result<Option<f64>, BadWeight> {
        let ddof = if self == Self::Covariance { options.ddof } else { 0 };
        let Some(divisor) = weighed.divisor(&Options { ddof, ..*options })? else {
            return Ok(None);
        };
        if weighed.rows.admitted(options) > Some(weighed.rows.finite) {
            return Ok(Some(f64::NAN));
        }
        let [x, y, product, x_squares, y_squares] = places.map(|place| &weighed.sums[place]);
        let product = weighed.spread(product, [x, y]);
        if self == Self::Covariance {
            let (product, divisor) = rational::over_tens(&product, &divisor, scales[0] + scales[1]);
            return Ok(Some(rational::quotient(&product, &divisor)));
        }
        let squares = [(x, x_squares), (y, y_squares)];
        let squares = squares.map(|(sum, squares)| weighed.spread(squares, [sum; 2]));
        let divisor = squares[0].times(&squares[1]);
        if divisor.is_zero() {
            return Ok(Some(f64::NAN));
        }
        let square = product.times(&product);
        Ok(Some(rational::nearest(Form::Root, product.is_negative(), &square, &divisor)))
    }
}

/// The products that are summed of two columns: the columns, their product, and their squares.
const PAIR: &[&[usize]] = &[&[0], &[1], &[0, 1], &[0, 0], &[1, 1]];

/// `n * Sxy - Sx * Sy`.
pub(super) fn spread(count: &Integer, products: &Integer, [x, y]: [&Integer; 2]) -> Integer {
    let mut spread = products.times(count);
    spread.subtract(&x.times(y));
    spread
}
