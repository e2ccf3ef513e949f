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

use std::collections::BTreeSet;

use arrow_schema::DataType;

use super::weighted::{Open, Rows, Shifts, Typed, Weighed};
use crate::columns::aligned::BadWeight;
use crate::kernels::monomials::Precision;
use crate::states::accumulator::Options;
use crate::states::comoments::{CoMoments, monomials, place};
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
        let rows = Rows::new(&columns.map(|(_, chunks)| chunks), weights, threads);
        self.of_rows(&rows, columns, options)
    }

    /// The statistic of the first two columns of rows.
    fn of_rows(
        self,
        rows: &Rows<'_>,
        columns: [Typed<'_>; 2],
        options: &Options,
    ) -> Result<Option<f64>, BadWeight> {
        let scales = columns.map(|(data_type, _)| scale(data_type).into());
        rows.settle(self.monomials(), Shifts::CancelOut, |sums| {
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
        let pairs = Pairs::of(columns.len());
        let chunks = columns.iter().map(|(_, chunks)| *chunks).collect::<Vec<_>>();
        let rows = Rows::new(&chunks, weights, threads);
        let mut sums = rows.sum_near(&pairs.monomials(), Shifts::CancelOut)?;
        // What is not finite in one column must not change the answers for others.
        let is_common = sums.rows.are_finite() || is_complete && !sums.rows.have_specials();
        let answer = |sums: &Weighed<'_>, pair: (usize, usize)| {
            let both = [columns[pair.0], columns[pair.1]];
            if is_common {
                let scales = both.map(|(data_type, _)| scale(data_type).into());
                return self.settle(sums, pairs.places(pair), scales, options);
            }
            let is_other = |at: &usize| is_complete && *at != pair.0 && *at != pair.1;
            let others = (0..columns.len()).filter(is_other).map(|at| chunks[at]);
            let joined = both.map(|(_, chunks)| chunks).into_iter().chain(others);
            let rows = Rows::new(&joined.collect::<Vec<_>>(), weights, threads).of_two(options);
            Ok(self.of_rows(&rows, both, options)?)
        };
        let mut matrix = vec![None; pairs.columns * pairs.columns];
        let mut settle = |(row, column): (usize, usize), answer: Option<f64>| {
            matrix[row * pairs.columns + column] = answer;
            matrix[column * pairs.columns + row] = answer;
        };
        let mut open = vec![];
        for pair in pairs.list() {
            match answer(&sums, pair) {
                Ok(answer) => settle(pair, answer),
                Err(Open::Undecided) => open.push(pair),
                Err(Open::Bad(bad)) => return Err(bad),
            }
        }
        if !open.is_empty() {
            pairs.sum_exactly(&mut sums, &rows, &open)?;
        }
        for pair in open {
            settle(pair, answer(&sums, pair).map_err(Open::decided)?);
        }
        Ok(matrix)
    }

    /// The matrix by exact sums of columns, and of the products of all pairs, over the rows without a missing value.
    pub fn matrix_of_state(self, state: &CoMoments, options: &Options) -> Vec<Option<f64>> {
        let (joint, scales) = (state.linear(), state.scales());
        let pairs = Pairs::of(scales.len());
        let nothing = Rows::new(&[], None, 1);
        let sums = nothing.of_sums(&joint, options);
        let answer = |(row, column): (usize, usize)| {
            let pair = (row.min(column), row.max(column));
            let scales = [scales[row], scales[column]];
            let answer = self.settle(&sums, pairs.places(pair), scales, options);
            answer.unwrap_or_else(|_| unreachable!("sums are exact, and weights have been read"))
        };
        let places = scales.iter().enumerate();
        let row = |(row, _)| (0..scales.len()).map(move |column| (row, column));
        places.flat_map(row).map(answer).collect()
    }

    /// The statistic of values in units of `10^-scale` each, from sums at the places of [`Self::monomials`].
    fn settle(
        self,
        weighed: &Weighed<'_>,
        places: [usize; 5],
        scales: [i32; 2],
        options: &Options,
    ) -> Result<Option<f64>, Open> {
        let ddof = if self == Self::Covariance { options.ddof } else { 0 };
        let Some(divisor) = weighed.divisor(&Options { ddof, ..*options })? else {
            return Ok(None);
        };
        if weighed.rows.admitted(options) > Some(weighed.rows.finite) {
            return Ok(Some(f64::NAN));
        }
        let [x, y, product, x_squares, y_squares] = places;
        let sum = |place: usize| &weighed.sums[place];
        let product = weighed.spread(sum(product), [sum(x), sum(y)]);
        if self == Self::Covariance {
            let (product, divisor) = product.over_tens(&divisor, scales[0] + scales[1]);
            return Ok(Some(product.quotient(&divisor)?));
        }
        let x_spread = weighed.spread(sum(x_squares), [sum(x); 2]);
        let divisor = x_spread.times(&weighed.spread(sum(y_squares), [sum(y); 2]));
        if divisor.is_zero()? {
            return Ok(Some(f64::NAN));
        }
        let negative = product.is_negative();
        Ok(Some(product.times(&product).root_of_quotient(&divisor, negative)?))
    }
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
        monomials(self.columns, 1)
    }

    /// Where the sums of a pair are, in the order of [`PairStatistic::monomials`].
    fn places(&self, (row, column): (usize, usize)) -> [usize; 5] {
        let product = |row, column| place(self.columns, row, column);
        [row, column, product(row, column), product(row, row), product(column, column)]
    }

    /// Replaces the sums of some pairs by exact ones.
    fn sum_exactly(
        &self,
        sums: &mut Weighed<'_>,
        rows: &Rows<'_>,
        pairs: &[(usize, usize)],
    ) -> Result<(), BadWeight> {
        let places = pairs.iter().flat_map(|&pair| self.places(pair)).collect::<BTreeSet<_>>();
        let monomials = self.monomials();
        let monomials = places.iter().map(|&place| &monomials[place]).collect::<Vec<_>>();
        sums.replace(places.into_iter(), rows.sum(&monomials, Precision::Exact)?);
        Ok(())
    }
}
