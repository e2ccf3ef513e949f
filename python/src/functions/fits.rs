//! The functions of least squares: `linear_fit` and `ols`.

use std::borrow::Cow;
use std::collections::HashSet;

use colstats::internals::answers::regression::{Fit, Freedom, Model, Term, Unfit};
use colstats::internals::columns::aligned::{Kind as Value, first_other};
use colstats::internals::columns::rows::RowIndex;
use colstats::internals::exact::Integer;
use colstats::internals::run::pool::num_threads;
use colstats::internals::states::joint::{Joint, RowCounts};
use colstats::internals::types::{is_null, is_numeric, scale};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use crate::classes::source::source;
use crate::detach::{detached, worth_detaching};
use crate::functions::weighted::Weights;
use crate::input::data::{Column, Input, Kind};
use crate::names::{counted, quoted, type_name};
use crate::options::{Label, option_doc, read};

/// What `help()` says of the weights of rows.
macro_rules! weights_doc {
    () => {
        "    weights: How often each row counts: a column or array of as many rows, or the name of a column of\n\
        \x20       the table. A weight of 0 is as if there were no row, null leaves it out; negative, infinite and\n\
        \x20       NaN weights are refused. The degrees of freedom are the sum of the weights less the number of\n\
        \x20       coefficients."
    };
}

/// The most terms of a model. Equations of this many take seconds.
const MAX_TERMS: usize = 512;

/// Fit a line to two columns by least squares: ``y = intercept + slope * x``.
///
/// Every number is the correctly rounded value of its exact expression, however far the values are from zero, and
/// however little they differ.
///
/// Args:
///     x: The regressor, a column.
///     y: The response, a column of as many rows.
#[doc = option_doc!(intercept)]
#[doc = option_doc!(fit_skip_nulls)]
#[doc = option_doc!(fit_skip_nans)]
#[doc = weights_doc!()]
#[doc = option_doc!(threads)]
///
/// Returns:
///     A `colstats.Fit`.
///
/// Examples:
///     >>> import colstats as cs
///     >>> fit = cs.linear_fit([1e9, 1e9 + 1, 1e9 + 2], [1, 3, 4])
///     >>> fit["slope"], fit.r2, fit.degrees_of_freedom
///     (1.5, 0.9642857142857143, 1)
#[pyfunction]
#[pyo3(signature = (
    x, y, /, *, intercept=true, skip_nulls=true, skip_nans=false, weights=None, threads=None
))]
#[allow(clippy::too_many_arguments)]
pub fn linear_fit<'py>(
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = read::intercept)] intercept: bool,
    #[pyo3(from_py_with = read::skip_nulls)] skip_nulls: bool,
    #[pyo3(from_py_with = read::skip_nans)] skip_nans: bool,
    weights: Option<&Bound<'py, PyAny>>,
    #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let columns = [one_column(x, "x")?, one_column(y, "y")?];
    let rows = columns.each_ref().map(Column::rows);
    if rows[0] != rows[1] {
        return Err(PyValueError::new_err(format!(
            "x has {} and y has {}: they must be columns of the same rows",
            counted(rows[0], "row"),
            rows[1]
        )));
    }
    let fitted = Fitted::line("x".into(), intercept);
    let rules = Rules { skip_nulls, skip_nans };
    let weights = weights.map(|weights| Weights::of_rows(weights, rows[0], "x")).transpose()?;
    let columns = columns.each_ref();
    fitted.to_columns(x.py(), "y", &columns, weights.as_ref(), rules, threads)
}

