//! Buckets of time: `[n * width, (n + 1) * width)` since 1970-01-01, in UTC, for times before it as well.
//!
//! A bucket is known by its number `n`, so that it does not depend on the unit of the column, and batches may come with
//! any. A bucket has no calendar: days are those of UTC, and there are no months. Rows without a time are a bucket of
//! their own.

use std::fmt;
use std::str::FromStr;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, Int64Array};
use arrow_cast::parse::string_to_datetime;
use arrow_schema::{DataType, TimeUnit};
use chrono::Utc;
use colstats::internals::types;
use serde::{Deserialize, Serialize};

use super::Time;
use crate::refusal::{Refusal, Result};

/// Nanoseconds of the units that a width may have, the largest first.
const UNITS: [(&str, i64); 8] = [
    ("w", 604_800_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];
const DAY: i64 = UNITS[1].1;

/// The width of buckets, in nanoseconds; in JSON `"15m"`, `"1h"`, `"1d"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Every(i64);

impl FromStr for Every {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (count, unit) = text.split_at(digits);
        let width = UNITS.iter().find(|(name, _)| *name == unit).and_then(|(_, nanoseconds)| {
            count.parse::<i64>().ok().filter(|&count| count > 0)?.checked_mul(*nanoseconds)
        });
        width.map(Self).ok_or_else(|| {
            format!(
                "{text:?} is not the width of a bucket: write a number and one of w, d, h, m, s, ms, us, ns, such as \
                 \"15m\" or \"1h\""
            )
        })
    }
}

impl TryFrom<String> for Every {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        text.parse()
    }
}

impl From<Every> for String {
    fn from(every: Every) -> Self {
        every.to_string()
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let largest = UNITS.iter().find(|(_, nanoseconds)| self.0 % nanoseconds == 0);
        let (unit, nanoseconds) = largest.unwrap_or(&UNITS[7]);
        write!(f, "{}{unit}", self.0 / nanoseconds)
    }
}

/// The nanoseconds of one tick of a type of times; none if it has no buckets.
fn tick(of: &DataType) -> Option<i64> {
    match of {
        DataType::Date32 => Some(DAY),
        DataType::Date64 => Some(1_000_000),
        DataType::Timestamp(unit, _) => Some(nanoseconds(*unit)),
        _ => None,
    }
}

