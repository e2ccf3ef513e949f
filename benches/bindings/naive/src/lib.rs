//! Mean, standard deviation and sum as the paper on Python bindings has them: one addition at a time.
//!
//! Nothing here enforces that: floating-point addition is not associative, so the compiler must keep
//! the order of the additions, and the loops stay scalar. They are bound by the latency of an
//! addition, and cost the same with any binding. The sum of integers is different: the compiler
//! vectorizes that loop, in C as in Rust.

/// The sum, from left to right.
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut sum = 0.0;
    for value in values {
        sum += value;
    }
    sum
}

/// The arithmetic mean; NaN if there are no values.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    sum(values.iter().copied()) / values.len() as f64
}

/// The population standard deviation, in two passes; NaN if there are no values.
#[must_use]
pub fn stddev(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares = values.iter().map(|value| (value - mean) * (value - mean));
    (sum(squares) / values.len() as f64).sqrt()
}

/// The sum of integers, which wraps around as C's would.
#[must_use]
pub fn sum_integers(values: &[i64]) -> i64 {
    let mut sum = 0_i64;
    for value in values {
        sum = sum.wrapping_add(*value);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert_eq!((mean(&values), stddev(&values)), (5.0, 2.0));
        assert_eq!(sum_integers(&[1, 2, -4]), -1);
    }

    #[test]
    fn additions_come_one_after_the_other() {
        assert_eq!(mean(&[1e16, 1.0, -1e16, 1.0]), 0.25);
    }

    #[test]
    fn no_values_have_no_mean() {
        assert!(mean(&[]).is_nan() && stddev(&[]).is_nan());
    }
}
