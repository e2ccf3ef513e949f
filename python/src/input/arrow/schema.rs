//! From an `ArrowSchema` to the fields of a column or a table.
//!
//! Unknown format strings are never guessed at: such a column keeps its name, and is refused under
//! it when a statistic is requested.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};

use arrow_schema::{DataType, TimeUnit};
use colstats::internals::types::{dictionary_name, name, runs_name};

use super::abi::{ArrowSchema, Releasable, children};
use crate::input::data::Kind;
use crate::input::malformed::Malformed;
use crate::names::quoted;

/// A column as its schema describes it.
pub struct Field {
    pub name: String,
    pub layout: Layout,
}

impl ArrowSchema {
    /// The format string; `None` if it is NULL.
    pub fn format(&self) -> Option<Cow<'_, str>> {
        text(self.format)
    }

    /// The name; `None` if it is NULL.
    pub fn name(&self) -> Option<Cow<'_, str>> {
        text(self.name)
    }

    /// The only child.
    pub fn child(&self) -> Result<&Self, Malformed> {
        let &[child] = children(self.n_children, self.children, "schema")? else {
            return Err(Malformed::new(format!("{} children of the schema", self.n_children)));
        };
        // SAFETY: the children of a live schema are live, or null.
        let child = unsafe { child.as_ref() };
        child.ok_or_else(|| Malformed::new("a child of the schema is NULL"))
    }
}

/// How the values of a field lie in its buffers.
pub enum Layout {
    /// Numbers, booleans or nulls.
    Values(DataType),
    /// Values that are not read, and the name of their type.
    Opaque { name: String, has_validity: bool },
    /// Text and bytes, which are only read where they are needed.
    Text(DataType),
    /// Keys that name the values of another array.
    Dictionary { keys: DataType, values: Box<Field> },
    /// Where each of the values of another array ends.
    Runs { ends: DataType, values: Box<Field> },
    /// Children of the same length: a table.
    Struct(Vec<Field>),
}

/// Which encodings a field may have: no encoding is nested in itself.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Encodings {
    None,
    Dictionaries,
    RunsAndDictionaries,
}

impl Layout {
    /// What a column of this layout is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Values(data_type) => Kind::Readable(data_type.clone()),
            Self::Opaque { name, has_validity: true } => Kind::Unreadable(name.clone()),
            Self::Opaque { name, has_validity: false } => Kind::Unknown(name.clone()),
            Self::Dictionary { keys, values } => match values.layout.kind() {
                Kind::Readable(values) => {
                    Kind::Readable(DataType::Dictionary(keys.clone().into(), values.into()))
                }
                kind => kind.renamed(|values| dictionary_name(&name(keys), values)),
            },
            Self::Runs { ends, values } => match values.layout.kind() {
                Kind::Readable(values) => Kind::Readable(run_end_encoded(ends, values)),
                kind => kind.renamed(|values| runs_name(&name(ends), values)),
            },
            Self::Text(data_type) => Kind::Unreadable(name(data_type)),
            Self::Struct(_) => Kind::Unreadable("struct".into()),
        }
    }
}

fn run_end_encoded(ends: &DataType, values: DataType) -> DataType {
    let ends = arrow_schema::Field::new("run_ends", ends.clone(), false);
    let values = arrow_schema::Field::new("values", values, true);
    DataType::RunEndEncoded(ends.into(), values.into())
}

/// Reads a schema whose struct, if it is one, is a table.
pub fn parse(schema: &ArrowSchema) -> Result<Field, Malformed> {
    let all = Encodings::RunsAndDictionaries;
    let field = parse_field(schema, all)?;
    if !matches!(field.layout, Layout::Struct(_)) {
        return Ok(field);
    }
    let children = children(schema.n_children, schema.children, "schema")?;
    let fields = children.iter().map(|&child| {
        // SAFETY: the children of a live schema are live, or null.
        let child = unsafe { child.as_ref() };
        let child = child.ok_or_else(|| Malformed::new("a child of the schema is NULL"))?;
        parse_field(child, all)
    });
    Ok(Field { name: field.name, layout: Layout::Struct(fields.collect::<Result<_, _>>()?) })
}

/// Reads one field; a struct's children are left unread.
fn parse_field(schema: &ArrowSchema, encodings: Encodings) -> Result<Field, Malformed> {
    if schema.is_released() {
        return Err(Malformed::new("the schema has been released already"));
    }
    let format = text(schema.format).ok_or_else(|| Malformed::new("the format string is NULL"))?;
    // SAFETY: the dictionary of a live schema is live, or null.
    let layout = match unsafe { schema.dictionary.as_ref() } {
        Some(values) => parse_dictionary(&format, values, encodings)?,
        None if &*format == "+r" => parse_runs(schema, encodings)?,
        None => parse_format(&format),
    };
    Ok(Field { name: text(schema.name).unwrap_or_default().into_owned(), layout })
}

/// Keys of a format, and the values that they name.
fn parse_dictionary(
    format: &str,
    values: &ArrowSchema,
    encodings: Encodings,
) -> Result<Layout, Malformed> {
    if encodings < Encodings::Dictionaries {
        return Ok(opaque("dictionary"));
    }
    let values = parse_field(values, Encodings::None)?.into();
    match parse_format(format) {
        Layout::Values(keys) if keys.is_integer() => Ok(Layout::Dictionary { keys, values }),
        _ => Err(Malformed::new(format!(
            "keys of a dictionary are integers, not {}",
            quoted(format)
        ))),
    }
}

