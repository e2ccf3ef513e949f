//! Sums of groups against integers as wide as they must be.

use super::*;
use crate::exact::Integer;
use proptest::prelude::*;

const GROUPS: usize = 5;

/// The significand and the exponent of a finite value.
fn parts(value: f64) -> (i128, i32) {
    let bits = value.to_bits();
    let field = (bits >> 52 & 0x7ff) as i32;
    let significand = i128::from(bits & ((1 << 52) - 1) | u64::from(field != 0) << 52);
    (if value < 0.0 { -significand } else { significand }, field.max(1) - 1075)
}

/// Whether a value fits the grids below `2^top`, as the head of the module says.
fn fits(value: f64, top: i32) -> bool {
    let is_usual = value.is_finite() && value.to_bits() != (-0.0f64).to_bits();
    let (significand, exponent) = parts(if is_usual { value } else { 0.0 });
    let below = grid(top, 1) - exponent; // bits below the last grid
    let is_multiple =
        significand == 0 || below <= 0 || significand.trailing_zeros() as i32 >= below;
    is_usual && value.abs() < 2f64.powi(top) && is_multiple
}

fn levels() -> Vec<Level> {
    Isa::detected().into_iter().filter_map(Level::on).collect()
}

/// Checks the sums of all groups, and what was left out, on every level.
fn check<W: Slots>(values: &[f64], groups: &[u32], validity: Option<&[u8]>, top: i32) {
    let is_valid = |row: usize| validity.is_none_or(|bytes| bytes[row / 8] >> (row % 8) & 1 == 1);
    let is_added = |row: usize| is_valid(row) && fits(values[row], top);
    let left = (0..values.len()).filter(|&row| !is_added(row)).map(|row| row as u32);
    let left = left.collect::<Vec<_>>();
    for level in levels() {
        let (mut sums, mut others) = (vec![W::default(); GROUPS], vec![]);
        let values_of_groups = Values { values, groups, validity };
        let task = Add { top, values: values_of_groups, sums: &mut sums, others: &mut others };
        dispatch::run(level, task);
        assert_eq!(others, left, "{level:?}");
        for (group, sums) in sums.iter().enumerate() {
            let rows = (0..values.len()).filter(|&row| groups[row] as usize == group);
            let rows = rows.filter(|&row| is_added(row)).collect::<Vec<_>>();
            let found = Totals::new(sums, top, rows.len() as u64);
            let (mut first, mut second) = (Integer::new(), Integer::new());
            for row in rows {
                let (significand, exponent) = parts(values[row]);
                first.add(significand, exponent);
                second.add(significand * significand, 2 * exponent);
            }
            assert_eq!(integer(found.first, found.exponent), first, "{level:?}");
            if sums.words().len() > 2 {
                let [low, high] = found.second;
                let limbs = [low as u64, (low >> 64) as u64, high as u64, (high >> 64) as u64, 0];
                let mut squares = Integer::new();
                squares.add_digits(&limbs, 2 * found.exponent);
                assert_eq!(squares, second, "{level:?}");
            }
        }
    }
}

fn integer(units: i128, exponent: i32) -> Integer {
    let mut integer = Integer::new();
    integer.add(units, exponent);
    integer
}

fn check_both(values: &[f64], groups: &[u32], validity: Option<&[u8]>, top: i32) {
    check::<Pair>(values, groups, validity, top);
    check::<Line>(values, groups, validity, top);
}

#[test]
fn the_limits_of_what_fits() {
    for top in [*TOPS.start(), -300, 0, 5, 300, *TOPS.end()] {
        let unit = 2f64.powi(top);
        let largest = f64::from_bits(unit.to_bits() - 1);
        let smallest = 2f64.powi(top - 31) * (1.0 + f64::EPSILON);
        let values = [
            largest,
            -largest,
            unit,
            -unit,
            0.0,
            -0.0,
            smallest,
            -smallest,
            smallest / 2.0,
            2f64.powi(top - 83),
            -2f64.powi(top - 83),
            2f64.powi(top - 84),
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            5e-324,
            largest,
            1.5 * unit,
            unit / 3.0,
        ];
        let groups = (0..values.len()).map(|row| (row % 3) as u32).collect::<Vec<_>>();
        for length in 0..=values.len() {
            check_both(&values[..length], &groups[..length], None, top);
            check_both(&values[..length], &groups[..length], Some(&[0xa7, 0x3c, 0xff]), top);
        }
    }
}

