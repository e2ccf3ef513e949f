//! The keywords of a call: how they are documented, how they are read, and what they turn into.
//!
//! An option is a text of [`option_doc`], a function of [`read`] and a method of [`Keywords`], all
//! three under its name. The [table of statistics](crate::classes::statistics) puts them together.

use colstats::{Nans, Nulls, Options};
use pyo3::exceptions::{PyIndexError, PyKeyError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::input::data::{Column, Table};
use crate::names::{listed, quoted, type_name};
use crate::windows::Windowing;

/// What `help()` says of an option: lines of an `Args:` section.
macro_rules! option_doc {
    (data) => {
        "    data: A column or a table: any Arrow object, NumPy array, buffer, dict of columns, or iterable\n\
        \x20       of numbers, arrays or batches."
    };
    (ddof) => {
        "    ddof: Delta degrees of freedom: the divisor is the count minus ddof. 0 gives the\n\
        \x20       variance of a population, 1 the unbiased estimate from a sample. If there are no\n\
        \x20       more values than ddof, the result is None."
    };
    (skip_nulls) => {
        "    skip_nulls: Whether to leave nulls out. If not, one null makes the result None."
    };
    (min_count) => {
        "    min_count: The result is None if there are fewer values than this."
    };
    (skip_nans) => {
        "    skip_nans: Whether to treat NaN as null. If not, a NaN is counted as a value, and makes\n\
        \x20       all results but the count NaN."
    };
    (by) => {
        "    by: Of a table, the name (or a list of names or positions) of key columns: one result for each\n\
        \x20       group of rows that have the same key, in the order of the keys, which come first."
    };
    (axis) => {
        "    axis: Of a NumPy array or another array in memory, of any number of dimensions, the axis (or\n\
        \x20       a tuple of axes) along which to compute; None for all. The result is an array of the\n\
        \x20       axes that are left. By default an array of two dimensions is a table."
    };
    (keepdims) => {
        "    keepdims: With ``axis``, whether reduced axes stay in the result, with a length of one."
    };
    (per) => {
        "    per: ``\"chunk\"`` for one result per chunk of the data, or a number of rows for one\n\
        \x20       result per window of that length, across chunk boundaries. By default there is one\n\
        \x20       result for all rows. ``\"cumulative\"`` gives one for each row, of all rows up to it, and a\n\
        \x20       period such as ``\"5m\"`` (ns, us, ms, s, m, h, d, w), with ``on``, one for each row, of the rows\n\
        \x20       within this time before it."
    };
    (step) => {
        "    step: With a number of rows as ``per``, the distance between the beginnings of two windows, which\n\
        \x20       overlap if it is less than their length. The first window that reaches the last row is the\n\
        \x20       last."
    };
    (align) => {
        "    align: ``\"row\"`` for one result for each row, of the window of ``per`` rows that ends with it.\n\
        \x20       ``min_count`` is then ``per`` by default, so the first rows have none."
    };
    (on) => {
        "    on: With a period as ``per``, the times of the rows, in order: a column of the table by its name\n\
        \x20       or position, which gets no result itself, or any column of as many rows."
    };
    (columns) => {
        "    columns: Of a table, the names (or positions) of the columns to use."
    };
    (numeric_only) => {
        "    numeric_only: Of a table, whether to leave out columns that do not hold numbers."
    };
    (weights) => {
        "    weights: How often each row counts: a column or array of as many rows, or the name of a column of\n\
        \x20       the table, which is then left out of the result. A weight of 0 is as if there were no row,\n\
        \x20       null leaves it out; negative, infinite and NaN weights are refused. ``ddof`` is subtracted\n\
        \x20       from the sum of the weights. Goes with ``by``, not with ``per`` or ``axis``."
    };
    (row_weights) => {
        "    weights: How often each row counts: a column or array of as many rows, or the name of a column of\n\
        \x20       the table, which is then left out of the result. A weight of 0 is as if there were no row,\n\
        \x20       null leaves it out; negative, infinite and NaN weights are refused. Goes with ``by``, not with\n\
        \x20       ``per`` or ``axis``."
    };
    (biased) => {
        "    biased: Whether the result is that of the values as they are, as SciPy and pyarrow have it by\n\
        \x20       default; if not, it estimates that of the population, as pandas does, and takes three\n\
        \x20       values, or four for the kurtosis."
    };
    (complete) => {
        "    complete: Of a table, whether rows with a null in any column are left out of all pairs."
    };
    (intercept) => {
        "    intercept: Whether there is a constant term; without it, r2 compares with zero, not with the mean."
    };
    (fit_skip_nulls) => {
        "    skip_nulls: Whether to leave out rows in which a value is null. If not, a null is refused."
    };
    (fit_skip_nans) => {
        "    skip_nans: Whether to leave out rows in which a value is NaN. If not, a NaN is refused."
    };
    (interpolation) => {
        "    interpolation: What lies between two values: ``\"linear\"`` by the position between them, the\n\
        \x20       ``\"lower\"``, the ``\"higher\"`` or the ``\"nearest\"`` of both, or their ``\"midpoint\"``."
    };
    (missing) => {
        "    missing: What becomes of a column that some of the parts lack: ``\"refuse\"`` is an error that\n\
        \x20       names it, ``\"null\"`` counts it as null in all rows of these parts."
    };
    (threads) => {
        "    threads: The number of threads to use at most; by default as ``set_num_threads`` says."
    };
}
pub(crate) use option_doc;

/// A `min_count` that the call gives has this bit, and a default has not. No column has as many values.
const GIVEN: u64 = 1 << 63;

/// What the keywords of a call say.
#[derive(Default)]
pub struct Keywords {
    pub options: Options,
    /// The key columns, if there is a result for each group.
    pub by: Option<Vec<Label>>,
    /// What to compute a result for each of, if not one for all rows. Boxed, because every call looks at it.
    pub windows: Option<Box<Windowing>>,
    /// Whether the call says what `min_count` is.
    pub has_min_count: bool,
    pub selection: Selection,
    /// How many threads may be used, if the call says so.
    pub threads: Option<usize>,
}

impl Keywords {
    #[inline(always)]
    pub fn ddof(mut self, ddof: u64) -> Self {
        self.options.ddof = ddof;
        self
    }

    #[inline(always)]
    pub fn skip_nulls(mut self, skip: bool) -> Self {
        self.options.nulls = if skip { Nulls::Skip } else { Nulls::Propagate };
        self
    }

    #[inline(always)]
    pub fn min_count(mut self, min_count: u64) -> Self {
        self.options.min_count = min_count & !GIVEN;
        self.has_min_count = min_count & GIVEN != 0;
        self
    }

    #[inline(always)]
    pub fn skip_nans(mut self, skip: bool) -> Self {
        self.options.nans = if skip { Nans::AreNull } else { Nans::Propagate };
        self
    }

    #[inline(always)]
    pub fn columns(mut self, columns: Option<Vec<Label>>) -> Self {
        self.selection.columns = columns;
        self
    }

    #[inline(always)]
    pub fn threads(mut self, threads: Option<usize>) -> Self {
        self.threads = threads;
        self
    }

    #[inline(always)]
    pub fn numeric_only(mut self, numeric_only: bool) -> Self {
        self.selection.numeric_only = numeric_only;
        self
    }

    /// The same, and what options say that few calls give.
    #[cold]
    #[inline(never)]
    pub fn with(mut self, given: &[(&str, Option<&Bound<'_, PyAny>>)]) -> PyResult<Self> {
        let mut windows = Windowing::default();
        for &(option, value) in given {
            let Some(value) = value else {
                continue;
            };
            match option {
                "by" => self.by = read::by(value)?,
                "per" => windows.per = read::per(value)?,
                "step" => windows.step = read::step(value)?,
                "align" => windows.align = read::align(value)?,
                "on" => windows.on = read::on(value)?,
                "columns" => self.selection.columns = read::columns(value)?,
                "threads" => self.threads = read::threads(value)?,
                other => unreachable!("{other} is no such option"),
            }
        }
        self.windows = (!windows.is_empty()).then(|| windows.into());
        Ok(self)
    }

    /// Whether there is one result for all rows of each column.
    pub fn asks_once_of_all(&self) -> bool {
        self.windows.is_none() && self.selection.columns.is_none() && !self.selection.numeric_only
    }

    /// Refuses what is for columns and tables where axes are named.
    pub fn expect_no_selection(&self) -> PyResult<()> {
        let option = match (&self.windows, &self.selection) {
            (Some(windows), _) => windows.option(),
            (_, Selection { columns: Some(_), .. }) => "columns=",
            (_, Selection { numeric_only: true, .. }) => "numeric_only=",
            _ => return Ok(()),
        };
        Err(PyTypeError::new_err(format!(
            "{option} is for columns and tables, and axis= for arrays"
        )))
    }
}

/// The values of the options, for `#[pyo3(from_py_with = ..)]`. Unlike the extraction by type, a
/// function knows which option it reads, so that its errors can name it.
pub mod read {
    use std::num::NonZeroUsize;

    use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
    use pyo3::prelude::*;
    use pyo3::types::{PyBool, PyInt, PyString, PyTuple};

    use super::{Axes, GIVEN, Label};
    use crate::names::{quoted, type_name};
    use crate::states::missing::Missing;
    use crate::windows::{Align, On, Per, Period, Step};

    pub fn skip_nulls(value: &Bound<'_, PyAny>) -> PyResult<bool> {
        flag(value, "skip_nulls")
    }

    pub fn skip_nans(value: &Bound<'_, PyAny>) -> PyResult<bool> {
        flag(value, "skip_nans")
    }

    pub fn numeric_only(value: &Bound<'_, PyAny>) -> PyResult<bool> {
        flag(value, "numeric_only")
    }

    /// A bool, of Python or of NumPy.
    fn flag(value: &Bound<'_, PyAny>, option: &str) -> PyResult<bool> {
        value.extract().map_err(|_| {
            PyTypeError::new_err(format!("{option} must be a bool, not {}", type_name(value)))
        })
    }

    pub fn ddof(value: &Bound<'_, PyAny>) -> PyResult<u64> {
        non_negative(value, "ddof")
    }

    pub fn min_count(value: &Bound<'_, PyAny>) -> PyResult<u64> {
        non_negative(value, "min_count").map(|min_count| min_count | GIVEN)
    }

    /// An integer that must not be negative. What exceeds 64 bits is more than any column has.
    fn non_negative(value: &Bound<'_, PyAny>, option: &str) -> PyResult<u64> {
        let negative = |shown: &dyn std::fmt::Display| {
            PyValueError::new_err(format!("{option} must not be negative, got {shown}"))
        };
        if let Ok(value) = value.extract::<i64>() {
            return u64::try_from(value).map_err(|_| negative(&value));
        }
        if !value.is_instance_of::<PyInt>() {
            let name = type_name(value);
            return Err(PyTypeError::new_err(format!("{option} must be an int, not {name}")));
        }
        match value.gt(0)? {
            true => Ok(u64::MAX),
            false => Err(negative(value)),
        }
    }

    pub fn missing(value: &Bound<'_, PyAny>) -> PyResult<Missing> {
        const EXPECTED: &str = "missing takes \"refuse\" or \"null\"";
        let Ok(text) = value.cast::<PyString>() else {
            let name = type_name(value);
            return Err(PyTypeError::new_err(format!("{EXPECTED}, not {name}")));
        };
        match text.to_cow()?.as_ref() {
            "refuse" => Ok(Missing::Refuse),
            "null" => Ok(Missing::Null),
            other => Err(PyValueError::new_err(format!("{EXPECTED}, got {}", quoted(other)))),
        }
    }

    /// The key columns: one, or several.
    pub fn by(value: &Bound<'_, PyAny>) -> PyResult<Option<Vec<Label>>> {
        if value.is_none() {
            return Ok(None);
        }
        if value.is_instance_of::<PyString>() {
            return Ok(Some(vec![value.extract()?]));
        }
        let Ok(labels) = value.try_iter() else {
            let message = format!("by takes a name or a list of names, not {}", type_name(value));
            return Err(PyTypeError::new_err(message));
        };
        let labels = labels.map(|label| label?.extract()).collect::<PyResult<Vec<_>>>()?;
        if labels.is_empty() {
            return Err(no_keys());
        }
        Ok(Some(labels))
    }

    /// The error for groups without a key column.
    pub fn no_keys() -> PyErr {
        PyValueError::new_err(
            "by takes the name of at least one column; leave it out for a result of all rows",
        )
    }

    pub fn per(value: &Bound<'_, PyAny>) -> PyResult<Option<Per>> {
        const EXPECTED: &str = "per takes \"chunk\" or a number of rows";
        if value.is_none() {
            return Ok(None);
        }
        if let Ok(text) = value.cast::<PyString>() {
            let text = text.to_cow()?;
            return match (text.as_ref(), Period::read(&text)) {
                ("chunk", _) => Ok(Some(Per::Chunk)),
                ("cumulative", _) => Ok(Some(Per::Cumulative)),
                (_, Some(period)) => Ok(Some(Per::Period(period))),
                (other, None) => Err(PyValueError::new_err(format!(
                    "{EXPECTED}, got {}; \"cumulative\" works too, and with on= a period such as \"5m\" \
                     (ns, us, ms, s, m, h, d, w)",
                    quoted(other)
                ))),
            };
        }
        if value.is_instance_of::<PyBool>() {
            return Err(PyTypeError::new_err(format!("{EXPECTED}, not a bool")));
        }
        number_of_rows(value, "per", EXPECTED).map(|rows| Some(Per::Rows(rows)))
    }

    pub fn step(value: &Bound<'_, PyAny>) -> PyResult<Option<Step>> {
        const EXPECTED: &str = "step takes a number of rows";
        if value.is_none() {
            return Ok(None);
        }
        if value.is_instance_of::<PyBool>() {
            return Err(PyTypeError::new_err(format!("{EXPECTED}, not a bool")));
        }
        number_of_rows(value, "step", EXPECTED).map(Some)
    }

    /// A number of rows. More than 63 bits are more rows than any column has.
    fn number_of_rows(
        value: &Bound<'_, PyAny>,
        option: &str,
        expected: &str,
    ) -> PyResult<NonZeroUsize> {
        match value.extract::<i64>() {
            Err(error) if error.is_instance_of::<PyTypeError>(value.py()) => {
                Err(PyTypeError::new_err(format!("{expected}, not {}", type_name(value))))
            }
            rows => {
                let rows = rows.or_else(|_| value.gt(0).map(|gt| if gt { i64::MAX } else { 0 }))?;
                let rows = usize::try_from(rows).ok().and_then(NonZeroUsize::new);
                rows.ok_or_else(|| {
                    PyValueError::new_err(format!("{option} takes a number of rows of at least 1"))
                })
            }
        }
    }

    pub fn align(value: &Bound<'_, PyAny>) -> PyResult<Option<Align>> {
        if value.is_none() {
            return Ok(None);
        }
        let Ok(text) = value.cast::<PyString>() else {
            let name = type_name(value);
            return Err(PyTypeError::new_err(format!("align takes \"row\", not {name}")));
        };
        match text.to_cow()?.as_ref() {
            "row" => Ok(Some(Align::Row)),
            other => {
                Err(PyValueError::new_err(format!("align takes \"row\", got {}", quoted(other))))
            }
        }
    }

    pub fn on(value: &Bound<'_, PyAny>) -> PyResult<Option<On>> {
        if value.is_none() {
            return Ok(None);
        }
        let is_label = value.is_instance_of::<PyString>() || value.is_instance_of::<PyInt>();
        Ok(Some(match is_label && !value.is_instance_of::<PyBool>() {
            true => On::Label(value.extract()?),
            false => On::Data(value.clone().unbind()),
        }))
    }

    pub fn axis(value: &Bound<'_, PyAny>) -> PyResult<Axes> {
        if value.is(value.py().Ellipsis()) {
            return Ok(Axes::NotGiven);
        }
        if value.is_none() {
            return Ok(Axes::All);
        }
        match value.cast::<PyTuple>() {
            Ok(axes) => axes.iter().map(|axis| position(&axis)).collect::<PyResult<_>>(),
            Err(_) => position(value).map(|axis| [axis].into()),
        }
        .map(Axes::Some)
    }

    /// The number of an axis. What exceeds 64 bits is out of range of any array.
    fn position(value: &Bound<'_, PyAny>) -> PyResult<isize> {
        let is_index = !value.is_instance_of::<PyBool>() && value.hasattr("__index__")?;
        match value.extract() {
            Ok(axis) if is_index => Ok(axis),
            Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => {
                Ok(if value.gt(0)? { isize::MAX } else { isize::MIN })
            }
            _ => Err(PyTypeError::new_err(format!(
                "axis takes an int, a tuple of ints or None, not {}",
                type_name(value)
            ))),
        }
    }

    pub fn biased(value: &Bound<'_, PyAny>) -> PyResult<bool> {
        flag(value, "biased")
    }

    pub fn complete(value: &Bound<'_, PyAny>) -> PyResult<bool> {
        flag(value, "complete")
    }

    pub fn intercept(value: &Bound<'_, PyAny>) -> PyResult<bool> {
        flag(value, "intercept")
    }

    pub fn pooled(value: &Bound<'_, PyAny>) -> PyResult<bool> {
        flag(value, "pooled")
    }

    pub fn degree(value: &Bound<'_, PyAny>) -> PyResult<usize> {
        /// Polynomials of a higher one are of no use, and their sums have thousands of digits.
        const MAX_DEGREE: u64 = 32;
        match non_negative(value, "degree")? {
            degree @ 1..=MAX_DEGREE => Ok(degree as usize),
            other => Err(PyValueError::new_err(format!(
                "degree must be from 1 to {MAX_DEGREE}, got {other}"
            ))),
        }
    }

    /// The response of a regression, a column of the table.
    pub fn response(value: &Bound<'_, PyAny>) -> PyResult<Label> {
        label(value, "y")
    }

    /// The regressors, columns of the table: one, or several.
    pub fn regressors(value: &Bound<'_, PyAny>) -> PyResult<Vec<Label>> {
        if value.is_instance_of::<PyString>() || value.is_instance_of::<PyInt>() {
            return Ok(vec![label(value, "x")?]);
        }
        let Ok(labels) = value.try_iter() else {
            let message = format!("x takes a name or a list of names, not {}", type_name(value));
            return Err(PyTypeError::new_err(message));
        };
        labels.map(|one| label(&one?, "x")).collect()
    }

    /// A column by its name or position.
    pub fn label(value: &Bound<'_, PyAny>, option: &str) -> PyResult<Label> {
        let is_label = value.is_instance_of::<PyString>()
            || value.is_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>();
        if is_label {
            return value.extract();
        }
        let of = type_name(value);
        Err(PyTypeError::new_err(format!(
            "{option} names a column by a str or an int, not by {of}"
        )))
    }

    pub fn keepdims(value: &Bound<'_, PyAny>) -> PyResult<bool> {
        flag(value, "keepdims")
    }

    pub fn columns(value: &Bound<'_, PyAny>) -> PyResult<Option<Vec<Label>>> {
        if value.is_none() {
            return Ok(None);
        }
        if let Ok(name) = value.cast::<PyString>() {
            let name = name.to_cow()?;
            let message = format!("columns takes a list of names: columns=[{}]", quoted(&name));
            return Err(PyTypeError::new_err(message));
        }
        let Ok(labels) = value.try_iter() else {
            let name = type_name(value);
            let message = format!("columns takes a list of names or positions, not {name}");
            return Err(PyTypeError::new_err(message));
        };
        labels.map(|label| label?.extract()).collect::<PyResult<_>>().map(Some)
    }

    pub fn threads(value: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
        /// More would only get in each other's way.
        const MAX_THREADS: i64 = 1024;
        if value.is_none() {
            return Ok(None);
        }
        match value.extract::<i64>() {
            Ok(threads @ 1..=MAX_THREADS) => Ok(Some(threads as usize)),
            Err(error) if error.is_instance_of::<PyTypeError>(value.py()) => {
                let name = type_name(value);
                Err(PyTypeError::new_err(format!("threads must be an int, not {name}")))
            }
            _ => Err(PyValueError::new_err(format!(
                "threads must be from 1 to {MAX_THREADS}, got {}",
                value.repr()?
            ))),
        }
    }
}

/// Along which axes of an array to compute: `axis=`.
pub enum Axes {
    /// Along none: the array is a column or a table.
    NotGiven,
    /// Along all.
    All,
    /// Along some, counted from the end if negative. Boxed, because every call looks at it.
    Some(Box<[isize]>),
}

/// Which columns of a table to use: `columns=` and `numeric_only=`.
#[derive(Default)]
pub struct Selection {
    pub columns: Option<Vec<Label>>,
    pub numeric_only: bool,
}

/// A column by its name or its position.
pub enum Label {
    Name(String),
    Position(isize),
}

impl<'py> FromPyObject<'_, 'py> for Label {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(name) = object.cast::<PyString>() {
            return Ok(Self::Name(name.to_string()));
        }
        match object.extract() {
            Ok(position) => return Ok(Self::Position(position)),
            Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => {
                // No table has that many columns: any position out of range stands for it.
                let positive = object.gt(0).unwrap_or(true);
                return Ok(Self::Position(if positive { isize::MAX } else { isize::MIN }));
            }
            Err(_) => {}
        }
        let name = type_name(&object);
        Err(PyTypeError::new_err(format!("a column is named by a str or an int, not by {name}")))
    }
}

