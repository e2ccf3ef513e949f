//! Arrays made of any bytes, which fit a type, with lies here and there; and which of their rows are
//! not null.

use arbitrary::Result;

use super::source::Source;
use super::structures::{Array, Memory, Owned, ROOM};
use super::types::{ENDS, Form, Type, Values};

/// Lengths and offsets that leave the address space.
const FAR: [i64; 5] = [-1, i64::MIN, i64::MAX, 1 << 58, 1 << 62];
/// Numbers of buffers or children: impossible ones, and wrong ones that lead to NULL pointers at worst.
const NUMBERS: [i64; 9] = [-1, 0, 1, 2, 3, 4, ROOM as i64, i64::MAX, i64::MIN];

/// Which rows are not null.
type Valid = Vec<bool>;

/// What a column or a table holds, if its structures are honest.
pub struct Contents {
    pub rows: usize,
    /// How many rows are not null, for each column.
    pub counts: Vec<usize>,
}

impl Contents {
    /// Of a type, without rows.
    pub fn none(of: &Type) -> Self {
        Self { rows: 0, counts: vec![0; of.columns().len()] }
    }

    /// Adds the rows of another batch.
    pub fn append(&mut self, other: &Self) {
        self.rows += other.rows;
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
    }
}

impl Source<'_, '_> {
    /// A column, or a table.
    pub fn root_array(&mut self, of: &Type) -> Result<(Owned<Array>, Contents)> {
        let count = |valid: &Valid| valid.iter().filter(|valid| **valid).count();
        let Form::Struct(fields) = &of.form else {
            let (array, valid) = self.array(of, 0)?;
            return Ok((array, Contents { rows: valid.len(), counts: vec![count(&valid)] }));
        };
        let (offset, length) = self.extent(0)?;
        let (mut array, _, columns) = self.structs(fields, offset, length)?;
        if self.lies_here()? {
            self.lie(&mut array)?;
        }
        Ok((array, Contents { rows: length, counts: columns.iter().map(count).collect() }))
    }

    /// The offset of an array, and its length of `at_least` rows.
    fn extent(&mut self, at_least: usize) -> Result<(usize, usize)> {
        let offset = self.bytes.int_in_range(0..=9)?;
        let more = match self.bytes.int_in_range(0..=7u8)? {
            7 => self.bytes.int_in_range(0..=300)?,
            _ => self.bytes.int_in_range(0..=20)?,
        };
        Ok((offset, at_least + more))
    }

    /// An array of `at_least` rows, and which of its rows are not null.
    fn array(&mut self, of: &Type, at_least: usize) -> Result<(Owned<Array>, Valid)> {
        let (offset, length) = self.extent(at_least)?;
        let (mut array, valid) = match &of.form {
            Form::Plain(values) => self.plain(values, offset, length)?,
            Form::Dictionary { width, values } => {
                self.dictionary(*width, values, offset, length)?
            }
            Form::Runs { width, values } => self.runs(ENDS[*width].1, values, offset, length)?,
            Form::Struct(fields) => {
                let (array, valid, _) = self.structs(fields, offset, length)?;
                (array, valid)
            }
        };
        if self.lies_here()? {
            self.lie(&mut array)?;
        }
        Ok((array, valid))
    }

    fn lie(&mut self, array: &mut Owned<Array>) -> Result<()> {
        let which = self.bytes.int_in_range(0..=ROOM - 1)?;
        let far = *self.bytes.choose(&FAR)?;
        let number = *self.bytes.choose(&NUMBERS)?;
        match self.bytes.int_in_range(0..=11u8)? {
            0 => array.0.length = far,
            1 => array.0.offset = far,
            2 => array.0.length = array.0.length.min(which as i64),
            3 => array.0.null_count = *self.bytes.choose(&[-2, i64::MIN, i64::MAX, 1, 5])?,
            4 => array.0.n_buffers = number,
            5 => array.0.n_children = number,
            6 => array.0.buffers = std::ptr::null_mut(),
            7 => array.pointers()[which] = std::ptr::null(),
            8 => array.0.children = std::ptr::null_mut(),
            9 => array.list()[which] = std::ptr::null_mut(),
            10 => array.0.dictionary = std::ptr::null_mut(),
            _ => array.0.release = None,
        }
        Ok(())
    }

