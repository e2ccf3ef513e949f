//! Letting go of the interpreter, for other Python threads to have it, and coming back.
//!
//! A thread that comes back and finds the interpreter lock taken is put to sleep, and wakes up after
//! tens of microseconds, when the lock has long been free again: most calls have it for less than one.
//! So a thread first waits awake at a gate, for as long as the one that came back before it may let go
//! any moment. The gate locks nothing: who gets tired of it goes on to the lock of the interpreter.

use std::cell::Cell;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use colstats::interrupt::interruptible;
use pyo3::prelude::*;

/// From so many rows on, other threads may have the interpreter: letting them costs as much as adding
/// up about 2,000 values.
const WORTH_DETACHING: usize = 1 << 15;
/// From so many rows on, they may have it if they ask for statistics themselves.
const WORTH_SHARING: usize = 1 << 14;
/// How many such calls of a thread are made in the belief that there are others.
const BELIEF: u8 = 64;
/// How many nanoseconds a thread waits at the gate, and how long it believes that another, once
/// inside, may leave any moment.
const PATIENCE: u64 = 20_000;

/// Whether there is an interpreter lock. Without one, nobody waits for anybody.
static LOCKED: AtomicBool = AtomicBool::new(false);
/// The thread that asked last for a statistic that is worth sharing.
static LAST: AtomicUsize = AtomicUsize::new(0);
/// When the thread came back that is inside the gate, or 0 if there is none.
static INSIDE: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// How many more calls this thread believes that there are others.
    static BELIEVES: Cell<u8> = const { Cell::new(0) };
    /// When this thread came back.
    static ENTERED: Cell<u64> = const { Cell::new(0) };
}

/// Finds out whether there is a lock.
pub fn read_lock(py: Python<'_>) -> PyResult<()> {
    let enabled = py.import("sys")?.getattr_opt("_is_gil_enabled")?;
    LOCKED.store(enabled.map_or(Ok(true), |enabled| enabled.call0()?.extract())?, Relaxed);
    Ok(())
}

/// Whether to let go of the interpreter while so many rows are read.
#[inline]
pub fn worth_detaching(rows: usize) -> bool {
    rows >= WORTH_DETACHING || (rows >= WORTH_SHARING && LOCKED.load(Relaxed) && others_ask())
}

/// Whether other threads have asked of late; for them, it is noted that this one asks.
fn others_ask() -> bool {
    let this = BELIEVES.with(|of_this| std::ptr::from_ref(of_this).addr());
    if LAST.load(Relaxed) != this {
        LAST.store(this, Relaxed);
        BELIEVES.set(BELIEF);
    }
    let belief = BELIEVES.get();
    BELIEVES.set(belief.saturating_sub(1));
    belief > 0
}

/// Does work without the interpreter, which other threads may have meanwhile. Ctrl-C is heard, and
/// whatever else a handler of signals raises ends the work.
pub fn detached<T>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T>
where
    T: Send,
{
    // While the interpreter shuts down, there is nobody left who could raise anything.
    let look_up = || Python::try_attach(|py| py.check_signals()).unwrap_or(Ok(()));
    py.detach(|| {
        let locked = LOCKED.load(Relaxed);
        if locked {
            leave();
        }
        let result = interruptible(look_up, work);
        if locked {
            enter();
        }
        result
    })
}

/// Lets the next thread through the gate, unless one has gone through since that did not wait any more
/// for this one.
fn leave() {
    let _ = INSIDE.compare_exchange(ENTERED.get(), 0, Relaxed, Relaxed);
}

/// Waits at the gate, but not for long, nor for a thread that does something else by now.
fn enter() {
    let start = nanoseconds();
    let mut now = start;
    while now - start < PATIENCE {
        let inside = INSIDE.load(Relaxed);
        let open = inside == 0 || now.saturating_sub(inside) >= PATIENCE;
        if open && INSIDE.compare_exchange(inside, now, Relaxed, Relaxed).is_ok() {
            return ENTERED.set(now);
        }
        std::hint::spin_loop();
        now = nanoseconds();
    }
}

/// The time since the first call, and never 0.
fn nanoseconds() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_nanos() as u64 + 1
}