impl Selection {
    /// The selected columns of a table, in the order in which they are named.
    pub fn of<'a>(&self, table: &'a Table) -> PyResult<Vec<&'a Column>> {
        let named: Vec<&Column> = match &self.columns {
            None => table.columns.iter().collect(),
            Some(labels) => {
                labels.iter().map(|label| label.find(table)).collect::<PyResult<_>>()?
            }
        };
        let wanted = |column: &&Column| !self.numeric_only || column.is_numeric();
        Ok(named.into_iter().filter(wanted).collect())
    }

    /// Refuses `columns=` for a single column.
    pub fn expect_nothing(&self) -> PyResult<()> {
        if self.columns.is_some() {
            return Err(PyTypeError::new_err(
                "columns= selects from a table, but this is one column",
            ));
        }
        Ok(())
    }
}

impl Label {
    /// The column of a table with this label.
    pub fn find<'a>(&self, table: &'a Table) -> PyResult<&'a Column> {
        match self {
            Self::Name(name) => find_by_name(table, name),
            Self::Position(position) => find_by_position(table, *position),
        }
    }
}

fn find_by_name<'a>(table: &'a Table, name: &str) -> PyResult<&'a Column> {
    let mut found = table.columns.iter().enumerate().filter(|(_, column)| column.name == name);
    match (found.next(), found.next()) {
        (Some((_, column)), None) => Ok(column),
        (Some((first, _)), Some((second, _))) => Err(PyKeyError::new_err(format!(
            "the name {} is not unique: it names the columns {first} and {second}; \
             use the position instead",
            quoted(name)
        ))),
        (None, _) => Err(no_column(table, name)),
    }
}

