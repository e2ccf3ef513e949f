//! Types made of any bytes, and the schemas that describe them, with lies here and there.

use std::ffi::CString;

use arbitrary::Result;

use super::source::Source;
use super::structures::{Owned, ROOM, Schema};

/// The buffers that hold the values of a type.
#[derive(Clone, Debug)]
pub enum Values {
    Nothing,
    Bits,
    Fixed(usize),
    Offsets(usize),
    Views,
    /// Never read.
    Opaque,
}

/// What a type has statistics for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Floats, integers and booleans.
    Number,
    Decimal,
    Null,
    Date,
    Time,
    Timestamp,
    Duration,
    /// UTF-8, if it is honest, but that is only checked where it is needed.
    Text,
    Bytes,
    /// Other types: their nulls are known, and nothing else.
    Countable,
    /// Types whose layout is not read at all: not even their nulls are known.
    Unknown,
}

/// A type, as the schema describes it.
#[derive(Clone, Debug)]
pub struct Type {
    format: Vec<u8>,
    name: Option<Vec<u8>>,
    pub form: Form,
}

#[derive(Clone, Debug)]
pub enum Form {
    Plain(Values),
    Dictionary { width: usize, values: Box<Type> },
    Runs { width: usize, values: Box<Type> },
    Struct(Vec<Type>),
}

const PLAIN: &[(&[u8], Values, Kind)] = &[
    (b"g", Values::Fixed(8), Kind::Number),
    (b"f", Values::Fixed(4), Kind::Number),
    (b"e", Values::Fixed(2), Kind::Number),
    (b"b", Values::Bits, Kind::Number),
    (b"n", Values::Nothing, Kind::Null),
    (b"c", Values::Fixed(1), Kind::Number),
    (b"C", Values::Fixed(1), Kind::Number),
    (b"s", Values::Fixed(2), Kind::Number),
    (b"S", Values::Fixed(2), Kind::Number),
    (b"i", Values::Fixed(4), Kind::Number),
    (b"I", Values::Fixed(4), Kind::Number),
    (b"l", Values::Fixed(8), Kind::Number),
    (b"L", Values::Fixed(8), Kind::Number),
    (b"tdD", Values::Fixed(4), Kind::Date),
    (b"tdm", Values::Fixed(8), Kind::Date),
    (b"tts", Values::Fixed(4), Kind::Time),
    (b"ttn", Values::Fixed(8), Kind::Time),
    (b"tsu:Europe/Paris", Values::Fixed(8), Kind::Timestamp),
    (b"tsn:", Values::Fixed(8), Kind::Timestamp),
    (b"tDm", Values::Fixed(8), Kind::Duration),
    (b"d:9,2,32", Values::Fixed(4), Kind::Decimal),
    (b"d:18,-3,64", Values::Fixed(8), Kind::Decimal),
    (b"d:38,10", Values::Fixed(16), Kind::Decimal),
    (b"d:76,0,256", Values::Fixed(32), Kind::Decimal),
    (b"u", Values::Offsets(4), Kind::Text),
    (b"Z", Values::Offsets(8), Kind::Bytes),
    (b"vu", Values::Views, Kind::Text),
    (b"w:3", Values::Fixed(3), Kind::Bytes),
    (b"w:0", Values::Fixed(0), Kind::Bytes),
    (b"+l", Values::Opaque, Kind::Countable),
    (b"+w:3", Values::Opaque, Kind::Countable),
    (b"+us:0,1", Values::Opaque, Kind::Unknown),
    (b"tin", Values::Opaque, Kind::Countable),
];

const KEYS: &[(&[u8], usize)] =
    &[(b"i", 4), (b"c", 1), (b"C", 1), (b"s", 2), (b"S", 2), (b"I", 4), (b"l", 8), (b"L", 8)];
pub const ENDS: &[(&[u8], usize)] = &[(b"i", 4), (b"s", 2), (b"l", 8)];

