//! How the module was built, and what it runs on.

use colstats::internals::kernels::dispatch::Isa;
use colstats::internals::run::pool;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::options::read;

/// The version, the build and the machine: what belongs in a bug report.
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
    info.set_item("threads", pool::num_threads())?;
    Ok(info)
}

/// Reads the environment variables, once.
pub fn read_environment() {
    Isa::current();
    pool::num_threads();
}

/// Set how many threads are used by calls without ``threads=``.
///
/// The default is the environment variable ``COLSTATS_NUM_THREADS``, or else the number of
/// processors that the process may use.
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
    pool::set_num_threads(threads.unwrap_or(0));
}
