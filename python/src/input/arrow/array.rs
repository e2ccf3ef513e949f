//! From an `ArrowArray` to chunks: every number in it is checked before a pointer is followed.
//!
//! Nothing is copied. A buffer that is not aligned for its type is legal, though arrow-rs cannot
//! hold it: such values are read where they lie as [`Strided`](colstats::strided::Strided) ones. The
//! one thing that is new memory is the validity of a child whose parent, too, has one: the two
//! bitmaps are joined; what dictionaries and runs need is told in [`encoded`](super::encoded). What
//! cannot be checked is that a pointer leads to as many bytes as the length promises.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;

use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_schema::DataType;
use colstats::column::{Chunk, Opaque};
use colstats::types::native_width;

use super::abi::{ArrowArray, Releasable};
use super::schema::{Field, Layout, children};
use crate::input::data::{Column, MOST_ROWS};
use crate::input::malformed::Malformed;

/// Adds the chunks of an array to the columns of its field: one, or one for each child of a struct.
/// Returns how many rows there were.
pub fn import(
    array: ArrowArray,
    field: &Field,
    columns: &mut [Column],
) -> Result<usize, Malformed> {
    if array.is_released() {
        return Err(Malformed::new("the array has been released already"));
    }
    let owner = Arc::new(array);
    let rows = Rows::of(&owner)?;
    match &field.layout {
        Layout::Struct(fields) => import_children(&owner, rows, fields, columns)?,
        _ => {
            let values = Values { array: &owner, owner: &owner };
            columns[0].chunks.push(values.import(field, rows, None)?);
            if let Some(text) = &mut columns[0].text {
                text.hold(&owner, None, rows, None);
            }
        }
    }
    Ok(rows.length)
}

/// More than any buffer has: processors address less.
const MOST_BYTES: u64 = 1 << 52;

/// The rows of an array that count.
#[derive(Clone, Copy)]
pub struct Rows {
    pub offset: usize,
    pub length: usize,
}

impl Rows {
    pub fn of(array: &ArrowArray) -> Result<Self, Malformed> {
        let checked = |value: i64, what: &str| {
            usize::try_from(value).map_err(|_| Malformed::new(format!("negative {what} ({value})")))
        };
        let rows = Self {
            offset: checked(array.offset, "offset")?,
            length: checked(array.length, "length")?,
        };
        if array.null_count < -1 || array.null_count > array.length {
            let nulls = array.null_count;
            return Err(Malformed::new(format!("a null count of {nulls} in {} rows", rows.length)));
        }
        // Runs and nulls may stand for more rows than any memory has values for.
        let end = rows.offset.checked_add(rows.length);
        end.filter(|&end| end <= MOST_ROWS).ok_or_else(|| rows.too_large())?;
        Ok(rows)
    }

    fn too_large(self) -> Malformed {
        let Self { length, offset } = self;
        Malformed::new(format!("length {length} and offset {offset} are too large"))
    }

    /// Bytes from the start of a buffer to the end of the last row.
    fn bytes(self, bits: usize) -> Result<usize, Malformed> {
        let rows = self.offset.checked_add(self.length);
        let bytes = rows.and_then(|rows| rows.checked_mul(bits)).map(|bits| bits.div_ceil(8));
        bytes.filter(|&bytes| bytes as u64 <= MOST_BYTES).ok_or_else(|| self.too_large())
    }
}

fn import_children(
    owner: &Arc<ArrowArray>,
    parent: Rows,
    fields: &[Field],
    columns: &mut [Column],
) -> Result<(), Malformed> {
    for_each_child(owner, parent, fields, |i, values, rows, validity| {
        columns[i].chunks.push(values.import(&fields[i], rows, validity)?);
        if let Some(text) = &mut columns[i].text {
            text.hold(owner, Some(i), rows, validity);
        }
        Ok(())
    })
}

/// An array, or one of its children, that was imported before.
pub fn part(owner: &Arc<ArrowArray>, child: Option<usize>) -> Result<Values<'_>, Malformed> {
    let whole = Values { array: owner, owner };
    let Some(child) = child else {
        return Ok(whole);
    };
    let children = children(owner.n_children, owner.children, "array")?;
    let child = children.get(child).copied().unwrap_or(std::ptr::null_mut());
    whole.other(child, "child")
}

/// Visits the children of a struct, with their rows and the validity of the struct.
fn for_each_child(
    owner: &Arc<ArrowArray>,
    parent: Rows,
    fields: &[Field],
    mut visit: impl FnMut(usize, Values<'_>, Rows, Option<&NullBuffer>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let (have, want) = (owner.n_children, fields.len());
    if have >= 0 && have as usize != want {
        return Err(Malformed::new(format!("{have} children where the schema has {want}")));
    }
    let arrays = children(have, owner.children, "array")?;
    let validity = Values { array: owner, owner }.validity(parent)?;
    for (i, (field, &child)) in fields.iter().zip(arrays).enumerate() {
        let visited = child_of(owner, child, parent)
            .and_then(|(values, rows)| visit(i, values, rows, validity.as_ref()));
        visited.map_err(|malformed| malformed.in_column(&field.name))?;
    }
    Ok(())
}

/// A slice of the struct is a slice of each child, and a null of the struct a null of each.
fn child_of(
    owner: &Arc<ArrowArray>,
    child: *mut ArrowArray,
    parent: Rows,
) -> Result<(Values<'_>, Rows), Malformed> {
    // SAFETY: the children of a live array are live, or null.
    let array = unsafe { child.as_ref() }.ok_or_else(|| Malformed::new("the array is NULL"))?;
    if array.is_released() {
        return Err(Malformed::new("the array has been released already"));
    }
    let rows = Rows::of(array)?;
    if parent.offset.checked_add(parent.length).is_none_or(|end| end > rows.length) {
        let (have, Rows { offset, length }) = (rows.length, parent);
        return Err(Malformed::new(format!(
            "{have} rows are fewer than the {offset} + {length} of its struct"
        )));
    }
    let rows = Rows { offset: rows.offset + parent.offset, length: parent.length };
    Ok((Values { array, owner }, rows))
}

/// What is null in neither of two bitmaps; if there are two, it is a new one.
pub fn both(
    ours: Option<NullBuffer>,
    parent: Option<&NullBuffer>,
) -> Result<Option<NullBuffer>, Malformed> {
    if let (Some(ours), Some(_)) = (&ours, parent) {
        Malformed::expect_memory(ours.len() / 8, "joining its nulls with those of its struct")?;
    }
    Ok(NullBuffer::union(ours.as_ref(), parent))
}

/// One array, and the structure that must be kept for its buffers to live.
pub struct Values<'a> {
    pub array: &'a ArrowArray,
    pub owner: &'a Arc<ArrowArray>,
}

