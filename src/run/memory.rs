//! Whether there is memory, before it is used.
//!
//! Where Rust finds no memory, it ends the process. So whatever grows with the data of a user is tried
//! first, as one block that is given back at once. That is no promise: other threads may take it in
//! between, and a system that promises more memory than it has notices too late. But it tells what is
//! too large for this machine from what is not.

use std::hint::black_box;

/// Less than this is not worth a question.
const LITTLE: usize = 1 << 16;

/// Whether so many bytes can be had now.
pub fn is_there(bytes: usize) -> bool {
    let mut trial = Vec::<u8>::new();
    bytes < LITTLE || {
        let is_there = trial.try_reserve_exact(bytes).is_ok();
        // Memory that nobody looks at would not be asked for.
        black_box(&trial);
        is_there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_some_memory_and_not_any() {
        assert!([0, 1, LITTLE - 1, LITTLE, 1 << 20].into_iter().all(is_there));
        assert!(![1 << 62, isize::MAX as usize, usize::MAX].into_iter().any(is_there));
    }
}