/// A `KeyError` that names the columns there are, and first those with a similar name.
fn no_column(table: &Table, name: &str) -> PyErr {
    let names = || table.columns.iter().map(|column| column.name.as_str());
    if table.columns.is_empty() {
        return PyKeyError::new_err(format!("no column {}; there are none", quoted(name)));
    }
    let close = close_names(name, names());
    let close = match close.len() {
        0 => String::new(),
        _ => format!("did you mean {}? ", listed(close.iter().map(String::as_str))),
    };
    let all = listed(names());
    PyKeyError::new_err(format!("no column {}; {close}there are: {all}", quoted(name)))
}

/// The names that are most similar to a wrong one, as Python's own errors find them.
fn close_names<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    /// Comparing takes time; more columns than this are not looked at.
    const COMPARED: usize = 1000;
    let names = names.take(COMPARED).collect::<Vec<_>>();
    let lower = name.to_lowercase();
    if let Some(same) = names.iter().find(|other| other.to_lowercase() == lower) {
        return vec![same.to_string()];
    }
    Python::attach(|py| {
        let close = py.import("difflib")?.call_method1("get_close_matches", (name, names))?;
        close.extract()
    })
    .unwrap_or_default()
}

fn find_by_position(table: &Table, position: isize) -> PyResult<&Column> {
    let count = table.columns.len();
    let index = if position < 0 { position.checked_add_unsigned(count) } else { Some(position) };
    let index = index.and_then(|index| usize::try_from(index).ok());
    index.and_then(|index| table.columns.get(index)).ok_or_else(|| {
        PyIndexError::new_err(format!("no column at position {position}: there are {count}"))
    })
}
