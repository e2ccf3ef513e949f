//! Cooperative cancellation.
//!
//! A reduction may take minutes, and the caller may want to stop it. [`interruptible`] runs some work on
//! the calling thread. Meanwhile the loops of [`pool`](super::pool) call a poll function, on that same
//! thread. Once it returns an error, the rest of the work is skipped, and its result is discarded.
//!
//! Without [`interruptible`] nothing polls, so that short columns do not pay for it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The time between two polls.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(100);

thread_local! {
    /// How this thread polls while it works.
    static WATCH: RefCell<Option<Rc<Watch>>> = const { RefCell::new(None) };
}

/// How a thread polls for cancellation.
pub(crate) struct Watch {
    /// Calls the poll function: whether to go on.
    goes_on: Box<dyn Fn() -> bool>,
    last: Cell<Instant>,
    cancelled: Arc<AtomicBool>,
}

impl Watch {
    /// The watch of this thread, if its work is interruptible.
    pub(crate) fn current() -> Option<Rc<Self>> {
        WATCH.with_borrow(Clone::clone)
    }

    /// Polls if the interval has passed; whether the work is cancelled.
    pub(crate) fn is_cancelled(&self) -> bool {
        if self.last.get().elapsed() >= POLL_INTERVAL {
            self.poll();
        }
        self.cancelled.load(Relaxed)
    }

    /// Polls now, unless the work is cancelled already.
    pub(crate) fn poll(&self) {
        if !self.cancelled.load(Relaxed) && !(self.goes_on)() {
            self.cancelled.store(true, Relaxed);
        }
        self.last.set(Instant::now());
    }

    /// The flag that is set on cancellation, for other threads to read.
    #[cfg(feature = "threads")]
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.cancelled)
    }
}

/// Runs work on this thread, which polls meanwhile. The first error of `poll` cancels the work, and is
/// returned.
pub fn interruptible<T, E: 'static>(
    poll: impl Fn() -> Result<(), E> + 'static,
    work: impl FnOnce() -> T,
) -> Result<T, E> {
    /// Restores the outer watch, even if the work panics.
    struct Outer(Option<Rc<Watch>>);

    impl Drop for Outer {
        fn drop(&mut self) {
            WATCH.set(self.0.take());
        }
    }

    let reason = Rc::new(RefCell::new(None));
    let found = Rc::clone(&reason);
    let watch = Watch {
        goes_on: Box::new(move || {
            let error = poll().err();
            let goes_on = error.is_none();
            *found.borrow_mut() = error;
            goes_on
        }),
        last: Cell::new(Instant::now()),
        cancelled: Arc::default(),
    };
    let outer = Outer(WATCH.replace(Some(Rc::new(watch))));
    let result = work();
    drop(outer);
    match reason.take() {
        None => Ok(result),
        Some(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_leaves_no_watch_behind() {
        let work = || interruptible(|| Ok::<_, ()>(()), || panic!("on purpose"));
        assert!(std::panic::catch_unwind(work).is_err());
        assert!(Watch::current().is_none());
    }
}
