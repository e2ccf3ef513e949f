//! The functions of the module: `mean`, `stddev` and the others, for data of any kind.

use colstats::Statistic;
use colstats::internals::answers::windows::Per;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::axes::reduce;
use crate::classes::source::source;
use crate::classes::statistics::statistics;
use crate::evaluate::of_source;
use crate::groups::ask::of_groups;
use crate::options::{Axes, Keywords, Label};

statistics! { functions }

fn ask<'py>(
    data: &Bound<'py, PyAny>,
    statistic: Statistic,
    keywords: &Keywords,
    axes: &Axes,
    keepdims: bool,
) -> PyResult<Bound<'py, PyAny>> {
    match (axes, &keywords.by) {
        (Axes::NotGiven, _) if keepdims => Err(PyTypeError::new_err("keepdims= goes with axis=")),
        (Axes::NotGiven, None) => of_source(data, source(data)?, statistic, keywords),
        (Axes::NotGiven, Some(by)) => of_groups(data, source(data)?, by, statistic, keywords),
        (_, Some(_)) => Err(PyTypeError::new_err(
            "axis= reduces an array and by= groups the rows of a table: choose one",
        )),
        (axes, None) => reduce(data, statistic, keywords, axes, keepdims),
    }
}