/// As many values as the sums of one group take, each slice of which is as far from zero as it can be.
#[test]
fn sums_take_as_many_values_as_they_say() {
    let top = 7;
    let largest = f64::from_bits(2f64.powi(top).to_bits() - 1);
    // Half a unit of the first grid is left to the second, on either side.
    let half = 2f64.powi(grid(top, 0) - 1);
    let below = f64::from_bits((2f64.powi(top - 1) + half).to_bits() - 1);
    for value in [largest, -largest, below, -below, half, -half, largest / 3.0, -largest / 7.0] {
        for level in levels() {
            let mut sums = vec![Line::default()];
            let values = vec![value; 1 << 12];
            let groups = vec![0; values.len()];
            for _ in 0..MAX_VALUES >> 12 {
                let values = Values { values: &values, groups: &groups, validity: None };
                let others = &mut vec![];
                dispatch::run(level, Add { top, values, sums: &mut sums, others });
                assert!(others.is_empty());
            }
            let found = Totals::new(&sums[0], top, MAX_VALUES);
            let (significand, exponent) = parts(value);
            let (mut first, mut second) = (Integer::new(), Integer::new());
            let count = i128::from(MAX_VALUES);
            first.add(significand * count, exponent);
            second.add(significand * significand * count, 2 * exponent);
            assert_eq!(integer(found.first, found.exponent), first, "{value} {level:?}");
            let [low, high] = found.second;
            let limbs = [low as u64, (low >> 64) as u64, high as u64, (high >> 64) as u64, 0];
            let mut squares = Integer::new();
            squares.add_digits(&limbs, 2 * found.exponent);
            assert_eq!(squares, second, "{value} {level:?}");
        }
    }
}

#[test]
fn the_grids_suit_most_values() {
    let top = |values: &[f64]| top_for(values.iter().copied());
    if Level::current().isa() == Isa::Portable {
        return assert_eq!(top(&[1.0]), None);
    }
    assert_eq!(top(&[1.0, -3.9, f64::NAN, f64::INFINITY, 0.0]), Some(2 + HEADROOM));
    for nothing in [&[][..], &[0.0, f64::NAN], &[1e300], &[1e-300], &[5e-324], &[1.1, 1e30]] {
        assert_eq!(top(nothing), None, "{nothing:?}");
    }
    // An outlier is out of reach, unless it has as few digits as the others.
    assert_eq!(top(&[1.1, 1.2, 1e30, 1.3, 1.4]), Some(1 + ABOVE_MEDIAN));
    assert_eq!(top(&[1.0, 3.0, 2f64.powi(50), 5.0]), Some(51 + HEADROOM));
    assert_eq!(span(1.5), Some((-1, 1)));
    assert_eq!(span(-f64::MAX), Some((971, 1024)));
}

proptest! {
    #[test]
    fn sums_are_exact(
        values in prop::collection::vec((any::<f64>(), -90i32..8, 0u32..54, 0u8..20), 0..70),
        groups in prop::collection::vec(0u32..GROUPS as u32, 70),
        validity in prop::collection::vec(any::<u8>(), 9),
        top in prop::sample::select(vec![-400, -3, 0, 40, 500]),
    ) {
        let tame = |(value, exponent, zeros, kind): (f64, i32, u32, u8)| match kind {
            0 => value,
            1 => 0.0,
            2 => -0.0,
            _ => {
                let bits = value.to_bits() & !(0x7ff << 52) & (u64::MAX << zeros.min(52));
                f64::from_bits(bits | 1023 << 52) * 2f64.powi(top - 1 + exponent)
            }
        };
        let values = values.into_iter().map(tame).collect::<Vec<_>>();
        let groups = &groups[..values.len()];
        check_both(&values, groups, None, top);
        check_both(&values, groups, Some(&validity), top);
    }
}
