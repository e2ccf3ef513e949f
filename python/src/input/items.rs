//! The door of iterables: iterators, generators and other collections of arrays, batches or tables.
//!
//! The items are the parts of one column, or of one table. Those of an iterator are read like the
//! batches of a stream: one at a time, each dropped before the next is asked for, so that they may
//! be more than fit in memory. Those of a list are in memory already, and are its chunks.
//!
//! All items must have the same columns: the same names, and values of the same type. How the values
//! are encoded may differ: a dictionary of numbers goes with plain numbers.
//!
//! An iterable of numbers is collected, and read as the list of them would be: its type depends on
//! all of its values.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::DataType;
use colstats::internals::types::plain;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyIterator};

use super::arrow::added;
use super::data::{Column, Input, InputRef, Kind, Text};
use super::malformed::Malformed;
use super::source::{Batches, Source};
use super::{Door, door_of_class, hints, sequence};
use crate::classes::source::held;
use crate::names::{listed, quoted, type_name};

/// The items of an iterable, of which the first has been taken.
pub struct Items<'py> {
    /// The iterable, for messages.
    object: Bound<'py, PyAny>,
    iterator: Bound<'py, PyIterator>,
    /// Taken, but not read yet.
    ahead: Option<Bound<'py, PyAny>>,
    /// The item that is being read, if it is a stream of batches itself.
    within: Option<Batches<'py>>,
    /// How many items were taken, but for the one ahead.
    taken: usize,
    /// What the first item was.
    expected: Option<Shape>,
}

/// Whether an object is iterated over: its class says how, and it is not text.
pub fn is_iterable(object: &Bound<'_, PyAny>) -> bool {
    object.get_type().getattr("__iter__").is_ok_and(|method| !method.is_none())
}

/// Opens an iterable by its first item, which says what the others are.
pub fn open<'py>(object: &Bound<'py, PyAny>) -> PyResult<Source<'static, 'py>> {
    let mut iterator = object.try_iter()?;
    let Some(first) = iterator.next().transpose()? else {
        // A list without values has no mean. An iterator without any has probably been read already.
        return match iterator.is(object) {
            true => Err(used_up(object)),
            false => sequence::of_numbers(object, std::iter::empty()).map(Source::Whole),
        };
    };
    if is_data(&first) {
        return Ok(Source::Items(Box::new(Items::new(object, iterator, first))));
    }
    let numbers = std::iter::once(Ok(first)).chain(iterator);
    sequence::of_numbers(object, numbers).map(Source::Whole)
}

/// The items of a list or tuple of arrays, batches or tables; `None` if its first is none of them.
pub fn of_sequence<'py>(
    object: &Bound<'py, PyAny>,
    items: &Bound<'py, PyAny>,
) -> PyResult<Option<Items<'py>>> {
    // Nearly all are of numbers, and get no iterator.
    if items.is_empty()? || !is_data(&items.get_item(0)?) {
        return Ok(None);
    }
    let mut iterator = items.try_iter()?;
    let first = iterator.next().transpose()?;
    Ok(first.map(|first| Items::new(object, iterator, first)))
}

/// Whether an item is not a number but a part of a column or a table: what has a door of its own,
/// but no further items. Bytes are lines of a file rather than numbers.
pub fn is_data(item: &Bound<'_, PyAny>) -> bool {
    if sequence::is_number(item) {
        return false;
    }
    let is_bytes = item.is_instance_of::<PyBytes>() || item.is_instance_of::<PyByteArray>();
    held(item).is_some()
        || !is_bytes && door_of_class(item).is_some_and(|door| door != Door::Sequence)
}

fn used_up(object: &Bound<'_, PyAny>) -> PyErr {
    PyValueError::new_err(format!(
        "this {} yields nothing: it was read already, or had no items from the start; \
         make a new one for each question, or collect it once, with colstats.moments() for all \
         statistics or list() for the data",
        type_name(object)
    ))
}

impl<'py> Items<'py> {
    fn new(
        object: &Bound<'py, PyAny>,
        iterator: Bound<'py, PyIterator>,
        first: Bound<'py, PyAny>,
    ) -> Self {
        let object = object.clone();
        Self { object, iterator, ahead: Some(first), within: None, taken: 0, expected: None }
    }

