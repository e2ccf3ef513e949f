//! Mean, standard deviation and sum as the paper on Python bindings has them: one addition at a time.
//!
//! Nothing here says so, because nothing has to: floating-point addition is not associative, so the
//! compiler leaves the order of the additions alone, and the loops stay scalar. They are bound by the
//! latency of an addition, and cost the same whoever calls them. The sum of integers is another
//! matter; that loop becomes vectors, in C as in Rust.

/// The sum, from left to right.
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut sum = 0.0;
    for value in values {
        sum += value;
    }
    sum
}

/// The arithmetic mean; of nothing it is NaN.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    sum(values.iter().copied()) / values.len() as f64
}

/// The standard deviation of a population, in two passes; of nothing it is NaN.
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
    fn nothing_has_no_mean() {
        assert!(mean(&[]).is_nan() && stddev(&[]).is_nan());
    }
}
