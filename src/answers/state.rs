//! Statistics of a state.

use arrow_schema::DataType;

use crate::answers::statistic::{Answer, Statistic, Ticks, answer, result_type};
use crate::error::{Error, ErrorKind};
use crate::states::accumulator::Options;
use crate::states::column_type::ColumnType;
use crate::states::moments::Moments;

impl Moments {
    /// A statistic of the values so far, which leaves the state as it is.
    ///
    /// ```
    /// use colstats::{Answer, Moments, Options, Statistic};
    ///
    /// let state: Moments = [1.0, f64::NAN, 3.0].into_iter().collect();
    /// let skip_nans = Options { nans: colstats::Nans::AreNull, ..Options::default() };
    /// assert!(state.ask(Statistic::Mean, &Options::default())?.as_f64().unwrap().is_nan());
    /// assert_eq!(state.ask(Statistic::Mean, &skip_nans)?, Answer::Float(2.0));
    /// # Ok::<(), colstats::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the type of the values has no such statistic.
    pub fn ask(&self, statistic: Statistic, options: &Options) -> Result<Answer, Error> {
        let of = match self.of() {
            None => &DataType::Null,
            Some(of) => of.data_type().unwrap_or(&DataType::Binary),
        };
        result_type(statistic, of).map_err(|error| match error.kind() {
            // Name the type of the column, not the stand-in.
            ErrorKind::Unsupported { statistic, because, .. } => {
                let of = self.of().map_or("null", ColumnType::name).to_string();
                ErrorKind::Unsupported { statistic, of, because }.into()
            }
            _ => error,
        })?;
        self.expect_known(statistic)?;
        Ok(answer(statistic, of, self.accumulator(), options, Ticks::Unit))
    }

    /// Refuses a minimum or maximum of values of which some have been taken away.
    #[doc(hidden)]
    pub fn expect_known(&self, statistic: Statistic) -> Result<(), Error> {
        match matches!(statistic, Statistic::Min | Statistic::Max) && !self.has_extremes() {
            true => Err(ErrorKind::ExtremesUnknown { statistic: statistic.name() }.into()),
            false => Ok(()),
        }
    }

    /// The number of values that are not null, NaNs included.
    pub fn count(&self) -> u64 {
        self.accumulator().count(&Options::default())
    }

    /// The sum: exact for integers and decimals, correctly rounded for floating-point numbers.
    ///
    /// # Errors
    /// If the type of the values has no sum.
    pub fn sum(&self) -> Result<Answer, Error> {
        self.ask(Statistic::Sum, &Options::default())
    }

    /// The mean, correctly rounded.
    ///
    /// # Errors
    /// If the type of the values has no mean.
    pub fn mean(&self) -> Result<Answer, Error> {
        self.ask(Statistic::Mean, &Options::default())
    }

    /// The variance, correctly rounded, with the divisor `count - ddof`.
    ///
    /// # Errors
    /// If the type of the values has no variance.
    pub fn variance(&self, ddof: u64) -> Result<Answer, Error> {
        self.ask(Statistic::Variance, &Options { ddof, ..Options::default() })
    }

    /// The standard deviation, correctly rounded from the unrounded variance.
    ///
    /// # Errors
    /// If the type of the values has no standard deviation.
    pub fn stddev(&self, ddof: u64) -> Result<Answer, Error> {
        self.ask(Statistic::Stddev, &Options { ddof, ..Options::default() })
    }

    /// The minimum; -0.0 comes before +0.0.
    ///
    /// # Errors
    /// If the type of the values has no minimum, or values have been taken away.
    pub fn min(&self) -> Result<Answer, Error> {
        self.ask(Statistic::Min, &Options::default())
    }

    /// The maximum; +0.0 comes after -0.0.
    ///
    /// # Errors
    /// If the type of the values has no maximum.
    pub fn max(&self) -> Result<Answer, Error> {
        self.ask(Statistic::Max, &Options::default())
    }
}
