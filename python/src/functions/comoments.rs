//! The function `comoments`: the columns of a table read together, as a whole or by groups.

use colstats::internals::columns::chunk::Chunk;
use colstats::internals::groups::rows::RowOrder;
use colstats::internals::run::pool::num_threads;
use colstats::internals::run::powers::fold_powers;
use colstats::internals::states::comoments::{CoMoments, monomials, sums};
use colstats::internals::states::comoments_wire as wire;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyType};

use crate::classes::comoments::PyCoMoments;
use crate::classes::grouped_moments::PyGroupedMoments;
use crate::classes::source::source;
use crate::detach::{detached, worth_detaching};
use crate::error::unmergeable;
use crate::functions::fits::expect_numbers;
use crate::functions::pairs::expect_few;
use crate::functions::weighted::{Weights, changed};
use crate::groups::rows::groups_of_rows;
use crate::input::data::{Column, Input, InputRef, Table};
use crate::input::open_arrow;
use crate::memory::expect_memory;
use crate::names::{listed, quoted, type_name};
use crate::options::{Label, Selection, option_doc, read};
use crate::states::accumulate::{expect_countable, expect_different_names};
use crate::states::exchange::{Cell, cells, lacks, no_table_of_states};
use crate::states::typed::type_of;

/// Read the columns of a table once, together, into a state from which their covariances, correlations and
/// regressions can be computed.
///
/// Args:
///     table: A table: any Arrow object, NumPy array, dict of columns, or stream of batches.
///     by: The name (or a list of names or positions) of the key columns: rows with the same key are a group, which
///         has a state of its own.
///     columns: The names (or positions) of the columns; by default all that hold numbers, but for keys and weights.
///     degree: The highest power of the columns that regressions may use, as of ``ols``: sums of their products are
///         kept, too. From 2 on this takes microseconds a row.
///     weights: How often each row counts: a column or array of as many rows, or the name of a column of the table. A
///         weight of 0 is as if there were no row, null leaves it out; negative, infinite and NaN weights are refused.
#[doc = option_doc!(threads)]
///
/// Returns:
///     CoMoments; with ``by`` GroupedCoMoments.
///
/// Examples:
///     >>> import colstats as cs
///     >>> state = cs.comoments({"a": [0, 1, 2], "y": [1, 3, 5]})
///     >>> state.correlation()["y"], state.ols(y="y", x="a")["a"]
///     ([1.0, 1.0], 2.0)
///     >>> cs.comoments({"a": [0, 1, 2], "y": [0, 1, 4]}, degree=2).ols(y="y", x="a", degree=2)["a^2"]
///     1.0
///     >>> table = {"k": [7, 7, 9, 9], "a": [0, 1, 2, 3], "y": [1, 3, 7, 8]}
///     >>> cs.comoments(table, by="k")[9].linear_fit("a", "y")["slope"]
///     1.0
#[pyfunction]
#[pyo3(signature = (
    table, /, *, by=None, columns=None, degree=1, weights=None, threads=None
))]
pub fn comoments<'py>(
    table: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = read::by)] by: Option<Vec<Label>>,
    #[pyo3(from_py_with = read::columns)] columns: Option<Vec<Label>>,
    #[pyo3(from_py_with = read::degree)] degree: usize,
    weights: Option<&Bound<'py, PyAny>>,
    #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let (py, asked) = (table.py(), Asked { columns, degree, weights, threads });
    let Some(by) = by else {
        let state = PyCoMoments::from(state_of(table, asked)?);
        return Ok(Bound::new(py, state)?.into_any());
    };
    let parts = grouped_states(table, &by, asked)?;
    let class = CLASS.import(py, "colstats.grouped", "GroupedCoMoments")?;
    class.call_method1("_of_parts", (parts,))
}

/// What is read of a table.
pub struct Asked<'a, 'py> {
    pub columns: Option<Vec<Label>>,
    pub degree: usize,
    pub weights: Option<&'a Bound<'py, PyAny>>,
    pub threads: Option<usize>,
}

/// Refuses states of more sums than that of the most columns.
pub fn expect_few_sums(columns: usize, degree: usize) -> PyResult<()> {
    const MAX_SUMS: usize = 1 << 23;
    expect_few(columns)?;
    if degree == 1 || sums(columns, degree) <= MAX_SUMS {
        return Ok(());
    }
    Err(PyValueError::new_err(format!(
        "the powers of {columns} columns up to degree {degree} have {} products: at most {MAX_SUMS} are summed; choose \
         some columns with columns=[...]",
        sums(columns, degree)
    )))
}

