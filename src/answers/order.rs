//! Order statistics: quantiles, of which the median is one.
//!
//! The quantile `q` of `n` sorted values lies at the position `(n - 1) q`, counted from 0. `q` is the decimal number
//! that it is written as: 0.29 of the integers from 0 to 100 is 29, although the double that is called 0.29 is less. Between two
//! positions, [`Interpolation`] says what the quantile is; an interpolated one is rounded once.

use std::cmp::Ordering;
use std::marker::PhantomData;

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::question::Question;
use super::statistic::{Answer, Statistic, extreme, finer};
use crate::columns::array::{block, has_long_days, long_days, numbers};
use crate::columns::chunk::Chunk;
use crate::columns::primitive::with_primitive;
use crate::columns::rows::RowIndex;
use crate::columns::values::Values;
use crate::error::Error;
use crate::exact::{Integer, rational};
use crate::kernels::element::{Element, Extreme};
use crate::kernels::formats;
use crate::kernels::select::{Band, Miss, Tally, sample_len};
use crate::run::ranges::fold_ranges;
use crate::states::accumulator::{Nans, Nulls, Options};
use crate::types::{Family, family, scale};

/// What lies between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// The lower value, and the share of the difference that the position is past it.
    Linear,
    /// The lower value.
    Lower,
    /// The higher value.
    Higher,
    /// The nearer value; in the middle, that at the even position.
    Nearest,
    /// The mean of both.
    Midpoint,
}

impl Interpolation {
    /// All of them, by their names.
    pub const ALL: [(&'static str, Self); 5] = [
        ("linear", Self::Linear),
        ("lower", Self::Lower),
        ("higher", Self::Higher),
        ("nearest", Self::Nearest),
        ("midpoint", Self::Midpoint),
    ];

    /// The statistic whose results are of the type of such quantiles: a mean, or one of the values.
    pub fn like(self) -> Statistic {
        match self {
            Self::Linear | Self::Midpoint => Statistic::Mean,
            _ => Statistic::Min,
        }
    }
}

/// A share of all values, as a decimal number: `digits / 10^places`, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    digits: u64,
    places: u32,
}

impl Share {
    /// The shortest decimal number that is nearest to a double, if it is from 0 to 1.
    pub fn of(value: f64) -> Option<Self> {
        if !(0.0..=1.0).contains(&value) {
            return None;
        }
        let text = format!("{:e}", value.abs());
        let (digits, exponent) = text.split_once('e')?;
        let places = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
        let digits = digits.chars().filter(|it| *it != '.').collect::<String>().parse().ok()?;
        let places = u32::try_from(places - exponent.parse::<i32>().ok()?).ok()?;
        Some(Self { digits, places })
    }

    fn as_f64(self) -> f64 {
        self.digits as f64 / 10f64.powi(self.places as i32)
    }

    /// The positions of the values that a quantile of `count` values, at least one, depends on; one position
    /// twice, if the quantile is one of the values.
    pub(super) fn neighbours(self, count: u64, interpolation: Interpolation) -> [u64; 2] {
        self.position(count).neighbours(interpolation)
    }

    /// The position among `count` values, which are at least one.
    fn position(self, count: u64) -> Position {
        let reach = u128::from(self.digits) * u128::from(count - 1);
        match 10u128.checked_pow(self.places) {
            Some(unit) => {
                let (below, rest) = ((reach / unit) as u64, reach % unit);
                let half = (2 * rest).cmp(&unit);
                Position { below, rest, places: self.places, half }
            }
            // A share of less than 10^-21 of less than 2^64 values.
            None => Position { below: 0, rest: reach, places: self.places, half: Ordering::Less },
        }
    }
}

/// A position among sorted values: `below`, and `rest / 10^places` past it.
#[derive(Clone, Copy, Debug)]
struct Position {
    below: u64,
    rest: u128,
    places: u32,
    /// How the rest compares with one half.
    half: Ordering,
}

impl Position {
    /// The positions of the values that it depends on.
    fn neighbours(self, interpolation: Interpolation) -> [u64; 2] {
        let above = self.below + u64::from(self.rest > 0);
        match interpolation {
            Interpolation::Linear | Interpolation::Midpoint => [self.below, above],
            Interpolation::Lower => [self.below; 2],
            Interpolation::Higher => [above; 2],
            Interpolation::Nearest => {
                let is_above = match self.half {
                    Ordering::Less => false,
                    Ordering::Equal => self.below % 2 == 1,
                    Ordering::Greater => true,
                };
                [self.below + u64::from(is_above); 2]
            }
        }
    }
}