/// Fit a column of a table to others by ordinary least squares.
///
/// The normal equations are solved exactly, so that badly conditioned ones do no harm; every number is the correctly
/// rounded value of its exact expression.
///
/// Args:
///     table: A table: any Arrow object, NumPy array, or dict of columns.
///     y: The name (or position) of the response.
///     x: The name of a regressor, or a list of names.
///     degree: The highest power of the regressors; each takes part with all powers from 1 on, which are formed exactly.
///         From 3 on this takes microseconds a row.
#[doc = option_doc!(intercept)]
#[doc = option_doc!(fit_skip_nulls)]
#[doc = option_doc!(fit_skip_nans)]
#[doc = weights_doc!()]
#[doc = option_doc!(threads)]
///
/// Returns:
///     A `colstats.Fit`. Its terms are called ``intercept``, as the regressors, and as these with a power: ``a^2``.
///
/// Examples:
///     >>> import colstats as cs
///     >>> table = {"a": [0, 1, 2, 3], "b": [1, 0, 0, 1], "y": [1, 3, 5, 7]}
///     >>> cs.ols(table, y="y", x=["a", "b"]).coefficients
///     {'intercept': 1.0, 'a': 2.0, 'b': 0.0}
///     >>> cs.ols(table, y="b", x="a", degree=2)["a^2"]
///     0.5
#[pyfunction]
#[pyo3(signature = (
    table, /, *, y, x, degree=1, intercept=true, skip_nulls=true, skip_nans=false, weights=None, threads=None
), text_signature = "(table, /, *, y, x, degree=1, intercept=True, skip_nulls=True, skip_nans=False, weights=None, threads=None)")]
#[allow(clippy::too_many_arguments)]
pub fn ols<'py>(
    table: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = read::response)] y: Label,
    #[pyo3(from_py_with = read::regressors)] x: Vec<Label>,
    #[pyo3(from_py_with = read::degree)] degree: usize,
    #[pyo3(from_py_with = read::intercept)] intercept: bool,
    #[pyo3(from_py_with = read::skip_nulls)] skip_nulls: bool,
    #[pyo3(from_py_with = read::skip_nans)] skip_nans: bool,
    weights: Option<&Bound<'py, PyAny>>,
    #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let Input::Table(data) = source(table)?.read_all()? else {
        let of = type_name(table);
        return Err(PyTypeError::new_err(format!(
            "ols takes a table, and {of} is one column: linear_fit(x, y) takes two of them"
        )));
    };
    let regressors = x.iter().map(|label| label.find(&data)).collect::<PyResult<Vec<_>>>()?;
    let response = y.find(&data)?;
    for column in regressors.iter().chain([&response]) {
        expect_numbers(column, &format!("column {}", quoted(&column.name)))?;
    }
    let names = regressors.iter().map(|column| column.name.clone()).collect();
    let fitted = Fitted::new(names, degree, intercept)?;
    let columns = regressors.into_iter().chain([response]).collect::<Vec<_>>();
    let rules = Rules { skip_nulls, skip_nans };
    let weights = weights.map(|weights| Weights::among(weights, &data)).transpose()?;
    let weights = weights.as_ref().map(|(weights, _)| weights);
    fitted.to_columns(table.py(), &response.name, &columns, weights, rules, threads)
}

/// What becomes of rows in which a value is missing or no number.
#[derive(Clone, Copy)]
pub struct Rules {
    pub skip_nulls: bool,
    pub skip_nans: bool,
}

impl Rules {
    /// Whether a value is refused.
    fn refuse(self, value: Value) -> bool {
        match value {
            Value::Finite | Value::Absent => false,
            Value::Infinite => true,
            Value::Nan => !self.skip_nans,
            Value::Null => !self.skip_nulls,
        }
    }

    /// What is refused of some rows.
    pub fn refused(self, rows: RowCounts) -> Option<Value> {
        let counts =
            [(Value::Null, rows.nulls), (Value::Nan, rows.nans), (Value::Infinite, rows.infinite)];
        let refused = |&(value, count): &(Value, u64)| count > 0 && self.refuse(value);
        counts.into_iter().find(refused).map(|(value, _)| value)
    }
}

/// How a message goes on that has named a place: what is there, and the way out.
pub fn is_refused(value: Value) -> &'static str {
    match value {
        Value::Null => "null: skip_nulls=True leaves such rows out",
        Value::Nan => "NaN: skip_nans=True leaves such rows out",
        Value::Finite | Value::Absent | Value::Infinite => "infinite: leave such rows out",
    }
}

/// A model and the names of its regressors.
pub struct Fitted {
    model: Model,
    regressors: Vec<String>,
    /// Whether the terms are called as those of a line.
    line: bool,
}

