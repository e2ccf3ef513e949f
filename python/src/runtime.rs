//! What the module was built as, and what it runs on.

use colstats::kernels::dispatch::Isa;
use colstats::parallel;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::options::read;

/// Tell the version, the build and the machine: what belongs in a bug report.
///
/// Returns:
///     A dict with ``version``, ``profile`` (``release``, or ``checked`` with overflow checks),
///     ``isa`` (the instruction set in use) and ``threads``.
///
/// Examples:
///     >>> import colstats as cs
///     >>> sorted(cs.build_info())
///     ['isa', 'profile', 'threads', 'version']
#[pyfunction]
pub fn build_info(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let info = PyDict::new(py);
    info.set_item("version", env!("CARGO_PKG_VERSION"))?;
    info.set_item("profile", if cfg!(debug_assertions) { "checked" } else { "release" })?;
    info.set_item("isa", Isa::current().name())?;
    info.set_item("threads", parallel::num_threads())?;
    Ok(info)
}

/// Reads what the environment says, once and for all.
pub fn read_environment() {
    Isa::current();
    parallel::num_threads();
}

/// Set how many threads are used where a call does not say it.
///
/// The default is ``COLSTATS_NUM_THREADS``, or else as many as the process may use.
///
/// Args:
///     threads: The number, or None for the default.
///
/// Examples:
///     >>> import colstats as cs
///     >>> cs.set_num_threads(2)
///     >>> cs.build_info()["threads"]
///     2
///     >>> cs.set_num_threads(None)
#[pyfunction]
#[pyo3(signature = (threads, /))]
pub fn set_num_threads(#[pyo3(from_py_with = read::threads)] threads: Option<usize>) {
    parallel::set_num_threads(threads.unwrap_or(0));
}