/// Quantiles of a column whose type has means, or extremes: what the interpolation is [like](Interpolation::like). The
/// statistic of the question is not looked at.
pub fn quantiles(
    question: &Question<'_>,
    chunks: &[Chunk],
    shares: &[Share],
    interpolation: Interpolation,
    threads: usize,
) -> Vec<Answer> {
    let column = RowIndex::new(chunks);
    // Booleans are read as numbers.
    let of = match crate::types::plain(question.of) {
        DataType::Boolean => &DataType::UInt8,
        DataType::Date32 if has_long_days(chunks) => &DataType::Int64,
        of => of,
    };
    with_primitive!(of, P => {
        let ask = |&share| {
            let column = Ordered::<P> { column: &column, threads, of: PhantomData };
            column.quantile(question, share, interpolation)
        };
        shares.iter().map(ask).collect()
    }, _ => vec![Answer::Null; shares.len()])
}

/// The type of quantiles of a column.
pub fn quantile_type(interpolation: Interpolation, of: &DataType) -> Result<DataType, Error> {
    super::statistic::result_type(interpolation.like(), of)
}

/// A column whose values have an order.
struct Ordered<'a, P> {
    column: &'a RowIndex<'a>,
    threads: usize,
    of: PhantomData<fn() -> P>,
}

type Rank<P> = <<P as ArrowPrimitiveType>::Native as Element>::Rank;

impl<P: ArrowPrimitiveType> Ordered<'_, P>
where
    P::Native: Element<Rank: Send + Sync>,
{
    fn quantile(
        &self,
        question: &Question<'_>,
        share: Share,
        interpolation: Interpolation,
    ) -> Answer {
        let options = question.options;
        let whole = Band { low: <P::Native>::LEAST, high: <P::Native>::GREATEST };
        let mut band = self.guess(share, whole);
        let mut found = [None; 2];
        let mut tally = self.tally(band);
        let (count, nans) = (tally.count(), tally.nans);
        let nulls = self.column.rows() as u64 - count - nans;
        if let Some(answer) = settled(options, count, nulls, nans) {
            return answer;
        }
        let position = share.position(count);
        let positions = position.neighbours(interpolation);
        for (position, found) in positions.into_iter().zip(&mut found) {
            let mut around = whole;
            *found = Some(loop {
                // What a sample has missed is looked for in all that is left.
                match tally.find(position, band) {
                    Ok(rank) => break <P::Native>::from_rank(rank).extreme(),
                    Err(Miss::Below) => {
                        around.high = band.low;
                        band = around;
                    }
                    Err(Miss::Above) => {
                        around.low = band.high;
                        band = around;
                    }
                    Err(Miss::Within(narrower)) => (around, band) = (band, narrower),
                }
                tally = self.tally(band);
                if tally.count() < count {
                    return Answer::Null; // cancelled
                }
            });
        }
        let [Some(low), Some(high)] = found else {
            return Answer::Null;
        };
        interpolated(question, [low, high], position, interpolation)
    }

    /// A band that is likely to contain what is wanted.
    fn guess(&self, share: Share, whole: Band<Rank<P>>) -> Band<Rank<P>> {
        // Runs of neighbours cost as much memory traffic as single values, and more would resemble each other.
        const NEIGHBOURS: usize = 4;
        let rows = self.column.rows();
        let Some(len) = sample_len(rows) else {
            return whole;
        };
        let mut sample = Vec::with_capacity(len + NEIGHBOURS);
        let step = rows / (len / NEIGHBOURS);
        for start in (0..rows - NEIGHBOURS).step_by(step) {
            self.visit(start..start + NEIGHBOURS, |values| {
                let numbers = values.iter().filter(|value| !value.is_nan());
                sample.extend(numbers.map(|value| value.rank()));
            });
        }
        if sample.len() < len / 8 {
            return whole;
        }
        sample.sort_unstable();
        Band::around(share.as_f64(), &sample, whole.low, whole.high)
    }

    fn tally(&self, band: Band<Rank<P>>) -> Tally<Rank<P>> {
        let fold = |rows| {
            let mut tally = Tally::new();
            self.visit(rows, |values| tally.add(band, values));
            tally
        };
        let mut total = Tally::new();
        fold_ranges(self.column.rows(), 1, self.threads, fold, |part| total.merge(part));
        total
    }

    /// Visits the values of rows that are not null.
    fn visit(&self, rows: std::ops::Range<usize>, mut visit: impl FnMut(&[P::Native])) {
        for chunk in self.column.between(rows) {
            if let Values::Array(array) = chunk.decoded() {
                let mut array: ArrayRef = numbers(&array);
                if P::DATA_TYPE == DataType::Int64 {
                    array = long_days(array);
                }
                if array.null_count() < array.len() {
                    block(array.as_primitive::<P>()).for_each_dense(&mut visit);
                }
            }
        }
    }
}

