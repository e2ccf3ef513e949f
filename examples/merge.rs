//! States of parts, computed anywhere and merged in any order: always the same bytes.
//!
//! `cargo run --example merge`

use colstats::{Error, Moments};

/// Prints some results, and asserts them.
pub fn main() -> Result<(), Error> {
    let values: Vec<f64> = (1..=10_000).map(|i| 1e6 / f64::from(i)).collect();
    let whole: Moments = values.iter().copied().collect();

    // What a worker would send: some 150 bytes for any number of rows.
    let sent: Vec<Vec<u8>> = values
        .chunks(1234)
        .map(|part| part.iter().copied().collect::<Moments>().to_bytes())
        .collect();
    println!("{} parts, {} bytes each", sent.len(), sent[0].len());

    let mut merged = Moments::new();
    for bytes in sent.iter().rev() {
        merged.merge(&Moments::from_bytes(bytes)?)?;
    }
    println!("mean {:?}, stddev {:?}", merged.mean()?, merged.stddev(1)?);
    assert_eq!(merged.to_bytes(), whole.to_bytes());
    assert_eq!(merged.stddev(1)?.as_f64(), colstats::stddev(&values, 1));

    // Damage is noticed, and so are whole numbers that no float is.
    let mut damaged = sent[0].clone();
    damaged[40] ^= 1;
    let error = Moments::from_bytes(&damaged).expect_err("a bit was flipped");
    println!("{error}");
    assert!(error.is_invalid_state());
    assert!(merged.update(&[u64::MAX]).is_err_and(|error| error.is_type_mismatch()));
    Ok(())
}
