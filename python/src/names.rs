//! Names of columns and types, as messages show them.

use std::fmt;

use pyo3::prelude::*;

/// A name in quotes, with control characters escaped. Names come from untrusted files and may be of
/// any length: only the beginning of a long one is shown.
pub struct Quoted<'a>(&'a str);

/// Quotes a name.
pub fn quoted(name: &str) -> Quoted<'_> {
    Quoted(name)
}

/// The names of the first columns, separated by commas, and how many there are if there are more.
pub fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 20;
    let count = names.len();
    let shown = names.take(SHOWN).map(|name| quoted(name).to_string());
    let shown = shown.collect::<Vec<_>>().join(", ");
    let more = if count > SHOWN { format!(", ... ({count} in all)") } else { String::new() };
    shown + &more
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 100;
        let Self(name) = *self;
        match name.char_indices().nth(SHOWN) {
            None => write!(f, "{name:?}"),
            Some((end, _)) => {
                write!(f, "{:?}... (of {} characters)", &name[..end], name.chars().count())
            }
        }
    }
}

/// A number of things, which are named in the singular.
pub fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// The name of an object's type with its module, as messages show it.
pub fn type_name(object: &Bound<'_, PyAny>) -> String {
    let class = object.get_type();
    let name = class.fully_qualified_name().map(|name| name.to_string());
    name.unwrap_or_else(|_| "an object".into())
}