    /// The first batch. There is always one.
    pub fn read_first(&mut self) -> PyResult<Input> {
        self.read().transpose().unwrap_or_else(|| Err(used_up(&self.object)))
    }

    /// All that is left, in one batch.
    pub fn read_all(mut self) -> PyResult<Input> {
        let mut whole = Whole::of(self.read_first()?);
        while let Some(input) = self.read()? {
            whole.push(input).map_err(|malformed| malformed.of(&self.object))?;
        }
        Ok(whole.finish())
    }

    /// The next batch, or `None` after the last.
    fn read(&mut self) -> PyResult<Option<Input>> {
        if self.within.is_none() {
            let Some(item) = self.next_item()? else {
                return Ok(None);
            };
            match self.open_item(&item)? {
                Source::Stream(batches) => self.within = Some(batches),
                source => return self.expected(source.read_all()?).map(Some),
            }
        }
        let Some(batches) = &mut self.within else {
            return Ok(None);
        };
        let batch = batches.read_batch();
        if batches.is_over() {
            self.within = None;
        }
        self.expected(batch?).map(Some)
    }

    fn next_item(&mut self) -> PyResult<Option<Bound<'py, PyAny>>> {
        // The iterator may be written in C, and never run a line of Python that polls.
        self.object.py().check_signals()?;
        let item = match self.ahead.take() {
            Some(first) => Some(first),
            None => self.iterator.next().transpose()?,
        };
        self.taken += usize::from(item.is_some());
        Ok(item)
    }

    fn open_item<'a>(&self, item: &'a Bound<'py, PyAny>) -> PyResult<Source<'a, 'py>> {
        if let Some(input) = held(item) {
            return Ok(Source::Held(input));
        }
        match is_data(item) {
            true => super::open(item),
            false => Err(PyTypeError::new_err(format!(
                "{}: {} is no data, as the items before it are",
                self.item(),
                hints::with_article(item)
            ))),
        }
    }

    /// The item that was taken last, as messages call it.
    fn item(&self) -> String {
        format!("item {} of a {}", self.taken - 1, type_name(&self.object))
    }

    /// Refuses a batch that is not like those before it.
    fn expected(&mut self, input: Input) -> PyResult<Input> {
        match &self.expected {
            None => self.expected = Some(Shape::of(input.as_ref())),
            Some(expected) => {
                if let Some(complaint) = expected.complaint(input.as_ref()) {
                    let item = self.item();
                    return Err(PyTypeError::new_err(format!("{item}: {complaint}")));
                }
            }
        }
        Ok(input)
    }
}

impl Iterator for Items<'_> {
    type Item = PyResult<Input>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// What all items have in common.
struct Shape {
    is_table: bool,
    /// The name of each column, and the type of its values without their encoding.
    columns: Vec<(String, Values)>,
}

/// The type of values, or its name.
#[derive(PartialEq)]
enum Values {
    Of(DataType),
    Named(String),
}

impl Values {
    fn of(column: &Column) -> Self {
        match (&column.kind, &column.text) {
            (Kind::Readable(data_type), _) => Self::Of(plain(data_type).clone()),
            (_, Some(text)) => Self::Of(text.values_type().clone()),
            (kind, None) => Self::Named(kind.name()),
        }
    }

    fn is_of(&self, column: &Column) -> bool {
        match (self, &column.kind, &column.text) {
            (Self::Of(expected), Kind::Readable(data_type), _) => expected == plain(data_type),
            (Self::Of(expected), _, Some(text)) => expected == text.values_type(),
            (Self::Named(name), kind, None) => *name == kind.name(),
            _ => false,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Of(data_type) => colstats::internals::types::name(data_type),
            Self::Named(name) => name.clone(),
        }
    }
}

fn columns_of(input: InputRef<'_>) -> (bool, &[Column]) {
    match input {
        InputRef::Column(column) => (false, std::slice::from_ref(column)),
        InputRef::Table(table) => (true, &table.columns),
    }
}

impl Shape {
    fn of(input: InputRef<'_>) -> Self {
        let (is_table, columns) = columns_of(input);
        let columns = columns.iter().map(|column| (column.name.clone(), Values::of(column)));
        Self { is_table, columns: columns.collect() }
    }

