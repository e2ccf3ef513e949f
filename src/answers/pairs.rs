//! Statistics of two columns: covariance and correlation.
//!
//! ```text
//! covariance  = RN( (n*Sxy - Sx*Sy) / (n*(n - ddof)) )
//! correlation = RN( (n*Sxy - Sx*Sy) / sqrt((n*Sxx - Sx^2) * (n*Syy - Sy^2)) )
//! ```
//!
//! `n` is the number of rows in which both have a value. A NaN or an infinity among these makes the result NaN. The
//! correlation with a constant column is NaN: it has no deviation to compare with.

use std::collections::BTreeSet;

use arrow_schema::DataType;

use crate::columns::chunk::Chunk;
use crate::exact::{Ball, Undecided};
use crate::kernels::monomials::Precision;
use crate::run::joint;
use crate::states::accumulator::Options;
use crate::states::comoments::{monomials, place};
use crate::states::joint::{Joint, NearJoint};
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
        let chunks = columns.map(|(_, chunks)| chunks);
        let scales = columns.map(|(data_type, _)| scale(data_type).into());
        joint::settle(&chunks, self.monomials(), threads, |sums| {
            self.settle(sums, [0, 1, 2, 3, 4], scales, options)
        })
    }

    /// The products that are summed of two columns: their sums, that of their products, and those of their squares.
    fn monomials(self) -> &'static [&'static [usize]] {
        match self {
            Self::Covariance => &[&[0], &[1], &[0, 1]],
            Self::Correlation => &[&[0], &[1], &[0, 1], &[0, 0], &[1, 1]],
        }
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
        let pairs = Pairs::of(columns.len());
        let chunks = columns.iter().map(|(_, chunks)| *chunks).collect::<Vec<_>>();
        let mut sums = joint::fold_near(&chunks, &pairs.monomials(), Precision::Near, threads);
        let is_common = is_complete || sums.rows.are_finite();
        let answer = |sums: &NearJoint, pair: (usize, usize)| {
            let columns = [columns[pair.0], columns[pair.1]];
            if !is_common {
                return Ok(self.of(columns, options, threads));
            }
            let scales = columns.map(|(data_type, _)| scale(data_type).into());
            self.settle(sums, pairs.places(pair), scales, options)
        };
        let each = pairs.list().map(|pair| (pair, answer(&sums, pair)));
        let (settled, open): (Vec<_>, Vec<_>) = each.partition(|(_, answer)| answer.is_ok());
        if !open.is_empty() {
            pairs.sum_exactly(&mut sums, &chunks, open.iter().map(|&(pair, _)| pair), threads);
        }
        let reopened = open.into_iter().map(|(pair, _)| (pair, answer(&sums, pair)));
        let mut matrix = vec![None; pairs.columns * pairs.columns];
        for ((row, column), answer) in settled.into_iter().chain(reopened) {
            let answer = joint::decided(answer);
            matrix[row * pairs.columns + column] = answer;
            matrix[column * pairs.columns + row] = answer;
        }
        matrix
    }

    /// The matrix by exact sums of columns, and of the products of all pairs, over the rows without a missing value. The columns
    /// have these scales.
    pub fn matrix_of_sums(
        self,
        joint: &Joint,
        scales: &[i32],
        options: &Options,
    ) -> Vec<Option<f64>> {
        let pairs = Pairs::of(scales.len());
        let sums = joint.sums.iter().map(|sum| Ball::from(sum.clone())).collect();
        let sums = NearJoint { rows: joint.rows, sums };
        let answer = |(row, column): (usize, usize)| {
            let pair = (row.min(column), row.max(column));
            let scales = [scales[row], scales[column]];
            joint::decided(self.settle(&sums, pairs.places(pair), scales, options))
        };
        let places = scales.iter().enumerate();
        let row = |(row, _)| (0..scales.len()).map(move |column| (row, column));
        places.flat_map(row).map(answer).collect()
    }

    /// The statistic of values in units of `10^-scale` each, from sums at the places of [`Self::monomials`].
    fn settle(
        self,
        joint: &NearJoint,
        places: [usize; 5],
        scales: [i32; 2],
        options: &Options,
    ) -> Result<Option<f64>, Undecided> {
        let ddof = if self == Self::Covariance { options.ddof } else { 0 };
        let Some(count) = joint.rows.admitted(options).filter(|&count| count > ddof) else {
            return Ok(None);
        };
        if count > joint.rows.finite {
            return Ok(Some(f64::NAN));
        }
        let [x, y, product, x_squares, y_squares] = places;
        let sum = |place: usize| &joint.sums[place];
        let product = spread(count, sum(product), [sum(x), sum(y)]);
        if self == Self::Covariance {
            let divisor = Ball::from(count).times(&(count - ddof).into());
            let (product, divisor) = product.over_tens(&divisor, scales[0] + scales[1]);
            return product.quotient(&divisor).map(Some);
        }
        let x_spread = spread(count, sum(x_squares), [sum(x); 2]);
        let divisor = x_spread.times(&spread(count, sum(y_squares), [sum(y); 2]));
        if divisor.is_zero()? {
            return Ok(Some(f64::NAN));
        }
        let negative = product.is_negative();
        product.times(&product).root_of_quotient(&divisor, negative).map(Some)
    }
}

/// `n * Sxy - Sx * Sy`.
pub(super) fn spread(count: u64, products: &Ball, [x, y]: [&Ball; 2]) -> Ball {
    products.times(&count.into()).minus(&x.times(y))
}

/// All pairs of a number of columns, and the places of their sums: first those of the columns, then those of products.
struct Pairs {
    columns: usize,
}

impl Pairs {
    fn of(columns: usize) -> Self {
        Self { columns }
    }

    /// Each pair once, and each column with itself.
    fn list(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let columns = self.columns;
        (0..columns).flat_map(move |row| (row..columns).map(move |column| (row, column)))
    }

    fn monomials(&self) -> Vec<Vec<usize>> {
        monomials(self.columns)
    }

    /// Where the sums of a pair are, in the order of [`PairStatistic::monomials`].
    fn places(&self, (row, column): (usize, usize)) -> [usize; 5] {
        let product = |row, column| place(self.columns, row, column);
        [row, column, product(row, column), product(row, row), product(column, column)]
    }

    /// Replaces the sums of some pairs by exact ones.
    fn sum_exactly(
        &self,
        sums: &mut NearJoint,
        chunks: &[&[Chunk]],
        pairs: impl Iterator<Item = (usize, usize)>,
        threads: usize,
    ) {
        let places = pairs.flat_map(|pair| self.places(pair)).collect::<BTreeSet<_>>();
        let monomials = self.monomials();
        let monomials = places.iter().map(|&place| &monomials[place]).collect::<Vec<_>>();
        let exact = joint::fold_near(chunks, &monomials, Precision::Exact, threads);
        for (place, sum) in places.into_iter().zip(exact.sums) {
            sums.sums[place] = sum;
        }
    }
}
