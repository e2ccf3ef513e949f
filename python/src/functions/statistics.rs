//! The functions of the module: `mean`, `stddev` and the others, for data of any kind.

use colstats::Statistic;
use colstats::internals::answers::windows::Per;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::axes::reduce;
use crate::classes::source::source;
use crate::classes::statistics::statistics;
use crate::evaluate::of_source;
use crate::options::{Axes, Keywords, Label};

statistics! { functions }

fn ask<'py>(
    data: &Bound<'py, PyAny>,
    statistic: Statistic,
    keywords: &Keywords,
    axes: &Axes,
    keepdims: bool,
) -> PyResult<Bound<'py, PyAny>> {
    match axes {
        Axes::NotGiven if keepdims => Err(PyTypeError::new_err("keepdims= goes with axis=")),
        Axes::NotGiven => of_source(data, source(data)?, statistic, keywords),
        axes => reduce(data, statistic, keywords, axes, keepdims),
    }
}
