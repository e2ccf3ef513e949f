//! Windows of rows: what `per=` and the options that go with it say, and the times that `on=` names.
//!
//! [`Windowing`] is what a call says, [`Plan`] what that means for its data. Times are read beside the
//! columns, and checked: none is null, and none is before the one above it.

use std::num::NonZeroUsize;

use arrow_schema::{DataType, TimeUnit};
use colstats::Options;
use colstats::internals::answers::rolling::{Rolling, read_times};
use colstats::internals::answers::windows;
use colstats::internals::types::{self, Family, family};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::classes::source::source;
use crate::input::data::{Column, Input, InputRef, Table};
use crate::names::{quoted, type_name};
use crate::options::{Keywords, Label};

/// What there is one result for each of.
pub enum Per {
    Chunk,
    Rows(NonZeroUsize),
    Cumulative,
    Period(Period),
}

/// The distance between two windows.
pub type Step = NonZeroUsize;

/// Where windows lie.
pub enum Align {
    /// One ends with each row.
    Row,
}

/// Where times are.
pub enum On {
    /// In a column of the table.
    Label(Label),
    /// In a column of its own.
    Data(Py<PyAny>),
}

/// A length of time, in nanoseconds, and the text that says so.
pub struct Period {
    text: String,
    nanoseconds: i128,
}

const MICROSECOND: i128 = 1_000;
const MILLISECOND: i128 = 1_000 * MICROSECOND;
const SECOND: i128 = 1_000 * MILLISECOND;
const MINUTE: i128 = 60 * SECOND;
const HOUR: i128 = 60 * MINUTE;
const DAY: i128 = 24 * HOUR;

impl Period {
    /// Reads numbers with units, such as `1h30m`; none if the text is something else, or no time at all.
    pub fn read(text: &str) -> Option<Self> {
        let (mut rest, mut nanoseconds) = (text, 0i128);
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit())?;
            let number = rest[..digits].parse::<u32>().ok()?;
            rest = &rest[digits..];
            let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            let unit = match &rest[..letters] {
                "ns" => 1,
                "us" | "µs" => MICROSECOND,
                "ms" => MILLISECOND,
                "s" => SECOND,
                "m" | "min" => MINUTE,
                "h" => HOUR,
                "d" => DAY,
                "w" => 7 * DAY,
                _ => return None,
            };
            rest = &rest[letters..];
            nanoseconds = nanoseconds.checked_add(i128::from(number) * unit)?;
        }
        (nanoseconds > 0).then(|| Self { text: text.to_string(), nanoseconds })
    }

    /// The period in ticks of a column; part of a tick counts as one, for no time lies within it.
    fn ticks(&self, of: &DataType) -> Option<i64> {
        if !matches!(family(of), Family::Date | Family::Time | Family::Timestamp | Family::Duration)
        {
            return None;
        }
        let of = types::plain(of);
        let tick = match types::unit(of) {
            None => DAY, // Date32
            Some(TimeUnit::Second) => SECOND,
            Some(TimeUnit::Millisecond) => MILLISECOND,
            Some(TimeUnit::Microsecond) => MICROSECOND,
            Some(TimeUnit::Nanosecond) => 1,
        };
        let ticks = (self.nanoseconds + tick - 1) / tick;
        Some(i64::try_from(ticks).unwrap_or(i64::MAX))
    }
}

/// What the keywords of a call say of windows.
#[derive(Default)]
pub struct Windowing {
    pub per: Option<Per>,
    pub step: Option<Step>,
    pub align: Option<Align>,
    pub on: Option<On>,
}

