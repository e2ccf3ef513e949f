//! The functions that compare groups of values: `anova` and `ttest`.

use colstats::Moments;
use colstats::internals::answers::groups::{Anova, Group, TTest};
use colstats::internals::types::{is_null, is_numeric, scale};
use colstats::{Nans, Options};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyMapping, PyString, PyType};

use crate::classes::grouped_moments::PyGroupedMoments;
use crate::classes::moments::PyMoments;
use crate::classes::source::source;
use crate::detach::detached;
use crate::input::data::Column;
use crate::names::{counted, quoted, type_name};
use crate::options::{Selection, option_doc, read};
use crate::states::accumulate::{Uncountable, accumulate};

/// Analyse the variance of several groups of values: whether their means differ.
///
/// Every number is the correctly rounded value of its exact expression.
///
/// Args:
///     groups: A sequence, or a dict, of columns or of Moments; or the GroupedMoments of one column. Groups without a
///         value do not count.
///     skip_nulls: Whether to leave nulls out. If not, a null is refused.
///     skip_nans: Whether to leave NaNs out. If not, a NaN is refused.
#[doc = option_doc!(threads)]
///
/// Returns:
///     A `colstats.Anova`: the F statistic, the degrees of freedom between and within the groups, and more. Its p-value is
///     ``scipy.stats.f.sf(result.f, *result.degrees_of_freedom)``.
///
/// Examples:
///     >>> import colstats as cs
///     >>> result = cs.anova([[1, 2, 3], [2, 4, 6], [5, 5]])
///     >>> result.f, result.degrees_of_freedom, result.sums_of_squares
///     (3.0, (2, 5), (12.0, 10.0))
///     >>> cs.anova(cs.moments({"k": [1, 1, 2, 2], "v": [1, 2, 5, 8]}, by="k")).f
///     10.0
#[pyfunction]
#[pyo3(signature = (groups, /, *, skip_nulls=true, skip_nans=false, threads=None))]
pub fn anova<'py>(
    groups: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = read::skip_nulls)] skip_nulls: bool,
    #[pyo3(from_py_with = read::skip_nans)] skip_nans: bool,
    #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let (py, rules) = (groups.py(), Rules { skip_nulls, skip_nans });
    let groups = read_groups(groups, rules, threads)?;
    let Some(answer) = detached(py, || Anova::of(&groups))? else {
        let filled = groups.iter().filter(|group| group.count > 0).count();
        return Err(PyValueError::new_err(match filled {
            0 | 1 => format!("anova needs two groups with values, and there is {filled}"),
            _ => "anova needs a group of two values at least, and each has one".to_string(),
        }));
    };
    let Anova { f, between, within, between_sum, within_sum, r2, residual_stddev } = answer;
    let class = CLASS.import(py, "colstats.fits", "Anova")?;
    class.call1((f, (between, within), (between_sum, within_sum), r2, residual_stddev))
}

/// Compare the means of two groups of values: the t statistic and its degrees of freedom.
///
/// Both are the correctly rounded values of their exact expressions.
///
/// Args:
///     a: A column, or Moments.
///     b: The other one; it need not have as many rows.
///     pooled: Whether both groups have one variance (Student's test). If not, this is Welch's test.
///     skip_nulls: Whether to leave nulls out. If not, a null is refused.
///     skip_nans: Whether to leave NaNs out. If not, a NaN is refused.
#[doc = option_doc!(threads)]
///
/// Returns:
///     A `colstats.TTest`. The p-value for two sides is ``2 * scipy.stats.t.sf(abs(result.t), result.degrees_of_freedom)``.
///
/// Examples:
///     >>> import colstats as cs
///     >>> cs.ttest([1, 2, 3], [2, 4, 6])
///     TTest(t=-1.5491933384829668, degrees_of_freedom=2.9411764705882355)
///     >>> cs.ttest(cs.moments([1, 2, 3]), [2, 4, 6], pooled=True).degrees_of_freedom
///     4.0
#[pyfunction]
#[pyo3(signature = (a, b, /, *, pooled=false, skip_nulls=true, skip_nans=false, threads=None))]
pub fn ttest<'py>(
    a: &Bound<'py, PyAny>,
    b: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = read::pooled)] pooled: bool,
    #[pyo3(from_py_with = read::skip_nulls)] skip_nulls: bool,
    #[pyo3(from_py_with = read::skip_nans)] skip_nans: bool,
    #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let (py, rules) = (a.py(), Rules { skip_nulls, skip_nans });
    let read = |data, name| group_of(&state_of(data, name, threads)?, name, rules);
    let (a, b) = (read(a, "a")?, read(b, "b")?);
    let Some(TTest { t, degrees_of_freedom }) = TTest::of([&a, &b], pooled) else {
        return Err(PyValueError::new_err(format!(
            "a t test needs {}, and a has {} and b {}",
            if pooled {
                "a value in each group, and three in all"
            } else {
                "two values in each group"
            },
            counted(a.count as usize, "value"),
            b.count
        )));
    };
    let class = CLASS.import(py, "colstats.fits", "TTest")?;
    class.call1((t, degrees_of_freedom))
}