impl Values<'_> {
    pub fn import(
        &self,
        field: &Field,
        rows: Rows,
        parent: Option<&NullBuffer>,
    ) -> Result<Chunk, Malformed> {
        match &field.layout {
            Layout::Values(DataType::Null) => Ok(Chunk::nulls(rows.length)),
            Layout::Values(data_type) => {
                self.expect_buffers(2)?;
                let validity = both(self.validity(rows)?, parent)?;
                self.import_plain(data_type, rows, validity)
            }
            Layout::Dictionary { keys, values } => {
                self.expect_buffers(2)?;
                let validity = both(self.validity(rows)?, parent)?;
                self.import_dictionary(keys, values, rows, validity)
            }
            Layout::Runs { ends, values } => self.import_runs(ends, values, rows, parent.cloned()),
            Layout::Opaque { has_validity: true, .. } | Layout::Text(_) | Layout::Struct(_) => {
                rows.bytes(64)?; // what is not looked at must be addressable all the same
                let validity = both(self.validity(rows)?, parent)?;
                Ok(Chunk::Opaque(Opaque { rows: rows.length, validity }))
            }
            Layout::Opaque { has_validity: false, .. } => {
                rows.bytes(64)?;
                Ok(Chunk::Opaque(Opaque { rows: rows.length, validity: parent.cloned() }))
            }
        }
    }

    /// Numbers or booleans, of two buffers, with the validity that the first of them tells.
    pub fn import_plain(
        &self,
        data_type: &DataType,
        rows: Rows,
        validity: Option<NullBuffer>,
    ) -> Result<Chunk, Malformed> {
        if *data_type == DataType::Boolean {
            return Ok(Chunk::bits(self.bits(1, rows)?, validity));
        }
        let width = native_width(data_type).expect("the schema admits plain numbers only");
        let start = rows.offset.saturating_mul(width); // too large: so is the end
        let values = self.bytes(1, rows, width * 8, start)?;
        Ok(Chunk::plain(data_type, values, rows.length, validity))
    }

    pub fn validity(&self, rows: Rows) -> Result<Option<NullBuffer>, Malformed> {
        if self.array.n_buffers < 1 {
            return Err(Malformed::new("no buffers"));
        }
        if self.array.null_count == 0 || self.buffer(0)?.is_none() {
            if self.array.null_count > 0 && rows.length > 0 {
                return Err(Malformed::new("nulls, but no validity bitmap"));
            }
            return Ok(None);
        }
        Ok(Some(NullBuffer::new(self.bits(0, rows)?)))
    }

    fn bits(&self, index: usize, rows: Rows) -> Result<BooleanBuffer, Malformed> {
        let bytes = self.bytes(index, rows, 1, rows.offset / 8)?;
        let offset = if rows.length == 0 { 0 } else { rows.offset % 8 };
        Ok(BooleanBuffer::new(bytes, offset, rows.length))
    }

    /// The part of a buffer from byte `start` to the end of the rows; the caller has checked that there
    /// are so many buffers.
    pub fn bytes(
        &self,
        index: usize,
        rows: Rows,
        bits: usize,
        start: usize,
    ) -> Result<Buffer, Malformed> {
        let length = rows.bytes(bits)? - start;
        if rows.length == 0 {
            return Ok(Buffer::default()); // the pointer may be NULL, or dangle
        }
        let pointer = self.buffer(index)?.ok_or_else(|| {
            Malformed::new(format!("buffer {index} is NULL, but the array has rows"))
        })?;
        // SAFETY: the producer promises that the buffer reaches to the end of its rows and lives
        // until `release` is called, which the owner does when the last buffer is dropped.
        Ok(unsafe {
            let first = pointer.cast::<u8>().add(start);
            Buffer::from_custom_allocation(first, length, Arc::clone(self.owner) as _)
        })
    }

    pub fn expect_buffers(&self, expected: i64) -> Result<(), Malformed> {
        match self.array.n_buffers {
            count if count == expected => Ok(()),
            count => Err(Malformed::new(format!("{count} buffers where its type has {expected}"))),
        }
    }

    /// The pointer to a buffer; the caller has checked that there are so many.
    fn buffer(&self, index: usize) -> Result<Option<NonNull<c_void>>, Malformed> {
        if self.array.buffers.is_null() {
            return Err(Malformed::new("the list of buffers is NULL"));
        }
        // SAFETY: the interface promises `n_buffers` pointers there.
        Ok(NonNull::new(unsafe { *self.array.buffers.add(index) }.cast_mut()))
    }
}