impl Type {
    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        matches!(self.form, Form::Struct(_))
    }

    /// The columns of a table, or the one that it is.
    pub fn columns(&self) -> &[Self] {
        match &self.form {
            Form::Struct(columns) => columns,
            _ => std::slice::from_ref(self),
        }
    }

    /// The name that the column has once it is read.
    pub fn label(&self) -> String {
        let name = self.name.as_deref().map(text).unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Whether it is known which of its values are null.
    pub fn is_counted(&self) -> bool {
        let is_plain = |of: &Self| matches!(of.form, Form::Plain(_) | Form::Struct(_));
        self.kind() != Kind::Unknown
            && match &self.form {
                Form::Plain(_) | Form::Struct(_) => true,
                Form::Dictionary { values, .. } => is_plain(values) && values.is_counted(),
                Form::Runs { values, .. } => values.is_counted(),
            }
    }

    /// What a column of the type has statistics for.
    pub fn kind(&self) -> Kind {
        self.kind_within(2)
    }

    /// Whether the columns of a table with `numeric_only=True` include this one.
    pub fn is_numeric(&self) -> bool {
        matches!(self.kind(), Kind::Number | Kind::Decimal)
    }

    /// Whether rows can be grouped by it.
    pub fn is_key(&self) -> bool {
        match self.kind() {
            Kind::Countable | Kind::Unknown => false,
            // Text is read plain and from dictionaries.
            Kind::Text | Kind::Bytes => !matches!(self.form, Form::Runs { .. }),
            _ => true,
        }
    }

    /// Each plain type, encoded and not, and tables of them.
    #[cfg(test)]
    pub fn samples() -> Vec<Self> {
        let of = |format: &[u8], name: &str, form| Self {
            format: format.into(),
            name: Some(name.into()),
            form,
        };
        let plain = |i: usize, name: &str| of(PLAIN[i].0, name, Form::Plain(PLAIN[i].1.clone()));
        let dictionary = |i: usize, values: &Self| {
            let (format, width) = KEYS[i % KEYS.len()];
            of(format, "keys", Form::Dictionary { width, values: values.clone().into() })
        };
        let runs = |i: usize, values: &Self| {
            of(b"+r", "runs", Form::Runs { width: i % ENDS.len(), values: values.clone().into() })
        };
        let table = |columns: &[&Self]| {
            of(b"+s", "", Form::Struct(columns.iter().map(|&column| column.clone()).collect()))
        };
        let number = plain(0, "number");
        let mut samples = vec![table(&[]), table(&[&number, &number])];
        for i in 0..PLAIN.len() {
            let values = plain(i, "values");
            let (keys, ends) = (dictionary(i, &values), runs(i, &values));
            if i % 4 == 0 {
                samples.extend([
                    table(&[&values]),
                    table(&[&keys, &ends, &number, &table(&[&values])]),
                    dictionary(i, &ends),
                    dictionary(i, &keys),
                    runs(i, &keys),
                    runs(i, &ends),
                ]);
            }
            samples.push(table(&[&values, &number]));
            samples.push(table(&[&keys, &values, &ends]));
            samples.extend([values, keys, ends]);
        }
        samples
    }

    /// Runs may hold dictionaries, and these plain values; encodings beyond that are not read.
    fn kind_within(&self, encodings: u8) -> Kind {
        match &self.form {
            Form::Plain(_) => {
                let known = PLAIN.iter().find(|(format, ..)| *format == self.format);
                known.map_or(Kind::Unknown, |&(_, _, kind)| kind)
            }
            Form::Struct(_) => Kind::Countable,
            Form::Dictionary { .. } if encodings < 1 => Kind::Countable,
            Form::Runs { .. } if encodings < 2 => Kind::Unknown,
            Form::Dictionary { values, .. } => values.kind_within(0),
            Form::Runs { values, .. } => values.kind_within(1),
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
                let (format, values, _) = self.bytes.choose(PLAIN)?;
                (format.to_vec(), Form::Plain(values.clone()))
            }
        };
        Ok(Type { format, name, form })
    }

    pub fn schema(&mut self, of: &Type) -> Result<Owned<Schema>> {
        let mut format = of.format.clone();
        if self.lies_here()? {
            // The reader has to believe a format that says how wide its values are.
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
                // There is no reason to read it.
                _ => schema.0.metadata = std::ptr::without_provenance(1),
            }
        }
        Ok(schema)
    }
}

/// Whether a reader of this format stays within the buffers that are there.
fn is_no_wider(format: &[u8], of: &Type) -> bool {
    let have = match &of.form {
        Form::Plain(Values::Fixed(width)) => *width,
        _ => 0,
    };
    let known = PLAIN.iter().find(|(known, ..)| *known == format);
    match known {
        Some((_, Values::Fixed(width), _)) => *width <= have,
        Some((_, Values::Nothing | Values::Opaque, _)) => true,
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
