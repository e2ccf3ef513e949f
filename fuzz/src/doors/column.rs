//! Columns made of any bytes: a schema and arrays that fit it, with lies here and there.
//!
//! Lies are such as a reader can notice. That a buffer is shorter than its length promises, that a list of
//! pointers is shorter than its number says, or that a type is another one than the producer wrote, cannot
//! be seen from the outside, and is never told here.

use std::ffi::CString;

use arbitrary::{Result, Unstructured};

use super::structures::{Array, Memory, Owned, ROOM, Schema};

/// What is made of which bytes.
pub struct Source<'a, 'b> {
    pub bytes: &'b mut Unstructured<'a>,
    /// How many lies are left to tell: one in so many structures tells one.
    pub lies: bool,
    /// Whether any was told.
    pub lied: bool,
}

/// A number that a length or an offset can be that leaves the address space.
const FAR: [i64; 5] = [-1, i64::MIN, i64::MAX, 1 << 58, 1 << 62];
/// A number of things that nothing has, or a smaller one; what is read then is NULL.
const NUMBERS: [i64; 9] = [-1, 0, 1, 2, 3, 4, ROOM as i64, i64::MAX, i64::MIN];

/// How the values of a type lie.
#[derive(Clone, Debug)]
enum Values {
    Nothing,
    Bits,
    Fixed(usize),
    Offsets(usize),
    Views,
    /// Not looked at.
    Opaque,
}

/// A type, as the schema tells it.
pub struct Type {
    format: Vec<u8>,
    name: Option<Vec<u8>>,
    form: Form,
}

enum Form {
    Plain(Values),
    Dictionary { width: usize, values: Box<Type> },
    Runs { width: usize, values: Box<Type> },
    Struct(Vec<Type>),
}

const PLAIN: &[(&[u8], Values)] = &[
    (b"g", Values::Fixed(8)),
    (b"f", Values::Fixed(4)),
    (b"e", Values::Fixed(2)),
    (b"b", Values::Bits),
    (b"n", Values::Nothing),
    (b"c", Values::Fixed(1)),
    (b"C", Values::Fixed(1)),
    (b"s", Values::Fixed(2)),
    (b"S", Values::Fixed(2)),
    (b"i", Values::Fixed(4)),
    (b"I", Values::Fixed(4)),
    (b"l", Values::Fixed(8)),
    (b"L", Values::Fixed(8)),
    (b"tdD", Values::Fixed(4)),
    (b"tdm", Values::Fixed(8)),
    (b"tts", Values::Fixed(4)),
    (b"ttn", Values::Fixed(8)),
    (b"tsu:Europe/Paris", Values::Fixed(8)),
    (b"tsn:", Values::Fixed(8)),
    (b"tDm", Values::Fixed(8)),
    (b"d:9,2,32", Values::Fixed(4)),
    (b"d:18,-3,64", Values::Fixed(8)),
    (b"d:38,10", Values::Fixed(16)),
    (b"d:76,0,256", Values::Fixed(32)),
    (b"u", Values::Offsets(4)),
    (b"Z", Values::Offsets(8)),
    (b"vu", Values::Views),
    (b"w:3", Values::Fixed(3)),
    (b"w:0", Values::Fixed(0)),
    (b"+l", Values::Opaque),
    (b"+w:3", Values::Opaque),
    (b"+us:0,1", Values::Opaque),
    (b"tin", Values::Opaque),
];

const KEYS: &[(&[u8], usize)] =
    &[(b"i", 4), (b"c", 1), (b"C", 1), (b"s", 2), (b"S", 2), (b"I", 4), (b"l", 8), (b"L", 8)];
const ENDS: &[(&[u8], usize)] = &[(b"i", 4), (b"s", 2), (b"l", 8)];

impl Type {
    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        matches!(self.form, Form::Struct(_))
    }

    /// Whether it is known which of its values are null.
    pub fn is_counted(&self) -> bool {
        match &self.form {
            Form::Plain(_) => !self.format.starts_with(b"+u"),
            Form::Dictionary { values, .. } => {
                matches!(values.form, Form::Plain(_)) && values.is_counted()
            }
            Form::Runs { values, .. } => {
                !matches!(values.form, Form::Runs { .. }) && values.is_counted()
            }
            Form::Struct(_) => true,
        }
    }
}

