//! Whether memory is available, before it is used.
//!
//! Rust aborts the process when an allocation fails. So allocations that grow with the user's data are
//! tried first, as one block that is freed immediately. That is no guarantee: other threads may take the
//! memory in between, and a system that overcommits fails only when the memory is used. But it detects
//! requests that are far too large for the machine.

use std::hint::black_box;

/// Minimum size of a block for a trial, which takes about a microsecond.
const TRIAL_MIN_BYTES: usize = 1 << 16;

/// Whether this number of bytes can be allocated now.
pub fn is_available(bytes: usize) -> bool {
    let mut trial = Vec::<u8>::new();
    bytes < TRIAL_MIN_BYTES || {
        let is_available = trial.try_reserve_exact(bytes).is_ok();
        // Otherwise the optimiser would remove an allocation that is never used.
        black_box(&trial);
        is_available
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_blocks_are_available_and_huge_ones_are_not() {
        assert!(
            [0, 1, TRIAL_MIN_BYTES - 1, TRIAL_MIN_BYTES, 1 << 20].into_iter().all(is_available)
        );
        assert!(![1 << 62, isize::MAX as usize, usize::MAX].into_iter().any(is_available));
    }
}