impl Fitted {
    /// A model of regressors that are named.
    pub fn new(regressors: Vec<String>, degree: usize, has_intercept: bool) -> PyResult<Self> {
        let model = Model { regressors: regressors.len(), degree, has_intercept };
        let terms = regressors.len().saturating_mul(degree) + usize::from(has_intercept);
        let message = match terms {
            0 => "x takes the name of at least one regressor, or intercept=True a constant".into(),
            1..=MAX_TERMS => match regressors.iter().any(|name| name == INTERCEPT) {
                true if has_intercept => format!(
                    "column {} has the name of the constant term: rename it, or use intercept=False",
                    quoted(INTERCEPT)
                ),
                _ => {
                    let fitted = Self { model, regressors, line: false };
                    return fitted.expect_different_names().map(|()| fitted);
                }
            },
            _ => format!("a model of {terms} terms is too large: at most {MAX_TERMS}"),
        };
        Err(PyValueError::new_err(message))
    }

    /// Refuses terms of the same name: they are looked up by it.
    fn expect_different_names(&self) -> PyResult<()> {
        let mut seen = HashSet::new();
        let terms = self.model.terms();
        match terms.iter().map(|term| self.name(term)).find(|name| !seen.insert(name.clone())) {
            None => Ok(()),
            Some(name) => Err(PyValueError::new_err(format!(
                "two terms would be called {}: name each regressor once",
                quoted(&name)
            ))),
        }
    }

    /// A model of a line.
    pub fn line(regressor: String, has_intercept: bool) -> Self {
        let model = Model { regressors: 1, degree: 1, has_intercept };
        Self { model, regressors: vec![regressor], line: true }
    }