impl Source<'_, '_> {
    /// Whether to lie here.
    fn lies_here(&mut self) -> Result<bool> {
        let lies = self.lies && self.bytes.ratio(1u8, 6u8)?;
        self.lied |= lies;
        Ok(lies)
    }

    fn any_bytes(&mut self, count: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.bytes.fill_buffer(&mut bytes)?;
        Ok(bytes)
    }

    fn memory(&mut self, bytes: &[u8]) -> Result<Memory> {
        let start = if self.bytes.ratio(1u8, 4u8)? { self.bytes.int_in_range(1..=7)? } else { 0 };
        Ok(Memory::new(bytes, start))
    }

    /// The type of a column, or of a table.
    pub fn root(&mut self) -> Result<Type> {
        let Type { format, name, form } = match self.bytes.ratio(1u8, 2u8)? {
            false => self.column(2)?,
            true => {
                let columns = self.bytes.int_in_range(0..=4)?;
                let columns = (0..columns).map(|_| self.column(2)).collect::<Result<_>>()?;
                Type { format: b"+s".into(), name: None, form: Form::Struct(columns) }
            }
        };
        Ok(Type { format, name, form })
    }

    fn column(&mut self, depth: usize) -> Result<Type> {
        let name = self.bytes.arbitrary::<Option<Vec<u8>>>()?;
        let kind = if depth > 0 { self.bytes.int_in_range(0..=9u8)? } else { 0 };
        let (format, form) = match kind {
            8 => {
                let (format, width) = *self.bytes.choose(KEYS)?;
                let values = self.column(depth - 1)?.into();
                (format.to_vec(), Form::Dictionary { width, values })
            }
            9 => {
                let width = self.bytes.choose_index(ENDS.len())?;
                let values = self.column(depth - 1)?.into();
                (b"+r".to_vec(), Form::Runs { width, values })
            }
            7 => {
                let children = self.bytes.int_in_range(0..=3)?;
                let children =
                    (0..children).map(|_| self.column(depth - 1)).collect::<Result<_>>()?;
                (b"+s".to_vec(), Form::Struct(children))
            }
            _ => {
                let (format, values) = self.bytes.choose(PLAIN)?;
                (format.to_vec(), Form::Plain(values.clone()))
            }
        };
        Ok(Type { format, name, form })
    }

    pub fn schema(&mut self, of: &Type) -> Result<Owned<Schema>> {
        let mut format = of.format.clone();
        if self.lies_here()? {
            // One that says how wide its values are would be believed.
            format = self.bytes.arbitrary()?;
            let unlike = !format.starts_with(b"w:") && is_no_wider(&format, of);
            format = if unlike { format } else { b"?".into() };
        }
        let (children, dictionary) = match &of.form {
            Form::Plain(_) => (vec![], None),
            Form::Dictionary { values, .. } => (vec![], Some(self.schema(values)?)),
            Form::Runs { width, values } => {
                let (ends, _) = ENDS[*width];
                let ends = Type {
                    format: ends.to_vec(),
                    name: Some(b"run_ends".into()),
                    form: Form::Plain(Values::Nothing),
                };
                (vec![self.schema(&ends)?, self.schema(values)?], None)
            }
            Form::Struct(fields) => {
                (fields.iter().map(|field| self.schema(field)).collect::<Result<_>>()?, None)
            }
        };
        let count = children.len();
        let name = of.name.as_deref().map(text);
        let mut schema = Owned::<Schema>::new(text(&format), name, children, dictionary);
        if self.lies_here()? {
            let child = self.bytes.int_in_range(0..=ROOM - 1)?;
            match self.bytes.int_in_range(0..=7u8)? {
                0 => schema.0.format = std::ptr::null(),
                1 => schema.0.release = None,
                // Fewer than there are, or far too many.
                2 => schema.0.n_children = -1,
                3 => schema.0.n_children = 1 << 40,
                4 => schema.0.n_children = child.min(count) as i64,
                5 => schema.0.children = std::ptr::null_mut(),
                6 if child < count => schema.list()[child] = std::ptr::null_mut(),
                // Nobody has a reason to read it.
                _ => schema.0.metadata = std::ptr::without_provenance(1),
            }
        }
        Ok(schema)
    }