    /// A validity bitmap, and which rows behind the offset it marks as valid.
    fn validity(&mut self, offset: usize, length: usize) -> Result<(Option<Memory>, Valid)> {
        if self.bytes.ratio(1u8, 2u8)? {
            return Ok((None, vec![true; length]));
        }
        let bits = self.any_bytes((offset + length).div_ceil(8))?;
        let valid = (offset..offset + length).map(|i| bits[i / 8] >> (i % 8) & 1 == 1);
        let valid = valid.collect();
        Ok((Some(self.memory(&bits)?), valid))
    }

    fn null_count(&mut self, valid: &[bool]) -> Result<i64> {
        let nulls = valid.iter().filter(|valid| !**valid).count() as i64;
        Ok(if self.bytes.ratio(1u8, 3u8)? { -1 } else { nulls })
    }

    fn plain(
        &mut self,
        values: &Values,
        offset: usize,
        length: usize,
    ) -> Result<(Owned<Array>, Valid)> {
        let rows = offset + length;
        if let Values::Nothing = values {
            let array = Owned::<Array>::new((offset, length, length as i64), vec![], vec![], None);
            return Ok((array, vec![false; length]));
        }
        let (validity, valid) = self.validity(offset, length)?;
        let mut buffers = vec![validity];
        match values {
            Values::Nothing => {}
            Values::Bits => {
                let bits = self.any_bytes(rows.div_ceil(8))?;
                buffers.push(Some(self.memory(&bits)?));
            }
            Values::Fixed(width) => {
                let bytes = self.any_bytes(rows * width)?;
                buffers.push(Some(self.memory(&bytes)?));
            }
            Values::Offsets(width) => buffers.extend(self.offsets(*width, rows)?.map(Some)),
            Values::Views => buffers.extend(self.views(rows)?.map(Some)),
            Values::Opaque => buffers.push(None),
        }
        let shape = (offset, length, self.null_count(&valid)?);
        Ok((Owned::<Array>::new(shape, buffers, vec![], None), valid))
    }

    /// Offsets, and the bytes that they point into.
    fn offsets(&mut self, width: usize, rows: usize) -> Result<[Memory; 2]> {
        let mut ends = vec![0i64];
        for _ in 0..rows {
            let step = self.bytes.int_in_range(0..=5)?;
            ends.push(ends[ends.len() - 1] + step);
        }
        let data = self.any_bytes(ends[rows] as usize)?;
        if self.lies_here()? {
            let which = self.bytes.int_in_range(0..=rows)?;
            // Beyond the next offset, or before the previous one: not ascending in either case.
            let wrong = if which == rows { -1 } else { *self.bytes.choose(&[-1, 1 << 30])? };
            ends[which] = wrong;
        }
        let bytes = ends.iter().flat_map(|end| end.to_le_bytes()[..width].to_vec());
        let bytes = bytes.collect::<Vec<_>>();
        Ok([self.memory(&bytes)?, self.memory(&data)?])
    }

    /// Views, the one buffer that some of them point into, and its length.
    fn views(&mut self, rows: usize) -> Result<[Memory; 3]> {
        let data = self.any_bytes(40)?;
        let mut views = vec![];
        for _ in 0..rows {
            let length = self.bytes.int_in_range(0..=40u32)?;
            if self.lies_here()? {
                views.extend(self.any_bytes(16)?);
            } else if length > 12 {
                let start = self.bytes.int_in_range(0..=40 - length)?;
                let prefix = &data[start as usize..][..4];
                views.extend(
                    [&length.to_le_bytes(), prefix, &[0; 4], &start.to_le_bytes()].concat(),
                );
            } else {
                let mut text = self.any_bytes(length as usize)?;
                text.resize(12, 0);
                views.extend([&length.to_le_bytes(), text.as_slice()].concat());
            }
        }
        let length = if self.lies_here()? { -1 } else { 40i64 };
        Ok([self.memory(&views)?, self.memory(&data)?, self.memory(&length.to_le_bytes())?])
    }

