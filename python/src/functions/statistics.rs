//! The functions of the module: `mean`, `stddev` and the others, for data of any kind.

use colstats::Statistic;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::axes::reduce;
use crate::classes::source::source;
use crate::classes::statistics::statistics;
use crate::evaluate::of_source;
use crate::functions::weighted;
use crate::groups::ask::of_groups;
use crate::options::{Axes, Keywords};

statistics! { functions }

fn ask<'py>(
    data: &Bound<'py, PyAny>,
    statistic: Statistic,
    keywords: &Keywords,
    axes: &Axes,
    keepdims: bool,
) -> PyResult<Bound<'py, PyAny>> {
    match (axes, &keywords.by) {
        (Axes::NotGiven, None) if !keepdims => of_source(data, source(data)?, statistic, keywords),
        _ => ask_otherwise(data, statistic, keywords, axes, keepdims),
    }
}

/// With weights.
#[cold]
#[inline(never)]
fn ask_weighted<'py>(
    data: &Bound<'py, PyAny>,
    statistic: Statistic,
    weights: &Bound<'py, PyAny>,
    keywords: Keywords,
    axes: &Axes,
    keepdims: bool,
) -> PyResult<Bound<'py, PyAny>> {
    weighted::expect_no_axes(axes, keepdims)?;
    weighted::ask(data, statistic, weights, keywords)
}

/// By groups, or along axes. Apart, so that usual calls need little of the stack.
#[cold]
fn ask_otherwise<'py>(
    data: &Bound<'py, PyAny>,
    statistic: Statistic,
    keywords: &Keywords,
    axes: &Axes,
    keepdims: bool,
) -> PyResult<Bound<'py, PyAny>> {
    match (axes, &keywords.by) {
        (Axes::NotGiven, Some(by)) if !keepdims => {
            of_groups(data, source(data)?, by, statistic, keywords)
        }
        (Axes::NotGiven, _) => Err(PyTypeError::new_err("keepdims= goes with axis=")),
        (_, Some(_)) => Err(PyTypeError::new_err(
            "axis= reduces an array and by= groups the rows of a table: choose one",
        )),
        (axes, None) => reduce(data, statistic, keywords, axes, keepdims),
    }
}
