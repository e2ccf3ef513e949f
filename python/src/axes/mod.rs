//! Statistics along axes of arrays of any number of dimensions, as NumPy has them: `axis=`.
//!
//! [`cells`](crate::input::memory::grid) says which values each result is of; here they are asked, in
//! parallel, and the answers become an array, in [`results`]. If no axis is left, the result is that
//! of a column of all values.

mod results;

use colstats::internals::answers::collected::Answers;
use colstats::internals::answers::question::Question;
use colstats::internals::answers::row_major;
use colstats::internals::answers::statistic::Ticks;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::run::pool::{self, num_threads};
use colstats::{Answer, Statistic};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use smallvec::SmallVec;

use crate::detach::detached;
use crate::error::refused;
use crate::evaluate::of_column;
use crate::input::data::{Column, Kind};
use crate::input::memory::{Cells, Grid};
use crate::input::open_grid;
use crate::memory::expect_memory;
use crate::names::type_name;
use crate::options::{Axes, Keywords};

/// The most results that one call gives.
const MAX_CELLS: usize = 1 << 40;
/// About how many values a task of a thread reads: enough for it to be worth handing over.
const TASK_VALUES: usize = 1 << 15;

/// The statistic along some axes of an array: a NumPy array, or the result of a column if no axis
/// is left.
pub fn reduce<'py>(
    data: &Bound<'py, PyAny>,
    statistic: Statistic,
    keywords: &Keywords,
    axes: &Axes,
    keepdims: bool,
) -> PyResult<Bound<'py, PyAny>> {
    keywords.expect_no_selection()?;
    let grid = open_grid(data)?.ok_or_else(|| no_axes(data))?;
    let is_reduced = chosen(data.py(), axes, grid.dimensions())?;
    let cells = grid.reduce(data, &is_reduced)?;
    let column = column_of(&grid, &cells, keepdims || is_reduced.contains(&false));
    let result = column.result_type(statistic);
    let result = result.map_err(|error| refused(&error, "", &type_name(data)))?;
    if !keepdims && !is_reduced.contains(&false) {
        return of_column(data, &column, statistic, keywords);
    }
    let shape = shape(&grid, &is_reduced, keepdims);
    let answers = ask(data.py(), &cells, &column, statistic, keywords)?;
    results::array(data, statistic, column.data_type(), &result, &answers, shape)
}

/// Which axes are reduced.
fn chosen(py: Python<'_>, axes: &Axes, dimensions: usize) -> PyResult<Vec<bool>> {
    let positions = match axes {
        Axes::NotGiven | Axes::All => return Ok(vec![true; dimensions]),
        Axes::Some(positions) => positions,
    };
    let mut is_reduced = vec![false; dimensions];
    for &position in positions {
        let index =
            if position < 0 { position.checked_add_unsigned(dimensions) } else { Some(position) };
        let index = index.and_then(|index| usize::try_from(index).ok());
        let Some(place) = index.and_then(|index| is_reduced.get_mut(index)) else {
            return Err(results::axis_error(py, position, dimensions));
        };
        if std::mem::replace(place, true) {
            return Err(PyValueError::new_err(format!("duplicate value in 'axis': {position}")));
        }
    }
    Ok(is_reduced)
}

/// The shape of the results. An axis that is kept only for its place has one.
fn shape(grid: &Grid, is_reduced: &[bool], keepdims: bool) -> Vec<usize> {
    let axes = grid.values.axes.iter().zip(is_reduced);
    let lengths = axes.map(|(axis, &is_reduced)| match (is_reduced, keepdims) {
        (false, _) => Some(axis.length),
        (true, true) => Some(1),
        (true, false) => None,
    });
    lengths.flatten().collect()
}

/// What the values are, as a column: of the only cell, or without values if there may be several.
fn column_of(grid: &Grid, cells: &Cells, is_empty: bool) -> Column {
    let mut chunks = vec![];
    if !is_empty {
        cells.push_chunks(0, &mut chunks);
    }
    let kind = Kind::Readable(grid.values.element.kind.clone());
    Column { name: String::new(), kind, chunks: SmallVec::from_vec(chunks), text: None }
}

/// The answer for each cell.
fn ask(
    py: Python<'_>,
    cells: &Cells,
    column: &Column,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Answers> {
    let (count, rows) = (cells.count(), cells.rows());
    if count > MAX_CELLS {
        return Err(PyValueError::new_err(format!("{count} results are more than {MAX_CELLS}")));
    }
    // As they are, and as numbers of NumPy.
    expect_memory(count.saturating_mul(2 * size_of::<Answer>()), || {
        format!("for {count} results")
    })?;
    let threads = keywords.threads.unwrap_or_else(num_threads);
    let (of, options) = (column.data_type(), &keywords.options);
    let question = Question { statistic, of, options, ticks: Ticks::Unit };
    if let Some(tables) = cells.row_major() {
        let answers = detached(py, || match &tables[..] {
            [table] => vec![row_major::ask_all(&question, table, threads)],
            _ => pool::map(tables, count.saturating_mul(rows), threads, |table| {
                row_major::ask_all(&question, &table, 1)
            }),
        })?;
        return Ok(Answers::concat(answers));
    }
    let step = (TASK_VALUES / rows.max(1)).max(1);
    let tasks = (0..count).step_by(step).map(|start| start..count.min(start + step));
    let work = count.saturating_mul(rows.max(1));
    let answers = detached(py, || {
        pool::map(tasks.collect(), work, threads, |cells_of_task| {
            let mut chunks: Vec<Chunk> = vec![];
            let answer = |cell| {
                chunks.clear();
                cells.push_chunks(cell, &mut chunks);
                question.ask(&chunks[..])
            };
            cells_of_task.map(answer).collect::<Answers>()
        })
    })?;
    Ok(Answers::concat(answers))
}

/// The refusal of `axis=` for what has no axes.
fn no_axes(data: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!(
        "axis= is for NumPy arrays, tensors and other arrays in memory, not for {}: convert it \
         first, e.g. with numpy.asarray(); without axis= a table has a result for each column",
        type_name(data)
    ))
}
