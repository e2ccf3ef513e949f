//! The buffers of an `ArrowArray`: every number is checked before a pointer is followed.
//!
//! Nothing is copied but the validity of a child whose parent has one, too: the two bitmaps are
//! joined. What cannot be checked is that a pointer leads to as many bytes as the length promises.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;

use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_schema::DataType;
use colstats::internals::columns::plain::Plain;
use colstats::internals::types::native_width;

use super::abi::{ArrowArray, Releasable, children};
use crate::input::data::MAX_ROWS;
use crate::input::malformed::Malformed;

/// Buffers are smaller than this, in bytes: no processor addresses more.
const MAX_BYTES: u64 = 1 << 52;

/// The rows of an array that are to be read.
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
        end.filter(|&end| end <= MAX_ROWS).ok_or_else(|| rows.too_large())?;
        Ok(rows)
    }

    fn too_large(self) -> Malformed {
        let Self { length, offset } = self;
        Malformed::new(format!("length {length} and offset {offset} are too large"))
    }

    /// Bytes from the start of a buffer to the end of the last row.
    pub fn bytes(self, bits: usize) -> Result<usize, Malformed> {
        let rows = self.offset.checked_add(self.length);
        let bytes = rows.and_then(|rows| rows.checked_mul(bits)).map(|bits| bits.div_ceil(8));
        bytes.filter(|&bytes| bytes as u64 <= MAX_BYTES).ok_or_else(|| self.too_large())
    }
}

/// One array, and the structure that must be kept for its buffers to live.
pub struct Values<'a> {
    pub array: &'a ArrowArray,
    pub owner: &'a Arc<ArrowArray>,
}

impl Values<'_> {
    /// Numbers or booleans, of two buffers, with a validity.
    pub fn import_plain(
        &self,
        data_type: &DataType,
        rows: Rows,
        validity: Option<NullBuffer>,
    ) -> Result<Plain, Malformed> {
        if *data_type == DataType::Boolean {
            return Ok(Plain::bits(self.bits(1, rows)?, validity));
        }
        let width = native_width(data_type).expect("the schema admits plain numbers only");
        let start = rows.offset.saturating_mul(width); // too large: so is the end
        let values = self.bytes(1, rows, width * 8, start)?;
        Ok(Plain::numbers(data_type, values, rows.length, validity))
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
    /// is such a buffer.
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

    /// The pointer to a buffer; the caller has checked that there is such a buffer.
    fn buffer(&self, index: usize) -> Result<Option<NonNull<c_void>>, Malformed> {
        if self.array.buffers.is_null() {
            return Err(Malformed::new("the list of buffers is NULL"));
        }
        // SAFETY: the interface promises `n_buffers` pointers there.
        Ok(NonNull::new(unsafe { *self.array.buffers.add(index) }.cast_mut()))
    }

    /// The child of this position.
    pub fn child(&self, index: usize) -> Result<Self, Malformed> {
        let children = children(self.array.n_children, self.array.children, "array")?;
        self.other(children.get(index).copied().unwrap_or(std::ptr::null_mut()), "child")
    }

    /// An array that belongs to this one: a child or a dictionary.
    pub fn other(&self, pointer: *mut ArrowArray, what: &str) -> Result<Self, Malformed> {
        // SAFETY: what belongs to a live array is live, or null.
        let array = unsafe { pointer.as_ref() };
        let array = array.ok_or_else(|| Malformed::new(format!("the {what} is NULL")))?;
        if array.is_released() {
            return Err(Malformed::new(format!("the {what} has been released already")));
        }
        Ok(Values { array, owner: self.owner })
    }
}

/// An array, or one of its children, that was imported before.
pub fn part(owner: &Arc<ArrowArray>, child: Option<usize>) -> Result<Values<'_>, Malformed> {
    let whole = Values { array: owner, owner };
    let Some(child) = child else {
        return Ok(whole);
    };
    whole.child(child)
}

/// What is valid in both of two bitmaps. If there are two, the result is a new one.
pub fn joined(
    ours: Option<NullBuffer>,
    parent: Option<&NullBuffer>,
) -> Result<Option<NullBuffer>, Malformed> {
    if let (Some(ours), Some(_)) = (&ours, parent) {
        Malformed::expect_memory(ours.len() / 8, "joining its nulls with those of its struct")?;
    }
    Ok(NullBuffer::union(ours.as_ref(), parent))
}