/// The state of the columns of a table, or of a stream: those that are named, or all that hold numbers.
pub fn state_of(data: &Bound<'_, PyAny>, asked: Asked<'_, '_>) -> PyResult<CoMoments> {
    let mut whole = CoMoments::new();
    let (degree, threads) = (asked.degree, asked.threads);
    for_each_batch(data, &[], asked, |_, roles| {
        let part = of_columns(data.py(), &roles.values, roles.weights.as_ref(), degree, threads)?;
        whole.merge(&part).map_err(|error| unmergeable(&error, ""))
    })?;
    Ok(whole)
}

/// The columns of a table by what they are for.
struct Roles<'a> {
    keys: Vec<&'a Column>,
    values: Vec<&'a Column>,
    weights: Option<Weights>,
}

/// Calls a function with the columns of each batch.
fn for_each_batch(
    data: &Bound<'_, PyAny>,
    by: &[Label],
    asked: Asked<'_, '_>,
    mut function: impl FnMut(&Table, &Roles<'_>) -> PyResult<()>,
) -> PyResult<()> {
    let Asked { columns, degree, weights, .. } = asked;
    let mut selection = Selection { columns, numeric_only: false };
    let mut each = |input: InputRef<'_>| {
        let InputRef::Table(table) = input else {
            return Err(PyTypeError::new_err(format!(
                "co-moments are those of a table, and {} is one column",
                type_name(data)
            )));
        };
        let roles = chosen(table, by, &selection, degree, weights)?;
        let known = roles.values.iter().map(|column| Label::Name(column.name.clone()));
        // Batches to come have these, even where they hold nothing but nulls.
        selection.columns.get_or_insert_with(|| known.collect());
        function(table, &roles)
    };
    match weights {
        // A column of weights has as many rows as all batches.
        Some(column) if !column.is_instance_of::<PyString>() => {
            each(source(data)?.read_all()?.as_ref())
        }
        _ => source(data)?.for_each_batch(each),
    }
}

/// The columns of a table that a state takes.
fn chosen<'a>(
    table: &'a Table,
    by: &[Label],
    selection: &Selection,
    degree: usize,
    weights: Option<&Bound<'_, PyAny>>,
) -> PyResult<Roles<'a>> {
    let keys = by.iter().map(|label| label.find(table)).collect::<PyResult<Vec<_>>>()?;
    let weights = weights.map(|weights| Weights::among(weights, table)).transpose()?;
    let (weights, own) = weights.map_or((None, None), |(weights, own)| (Some(weights), own));
    let is_other = |column: &Column| {
        !keys.iter().chain(&own).any(|other| std::ptr::eq(*other, column)) && column.is_numeric()
    };
    let named = selection.columns.is_some();
    let columns = selection.of(table)?.into_iter();
    let values = columns.filter(|column| named || is_other(column)).collect::<Vec<_>>();
    if values.is_empty() {
        let among = match table.columns.len() {
            0 => String::new(),
            _ => format!(" among {}", listed(table.columns.iter().map(|it| it.name.as_str()))),
        };
        return Err(PyTypeError::new_err(format!(
            "co-moments need columns of numbers, and there are none{among}"
        )));
    }
    for column in &values {
        expect_numbers(column, &format!("column {}", quoted(&column.name)))?;
    }
    expect_few_sums(values.len(), degree)?;
    expect_different_names(&values, true)?;
    expect_countable(table.rows, "")?;
    Ok(Roles { keys, values, weights })
}

fn of_columns(
    py: Python<'_>,
    columns: &[&Column],
    weights: Option<&Weights>,
    degree: usize,
    threads: Option<usize>,
) -> PyResult<CoMoments> {
    let chunks = columns.iter().map(|column| column.chunks.as_slice());
    let chunks = chunks.collect::<Vec<&[Chunk]>>();
    let (products, typed) = (monomials(columns.len(), degree), weights.map(Weights::typed));
    let joint = if worth_detaching(columns[0].rows().saturating_mul(products.len())) {
        let threads = threads.unwrap_or_else(num_threads);
        detached(py, || fold_powers(&chunks, typed, &products, threads))?
    } else {
        fold_powers(&chunks, typed, &products, 1)
    };
    let joint = joint.map_err(|bad| match weights {
        Some(weights) => weights.refused(py, bad),
        None => PyValueError::new_err("there are no weights"),
    })?;
    let typed = columns.iter().map(|column| (column.name.clone(), type_of(column)));
    Ok(CoMoments::of_columns(typed.collect(), degree, joint))
}

/// The keys of groups, in order, and their states.
pub type Part = (PyGroupedMoments, Vec<PyCoMoments>);

