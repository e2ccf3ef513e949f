//! The sums that spreads are made of, against exact ones.

use proptest::prelude::*;

use super::Gather;
use super::sums::PairSums;
use super::tile::Tile;
use crate::exact::Integer;
use crate::exact::double_double::{DoubleDouble, add};
use crate::kernels::across::nearest::sources::for_each_source;
use crate::kernels::across::rows::Rows;
use crate::kernels::dispatch::{self, Isa, Level, Task};
use crate::kernels::slices::power_of_two;
use crate::kernels::vector::Vector;

/// Gathers the sums of a table of at most one tile.
struct Sums<'a>(Rows<'a, f64>, &'a mut PairSums);

impl Task for Sums<'_> {
    #[inline(always)]
    fn run<V: Vector>(self, detected: V::Detected) {
        let mut tile = Tile::<V>::new();
        let is_done = for_each_source::<V, f64>(self.0, |source, _, first, _| {
            assert_eq!(first, 0, "it is one tile");
            V::attempt(detected, Gather { tile: &mut tile, source });
            tile.read(self.1);
            self.1.join(source.columns);
        });
        assert!(is_done);
    }
}

fn is_within(number: &Integer, interval: DoubleDouble) -> bool {
    let [mut low, mut high] = interval.ends();
    low.subtract(number);
    high.subtract(number);
    (low.is_zero() || low.is_negative()) && !high.is_negative()
}

/// Checks all sums of a table whose columns have grids.
fn check(values: &[f64], columns: usize) -> Result<(), TestCaseError> {
    let rows = Rows::new(values, 0, columns as isize, values.len() / columns, columns).unwrap();
    for isa in Isa::detected().into_iter().filter(|&isa| isa != Isa::Portable) {
        let mut sums = PairSums::default();
        dispatch::run(Level::on(isa).unwrap(), Sums(rows, &mut sums));
        for column in 0..columns {
            let mut exact = [Integer::new(), Integer::new()];
            for &value in rows.column(column) {
                let mut one = Integer::new();
                add(&mut one, value);
                exact[0].merge(&one);
                exact[1].merge(&one.times(&one));
            }
            for (exact, sums) in exact.iter().zip(&sums.0) {
                let [high, low, error] =
                    [&sums.high, &sums.low, &sums.error].map(|numbers| numbers[column]);
                prop_assert!(error.is_finite(), "{isa:?}: there are grids for {column}");
                let sum = DoubleDouble::new(high, low, error);
                prop_assert!(is_within(exact, sum), "{isa:?}, column {column}: {sum:?}");
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Terms of all magnitudes, which nothing but the rests hold.
    #[test]
    fn sums_are_within_their_errors(
        terms in prop::collection::vec((any::<i64>(), -100i32..0), 1..400),
        columns in prop::sample::select(vec![1usize, 3, 8, 9, 20, 200]),
        rows in prop::sample::select(vec![64usize, 127, 128, 129, 300, 700]),
        drift in -1i32..2,
        depth in prop::sample::select(vec![1i32, 20, 100]),
    ) {
        let value = |i: usize| {
            let (significand, power) = terms[i * 7 % terms.len()];
            let moved = drift * (i / columns) as i32 / 3;
            significand as f64 * power_of_two(power % depth + moved)
        };
        check(&(0..rows * columns).map(value).collect::<Vec<_>>(), columns)?;
    }

    /// Equal remainders push every rest in one direction, and every addition to it rounds the same way.
    #[test]
    fn sums_of_equal_values_are_within_their_errors(
        significand in any::<i64>(),
        other in any::<i64>(),
        gap in 0i32..60,
        rows in 100usize..600,
    ) {
        let large = significand as f64;
        let small = other as f64 * power_of_two(-gap);
        let value = |i: usize| if i < 64 { large } else { small };
        check(&(0..rows * 8).map(value).collect::<Vec<_>>(), 8)?;
    }
}