/// What becomes of values that are missing or no numbers.
#[derive(Clone, Copy)]
struct Rules {
    skip_nulls: bool,
    skip_nans: bool,
}

/// The groups that an argument holds.
fn read_groups(
    groups: &Bound<'_, PyAny>,
    rules: Rules,
    threads: Option<usize>,
) -> PyResult<Vec<Group>> {
    if let Ok(grouped) = groups.cast::<PyGroupedMoments>() {
        let grouped = grouped.get().groups();
        let names = grouped.named().map(|(name, _)| name.to_string()).collect::<Vec<_>>();
        let [name] = &names[..] else {
            return Err(PyValueError::new_err(format!(
                "anova compares the groups of one column, and these have {}: choose one with \
                 moments(..., by=..., columns=[...])",
                counted(names.len(), "column")
            )));
        };
        let called = format!("column {}", quoted(name));
        let states = (0..grouped.grouped.len()).map(|group| grouped.state(0, group));
        return states.map(|state| group_of(&state, &called, rules)).collect();
    }
    if groups.is_instance_of::<PyMoments>() || groups.is_instance_of::<PyString>() {
        let of = type_name(groups);
        return Err(PyTypeError::new_err(format!("anova takes a sequence of groups, not {of}")));
    }
    let values = match groups.cast::<PyDict>() {
        Ok(dict) => dict.values().into_any(),
        Err(_) => match groups.cast::<PyMapping>() {
            Ok(mapping) => mapping.values()?.into_any(),
            Err(_) => groups.clone(),
        },
    };
    let Ok(items) = values.try_iter() else {
        let of = type_name(groups);
        return Err(PyTypeError::new_err(format!("anova takes a sequence of groups, not {of}")));
    };
    let group = |(at, item): (usize, PyResult<Bound<'_, PyAny>>)| {
        let called = format!("group {at}");
        group_of(&state_of(&item?, &called, threads)?, &called, rules)
    };
    items.enumerate().map(group).collect()
}

/// The state of the values of a group.
fn state_of(data: &Bound<'_, PyAny>, called: &str, threads: Option<usize>) -> PyResult<Moments> {
    if let Ok(state) = data.cast::<PyMoments>() {
        return Ok(state.get().state());
    }
    let (source, selection) = (source(data)?, Selection::default());
    let check = |_: &[&Column], is_table: bool| match is_table {
        false => Ok(()),
        true => Err(PyTypeError::new_err(format!(
            "{called} is a table ({}), not one column",
            type_name(data)
        ))),
    };
    let accumulated = accumulate(data, source, &selection, threads, Uncountable::Refused, check)?;
    Ok(accumulated.named.into_iter().map(|(_, state)| state).next().unwrap_or_default())
}

/// What is compared of a state.
fn group_of(state: &Moments, called: &str, rules: Rules) -> PyResult<Group> {
    let Some(of) = state.of() else { return Ok(Group::default()) };
    let data_type = of.data_type().filter(|of| is_numeric(of) || is_null(of));
    let Some(data_type) = data_type else {
        let name = of.name();
        return Err(PyTypeError::new_err(format!("{called} is {name}: this needs numbers")));
    };
    let sums = state.accumulator().sums();
    let infinities = sums.positive_infinities + sums.negative_infinities;
    let refused = match () {
        () if !rules.skip_nulls && state.null_count() > 0 => {
            "a null: skip_nulls=True leaves it out"
        }
        () if !rules.skip_nans && state.nan_count() > 0 => "a NaN: skip_nans=True leaves it out",
        () if infinities > 0 => "an infinity: leave it out",
        () => {
            let options = Options { nans: Nans::AreNull, ..Options::default() };
            return Ok(Group {
                count: state.accumulator().count(&options),
                sum: sums.first.clone(),
                squares: sums.second.clone(),
                scale: scale(data_type).into(),
            });
        }
    };
    Err(PyValueError::new_err(format!("{called} has {refused}")))
}
