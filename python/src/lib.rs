//! The native module of the Python package: exports only.
//!
//! A Python object enters by one of the doors of [`input`] and becomes [`input::data`]: chunks of
//! columns. [`evaluate`] hands them to the core crate, and its answer to [`output`];
//! [`axes`] does so along axes of arrays. The core does
//! all computing. [`states`] and [`groups`] do the same for states; [`classes`] and [`functions`]
//! are what Python sees.
//!
//! [`polars`] is a second way in, without Python: the functions that polars calls by itself.
//!
//! `unsafe` is confined to [`input`] and `polars::abi`, where memory of other libraries is described
//! by pointers, and to a line of [`interpreter`].
//!
//! Nothing relies on the GIL. Classes are frozen. Mutable state is atomic, or behind a lock of its
//! own, which is never held while Python code runs. Objects that other threads may use, such as
//! lists and capsules, are read or emptied atomically.

mod axes;
mod classes;
mod detach;
mod error;
mod evaluate;
mod functions;
mod groups;
#[allow(unsafe_code)]
mod input;
#[allow(unsafe_code)]
mod interpreter;
mod memory;
mod names;
mod options;
mod output;
mod polars;
mod runtime;
mod states;
mod summary;
mod text;
mod windows;

/// What DuckDB calls in a copy of this module; see `colstats.duckdb`.
pub use colstats_duckdb::colstats_init_c_api;

/// What Python sees. Public for programs that embed an interpreter with this module.
#[pyo3::pymodule(gil_used = false)]
pub mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::classes::column::PyColumn;
    #[pymodule_export]
    use crate::classes::comoments::PyCoMoments;
    #[pymodule_export]
    use crate::classes::grouped_moments::PyGroupedMoments;
    #[pymodule_export]
    use crate::classes::moments::PyMoments;
    #[pymodule_export]
    use crate::classes::moments_table::PyMomentsTable;
    #[pymodule_export]
    use crate::classes::rows::{PyRow, PyRows};
    #[pymodule_export]
    use crate::classes::table::PyTable;
    #[pymodule_export]
    use crate::functions::comoments::{comoments, stored_groups};
    #[pymodule_export]
    use crate::functions::fits::{linear_fit, ols};
    #[pymodule_export]
    use crate::functions::frequency::{mode, n_unique};
    #[pymodule_export]
    use crate::functions::groups::{anova, ttest};
    #[pymodule_export]
    use crate::functions::order::{median, quantile};
    #[pymodule_export]
    use crate::functions::pairs::{correlation, covariance};
    #[pymodule_export]
    use crate::functions::rounds::{quantile_step, tallied, tally};
    #[pymodule_export]
    use crate::functions::shape::{kurtosis, rms, sem, skewness};
    #[pymodule_export]
    use crate::functions::states::{groups_of, joined, merge, moments, states};
    #[pymodule_export]
    use crate::runtime::{build_info, set_num_threads};

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_init]
    fn begin(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::interpreter::expect_main(module)?;
        // The environment is read now: to read it while another thread changes it is not safe in
        // any language.
        crate::runtime::read_environment();
        crate::detach::detect_gil(module.py())?;
        crate::functions::statistics::add_to(module)?;
        crate::classes::statistics::alias(module)
    }
}
