//! The functions of the module: `mean`, `stddev` and the others, for data of any kind.

use colstats::Statistic;
use colstats::internals::answers::windows::Per;
use pyo3::prelude::*;

use crate::classes::source::source;
use crate::classes::statistics::statistics;
use crate::evaluate::of_source;
use crate::groups::ask::of_groups;
use crate::options::{Keywords, Label};

statistics! { functions }

fn ask<'py>(
    data: &Bound<'py, PyAny>,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    let source = source(data)?;
    match &keywords.by {
        None => of_source(data, source, statistic, keywords),
        Some(by) => of_groups(data, source, by, statistic, keywords),
    }
}