/// The answer that does not depend on which values there are, if there is one.
pub(super) fn settled(options: &Options, count: u64, nulls: u64, nans: u64) -> Option<Answer> {
    let skips_nans = options.nans == Nans::AreNull;
    let (admitted, missing) =
        if skips_nans { (count, nulls + nans) } else { (count + nans, nulls) };
    if missing > 0 && options.nulls == Nulls::Propagate
        || admitted == 0
        || admitted < options.min_count
    {
        return Some(Answer::Null);
    }
    (nans > 0 && !skips_nans).then_some(Answer::Float(f64::NAN))
}

/// The quantile of `count` values, from those at [its positions](Share::neighbours).
pub(super) fn from_found(
    question: &Question<'_>,
    found: [Extreme; 2],
    (share, count): (Share, u64),
    interpolation: Interpolation,
) -> Answer {
    interpolated(question, found, share.position(count), interpolation)
}

/// What lies at a position between two values.
fn interpolated(
    question: &Question<'_>,
    [low, high]: [Extreme; 2],
    position: Position,
    interpolation: Interpolation,
) -> Answer {
    if interpolation.like() == Statistic::Min {
        return extreme(Some(low));
    }
    // The share of the difference, as a ratio.
    let (part, whole) = match interpolation {
        Interpolation::Midpoint => (u128::from(position.rest > 0), 2u64.into()),
        _ => (position.rest, rational::power_of_ten(position.places)),
    };
    if let (Extreme::Float(low), Extreme::Float(high)) = (low, high) {
        if part == 0 || low.to_bits() == high.to_bits() {
            return Answer::Float(low);
        }
        if low.is_infinite() || high.is_infinite() {
            return Answer::Float(low + high); // of both signs: NaN
        }
    }
    let (low, high) = (integer(low), integer(high));
    // low * (whole - part) + high * part
    let part = Integer::from(part);
    let mut rest: Integer = whole.clone();
    rest.subtract(&part);
    let mut sum = low.times(&rest);
    sum.merge(&high.times(&part));
    match family(question.of) {
        Family::Float | Family::Integer | Family::Boolean => {
            Answer::Float(rational::quotient(&sum, &whole))
        }
        Family::Decimal => {
            let scale = i32::from(scale(question.of));
            let (sum, whole) = rational::over_tens(&sum, &whole, scale);
            Answer::Float(rational::quotient(&sum, &whole))
        }
        _ => {
            let factor = finer(question.of, question.ticks).into();
            let ticks = rational::nearest_integer(&sum.times(&factor), &whole);
            ticks.map_or(Answer::Null, Answer::Integer)
        }
    }
}

fn integer(value: Extreme) -> Integer {
    let mut integer = Integer::new();
    match value {
        Extreme::Float(value) => return formats::integer(value),
        Extreme::Integer(value) => integer.add(value, 0),
        Extreme::Wide(value) => {
            let (low, high) = value.to_parts();
            let digits = [low as u64, (low >> 64) as u64, high as u64, (high >> 64) as u64];
            integer.add_digits(&digits, 0);
        }
    }
    integer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_what_is_written() {
        for (value, digits, places) in [
            (0.29, 29, 2),
            (0.0, 0, 0),
            (-0.0, 0, 0),
            (1.0, 1, 0),
            (0.1 + 0.2, 30000000000000004, 17),
            (1e-5, 1, 5),
            (5e-324, 5, 324),
        ] {
            assert_eq!(Share::of(value), Some(Share { digits, places }), "{value}");
        }
        for value in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Share::of(value), None);
        }
    }

    #[test]
    fn positions_are_exact() {
        let at = |share, count| {
            let Position { below, rest, places, .. } = Share::of(share).unwrap().position(count);
            (below, rest, places)
        };
        assert_eq!(at(0.29, 101), (29, 0, 2));
        assert_eq!(at(0.5, 4), (1, 5, 1));
        assert_eq!(at(1.0, u64::MAX), (u64::MAX - 1, 0, 0));
        assert_eq!(at(5e-324, 3), (0, 10, 324));
    }
}
