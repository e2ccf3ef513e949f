//! Times as Python objects, exactly: those of `datetime`, whose classes end at microseconds, and for
//! columns in nanoseconds those of `colstats.times`, whatever the values.

use arrow_schema::TimeUnit;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

/// Seconds in a day.
const DAY: i128 = 86_400;

/// A duration of so many ticks of a unit.
pub fn duration(py: Python<'_>, ticks: i128, unit: TimeUnit) -> PyResult<Bound<'_, PyAny>> {
    static DURATION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if unit == TimeUnit::Nanosecond {
        return DURATION.import(py, "colstats.times", "Duration")?.call1((ticks,));
    }
    match timedelta(py, ticks, unit) {
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => {
            Err(PyValueError::new_err(format!(
                "a duration of {ticks} {} exceeds the 999,999,999 days of Python's timedelta; \
                 {WAYS_OUT}",
                name(unit)
            )))
        }
        duration => duration,
    }
}

/// The day so many days after 1970-01-01.
pub fn date(py: Python<'_>, days: i128) -> PyResult<Bound<'_, PyAny>> {
    const EPOCH: i128 = 719_163; // 1970-01-01 as an ordinal
    let date = class(py, "date")?.call_method1("fromordinal", (days + EPOCH,));
    date.map_err(|_| out_of_range("date", &format!("{days} days")))
}

/// The day so many milliseconds after 1970-01-01. Arrow demands whole days; other values are what they
/// are, datetimes.
pub fn date_of_milliseconds(py: Python<'_>, ticks: i128) -> PyResult<Bound<'_, PyAny>> {
    match (ticks.div_euclid(1_000 * DAY), ticks.rem_euclid(1_000 * DAY)) {
        (days, 0) => date(py, days),
        _ => timestamp(py, ticks, TimeUnit::Millisecond, None),
    }
}

/// The time of day so many ticks after midnight.
pub fn time(py: Python<'_>, ticks: i128, unit: TimeUnit) -> PyResult<Bound<'_, PyAny>> {
    static TIME_OF_DAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let of_second = per_second(unit);
    let (seconds, rest) = (ticks.div_euclid(of_second), ticks.rem_euclid(of_second));
    if !(0..DAY).contains(&seconds) {
        return Err(PyValueError::new_err(format!(
            "{ticks} {} after midnight is no time of day, which is from 0 to below 86,400 s; \
             cast the column to an integer type, or repair it",
            name(unit)
        )));
    }
    if unit == TimeUnit::Nanosecond {
        return TIME_OF_DAY.import(py, "colstats.times", "TimeOfDay")?.call1((ticks,));
    }
    let micros = rest * (1_000_000 / of_second);
    class(py, "time")?.call1((seconds / 3600, seconds / 60 % 60, seconds % 60, micros))
}

/// The point in time so many ticks after 1970, in a zone or without.
pub fn timestamp<'py>(
    py: Python<'py>,
    ticks: i128,
    unit: TimeUnit,
    zone: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    static TIMESTAMP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if unit == TimeUnit::Nanosecond {
        let zone = zone.map(|zone| time_zone(py, zone)).transpose()?;
        return TIMESTAMP.import(py, "colstats.times", "Timestamp")?.call1((ticks, zone));
    }
    let overflow = |error: PyErr| match error.is_instance_of::<PyOverflowError>(py) {
        true => out_of_range("datetime", &format!("{ticks} {}", name(unit))),
        false => error,
    };
    let epoch = class(py, "datetime")?.call1((1970, 1, 1))?;
    let elapsed = timedelta(py, ticks, unit).map_err(overflow)?;
    let moment = epoch.add(elapsed).map_err(overflow)?;
    let Some(zone) = zone else {
        return Ok(moment);
    };
    let options = PyDict::new(py);
    options.set_item("tzinfo", class(py, "timezone")?.getattr("utc")?)?;
    let moment = moment.call_method("replace", (), Some(&options))?;
    moment.call_method1("astimezone", (time_zone(py, zone)?,)).map_err(overflow)
}

/// A zone of the database by name, or an offset such as `+02:00`.
fn time_zone<'py>(py: Python<'py>, zone: &str) -> PyResult<Bound<'py, PyAny>> {
    let offset = || -> Option<i128> {
        let (hours, minutes) = zone.get(1..)?.split_once(':')?;
        let minutes = hours.parse::<i128>().ok()? * 60 + minutes.parse::<i128>().ok()?;
        match zone.as_bytes()[0] {
            b'+' => Some(minutes),
            b'-' => Some(-minutes),
            _ => None,
        }
    };
    if let Some(minutes) = offset() {
        return class(py, "timezone")?.call1((timedelta(py, minutes * 60, TimeUnit::Second)?,));
    }
    py.import("zoneinfo")?.getattr("ZoneInfo")?.call1((zone,))
}

/// A `timedelta`, or an `OverflowError` of Python.
fn timedelta(py: Python<'_>, ticks: i128, unit: TimeUnit) -> PyResult<Bound<'_, PyAny>> {
    // A sum may be of any size: one that has no microseconds in 128 bits overflows in any case.
    let microseconds = ticks.saturating_mul(1_000_000 / per_second(unit));
    let options = PyDict::new(py);
    options.set_item("microseconds", microseconds)?;
    class(py, "timedelta")?.call((), Some(&options))
}

/// A class of the module `datetime`.
fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "datetime"))?.getattr(name)
}

const WAYS_OUT: &str = "cast the column to int64 for results in integers";

fn out_of_range(class: &str, since_epoch: &str) -> PyErr {
    PyValueError::new_err(format!(
        "a {class} of {since_epoch} since 1970 is outside the years 1 to 9999 of Python's \
         {class}; as Arrow it has no such limit (compute it for a table), or {WAYS_OUT}"
    ))
}

/// Ticks of a unit in a second.
fn per_second(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

fn name(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}