fn nanoseconds(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

impl Time {
    /// The type in which the starts of buckets are answered: that of the column, in a unit that is fine enough.
    pub fn start_type(&self, of: &DataType) -> Result<DataType> {
        let ticks = tick(of).ok_or_else(|| {
            Refusal::invalid(format!(
                "the time column {:?} is {}: buckets are made of timestamps and dates",
                self.column,
                types::name(of)
            ))
        })?;
        let whole =
            |unit: &TimeUnit| self.every.0 % nanoseconds(*unit) == 0 && nanoseconds(*unit) <= ticks;
        match of {
            DataType::Timestamp(_, zone) => {
                let units = [
                    TimeUnit::Second,
                    TimeUnit::Millisecond,
                    TimeUnit::Microsecond,
                    TimeUnit::Nanosecond,
                ];
                let unit = units.into_iter().find(whole).unwrap_or(TimeUnit::Nanosecond);
                Ok(DataType::Timestamp(unit, zone.clone()))
            }
            date if self.every.0 % DAY == 0 => Ok(date.clone()),
            date => Err(Refusal::invalid(format!(
                "the time column {:?} is {}: buckets of {} cut days, so make it a timestamp, or use whole days",
                self.column,
                types::name(date),
                self.every
            ))),
        }
    }

    /// The bucket of each row, of times of any unit. `start_type` is that of the dataset.
    pub fn numbers(&self, times: &ArrayRef, start_type: &DataType) -> Result<Int64Array> {
        let ticks = ticks(times);
        let from = i128::from(tick(times.data_type()).unwrap_or(1));
        let to = i128::from(tick(start_type).unwrap_or(1));
        let (width, mut beyond) = (i128::from(self.every.0), None);
        let numbers = ticks.iter().map(|ticks| {
            let ticks = ticks?;
            let number = (i128::from(ticks) * from).div_euclid(width);
            let fits = i64::try_from(number).ok().filter(|_| {
                let start = number * width / to;
                match start_type {
                    DataType::Date32 => i32::try_from(start).is_ok(),
                    _ => i64::try_from(start).is_ok(),
                }
            });
            if fits.is_none() {
                beyond = Some(ticks);
            }
            fits
        });
        let numbers = numbers.collect::<Int64Array>();
        match beyond {
            None => Ok(numbers),
            Some(ticks) => Err(Refusal::invalid(format!(
                "column {:?}: the time {ticks} ({}) is in a bucket of {} that begins beyond what {} can hold",
                self.column,
                types::name(times.data_type()),
                self.every,
                types::name(start_type)
            ))),
        }
    }

    /// The start of a bucket in ticks of the type of starts.
    pub fn start(&self, number: i64, start_type: &DataType) -> i64 {
        let to = i128::from(tick(start_type).unwrap_or(1));
        let start = i128::from(number) * i128::from(self.every.0) / to;
        start.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }

    /// The bucket that begins at a time such as `2026-11-26T14:00:00Z`, which must be the start of one.
    pub fn number_of(&self, text: &str, what: &str) -> Result<i64> {
        let time = string_to_datetime(&Utc, text).map_err(|_| {
            Refusal::invalid(format!(
                "{what:?} is {text:?}, which is not a time: write 2026-11-26T14:00:00Z or 2026-11-26"
            ))
        })?;
        let ticks = i128::from(time.timestamp()) * 1_000_000_000
            + i128::from(time.timestamp_subsec_nanos());
        let width = i128::from(self.every.0);
        if ticks.rem_euclid(width) != 0 {
            let start = |number: i128| {
                let start = number * width;
                chrono::DateTime::from_timestamp(
                    start.div_euclid(1_000_000_000) as i64,
                    start.rem_euclid(1_000_000_000) as u32,
                )
                .map_or_else(String::new, |start| start.to_rfc3339())
            };
            let number = ticks.div_euclid(width);
            return Err(Refusal::invalid(format!(
                "{what:?} is {text:?}, within a bucket of {}, whose rows are not told apart: write {} or {}",
                self.every,
                start(number),
                start(number + 1)
            )));
        }
        i64::try_from(ticks / width)
            .map_err(|_| Refusal::invalid(format!("{what:?} is {text:?}, beyond all buckets")))
    }
}

/// The ticks of times; none of other columns, which have been refused by then.
fn ticks(times: &ArrayRef) -> Int64Array {
    match times.data_type() {
        DataType::Date32 => times.as_primitive::<Date32Type>().unary(i64::from),
        DataType::Date64 => times.as_primitive::<Date64Type>().reinterpret_cast(),
        DataType::Timestamp(TimeUnit::Second, _) => {
            times.as_primitive::<TimestampSecondType>().reinterpret_cast()
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            times.as_primitive::<TimestampMillisecondType>().reinterpret_cast()
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            times.as_primitive::<TimestampMicrosecondType>().reinterpret_cast()
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            times.as_primitive::<TimestampNanosecondType>().reinterpret_cast()
        }
        _ => Int64Array::new_null(times.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(text: &str) -> Time {
        Time { column: "at".into(), every: text.parse().expect("a width") }
    }

    #[test]
    fn widths_are_a_number_and_a_unit() {
        for (text, shown) in [("60m", "1h"), ("1w", "1w"), ("90s", "90s"), ("1500ms", "1500ms")] {
            assert_eq!(text.parse::<Every>().expect("a width").to_string(), shown);
        }
        for nonsense in ["", "h", "0h", "-1h", "1", "1y", "1.5h", "99999999999w", "1 h", "é1h"] {
            let refused = nonsense.parse::<Every>().expect_err(nonsense);
            assert!(refused.contains("such as"), "{refused}");
        }
    }

    #[test]
    fn times_before_1970_are_in_buckets_below_zero() {
        let times: ArrayRef =
            std::sync::Arc::new(arrow_array::TimestampMillisecondArray::from(vec![
                Some(-1),
                Some(0),
                Some(3_599_999),
                None,
                Some(-3_600_001),
            ]));
        let hour = every("1h");
        let start_type = hour.start_type(times.data_type()).expect("a timestamp");
        assert_eq!(start_type, DataType::Timestamp(TimeUnit::Millisecond, None));
        let numbers = hour.numbers(&times, &start_type).expect("they fit");
        assert_eq!(numbers, Int64Array::from(vec![Some(-1), Some(0), Some(0), None, Some(-2)]));
        assert_eq!(hour.start(-2, &start_type), -7_200_000);
    }

    #[test]
    fn starts_are_answered_in_the_type_of_the_column() {
        let second = DataType::Timestamp(TimeUnit::Second, Some("+02:00".into()));
        let refused = every("500ms").start_type(&DataType::Date32).expect_err("days are cut");
        assert!(refused.message.contains("whole days"), "{refused}");
        assert!(every("1h").start_type(&DataType::Int64).is_err());
        let fine = every("500ms").start_type(&second).expect("a timestamp");
        assert_eq!(fine, DataType::Timestamp(TimeUnit::Millisecond, Some("+02:00".into())));
        assert_eq!(every("1w").start_type(&DataType::Date32).expect("weeks"), DataType::Date32);
    }

    #[test]
    fn limits_are_starts_of_buckets() {
        let hour = every("1h");
        assert_eq!(hour.number_of("1970-01-02T00:00:00Z", "from"), Ok(24));
        assert_eq!(hour.number_of("1969-12-31T22:00:00", "from"), Ok(-2));
        assert_eq!(hour.number_of("1970-01-01T02:00:00+01:00", "from"), Ok(1));
        let refused = hour.number_of("1970-01-01T00:30:00Z", "from").expect_err("within");
        assert!(refused.message.contains("1970-01-01T01:00:00"), "{refused}");
        assert!(hour.number_of("yesterday", "to").expect_err("no time").message.contains("\"to\""));
    }

    #[test]
    fn a_bucket_begins_where_its_type_can_say_so() {
        let times: ArrayRef =
            std::sync::Arc::new(arrow_array::TimestampNanosecondArray::from(vec![i64::MIN]));
        let start_type = DataType::Timestamp(TimeUnit::Nanosecond, None);
        assert!(every("7ns").numbers(&times, &start_type).is_err());
        let seconds: ArrayRef =
            std::sync::Arc::new(arrow_array::TimestampSecondArray::from(vec![i64::MAX]));
        assert!(every("1ns").numbers(&seconds, &start_type).is_err());
        assert!(
            every("1d").numbers(&seconds, &DataType::Timestamp(TimeUnit::Second, None)).is_ok()
        );
    }
}
