//! From an `ArrowArray` to chunks of columns, by the layout of its field.
//!
//! Values are not copied. A buffer that is not aligned for its type is legal, though arrow-rs cannot
//! hold it: such values are read where they lie, as [`Strided`](colstats::internals::columns::strided::Strided) ones. What
//! dictionaries and runs copy is said in [`encoded`].

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::opaque::Opaque;
use colstats::internals::columns::plain::Plain;

use super::abi::{ArrowArray, Releasable, children};
use super::encoded;
use super::schema::{Field, Layout};
use super::text::Texts;
use super::values::{Rows, Values, joined};
use crate::input::data::Column;
use crate::input::malformed::Malformed;

/// Adds the chunks of an array to the columns of its field, and to their texts: one, or one for each
/// child of a struct. Returns how many rows there were.
pub fn import(
    array: ArrowArray,
    field: &Field,
    columns: &mut [Column],
    texts: &mut Texts,
) -> Result<usize, Malformed> {
    if array.is_released() {
        return Err(Malformed::new("the array has been released already"));
    }
    let owner = Arc::new(array);
    let rows = Rows::of(&owner)?;
    match &field.layout {
        Layout::Struct(fields) => import_children(&owner, rows, fields, columns, texts)?,
        _ => {
            let values = Values { array: &owner, owner: &owner };
            columns[0].chunks.push(values.import(field, rows, None)?);
            if let Some(text) = texts.of(0) {
                text.hold(&owner, None, rows, None);
            }
        }
    }
    Ok(rows.length)
}

fn import_children(
    owner: &Arc<ArrowArray>,
    parent: Rows,
    fields: &[Field],
    columns: &mut [Column],
    texts: &mut Texts,
) -> Result<(), Malformed> {
    for_each_child(owner, parent, fields, |i, values, rows, validity| {
        columns[i].chunks.push(values.import(&fields[i], rows, validity)?);
        if let Some(text) = texts.of(i) {
            text.hold(owner, Some(i), rows, validity);
        }
        Ok(())
    })
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

impl Values<'_> {
    pub fn import(
        &self,
        field: &Field,
        rows: Rows,
        parent: Option<&NullBuffer>,
    ) -> Result<Chunk, Malformed> {
        match &field.layout {
            Layout::Values(data_type) => {
                self.import_values(data_type, rows, parent).map(Chunk::from)
            }
            Layout::Runs { ends, values } => {
                let (ends, values) = self.run_children(ends, values)?;
                encoded::runs(&ends, values, rows, parent.cloned())
            }
            layout => self.import_each(layout, rows, parent).map(Chunk::from),
        }
    }

    /// Numbers, booleans and nulls: the fast path, which is inlined.
    #[inline(always)]
    fn import_values(
        &self,
        data_type: &DataType,
        rows: Rows,
        parent: Option<&NullBuffer>,
    ) -> Result<Plain, Malformed> {
        if *data_type == DataType::Null {
            return Ok(Plain::nulls(rows.length));
        }
        self.expect_buffers(2)?;
        let validity = joined(self.validity(rows)?, parent)?;
        self.import_plain(data_type, rows, validity)
    }

    /// Rows that each have a value of their own.
    #[inline(never)]
    fn import_each(
        &self,
        layout: &Layout,
        rows: Rows,
        parent: Option<&NullBuffer>,
    ) -> Result<Plain, Malformed> {
        match layout {
            Layout::Values(data_type) => self.import_values(data_type, rows, parent),
            Layout::Dictionary { keys, values } => {
                self.expect_buffers(2)?;
                let validity = joined(self.validity(rows)?, parent)?;
                self.import_dictionary(keys, values, rows, validity)
            }
            Layout::Opaque { has_validity: true, .. } | Layout::Text(_) | Layout::Struct(_) => {
                rows.bytes(64)?; // even what is not read must be addressable
                let validity = joined(self.validity(rows)?, parent)?;
                Ok(Plain::Opaque(Opaque { rows: rows.length, validity }))
            }
            Layout::Opaque { has_validity: false, .. } => {
                rows.bytes(64)?;
                Ok(Plain::Opaque(Opaque { rows: rows.length, validity: parent.cloned() }))
            }
            Layout::Runs { .. } => Err(Malformed::new("runs within another encoding")),
        }
    }

    /// Rows that are keys of the array's dictionary. Not inlined: numbers take the fast path.
    #[inline(never)]
    fn import_dictionary(
        &self,
        keys: &DataType,
        field: &Field,
        rows: Rows,
        validity: Option<NullBuffer>,
    ) -> Result<Plain, Malformed> {
        let keys = encoded::array(self.import_plain(keys, rows, validity)?)?;
        let values = self.other(self.array.dictionary, "dictionary")?;
        let values = values.import_each(&field.layout, Rows::of(values.array)?, None)?;
        encoded::dictionary(&keys, values)
    }

    /// The two children of an array of runs: where each ends, and their values.
    #[inline(never)]
    fn run_children(&self, ends: &DataType, field: &Field) -> Result<(ArrayRef, Plain), Malformed> {
        let &[run_ends, values] = children(self.array.n_children, self.array.children, "array")?
        else {
            let count = self.array.n_children;
            return Err(Malformed::new(format!("{count} children where runs have two")));
        };
        let run_ends = self.other(run_ends, "array of run ends")?;
        run_ends.expect_buffers(2)?;
        let rows = Rows::of(run_ends.array)?;
        let nulls = run_ends.validity(rows)?;
        let ends = encoded::array(run_ends.import_plain(ends, rows, nulls)?)?;
        let values = self.other(values, "array of the values of runs")?;
        Ok((ends, values.import_each(&field.layout, Rows::of(values.array)?, None)?))
    }
}