    fn dictionary(
        &mut self,
        width: usize,
        values: &Type,
        offset: usize,
        length: usize,
    ) -> Result<(Owned<Array>, Valid)> {
        let (dictionary, named) = self.array(values, 0)?;
        let (validity, mut valid) = self.validity(offset, length)?;
        let mut keys = vec![];
        for row in 0..offset + length {
            let mut key = u64::from(self.bytes.arbitrary::<u8>()?);
            let shown = row.checked_sub(offset);
            if shown.is_some_and(|row| valid[row]) {
                // A signed byte reaches no further than the first 128.
                let names = named.len().min(128) as u64;
                if names == 0 || self.lies_here()? {
                    self.lied = true;
                    key = self.bytes.arbitrary()?;
                } else {
                    key %= names;
                }
                if let Some(row) = shown {
                    valid[row] = named.get(key as usize).copied().unwrap_or(false);
                }
            }
            keys.extend(&key.to_le_bytes()[..width]);
        }
        // Of the keys themselves.
        let nulls = if validity.is_some() { -1 } else { 0 };
        let buffers = vec![validity, Some(self.memory(&keys)?)];
        let array = Owned::<Array>::new((offset, length, nulls), buffers, vec![], Some(dictionary));
        Ok((array, valid))
    }

    fn runs(
        &mut self,
        width: usize,
        values: &Type,
        offset: usize,
        length: usize,
    ) -> Result<(Owned<Array>, Valid)> {
        let (values, run_is_valid) = self.array(values, 1)?;
        let (mut ends, mut end, mut rows) = (vec![], 0i64, vec![]);
        for &is_valid in &run_is_valid {
            let step = self.bytes.int_in_range(1..=9i64)?;
            end += step;
            rows.extend(vec![is_valid; step as usize]);
            ends.push(end);
        }
        // The last run reaches the end of the array.
        if let (Some(end), Some(&is_valid)) = (ends.last_mut(), run_is_valid.last()) {
            *end = (*end).max((offset + length) as i64);
            rows.resize(*end as usize, is_valid);
        }
        if self.lies_here()? && !ends.is_empty() {
            let which = self.bytes.choose_index(ends.len())?;
            ends[which] = self.bytes.arbitrary()?;
        }
        let before = self.bytes.int_in_range(0..=3)?;
        let mut bytes = self.any_bytes(before * width)?;
        for end in &ends {
            bytes.extend(&end.to_le_bytes()[..width]);
        }
        let buffers = vec![None, Some(self.memory(&bytes)?)];
        let mut ends = Owned::<Array>::new((before, ends.len(), 0), buffers, vec![], None);
        if self.lies_here()? {
            self.lie(&mut ends)?;
        }
        let array = Owned::<Array>::new((offset, length, 0), vec![], vec![ends, values], None);
        Ok((array, rows[offset..offset + length].to_vec()))
    }

    /// An array of structs, which of them are not null, and the same for each of its fields.
    fn structs(
        &mut self,
        fields: &[Type],
        offset: usize,
        length: usize,
    ) -> Result<(Owned<Array>, Valid, Vec<Valid>)> {
        let (validity, valid) = self.validity(offset, length)?;
        let (mut children, mut columns) = (vec![], vec![]);
        for field in fields {
            let short = if self.lies_here()? { 1 } else { 0 };
            let rows = (offset + length).saturating_sub(short);
            let (child, child_is_valid) = self.array(field, rows)?;
            let child_is_valid = child_is_valid.iter().skip(offset);
            columns.push(
                valid.iter().zip(child_is_valid).map(|(&one, &other)| one && other).collect(),
            );
            children.push(child);
        }
        let shape = (offset, length, self.null_count(&valid)?);
        Ok((Owned::<Array>::new(shape, vec![validity], children, None), valid, columns))
    }
}