/// Two children: where runs end, and their values.
fn parse_runs(schema: &ArrowSchema, encodings: Encodings) -> Result<Layout, Malformed> {
    if encodings < Encodings::RunsAndDictionaries {
        return Ok(Layout::Opaque { name: "run_end_encoded".into(), has_validity: false });
    }
    let &[ends, values] = children(schema.n_children, schema.children, "schema")? else {
        let count = schema.n_children;
        return Err(Malformed::new(format!("{count} children of the schema where runs have two")));
    };
    // SAFETY: the children of a live schema are live, or null.
    let (Some(ends), Some(values)) = (unsafe { ends.as_ref() }, unsafe { values.as_ref() }) else {
        return Err(Malformed::new("a child of the schema is NULL"));
    };
    let values = parse_field(values, Encodings::Dictionaries)?.into();
    match parse_field(ends, Encodings::None)?.layout {
        Layout::Values(ends @ (DataType::Int16 | DataType::Int32 | DataType::Int64)) => {
            Ok(Layout::Runs { ends, values })
        }
        _ => Err(Malformed::new("run ends are integers of 16, 32 or 64 bits")),
    }
}

/// A string of a schema, which must be alive as long as it is used.
fn text<'a>(pointer: *const c_char) -> Option<Cow<'a, str>> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the interface promises a null-terminated string.
    let text = unsafe { CStr::from_ptr(pointer) };
    // Nearly all are ASCII, for which this is the fast way.
    Some(text.to_str().map_or_else(|_| text.to_string_lossy(), Cow::Borrowed))
}

fn opaque(name: impl Into<String>) -> Layout {
    Layout::Opaque { name: name.into(), has_validity: true }
}

fn parse_format(format: &str) -> Layout {
    use DataType::*;
    use TimeUnit::*;
    let values = Layout::Values;
    match format {
        "n" => values(Null),
        "b" => values(Boolean),
        "c" => values(Int8),
        "C" => values(UInt8),
        "s" => values(Int16),
        "S" => values(UInt16),
        "i" => values(Int32),
        "I" => values(UInt32),
        "l" => values(Int64),
        "L" => values(UInt64),
        "e" => values(Float16),
        "f" => values(Float32),
        "g" => values(Float64),
        "tdD" => values(Date32),
        "tdm" => values(Date64),
        "tts" => values(Time32(Second)),
        "ttm" => values(Time32(Millisecond)),
        "ttu" => values(Time64(Microsecond)),
        "ttn" => values(Time64(Nanosecond)),
        "tDs" => values(Duration(Second)),
        "tDm" => values(Duration(Millisecond)),
        "tDu" => values(Duration(Microsecond)),
        "tDn" => values(Duration(Nanosecond)),
        "+s" => Layout::Struct(vec![]),
        "u" => Layout::Text(Utf8),
        "U" => Layout::Text(LargeUtf8),
        "vu" => Layout::Text(Utf8View),
        "z" => Layout::Text(Binary),
        "Z" => Layout::Text(LargeBinary),
        "vz" => Layout::Text(BinaryView),
        "+l" | "+L" | "+vl" | "+vL" => opaque("list"),
        "+m" => opaque("map"),
        "tiM" | "tiD" | "tin" => opaque("interval"),
        // A union has no validity of its own.
        union if union.starts_with("+u") => {
            Layout::Opaque { name: "union".into(), has_validity: false }
        }
        list if list.starts_with("+w:") => opaque("fixed-size list"),
        binary if binary.starts_with("w:") => match binary[2..].parse() {
            Ok(width @ 0..) => Layout::Text(FixedSizeBinary(width)),
            _ => opaque("fixed-size binary"),
        },
        other => match parse_timestamp(other).or_else(|| parse_decimal(other)) {
            Some(data_type) => values(data_type),
            None => {
                let name = format!("unknown Arrow format {}", quoted(other));
                Layout::Opaque { name, has_validity: false }
            }
        },
    }
}

/// `d:19,10`, or with the bits of a value `d:19,10,256`: digits, and those behind the point.
fn parse_decimal(format: &str) -> Option<DataType> {
    let mut parts = format.strip_prefix("d:")?.split(',');
    let (precision, scale) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let (decimal, most) = match parts.next() {
        Some("32") => (DataType::Decimal32(precision, scale), 9),
        Some("64") => (DataType::Decimal64(precision, scale), 18),
        None | Some("128") => (DataType::Decimal128(precision, scale), 38),
        Some("256") => (DataType::Decimal256(precision, scale), 76),
        Some(_) => return None,
    };
    (parts.next().is_none() && (1..=most).contains(&precision)).then_some(decimal)
}

/// `tsu:Europe/Paris`: a unit, and a zone that may be empty.
fn parse_timestamp(format: &str) -> Option<DataType> {
    let (unit, zone) = format.strip_prefix("ts")?.split_once(':')?;
    let unit = match unit {
        "s" => TimeUnit::Second,
        "m" => TimeUnit::Millisecond,
        "u" => TimeUnit::Microsecond,
        "n" => TimeUnit::Nanosecond,
        _ => return None,
    };
    Some(DataType::Timestamp(unit, (!zone.is_empty()).then(|| zone.into())))
}
