//! Text, bytes and counts as values: what tables of states are made of. All else is left unread.
//!
//! Here offsets and views are followed, so each is checked before: offsets must not fall, and views
//! must lie in their buffer. They are copied, as states are small.

use std::sync::Arc;

use arrow_buffer::{Buffer, NullBuffer};
use arrow_schema::DataType;

use super::Malformed;
use super::abi::{ArrowArray, Releasable};
use super::array::{Rows, Values, for_each_child};
use super::capsule::Sink;
use super::schema::{Field, Layout};

/// One value.
pub enum Cell {
    Null,
    Text(String),
    Bytes(Vec<u8>),
    Count(i64),
}

/// The values of a column; none, if they are of another type.
pub struct CellColumn {
    pub name: String,
    pub type_name: String,
    pub cells: Vec<Cell>,
}

/// The columns of a table; none, if it is no table.
pub struct Cells {
    pub columns: Option<Vec<CellColumn>>,
    pub rows: usize,
}

impl Sink for Cells {
    fn new(field: &Field) -> Self {
        let column = |field: &Field| CellColumn {
            name: field.name.clone(),
            type_name: field.layout.kind().name(),
            cells: vec![],
        };
        let columns = match &field.layout {
            Layout::Struct(fields) => Some(fields.iter().map(column).collect()),
            _ => None,
        };
        Self { columns, rows: 0 }
    }

    fn push(&mut self, array: ArrowArray, field: &Field) -> Result<(), Malformed> {
        if array.is_released() {
            return Err(Malformed::new("the array has been released already"));
        }
        let (Some(columns), Layout::Struct(fields)) = (&mut self.columns, &field.layout) else {
            return Ok(());
        };
        let owner = Arc::new(array);
        let parent = Rows::of(&owner)?;
        self.rows += parent.length;
        for_each_child(&owner, parent, fields, |i, values, rows, parent| {
            let column = &mut columns[i];
            column.cells.extend(cells(&values, rows, parent, &fields[i].layout)?);
            Ok(())
        })
    }
}

fn cells(
    values: &Values<'_>,
    rows: Rows,
    parent: Option<&NullBuffer>,
    layout: &Layout,
) -> Result<Vec<Cell>, Malformed> {
    let (pieces, is_text) = match layout {
        Layout::Values(DataType::Int64) => {
            values.expect_buffers(2)?;
            let counts = numbers::<8>(&values.bytes(1, rows, 64, rows.offset * 8)?);
            let cells = counts.into_iter().map(|count| Cell::Count(i64::from_le_bytes(count)));
            return masked(values, rows, parent, cells.collect());
        }
        Layout::Opaque { name, .. } => match name.as_str() {
            "string" => (by_offsets::<4>(values, rows)?, true),
            "binary" => (by_offsets::<4>(values, rows)?, false),
            "large_string" => (by_offsets::<8>(values, rows)?, true),
            "large_binary" => (by_offsets::<8>(values, rows)?, false),
            "string_view" => (by_views(values, rows)?, true),
            "binary_view" => (by_views(values, rows)?, false),
            _ => return Ok(vec![]),
        },
        _ => return Ok(vec![]),
    };
    let cell = |piece: Vec<u8>| match is_text {
        false => Ok(Cell::Bytes(piece)),
        true => String::from_utf8(piece)
            .map(Cell::Text)
            .map_err(|_| Malformed::new("text that is not UTF-8")),
    };
    let cells = pieces.into_iter().map(cell).collect::<Result<_, _>>()?;
    masked(values, rows, parent, cells)
}

fn masked(
    values: &Values<'_>,
    rows: Rows,
    parent: Option<&NullBuffer>,
    mut cells: Vec<Cell>,
) -> Result<Vec<Cell>, Malformed> {
    if let Some(validity) = NullBuffer::union(values.validity(rows)?.as_ref(), parent) {
        let nulls = cells.iter_mut().zip(validity.iter()).filter(|(_, valid)| !valid);
        nulls.for_each(|(cell, _)| *cell = Cell::Null);
    }
    Ok(cells)
}

/// The numbers of `N` bytes in a buffer, which need not be aligned.
fn numbers<const N: usize>(buffer: &Buffer) -> Vec<[u8; N]> {
    buffer.as_slice().as_chunks().0.to_vec()
}

/// Values one after the other, each told by where it begins and the next one does.
fn by_offsets<const N: usize>(values: &Values<'_>, rows: Rows) -> Result<Vec<Vec<u8>>, Malformed> {
    values.expect_buffers(3)?;
    if rows.length == 0 {
        return Ok(vec![]);
    }
    let fences = Rows { offset: rows.offset, length: rows.length + 1 };
    let offsets = numbers::<N>(&values.bytes(1, fences, 8 * N, rows.offset * N)?);
    let offsets = offsets.into_iter().map(|offset| {
        let mut wide = [0; 8];
        wide[..N].copy_from_slice(&offset);
        // What is negative in N bytes becomes too large for a buffer, or for the offset before it.
        u64::from_le_bytes(wide) as usize
    });
    let offsets = offsets.collect::<Vec<_>>();
    let (first, last) = (offsets[0], offsets[rows.length]);
    let most = if N == 4 { i32::MAX as usize } else { i64::MAX as usize };
    if last > most || offsets.windows(2).any(|pair| pair[0] > pair[1]) {
        return Err(Malformed::new("offsets that fall, or are negative"));
    }
    let data = values.bytes(2, Rows { offset: first, length: last - first }, 8, first)?;
    let pairs = offsets.windows(2);
    Ok(pairs.map(|pair| data[pair[0] - first..pair[1] - first].to_vec()).collect())
}

/// Values of up to twelve bytes in their views, others in one of several buffers.
fn by_views(values: &Values<'_>, rows: Rows) -> Result<Vec<Vec<u8>>, Malformed> {
    const FIXED: i64 = 3; // validity, views, and the lengths of the buffers between them
    let count = usize::try_from(values.array.n_buffers - FIXED);
    let count = count.map_err(|_| Malformed::new("fewer buffers than views have"))?;
    let all = Rows { offset: 0, length: count };
    let lengths = numbers::<8>(&values.bytes(count + 2, all, 64, 0)?);
    let buffers = lengths.into_iter().enumerate().map(|(i, length)| {
        let length = usize::try_from(i64::from_le_bytes(length));
        let length = length.map_err(|_| Malformed::new("a buffer of negative length"))?;
        values.bytes(2 + i, Rows { offset: 0, length }, 8, 0)
    });
    let buffers = buffers.collect::<Result<Vec<_>, _>>()?;
    let views = numbers::<16>(&values.bytes(1, rows, 128, rows.offset * 16)?);
    let valid = values.validity(rows)?;
    let cell = |(row, view): (usize, [u8; 16])| {
        if valid.as_ref().is_some_and(|valid| valid.is_null(row)) {
            return Ok(vec![]); // what is null may lead anywhere
        }
        let word = |i: usize| {
            let [a, b, c, d] = [0, 1, 2, 3].map(|byte| view[4 * i + byte]);
            u32::from_le_bytes([a, b, c, d]) as usize
        };
        let piece = match word(0) {
            length @ ..=12 => view.get(4..4 + length),
            length => buffers.get(word(2)).and_then(|buffer| buffer.get(word(3)..word(3) + length)),
        };
        piece.map(<[u8]>::to_vec).ok_or_else(|| Malformed::new("a view that leads nowhere"))
    };
    views.into_iter().enumerate().map(cell).collect()
}