impl Windowing {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self { per: None, step: None, align: None, on: None })
    }

    /// One of the options that are given, for messages.
    pub fn option(&self) -> &'static str {
        match self {
            Self { per: Some(_), .. } => "per=",
            Self { step: Some(_), .. } => "step=",
            Self { align: Some(_), .. } => "align=",
            _ => "on=",
        }
    }

    /// Refuses options that do not go together.
    fn expect_sense(&self) -> PyResult<()> {
        let refuse = |message: String| Err(PyValueError::new_err(message));
        let has_rows = matches!(self.per, Some(Per::Rows(_)));
        if self.step.is_some() && !has_rows {
            return refuse("step= goes with per=, a number of rows".into());
        }
        if self.align.is_some() && !has_rows {
            return refuse("align= goes with per=, a number of rows".into());
        }
        if self.step.is_some() && self.align.is_some() {
            return refuse(
                "align=\"row\" gives a window for each row and step= for some: choose one".into(),
            );
        }
        match (&self.per, &self.on) {
            (Some(Per::Period(period)), None) => {
                refuse(format!("per={} needs on=, a sorted column of times", quoted(&period.text)))
            }
            (Some(Per::Period(_)), Some(_)) | (_, None) => Ok(()),
            (_, Some(_)) => refuse("on= goes with a period of time, such as per=\"5m\"".into()),
        }
    }
}

/// What windows there are of the data of a call.
pub struct Plan {
    pub per: windows::Per,
    /// The times of the rows, with a period.
    pub clock: Option<Clock>,
    /// The options of the statistic. With `align="row"`, `min_count` is the length of the window by default.
    pub options: Options,
}

impl Plan {
    /// What the options of a call mean for its data, of which this may be the first batch; none without windows.
    pub fn of(py: Python<'_>, keywords: &Keywords, data: InputRef<'_>) -> PyResult<Option<Self>> {
        let Some(windowing) = &keywords.windows else {
            return Ok(None);
        };
        windowing.expect_sense()?;
        let per = match (&windowing.per, windowing.step, &windowing.align) {
            (Some(Per::Period(period)), ..) => {
                return Self::of_period(py, period, windowing, keywords.options, data);
            }
            (Some(Per::Chunk), ..) => windows::Per::Chunk,
            (Some(Per::Cumulative), ..) => windows::Per::Rolling(Rolling::Cumulative),
            (Some(Per::Rows(rows)), _, Some(Align::Row)) => {
                windows::Per::Rolling(Rolling::Trailing(*rows))
            }
            (Some(Per::Rows(rows)), Some(step), None) if step != *rows => {
                windows::Per::Rolling(Rolling::Steps { rows: *rows, step })
            }
            (Some(Per::Rows(rows)), ..) => windows::Per::Rows(*rows),
            (None, ..) => return Ok(None), // nothing was given
        };
        let mut options = keywords.options;
        if let windows::Per::Rolling(Rolling::Trailing(rows)) = per
            && !keywords.has_min_count
        {
            options.min_count = rows.get() as u64;
        }
        Ok(Some(Self { per, clock: None, options }))
    }

    fn of_period(
        py: Python<'_>,
        period: &Period,
        windowing: &Windowing,
        options: Options,
        data: InputRef<'_>,
    ) -> PyResult<Option<Self>> {
        let (of, clock) = match (&windowing.on, data) {
            (Some(On::Label(label)), InputRef::Table(table)) => {
                let column = label.find(table)?;
                (column.data_type().clone(), Clock::new(name_of(column), Times::Beside))
            }
            (Some(On::Label(_)), InputRef::Column(_)) => {
                return Err(PyTypeError::new_err(
                    "on= names a column of a table, but this is one column: give the column of times itself",
                ));
            }
            (Some(On::Data(on)), _) => {
                let on = on.bind(py);
                let Input::Column(column) = source(on)?.read_all()? else {
                    return Err(PyTypeError::new_err(format!(
                        "on= takes a column of times, but {} is a table",
                        type_name(on)
                    )));
                };
                let of = column.data_type().clone();
                (of, Clock::new(name_of(&column), Times::Apart(Box::new(column))))
            }
            (None, _) => return Ok(None), // refused before
        };
        let Some(ticks) = period.ticks(&of) else {
            return Err(PyTypeError::new_err(format!(
                "{} is {}: per={} needs times",
                clock.name,
                types::name(types::plain(&of)),
                quoted(&period.text)
            )));
        };
        let per = windows::Per::Rolling(Rolling::Period(ticks));
        Ok(Some(Self { per, clock: Some(clock), options }))
    }
}

