//! Linear equations with a symmetric matrix, solved by elimination without fractions.
//!
//! The matrix is swept, one row and column after the other, as statistics packages do it, but in integers (Bareiss'
//! algorithm): each division is exact, and each number is a determinant of a part of the matrix, so that numbers grow no
//! faster than they must. If `S` are the places that have been swept, `R` the others and `d` the determinant of the matrix
//! `A_SS`, then a [`Swept`] matrix holds `d` times
//!
//! ```text
//! A_SS^-1              in S and S
//! A_SS^-1 A_SR         in S and R: how those of R depend on those of S
//! A_RR - A_RS A_SS^-1 A_SR   in R and R: what is left of those of R
//! ```
//!
//! All of them are symmetric, so the upper half is enough. For the matrix of products of regressors and a response, in that
//! order, these are the inverse, the coefficients, and the sum of the squares of the residuals.

use super::integer::Integer;

/// A symmetric matrix of which some rows and columns have been swept.
pub struct Swept {
    size: usize,
    /// The upper half, row by row, times the determinant.
    entries: Vec<Integer>,
    is_swept: Vec<bool>,
    determinant: Integer,
}

impl Swept {
    /// A matrix before the first step, by its entries `(row, column)` with `row <= column`.
    pub fn new(size: usize, entry: impl Fn(usize, usize) -> Integer) -> Self {
        let places = (0..size).flat_map(|row| (row..size).map(move |column| (row, column)));
        let entries = places.map(|(row, column)| entry(row, column)).collect();
        Self { size, entries, is_swept: vec![false; size], determinant: 1u64.into() }
    }

    /// The determinant of what has been swept.
    pub fn determinant(&self) -> &Integer {
        &self.determinant
    }

    /// An entry, times the determinant.
    pub fn get(&self, row: usize, column: usize) -> &Integer {
        &self.entries[self.place(row, column)]
    }

    /// Sweeps a row and column. If what is left of it is zero, it depends on those that were swept before: the places of
    /// these are the error.
    pub fn sweep(&mut self, pivot: usize) -> Result<(), Vec<usize>> {
        debug_assert!(!self.is_swept[pivot], "each is swept once");
        let next = self.get(pivot, pivot).clone();
        if next.is_zero() {
            let before = (0..self.size).filter(|&at| self.is_swept[at]);
            return Err(before.filter(|&at| !self.get(at, pivot).is_zero()).collect());
        }
        let line = (0..self.size).map(|at| self.get(at, pivot).clone()).collect::<Vec<_>>();
        for row in (0..self.size).filter(|&row| row != pivot) {
            for column in (row..self.size).filter(|&column| column != pivot) {
                let place = self.place(row, column);
                let mut entry = self.entries[place].times(&next);
                let product = line[row].times(&line[column]);
                match self.is_swept[row] && self.is_swept[column] {
                    true => entry.merge(&product),
                    false => entry.subtract(&product),
                }
                self.entries[place] = entry.divided_exactly(&self.determinant);
            }
            if self.is_swept[row] {
                let place = self.place(row, pivot);
                self.entries[place] = line[row].negative();
            }
        }
        let place = self.place(pivot, pivot);
        self.entries[place] = std::mem::replace(&mut self.determinant, next);
        self.is_swept[pivot] = true;
        Ok(())
    }

    fn place(&self, row: usize, column: usize) -> usize {
        let (row, column) = (row.min(column), row.max(column));
        row * self.size - row * (row + 1) / 2 + column
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn integer(value: i64, exponent: i32) -> Integer {
        let mut integer = Integer::new();
        integer.add(value.into(), exponent);
        integer
    }

    /// The products of the columns of a table.
    fn gram(table: &[Vec<Integer>]) -> Vec<Vec<Integer>> {
        let product = |one: &[Integer], other: &[Integer]| {
            one.iter().zip(other).fold(Integer::new(), |mut sum, (one, other)| {
                sum.merge(&one.times(other));
                sum
            })
        };
        table.iter().map(|one| table.iter().map(|other| product(one, other)).collect()).collect()
    }

    #[test]
    fn a_line_through_three_points() {
        // (0, 1), (1, 3), (2, 4): the intercept is 7/6, the slope 3/2, and 1/6 is left.
        let rows = [[1, 1, 1], [0, 1, 2], [1, 3, 4]];
        let table = rows.map(|row| row.map(|value| integer(value, 0)).to_vec());
        let gram = gram(&table);
        let mut swept = Swept::new(3, |row, column| gram[row][column].clone());
        assert_eq!((swept.sweep(0), swept.sweep(1)), (Ok(()), Ok(())));
        assert_eq!(swept.determinant().to_i128(), Some(6));
        let entry = |row, column| swept.get(row, column).to_i128();
        assert_eq!([entry(0, 2), entry(1, 2), entry(2, 2)], [Some(7), Some(9), Some(1)]);
        assert_eq!([entry(0, 0), entry(0, 1), entry(1, 1)], [Some(5), Some(-3), Some(3)]);
    }

    #[test]
    fn what_a_column_depends_on_is_named() {
        // The last column is the first less the third.
        let rows = [[1, 1, 1, 1], [2, -1, 5, 7], [0, 1, 2, 2], [1, 0, -1, -1]];
        let table = rows.map(|row| row.map(|value| integer(value, -3)).to_vec());
        let gram = gram(&table);
        let mut swept = Swept::new(4, |row, column| gram[row][column].clone());
        (0..3).for_each(|pivot| assert_eq!(swept.sweep(pivot), Ok(())));
        assert_eq!(swept.sweep(3), Err(vec![0, 2]));
    }

    proptest! {
        /// The inverse times the matrix is the unit matrix, the coefficients times it the right side.
        #[test]
        fn equations_are_solved_exactly(
            table in prop::collection::vec(
                prop::collection::vec((any::<i64>(), 0u32..64, -300i32..300), 6), 2..6),
            seed in any::<u64>(),
        ) {
            let column = |column: &Vec<(i64, u32, i32)>| {
                column.iter().map(|&(value, shift, exponent)| integer(value >> shift, exponent)).collect()
            };
            let gram = gram(&table.iter().map(column).collect::<Vec<Vec<_>>>());
            let size = gram.len() - 1;
            let mut swept = Swept::new(size + 1, |row, column| gram[row][column].clone());
            // In any order.
            let mut order = (0..size).collect::<Vec<_>>();
            order.rotate_left(seed as usize % size);
            for pivot in order {
                prop_assume!(swept.sweep(pivot).is_ok());
            }
            for (row, line) in gram[..size].iter().enumerate() {
                for column in 0..=size {
                    let mut sum = Integer::new();
                    for (at, factor) in line[..size].iter().enumerate() {
                        sum.merge(&factor.times(swept.get(at, column)));
                    }
                    let expected = match (column < size, row == column) {
                        (true, false) => Integer::new(),
                        (true, true) => swept.determinant().clone(),
                        (false, _) => line[size].times(swept.determinant()),
                    };
                    prop_assert_eq!(sum, expected);
                }
            }
        }
    }
}
