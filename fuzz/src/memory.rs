//! An allocator that counts the bytes that each thread has allocated, and remembers the peak. Threads
//! are counted apart, since tests run side by side.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    // Negative, where a thread frees what another one has allocated.
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

fn add(bytes: isize) {
    let now = NOW.get() + bytes;
    NOW.set(now);
    PEAK.set(PEAK.get().max(now));
}

// SAFETY: everything is forwarded to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as isize);
        // SAFETY: the caller's obligation.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        add(-(layout.size() as isize));
        // SAFETY: the caller's obligation.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a task returns, and the peak of memory of this thread: bytes beyond those that it had before.
pub fn peak_during<T>(task: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.get();
    PEAK.set(before);
    let result = task();
    (result, (PEAK.get() - before) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_noticed_after_it_was_freed() {
        let (_, peak) = peak_during(|| drop(std::hint::black_box(vec![0u8; 5000])));
        assert_eq!(peak, 5000);
    }
}