    /// Fits it to columns, the response last.
    fn to_columns<'py>(
        &self,
        py: Python<'py>,
        response: &str,
        columns: &[&Column],
        weights: Option<&Weights>,
        rules: Rules,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let chunks = columns.iter().map(|column| column.chunks.as_slice()).collect::<Vec<_>>();
        let scales = columns.iter().map(|column| scale(column.data_type()).into());
        let scales = scales.collect::<Vec<i32>>();
        let typed = weights.map(Weights::typed);
        let work = |threads| {
            let sums = self.model.fold(&chunks, typed, threads)?;
            let rows = sums.rows().rows;
            if rules.refused(rows).is_some() {
                let all = chunks.iter().copied().chain(typed.map(|(_, chunks)| chunks));
                let index = all.map(RowIndex::new).collect::<Vec<_>>();
                let refused = |value| rules.refuse(value);
                return Ok((rows, first_other(&index, typed.is_some(), refused), None));
            }
            let fit = self.model.fit(sums.rows(), |factors| sums.of(factors), &scales);
            Ok((rows, None, Some(fit)))
        };
        let rows = columns[0].rows();
        let is_short = columns.len() * columns.len() * self.model.degree < MAX_TERMS
            && !worth_detaching(rows.saturating_mul(columns.len() * self.model.degree));
        let done = match is_short {
            true => work(1),
            false => {
                let threads = threads.unwrap_or_else(num_threads);
                detached(py, || work(threads))?
            }
        };
        let (rows, other, fit) = done.map_err(|bad| match weights {
            Some(weights) => weights.refused(py, bad),
            None => PyValueError::new_err("there are no weights"),
        })?;
        if let Some(other) = other {
            let what = match self.regressors.get(other.column) {
                _ if other.column >= columns.len() => "weights".to_string(),
                Some(name) => format!("column {}", quoted(name)),
                None => format!("column {}", quoted(response)),
            };
            return Err(PyValueError::new_err(format!(
                "{what}: row {} is {}",
                other.row,
                is_refused(other.kind)
            )));
        }
        self.result(py, rows, fit.unwrap_or(Err(Unfit::Impossible)))
    }

    /// Fits it to sums over some rows, of columns with these scales, the response last.
    pub fn to_sums<'py, 'a>(
        &self,
        py: Python<'py>,
        rows: &Joint,
        sum_of: impl Fn(&[usize]) -> &'a Integer + Send,
        scales: &[i32],
    ) -> PyResult<Bound<'py, PyAny>> {
        let is_short = scales.len() * self.model.degree < 8;
        let fit = || self.model.fit(rows, sum_of, scales);
        let fit = if is_short { fit() } else { detached(py, fit)? };
        self.result(py, rows.rows, fit)
    }

    fn result<'py>(
        &self,
        py: Python<'py>,
        rows: RowCounts,
        fit: Result<Fit, Unfit>,
    ) -> PyResult<Bound<'py, PyAny>> {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let fit = fit.map_err(|unfit| self.refusal(rows, &unfit))?;
        let names = self.model.terms().iter().map(|term| self.name(term)).collect::<Vec<_>>();
        let class = CLASS.import(py, "colstats.fits", "Fit")?;
        let freedom = match fit.degrees_of_freedom {
            Freedom::Whole(freedom) => freedom.into_pyobject(py)?.into_any(),
            Freedom::Rounded(freedom) => freedom.into_pyobject(py)?.into_any(),
        };
        class.call_method1(
            "_of",
            (
                (names, fit.coefficients, fit.standard_errors),
                (
                    fit.r2,
                    fit.residual_stddev,
                    fit.f,
                    freedom,
                    fit.count,
                    (fit.regression_sum, fit.residual_sum),
                ),
            ),
        )
    }

    /// The name of a term.
    fn name(&self, term: &Term) -> Cow<'_, str> {
        match *term {
            Term::Intercept => INTERCEPT.into(),
            Term::Power(..) if self.line => "slope".into(),
            Term::Power(column, 1) => self.regressors[column].as_str().into(),
            Term::Power(column, power) => format!("{}^{power}", self.regressors[column]).into(),
        }
    }

    /// Why there is no answer.
    fn refusal(&self, rows: RowCounts, unfit: &Unfit) -> PyErr {
        let terms = self.model.terms();
        let (of, others) = match unfit {
            Unfit::TooFew => {
                let left_out = rows.nulls + rows.nans;
                let left_out = match left_out {
                    0 => String::new(),
                    _ => format!(" without null or NaN, and {left_out} with one"),
                };
                return PyValueError::new_err(format!(
                    "{} {} as many rows, and there {} {}{left_out}",
                    counted(terms.len(), "coefficient"),
                    if terms.len() == 1 { "needs" } else { "need" },
                    if rows.finite == 1 { "is" } else { "are" },
                    rows.finite,
                ));
            }
            Unfit::Impossible => {
                return PyValueError::new_err("no columns have the sums of this state");
            }
            Unfit::Collinear(of, others) => (*of, others),
        };
        let name = |term: &Term| match (self.line, term) {
            (true, Term::Power(column, _)) => quoted(&self.regressors[*column]).to_string(),
            _ => quoted(&self.name(term)).to_string(),
        };
        let has_constant = others.iter().any(|&at| terms[at] == Term::Intercept);
        let columns = others.iter().filter(|&&at| terms[at] != Term::Intercept);
        let columns = columns.map(|&at| name(&terms[at])).collect::<Vec<_>>();
        let because = match (columns.split_last(), has_constant) {
            (None, false) => "is zero in all rows".to_string(),
            (None, true) => "is constant, as the intercept is".to_string(),
            (Some((last, rest)), _) => {
                let rest = if rest.is_empty() { String::new() } else { rest.join(", ") + " and " };
                let constant = if has_constant { " (and the intercept)" } else { "" };
                format!("is a linear combination of {rest}{last}{constant}")
            }
        };
        PyValueError::new_err(format!("regressor {} {because}: leave it out", name(&terms[of])))
    }
}

/// The name of the constant term.
const INTERCEPT: &str = "intercept";

/// The column that an argument is.
fn one_column(data: &Bound<'_, PyAny>, argument: &str) -> PyResult<Column> {
    match source(data)?.read_all()? {
        Input::Column(column) => {
            expect_numbers(&column, argument)?;
            Ok(column)
        }
        Input::Table(_) => Err(PyTypeError::new_err(format!(
            "{argument} is a table ({}), not one column: ols(table, y=..., x=[...]) takes its columns",
            type_name(data)
        ))),
    }
}

/// Refuses a column, which is called so, if it does not hold numbers.
pub fn expect_numbers(column: &Column, called: &str) -> PyResult<()> {
    match &column.kind {
        Kind::Readable(of) if is_numeric(of) || is_null(of) => Ok(()),
        other => {
            Err(PyTypeError::new_err(format!("{called} is {}: a fit needs numbers", other.name())))
        }
    }
}
