//! A data race on the pool, planted to show that ThreadSanitizer sees one there: `planted` adds to a plain integer from
//! two threads at once, `atomic` to an atomic one. The first must be reported, the second not.
//!
//! The barrier makes sure that two threads take part. It orders what comes before it, and nothing after it. None of the
//! tests of the crate (`test = false` in Cargo.toml): `make sanitize-threads` runs it by name.

#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use colstats::internals::run::pool::{PART_ROWS, map};

struct Plain(UnsafeCell<u64>);

// SAFETY: none. Two threads write at once, which is undefined behaviour; it is the fault to be found.
unsafe impl Sync for Plain {}

impl Plain {
    fn add(&self) {
        // SAFETY: none, see above.
        unsafe { *self.0.get() += 1 }
    }
}

/// Calls a function a thousand times from each of two threads of the pool.
fn from_two_threads(add: impl Fn() + Sync) {
    let barrier = Barrier::new(2);
    let results = map(vec![(), ()], 2 * PART_ROWS, 2, |()| {
        barrier.wait();
        (0..1_000).for_each(|_| add());
    });
    assert_eq!(results.len(), 2);
}

#[test]
fn planted() {
    let total = Plain(UnsafeCell::new(0));
    from_two_threads(|| total.add());
}

#[test]
fn atomic() {
    let total = AtomicU64::new(0);
    from_two_threads(|| {
        total.fetch_add(1, Relaxed);
    });
    assert_eq!(total.into_inner(), 2_000);
}