    /// What is different about an item, and what to do about it; `None` if it is as expected.
    fn complaint(&self, input: InputRef<'_>) -> Option<String> {
        let (is_table, columns) = columns_of(input);
        if is_table != self.is_table {
            let what = |is_table| if is_table { "a table" } else { "one column" };
            let (is, were) = (what(is_table), what(self.is_table));
            return Some(format!("it is {is}, and the items before it were {were}"));
        }
        let same_names = columns.len() == self.columns.len()
            && columns.iter().zip(&self.columns).all(|(column, (name, _))| column.name == *name);
        if !same_names {
            return Some(self.other_names(columns));
        }
        let other = columns.iter().zip(&self.columns).find(|(column, (_, of))| !of.is_of(column));
        other.map(|(column, (name, of))| {
            let column_name = if name.is_empty() { "it".into() } else { quoted(name).to_string() };
            format!(
                "{column_name} is {}, and {} in the items before it: cast the items to one type, \
                 as in (item.cast(type) for item in items)",
                column.kind.name(),
                of.name()
            )
        })
    }

    fn other_names(&self, columns: &[Column]) -> String {
        let are = listed(columns.iter().map(|column| column.name.as_str()));
        let were = listed(self.columns.iter().map(|(name, _)| name.as_str()));
        match self.is_table {
            true => format!(
                "its columns are {are}, and those of the items before it were {were}: \
                 select the same columns of all items, in one order"
            ),
            false => format!(
                "its name is {are}, and that of the items before it was {were}: items are parts of \
                 one column; for a table give a dict of columns"
            ),
        }
    }
}

/// Items that are put together.
struct Whole {
    input: Input,
    /// The texts of each column, one for each item.
    texts: Vec<Vec<Arc<dyn Text>>>,
}

impl Whole {
    fn of(first: Input) -> Self {
        let (_, columns) = columns_of(first.as_ref());
        let texts = columns.iter().map(|column| column.text.iter().cloned().collect()).collect();
        Self { input: first, texts }
    }

    fn columns(&mut self) -> &mut [Column] {
        match &mut self.input {
            Input::Column(column) => std::slice::from_mut(column),
            Input::Table(table) => table.columns_mut(),
        }
    }

    /// Adds an item of the same shape.
    fn push(&mut self, input: Input) -> Result<(), Malformed> {
        let rows = added(self.input.as_ref().rows(), input.as_ref().rows())?;
        let more = match input {
            Input::Column(column) => vec![column],
            Input::Table(table) => table.columns,
        };
        for (position, more) in more.into_iter().enumerate() {
            self.texts[position].extend(more.text);
            let column = &mut self.columns()[position];
            column.chunks.extend(more.chunks);
            column.kind = common(&column.kind, more.kind);
        }
        if let Input::Table(table) = &mut self.input {
            table.rows = rows;
        }
        Ok(())
    }

    fn finish(mut self) -> Input {
        let texts = std::mem::take(&mut self.texts);
        for (column, mut texts) in self.columns().iter_mut().zip(texts) {
            column.text = match texts.len() {
                0 | 1 => texts.pop(),
                _ => Some(Arc::new(Texts(texts))),
            };
        }
        self.input
    }
}

/// What a column is whose chunks are of two kinds, which differ in their encoding at most.
fn common(one: &Kind, other: Kind) -> Kind {
    match (one, other) {
        (Kind::Readable(one), Kind::Readable(other)) if *one != other => {
            Kind::Readable(plain(one).clone())
        }
        (_, other) => other,
    }
}

/// The texts of several items, one after the other.
struct Texts(Vec<Arc<dyn Text>>);

impl Text for Texts {
    fn values_type(&self) -> &DataType {
        self.0[0].values_type()
    }

    fn data_type(&self) -> DataType {
        let first = self.0[0].data_type();
        match self.0.iter().all(|text| text.data_type() == first) {
            true => first,
            false => self.values_type().clone(),
        }
    }

    fn read(&self) -> Result<Vec<ArrayRef>, Malformed> {
        let mut arrays = vec![];
        for text in &self.0 {
            arrays.extend(text.read()?);
        }
        Ok(arrays)
    }
}
