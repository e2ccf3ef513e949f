//! States of single values against the kernels.

use super::*;
use proptest::prelude::*;

fn expected<T: Element>(values: &[T], need: Need) -> Accumulator {
    let mut accumulator = Accumulator::new();
    accumulator.update(values.len(), &Block::Dense(values), need);
    accumulator
}

fn gathered<const S: usize, const E: usize, T: Value>(values: &[T]) -> Single<S, E> {
    let mut state = Single::default();
    values.iter().for_each(|&value| state.add(value));
    state
}

/// Checks all widths of a state, in one piece and merged out of two, against the kernels.
fn check<T: Value + Element>(values: &[T], cut: usize) {
    check_width::<0, 0, T>(values, cut);
    check_width::<1, 0, T>(values, cut);
    check_width::<1, 1, T>(values, cut);
    check_packed(values, cut);
}

/// Checks that states of columns are the same when they are packed, and can be merged then.
fn check_packed<T: Value + Element>(values: &[T], cut: usize) {
    let whole = expected(values, Need::Everything);
    assert_eq!(Whole::from(whole.clone()).to_accumulator(), whole);
    let (one, other) = values.split_at(cut.min(values.len()));
    let mut merged = Whole::from(expected(one, Need::Everything));
    merged.merge(&gathered(other));
    assert_eq!(merged.to_accumulator(), whole);
    let mut merged = gathered::<1, 1, T>(other);
    merged.merge(&Whole::from(expected(one, Need::Everything)));
    assert_eq!(merged.to_accumulator(), whole);
}

fn check_width<const S: usize, const E: usize, T: Value + Element>(values: &[T], cut: usize) {
    let expected = expected(values, Single::<S, E>::NEED);
    let state = gathered::<S, E, T>(values);
    assert_eq!(state.to_accumulator(), expected);
    assert_eq!(state.count(), values.len() as u64);
    let (one, other) = values.split_at(cut.min(values.len()));
    let mut merged = gathered::<S, E, T>(one);
    merged.merge(&gathered(other));
    assert_eq!(merged.to_accumulator(), expected);
    let mut by_kernel = gathered::<S, E, T>(one);
    by_kernel.add_block(other.len(), &Block::Dense(other));
    assert_eq!(by_kernel.to_accumulator(), expected);
}

#[test]
fn states_are_small_and_aligned_to_words() {
    let sizes = [size_of::<SumOnly>(), size_of::<WithSquares>(), size_of::<Whole>()];
    assert_eq!(sizes, [40, 72, 96]);
    assert_eq!(align_of::<Whole>(), 8);
}

#[test]
fn usual_values_need_no_heap() {
    let values = (1..1000).map(|i| 1e3 / f64::from(i) - 7.5).collect::<Vec<_>>();
    assert!(gathered::<1, 1, _>(&values).rest.is_none());
    assert!(gathered::<1, 1, _>(&[1u64, 1 << 62]).rest.is_none());
    assert!(gathered::<1, 1, _>(&[0.0, -0.0]).rest.is_none());
    let packed = |values: &[f64]| Whole::from(expected(values, Need::Everything));
    assert!(packed(&values).rest.is_none());
    assert!(packed(&[0.0, -0.0]).rest.is_none());
    assert!(packed(&[1e300, f64::INFINITY]).rest.is_some());
    let integers = expected(&[i64::MIN, 5], Need::Everything);
    assert!(Whole::from(integers).rest.is_none());
}

#[test]
fn windows_that_are_full_are_emptied() {
    let mut values = vec![1.0; 3];
    values.extend([1.5 * 2f64.powi(46); 3000]);
    values.extend([-1.5 * 2f64.powi(46); 2000]);
    check(&values, 10);
    check(&[[1e300; 5000], [-1e300; 5000]].concat(), 1000);
    check(&[i64::MIN; 5000], 1000);
}

#[test]
fn zeros_and_special_values() {
    let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 5e-324, f64::MAX];
    for &a in &special {
        check(&[a], 0);
        check(&[-0.0, a], 1);
        for &b in &special {
            check(&[a, b, 1.0], 1);
            check(&[1.0, a, b], 2);
        }
    }
}

#[test]
fn nulls_are_counted() {
    let mut state = gathered::<1, 1, _>(&[1.0]);
    state.add_null();
    state.add_counts(0, 2);
    assert_eq!((state.to_accumulator().nulls(), state.count()), (3, 1));
    assert_eq!(state.rows(), 4);
}

#[test]
fn values_that_are_only_counted_need_no_heap() {
    let mut state = Whole::default();
    state.add_counts(5, 2);
    state.add_counts(1, 0);
    let mut counted = Accumulator::new();
    counted.update_counts(6, 2, Need::Everything);
    assert!(state.rest.is_none());
    assert_eq!(state.to_accumulator(), counted);
    assert_eq!(Whole::from(counted.clone()).to_accumulator(), counted);
}

proptest! {
    #[test]
    fn floats_are_added_as_the_kernels_do(
        values in prop::collection::vec((any::<f64>(), -60i32..60, any::<bool>()), 0..80),
        cut in 0usize..80,
    ) {
        let tame = |(value, exponent, is_tame): (f64, i32, bool)| match is_tame {
            true => (value % 1.0) * 2f64.powi(exponent),
            false => value,
        };
        let values = values.into_iter().map(tame).collect::<Vec<_>>();
        check(&values, cut);
        check(&values.iter().map(|&value| value as f32).collect::<Vec<_>>(), cut);
    }

    #[test]
    fn integers_are_added_as_the_kernels_do(
        values in prop::collection::vec((any::<i128>(), 0u32..128), 0..60),
        cut in 0usize..60,
    ) {
        let values = values.into_iter().map(|(value, by)| value >> by).collect::<Vec<_>>();
        check(&values, cut);
        check(&values.iter().map(|&value| value as i64).collect::<Vec<_>>(), cut);
        check(&values.iter().map(|&value| value as u64).collect::<Vec<_>>(), cut);
        check(&values.iter().map(|&value| value as i8).collect::<Vec<_>>(), cut);
        check(&values.iter().map(|&value| value as u32).collect::<Vec<_>>(), cut);
    }
}