    /// An array of at least so many rows, and which of those that it shows are not null.
    pub fn array(&mut self, of: &Type, at_least: usize) -> Result<(Owned<Array>, Vec<bool>)> {
        let offset = self.bytes.int_in_range(0..=9)?;
        let more = match self.bytes.int_in_range(0..=7u8)? {
            7 => self.bytes.int_in_range(0..=300)?,
            _ => self.bytes.int_in_range(0..=20)?,
        };
        let length = at_least + more;
        let (mut array, valid) = match &of.form {
            Form::Plain(values) => self.plain(values, offset, length)?,
            Form::Dictionary { width, values } => {
                self.dictionary(*width, values, offset, length)?
            }
            Form::Runs { width, values } => self.runs(ENDS[*width].1, values, offset, length)?,
            Form::Struct(fields) => self.structs(fields, offset, length)?,
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

    /// A bitmap, and what it says of each row that is shown.
    fn validity(&mut self, offset: usize, length: usize) -> Result<(Option<Memory>, Vec<bool>)> {
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
    ) -> Result<(Owned<Array>, Vec<bool>)> {
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

    /// Offsets, and the bytes that they lead to.
    fn offsets(&mut self, width: usize, rows: usize) -> Result<[Memory; 2]> {
        let mut ends = vec![0i64];
        for _ in 0..rows {
            let step = self.bytes.int_in_range(0..=5)?;
            ends.push(ends[ends.len() - 1] + step);
        }
        let data = self.any_bytes(ends[rows] as usize)?;
        if self.lies_here()? {
            let which = self.bytes.int_in_range(0..=rows)?;
            // Beyond the next one, or before the last one: such offsets fall.
            let wrong = if which == rows { -1 } else { *self.bytes.choose(&[-1, 1 << 30])? };
            ends[which] = wrong;
        }
        let bytes = ends.iter().flat_map(|end| end.to_le_bytes()[..width].to_vec());
        let bytes = bytes.collect::<Vec<_>>();
        Ok([self.memory(&bytes)?, self.memory(&data)?])
    }

    /// Views, a buffer that some of them lead to, and the length of that.
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
    ) -> Result<(Owned<Array>, Vec<bool>)> {
        let (dictionary, named) = self.array(values, 0)?;
        let (validity, mut valid) = self.validity(offset, length)?;
        let mut keys = vec![];
        for row in 0..offset + length {
            let mut key = u64::from(self.bytes.arbitrary::<u8>()?);
            let shown = row.checked_sub(offset);
            if shown.is_some_and(|row| valid[row]) {
                // A byte can name no more than 128.
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
    ) -> Result<(Owned<Array>, Vec<bool>)> {
        let (values, run_is_valid) = self.array(values, 1)?;
        let (mut ends, mut end, mut rows) = (vec![], 0i64, vec![]);
        for &is_valid in &run_is_valid {
            let step = self.bytes.int_in_range(1..=9i64)?;
            end += step;
            rows.extend(vec![is_valid; step as usize]);
            ends.push(end);
        }
        // The last run reaches to the end.
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

    fn structs(
        &mut self,
        fields: &[Type],
        offset: usize,
        length: usize,
    ) -> Result<(Owned<Array>, Vec<bool>)> {
        let (validity, valid) = self.validity(offset, length)?;
        let children = fields.iter().map(|field| {
            let short = if self.lies_here()? { 1 } else { 0 };
            Ok(self.array(field, (offset + length).saturating_sub(short))?.0)
        });
        let children = children.collect::<Result<Vec<_>>>()?;
        let shape = (offset, length, self.null_count(&valid)?);
        Ok((Owned::<Array>::new(shape, vec![validity], children, None), valid))
    }
}

/// Whether values of a format are no wider than those that are there; of other forms nothing is believed.
fn is_no_wider(format: &[u8], of: &Type) -> bool {
    let have = match &of.form {
        Form::Plain(Values::Fixed(width)) => *width,
        _ => 0,
    };
    let known = PLAIN.iter().find(|(known, _)| *known == format);
    match known {
        Some((_, Values::Fixed(width))) => *width <= have,
        Some((_, Values::Nothing | Values::Opaque)) => true,
        Some(_) => false,
        None if format.starts_with(b"d:") => have == 32,
        None if format.starts_with(b"ts") => have == 8,
        None => format.iter().all(|byte| !b"bcCsSiIlLefgdtuUvzZ".contains(byte)),
    }
}

/// Bytes up to the first zero.
fn text(bytes: &[u8]) -> CString {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    CString::new(&bytes[..end]).expect("no zeros")
}