/// The states of the groups of each batch.
fn grouped_states(
    data: &Bound<'_, PyAny>,
    by: &[Label],
    asked: Asked<'_, '_>,
) -> PyResult<Vec<Part>> {
    let mut parts = vec![];
    let (degree, threads) = (asked.degree, asked.threads.unwrap_or_else(num_threads));
    for_each_batch(data, by, asked, |table, roles| {
        parts.push(grouped_states_of(data, table, roles, degree, threads)?);
        Ok(())
    })?;
    Ok(parts)
}

fn grouped_states_of(
    data: &Bound<'_, PyAny>,
    table: &Table,
    roles: &Roles<'_>,
    degree: usize,
    threads: usize,
) -> PyResult<Part> {
    let (py, rows) = (data.py(), table.rows);
    if let Some(weights) = &roles.weights {
        weights.check(py, threads)?;
    }
    let (groups, numbers) = groups_of_rows(data, &roles.keys, rows)?;
    let columns = roles.values.iter().copied().chain(roles.weights.as_ref().map(Weights::column));
    let columns = columns.collect::<Vec<_>>();
    expect_memory(rows.saturating_mul(16 * columns.len() + 8), || {
        format!("to sort {rows} rows by their groups")
    })?;
    let products = monomials(roles.values.len(), degree);
    let of_weights = roles.weights.as_ref().map(|weights| weights.column().data_type());
    let joints = detached(py, || {
        let order = RowOrder::new(&numbers, groups.grouped.len());
        let sorted = columns.iter().map(|column| order.sorted(&column.chunks));
        let sorted = sorted.map(Chunk::from).collect::<Vec<_>>();
        let joint = |group: usize| {
            let rows = order.span(group);
            let slices = sorted.iter().map(|chunk| [chunk.slice(rows.start, rows.len())]);
            let slices = slices.collect::<Vec<_>>();
            let (values, weights) = slices.split_at(roles.values.len());
            let values = values.iter().map(|chunk| &chunk[..]).collect::<Vec<_>>();
            let weights = of_weights.zip(weights.first()).map(|(of, chunk)| (of, &chunk[..]));
            fold_powers(&values, weights, &products, threads)
        };
        (0..order.groups()).map(joint).collect::<Result<Vec<_>, _>>()
    })?;
    let joints = joints.map_err(|_| changed())?;
    let named = roles.values.iter().map(|column| (column.name.clone(), type_of(column)));
    let named = named.collect::<Vec<_>>();
    let states = joints
        .into_iter()
        .map(|joint| PyCoMoments::from(CoMoments::of_columns(named.clone(), degree, joint)));
    Ok((groups.into(), states.collect()))
}

/// The column of the states of groups, in Arrow.
const STATES: &str = "comoments";

/// For `colstats.grouped`: the groups in an Arrow table of their keys and states, in which rows of the same key are merged.
#[pyfunction(name = "_stored_groups")]
#[pyo3(signature = (table, /))]
pub fn stored_groups(table: &Bound<'_, PyAny>) -> PyResult<Part> {
    let refused = |what: String| no_table_of_states(table, &what);
    let input = open_arrow(table)?.ok_or_else(|| {
        PyTypeError::new_err(format!(
            "GroupedCoMoments takes a table of states of groups, not {}",
            type_name(table)
        ))
    })?;
    let Input::Table(data) = input else {
        return Err(refused("it is one column".into()));
    };
    let Some(stored) = cells(table, &data, STATES)? else {
        return Err(refused(lacks(STATES, &data)));
    };
    let keys = data.columns.iter().filter(|column| column.name != STATES).collect::<Vec<_>>();
    if keys.is_empty() {
        return Err(refused("it has states, but no keys".into()));
    }
    let decode = |(row, cell)| match cell {
        Cell::Bytes(bytes) => {
            wire::decode(&bytes).map_err(|invalid| format!("row {row}: {invalid}"))
        }
        _ => Err(format!("row {row} has no state")),
    };
    let states = stored.into_iter().enumerate().map(decode);
    let states = states.collect::<Result<Vec<_>, _>>().map_err(refused)?;
    let (groups, numbers) = groups_of_rows(table, &keys, data.rows)?;
    let mut whole = vec![CoMoments::new(); groups.grouped.len()];
    for (row, (state, number)) in states.iter().zip(numbers).enumerate() {
        let merged = whole[number as usize].merge(state);
        merged.map_err(|error| refused(format!("row {row}: {error}")))?;
    }
    Ok((groups.into(), whole.into_iter().map(PyCoMoments::from).collect()))
}