/// How messages call the column of times.
fn name_of(column: &Column) -> String {
    match column.name.as_str() {
        "" => "on=".to_string(),
        name => format!("column {} (on=)", quoted(name)),
    }
}

/// The times of the rows of a call, batch by batch.
pub struct Clock {
    /// What messages call them.
    name: String,
    times: Times,
    /// The number of rows so far, and the last time.
    rows: usize,
    last: Option<i64>,
}

enum Times {
    /// A column of the table.
    Beside,
    /// A column of its own.
    Apart(Box<Column>),
}

impl Clock {
    fn new(name: String, times: Times) -> Self {
        Self { name, times, rows: 0, last: None }
    }

    /// The times of the next rows.
    pub fn next(&mut self, keywords: &Keywords, data: InputRef<'_>) -> PyResult<Vec<i64>> {
        let times = match (&self.times, data) {
            (Times::Beside, InputRef::Table(table)) => match on_of(keywords, table)? {
                Some(column) => read_times(&column.chunks),
                None => Ok(Vec::new()),
            },
            (Times::Apart(column), data) => {
                let end = self.rows + data.rows();
                if column.rows() < end {
                    return Err(self.of_other_rows(column.rows(), end));
                }
                let index = colstats::internals::columns::rows::RowIndex::new(&column.chunks);
                read_times(&index.between(self.rows..end))
            }
            (Times::Beside, InputRef::Column(_)) => Ok(Vec::new()), // refused before
        };
        let times = times.map_err(|row| {
            PyValueError::new_err(format!("{} is null in row {}", self.name, self.rows + row))
        })?;
        let mut last = self.last;
        for (row, &time) in times.iter().enumerate() {
            if last.is_some_and(|last| time < last) {
                let row = self.rows + row;
                let advice = match self.times {
                    Times::Beside => "sort the table by it",
                    Times::Apart(_) => "sort the rows by it",
                };
                return Err(PyValueError::new_err(format!(
                    "{} is not sorted: row {row} is before row {}; {advice}",
                    self.name,
                    row - 1
                )));
            }
            last = Some(time);
        }
        (self.last, self.rows) = (last, self.rows + times.len());
        Ok(times)
    }

    /// Refuses times that are left.
    pub fn expect_end(&self) -> PyResult<()> {
        match &self.times {
            Times::Apart(column) if column.rows() > self.rows => {
                Err(self.of_other_rows(column.rows(), self.rows))
            }
            _ => Ok(()),
        }
    }

    fn of_other_rows(&self, ours: usize, theirs: usize) -> PyErr {
        PyValueError::new_err(format!(
            "{} has {ours} rows, but the data has {theirs}: they must be columns of the same rows",
            self.name
        ))
    }
}

/// The column of a table that has its times.
fn on_of<'a>(keywords: &Keywords, table: &'a Table) -> PyResult<Option<&'a Column>> {
    match keywords.windows.as_deref() {
        Some(Windowing { on: Some(On::Label(label)), .. }) => label.find(table).map(Some),
        _ => Ok(None),
    }
}

/// The columns of a table that get results: those that are selected, without that of the times, unless it is named.
pub fn columns_of<'a>(keywords: &Keywords, table: &'a Table) -> PyResult<Vec<&'a Column>> {
    let mut columns = keywords.selection.of(table)?;
    if keywords.selection.columns.is_none()
        && let Some(on) = on_of(keywords, table)?
    {
        columns.retain(|column| !std::ptr::eq(*column, on));
    }
    Ok(columns)
}
