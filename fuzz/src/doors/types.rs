//! Types made of any bytes, and the schemas that tell of them, with lies here and there.

use std::ffi::CString;

use arbitrary::Result;

use super::source::Source;
use super::structures::{Owned, ROOM, Schema};

/// How the values of a type lie.
#[derive(Clone, Debug)]
pub enum Values {
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
    pub form: Form,
}

pub enum Form {
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
pub const ENDS: &[(&[u8], usize)] = &[(b"i", 4), (b"s", 2), (b"l", 8)];

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
