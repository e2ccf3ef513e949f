//! What was asked: the statistic and its options, by the keywords of the plugin.

use colstats::{Options, Statistic};

use super::pickle::{self, Value};
use crate::classes::statistics::STATISTICS;
use crate::options::Keywords;

/// A statistic and its options.
pub struct Asked {
    pub statistic: Statistic,
    pub options: Options,
}

impl Asked {
    /// Reads a pickled dict of the name of the statistic, and of options as they are named in Python.
    /// `colstats.polars` has checked them.
    pub fn read(kwargs: &[u8]) -> Result<Self, String> {
        let unreadable = || "the keywords are not those of colstats.polars".to_string();
        let (mut statistic, mut keywords) = (None, Keywords::default());
        for (key, value) in pickle::read(kwargs).ok_or_else(unreadable)? {
            keywords = match (key, value) {
                ("statistic", Value::Text(name)) => {
                    statistic = STATISTICS.iter().find(|(known, _)| *known == name);
                    keywords
                }
                ("skip_nulls", Value::Flag(skip)) => keywords.skip_nulls(skip),
                ("skip_nans", Value::Flag(skip)) => keywords.skip_nans(skip),
                ("ddof", Value::Integer(ddof @ 0..)) => keywords.ddof(saturated(ddof)),
                ("min_count", Value::Integer(count @ 0..)) => keywords.min_count(saturated(count)),
                _ => return Err(unreadable()),
            };
        }
        let (_, statistic) = *statistic.ok_or_else(unreadable)?;
        Ok(Self { statistic, options: keywords.options })
    }
}

/// More than 64 bits is more than any column has rows.
fn saturated(value: i128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}
