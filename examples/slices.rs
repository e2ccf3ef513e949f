//! Exact statistics of slices: what a loop, or a compensated one, gets wrong.
//!
//! `cargo run --example slices`

/// Prints some results, and asserts them.
pub fn main() {
    // The exact mean is 1/3. The large values absorb the 1 in a loop.
    let values = [1e16, 1.0, -1e16];
    let naive = values.iter().sum::<f64>() / 3.0;
    println!("mean of {values:?}: naive {naive}, exact {:?}", colstats::mean(&values));
    assert_eq!((naive, colstats::mean(&values)), (0.0, Some(1.0 / 3.0)));

    // A constant column has no spread, whatever its mean rounds to.
    let constant = [0.1; 10];
    println!("stddev of ten times 0.1: {:?}", colstats::stddev(&constant, 0));
    assert_eq!(colstats::stddev(&constant, 0), Some(0.0));

    // Sums of integers have any size that 128 bits hold.
    let large = [u64::MAX; 3];
    println!("sum of three times 2^64 - 1: {}", colstats::sum(&large));
    assert_eq!(colstats::sum(&large), 3 * i128::from(u64::MAX));
}
