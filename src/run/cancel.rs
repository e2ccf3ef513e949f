//! Work that can be given up.
//!
//! A reduction may take minutes, and who asked for it may have changed their mind. [`interruptible`]
//! does some work on the thread that asks, and what is done in [`parallel`](crate::run::pool) meanwhile
//! looks up every now and then, on that same thread: by a function that is handed over, which may
//! refuse to go on. What is left is then skipped, and what has come of the work is thrown away.
//!
//! Nobody looks up where nobody asked for it: short columns do not pay for this.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// How long nobody looks up.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);

thread_local! {
    /// How this thread looks up while it works.
    static WATCH: RefCell<Option<Rc<Watch>>> = const { RefCell::new(None) };
}

/// How a thread looks up.
pub(crate) struct Watch {
    /// Whether to go on.
    look_up: Box<dyn Fn() -> bool>,
    last: Cell<Instant>,
    given_up: Arc<AtomicBool>,
}

impl Watch {
    /// That of this thread, if its work is interruptible.
    pub(crate) fn current() -> Option<Rc<Self>> {
        WATCH.with_borrow(Clone::clone)
    }

    /// Looks up if it is time; whether the work is given up.
    pub(crate) fn is_over(&self) -> bool {
        if self.last.get().elapsed() >= PATIENCE {
            self.look_up();
        }
        self.given_up.load(Relaxed)
    }

    /// Looks up now, unless the work has been given up already.
    pub(crate) fn look_up(&self) {
        if !self.given_up.load(Relaxed) && !(self.look_up)() {
            self.given_up.store(true, Relaxed);
        }
        self.last.set(Instant::now());
    }

    /// Whether the work is given up, for other threads to see.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.given_up)
    }
}

/// Does work on this thread, which looks up meanwhile and gives up for the first error it sees.
pub fn interruptible<T, E: 'static>(
    look_up: impl Fn() -> Result<(), E> + 'static,
    work: impl FnOnce() -> T,
) -> Result<T, E> {
    /// Puts back what was there before, whatever happens.
    struct Before(Option<Rc<Watch>>);

    impl Drop for Before {
        fn drop(&mut self) {
            WATCH.set(self.0.take());
        }
    }

    let reason = Rc::new(RefCell::new(None));
    let found = Rc::clone(&reason);
    let watch = Watch {
        look_up: Box::new(move || {
            let error = look_up().err();
            let goes_on = error.is_none();
            *found.borrow_mut() = error;
            goes_on
        }),
        last: Cell::new(Instant::now()),
        given_up: Arc::default(),
    };
    let before = Before(WATCH.replace(Some(Rc::new(watch))));
    let result = work();
    drop(before);
    match reason.take() {
        None => Ok(result),
        Some(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::chunk::Chunk;
    use crate::kernels::Need;
    use crate::run::pool::{PART, fold, map};
    use arrow_array::{ArrayRef, Float64Array};

    /// So many rows that nobody waits for them, of one chunk or of many.
    fn endless() -> Vec<Chunk> {
        let array: ArrayRef = Arc::new(Float64Array::from(vec![1.5; 8 * PART]));
        vec![Chunk::from(array); 1 << 20]
    }

    #[test]
    fn long_work_is_given_up() {
        let chunks = endless();
        for threads in [1, 3] {
            let looks = Rc::new(Cell::new(0));
            let seen = Rc::clone(&looks);
            let look_up = move || {
                seen.set(seen.get() + 1);
                if seen.get() < 3 { Ok(()) } else { Err("enough") }
            };
            let start = Instant::now();
            let result = interruptible(look_up, || fold(&[(&chunks, Need::Sum)], threads).len());
            assert_eq!((result, looks.get()), (Err("enough"), 3), "{threads} threads");
            assert!(start.elapsed() < 100 * PATIENCE);
        }
    }

    #[test]
    fn who_looks_up_in_vain_has_the_whole_result() {
        let chunks = endless();
        for threads in [1, 3] {
            let asked = [(&chunks[..5], Need::Sum)];
            let whole = interruptible(|| Ok::<_, ()>(()), || fold(&asked, threads));
            assert_eq!(whole, Ok(fold(&asked, threads)));
        }
        assert!(Watch::current().is_none());
    }

    #[test]
    fn items_are_skipped_once_it_is_over() {
        for threads in [1, 3] {
            let slow = |item: usize| {
                std::thread::sleep(PATIENCE / 4);
                item
            };
            let work = || map((0..10_000).collect(), 4 * PART, threads, slow).len();
            assert_eq!(interruptible(|| Err("enough"), work), Err("enough"));
        }
    }

    #[test]
    fn a_panic_leaves_no_watch_behind() {
        let work = || interruptible(|| Ok::<_, ()>(()), || panic!("on purpose"));
        assert!(std::panic::catch_unwind(work).is_err());
        assert!(Watch::current().is_none());
    }
}
