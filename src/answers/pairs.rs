//! Statistics of two columns: covariance and correlation.
//!
//! ```text
//! covariance  = RN( (n*Sxy - Sx*Sy) / (n*(n - ddof)) )
//! correlation = RN( (n*Sxy - Sx*Sy) / sqrt((n*Sxx - Sx^2) * (n*Syy - Sy^2)) )
//! ```
//!
//! `n` is the number of rows in which both have a value. A NaN or an infinity among these makes the result NaN. The
//! correlation with a constant column is NaN: it has no deviation to compare with.

use arrow_schema::DataType;

use crate::columns::chunk::Chunk;
use crate::exact::{Form, Integer, rational};
use crate::run::joint::fold_joint;
use crate::states::accumulator::Options;
use crate::states::comoments::{monomials, place};
use crate::states::joint::{Joint, RowCounts};
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

    /// The statistic of two columns of as many rows; `None` if they are too few.
    pub fn of(
        self,
        columns: [(&DataType, &[Chunk]); 2],
        options: &Options,
        threads: usize,
    ) -> Option<f64> {
        let joint = fold_joint(&columns.map(|(_, chunks)| chunks), PAIR, threads);
        let scales = columns.map(|(data_type, _)| i32::from(scale(data_type)));
        self.settle(joint.rows, &PairSums::new(&joint.sums, [0, 1, 2, 3, 4]), scales, options)
    }

    /// The statistic of each column with each, row by row of the matrix. Rows in which a value is missing are left out
    /// pair by pair, or, if `complete`, for all pairs.
    pub fn matrix(
        self,
        columns: &[(&DataType, &[Chunk])],
        is_complete: bool,
        options: &Options,
        threads: usize,
    ) -> Vec<Option<f64>> {
        let monomials = monomials(columns.len());
        let monomials = monomials.iter().map(Vec::as_slice).collect::<Vec<_>>();
        let chunks = columns.iter().map(|(_, chunks)| *chunks).collect::<Vec<_>>();
        let together = fold_joint(&chunks, &monomials, threads);
        let is_common = is_complete || together.rows.are_finite();
        let scales = columns.iter().map(|(of, _)| scale(of).into()).collect::<Vec<_>>();
        symmetric(columns.len(), |row, column| match is_common {
            true => self.among(&together, &scales, [row, column], options),
            false => self.of([columns[row], columns[column]], options, threads),
        })
    }

    /// The matrix by the sums of the [`monomials`] of columns, which have these scales, over the rows without a missing value.
    pub fn matrix_of_sums(
        self,
        joint: &Joint,
        scales: &[i32],
        options: &Options,
    ) -> Vec<Option<f64>> {
        symmetric(scales.len(), |row, column| self.among(joint, scales, [row, column], options))
    }

    /// The statistic of two of several columns.
    fn among(
        self,
        joint: &Joint,
        scales: &[i32],
        [row, column]: [usize; 2],
        options: &Options,
    ) -> Option<f64> {
        let place = |one, other| place(scales.len(), one, other);
        let places = [row, column, place(row, column), place(row, row), place(column, column)];
        let sums = PairSums::new(&joint.sums, places);
        self.settle(joint.rows, &sums, [scales[row], scales[column]], options)
    }

    /// The statistic of values in units of `10^-scale` each.
    fn settle(
        self,
        rows: RowCounts,
        sums: &PairSums<'_>,
        scales: [i32; 2],
        options: &Options,
    ) -> Option<f64> {
        let ddof = if self == Self::Covariance { options.ddof } else { 0 };
        let count = rows.admitted(options).filter(|&count| count > ddof)?;
        if count > rows.finite {
            return Some(f64::NAN);
        }
        let product = spread(count, sums.product, [sums.x, sums.y]);
        if self == Self::Covariance {
            let divisor = Integer::from(count).times(&(count - ddof).into());
            let (product, divisor) = rational::over_tens(&product, &divisor, scales[0] + scales[1]);
            return Some(rational::quotient(&product, &divisor));
        }
        let squares = [(sums.x, sums.x_squares), (sums.y, sums.y_squares)];
        let squares = squares.map(|(sum, squares)| spread(count, squares, [sum; 2]));
        let divisor = squares[0].times(&squares[1]);
        if divisor.is_zero() {
            return Some(f64::NAN);
        }
        let square = product.times(&product);
        Some(rational::nearest(Form::Root, product.is_negative(), &square, &divisor))
    }
}

/// A symmetric matrix, row by row.
fn symmetric(size: usize, entry: impl Fn(usize, usize) -> Option<f64>) -> Vec<Option<f64>> {
    let mut matrix = vec![None; size * size];
    for row in 0..size {
        for column in row..size {
            let entry = entry(row, column);
            matrix[row * size + column] = entry;
            matrix[column * size + row] = entry;
        }
    }
    matrix
}

/// The products that are summed of two columns, in the order of [`PairSums`].
const PAIR: &[&[usize]] = &[&[0], &[1], &[0, 1], &[0, 0], &[1, 1]];

/// The sums that a statistic of two columns depends on.
struct PairSums<'a> {
    x: &'a Integer,
    y: &'a Integer,
    product: &'a Integer,
    x_squares: &'a Integer,
    y_squares: &'a Integer,
}

impl<'a> PairSums<'a> {
    /// Those at some places among others.
    fn new(sums: &'a [Integer], places: [usize; 5]) -> Self {
        let [x, y, product, x_squares, y_squares] = places.map(|place| &sums[place]);
        Self { x, y, product, x_squares, y_squares }
    }
}

/// `n * Sxy - Sx * Sy`.
pub(super) fn spread(count: u64, products: &Integer, [x, y]: [&Integer; 2]) -> Integer {
    let mut spread = products.times(&count.into());
    spread.subtract(&x.times(y));
    spread
}
