//! Releasing the GIL while data is read, and taking it back.
//!
//! A thread that wants the GIL (the interpreter lock) back and finds it taken is put to sleep, and
//! wakes up tens of microseconds later, when the GIL has long been free again: most calls hold it
//! for less than one. So a thread first spins at a gate, as long as the thread that passed it
//! before may release the GIL at any moment. The gate is no lock: after a timeout a thread passes
//! it anyway, and waits for the GIL itself.

use std::cell::Cell;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use colstats::internals::run::cancel::interruptible;
use pyo3::prelude::*;

/// Minimum number of rows for which the GIL is always released. Releasing it costs as much as
/// adding up about 2,000 values.
const DETACH_MIN_ROWS: usize = 1 << 15;
/// Minimum number of rows for which it is released if other threads compute statistics, too.
const SHARE_MIN_ROWS: usize = 1 << 14;
/// For how many of its calls a thread assumes that there are others, after it has seen one.
const ASSUMED_CALLS: u8 = 64;
/// How long a thread waits at the gate, in nanoseconds, and for how long after a thread has passed
/// it may be expected to release the GIL at any moment.
const GATE_TIMEOUT: u64 = 20_000;

/// Whether there is a GIL. Without one, no thread waits for another.
static HAS_GIL: AtomicBool = AtomicBool::new(false);
/// The thread that computed the last statistic of at least [`SHARE_MIN_ROWS`].
static LAST: AtomicUsize = AtomicUsize::new(0);
/// When the thread that is inside the gate passed it, or 0 if there is none.
static INSIDE: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// For how many more calls this thread assumes that there are others.
    static ASSUMES: Cell<u8> = const { Cell::new(0) };
    /// When this thread passed the gate.
    static ENTERED: Cell<u64> = const { Cell::new(0) };
}

/// Finds out whether there is a GIL.
pub fn detect_gil(py: Python<'_>) -> PyResult<()> {
    let enabled = py.import("sys")?.getattr_opt("_is_gil_enabled")?;
    HAS_GIL.store(enabled.map_or(Ok(true), |enabled| enabled.call0()?.extract())?, Relaxed);
    Ok(())
}

/// Whether to release the GIL while a number of rows is read.
#[inline]
pub fn worth_detaching(rows: usize) -> bool {
    rows >= DETACH_MIN_ROWS || (rows >= SHARE_MIN_ROWS && HAS_GIL.load(Relaxed) && others_ask())
}

/// Whether other threads have computed statistics lately. Records for them that this one does.
fn others_ask() -> bool {
    let this = ASSUMES.with(|of_this| std::ptr::from_ref(of_this).addr());
    if LAST.load(Relaxed) != this {
        LAST.store(this, Relaxed);
        ASSUMES.set(ASSUMED_CALLS);
    }
    let calls = ASSUMES.get();
    ASSUMES.set(calls.saturating_sub(1));
    calls > 0
}

/// Does work with the GIL released, so that other threads can run. Signals are polled for
/// meanwhile: an exception of a signal handler, such as that of Ctrl-C, cancels the work.
pub fn detached<T>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T>
where
    T: Send,
{
    // An interpreter that is shutting down cannot be attached to, and raises nothing.
    let poll = || Python::try_attach(|py| py.check_signals()).unwrap_or(Ok(()));
    py.detach(|| {
        let has_gil = HAS_GIL.load(Relaxed);
        if has_gil {
            leave();
        }
        let result = interruptible(poll, work);
        if has_gil {
            enter();
        }
        result
    })
}

/// Opens the gate for the next thread, unless one has passed since, after its timeout.
fn leave() {
    let _ = INSIDE.compare_exchange(ENTERED.get(), 0, Relaxed, Relaxed);
}

/// Waits at the gate, but not for long, nor for a thread that has been inside for long.
fn enter() {
    let start = nanoseconds();
    let mut now = start;
    while now - start < GATE_TIMEOUT {
        let inside = INSIDE.load(Relaxed);
        let open = inside == 0 || now.saturating_sub(inside) >= GATE_TIMEOUT;
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
