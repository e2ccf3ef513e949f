//! Quantiles of a column in parts that no one holds together: rounds of counts.
//!
//! In each round, every part counts its values in the buckets of some *spans* of [ranks](Element::rank), the counts are
//! added up, and whoever asks narrows each span to the bucket with the wanted position. The first span is that of all
//! values of the type, and a bucket is 2^-16 of its span; a span of few values is asked for these. So it takes at most four
//! rounds for values of 64 bits, mostly three, and a few more for decimals that differ in more than 64 bits.
//! What is found is exact, and does not depend on the parts or their order.

pub mod wire;

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::i256;
use arrow_schema::DataType;

use super::order::{Interpolation, Share, from_found, settled};
use super::question::Question;
use super::statistic::Answer;
use crate::columns::array::{block, long_days, numbers};
use crate::columns::chunk::Chunk;
use crate::columns::primitive::with_primitive;
use crate::columns::values::Values;
use crate::kernels::element::{Element, Extreme};
use crate::types;

/// Bits of a rank that a round settles: 2^16 counts take 512 KiB.
const ROUND_BITS: u32 = 16;
/// The same if there are many spans.
const NARROW_ROUND_BITS: u32 = 12;
const MANY_SPANS: usize = 8;
/// Values of a span that are asked for one by one.
const MAX_LISTED: u64 = 1 << 12;

/// A range of ranks, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The least rank.
    pub low: i256,
    /// The greatest rank.
    pub high: i256,
    /// How many values of the column are less.
    pub below: u64,
    /// How many lie within.
    pub size: u64,
}

impl Span {
    fn is_one(&self) -> bool {
        self.low == self.high
    }

    /// How far ranks are shifted to become buckets: not at all if values are listed.
    fn shift(&self, spans: usize) -> u32 {
        let bits = if spans > MANY_SPANS { NARROW_ROUND_BITS } else { ROUND_BITS };
        match self.is_listed() {
            true => 0,
            false => Distance::between(self.low, self.high).bits().saturating_sub(bits),
        }
    }

    fn is_listed(&self) -> bool {
        self.size <= MAX_LISTED
    }
}

/// A number of 256 bits without a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Distance {
    /// The upper half.
    pub high: u128,
    /// The lower half.
    pub low: u128,
}

impl Distance {
    fn between(low: i256, high: i256) -> Self {
        let (low, high) = high.wrapping_sub(low).to_parts();
        Self { low, high: high as u128 }
    }

    fn bits(self) -> u32 {
        match self.high {
            0 => u128::BITS - self.low.leading_zeros(),
            high => 2 * u128::BITS - high.leading_zeros(),
        }
    }

    fn shifted_down(self, by: u32) -> Self {
        match by {
            0 => self,
            1..128 => {
                Self { high: self.high >> by, low: self.low >> by | self.high << (u128::BITS - by) }
            }
            _ => Self { high: 0, low: self.high.checked_shr(by - u128::BITS).unwrap_or(0) },
        }
    }

    fn shifted_up(self, by: u32) -> Self {
        match by {
            0 => self,
            1..128 => {
                Self { high: self.high << by | self.low >> (u128::BITS - by), low: self.low << by }
            }
            _ => Self { high: self.low.checked_shl(by - u128::BITS).unwrap_or(0), low: 0 },
        }
    }

    /// The rank so far above another.
    fn above(self, low: i256) -> i256 {
        low.wrapping_add(i256::from_parts(self.low, self.high as i128))
    }
}

/// What was counted in a round, of some of the values of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Rows that are null.
    pub nulls: u64,
    /// NaNs.
    pub nans: u64,
    /// Values that are no NaNs.
    pub count: u64,
    /// The least and the greatest rank.
    pub extremes: Option<(i256, i256)>,
    /// How often each bucket of each span occurs, in order.
    pub buckets: Vec<Vec<(Distance, u64)>>,
}

impl Counted {
    /// Adds what was counted of other values in the same spans. False if they cannot be the same.
    #[must_use]
    pub fn merge(&mut self, other: Self) -> bool {
        if self.buckets.len() != other.buckets.len() {
            return false;
        }
        let sums = [
            (&mut self.nulls, other.nulls),
            (&mut self.nans, other.nans),
            (&mut self.count, other.count),
        ];
        for (sum, more) in sums {
            *sum = sum.saturating_add(more);
        }
        self.extremes = match (self.extremes, other.extremes) {
            (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
            (one, other) => one.or(other),
        };
        for (ours, theirs) in self.buckets.iter_mut().zip(other.buckets) {
            let mut all = ours.drain(..).collect::<BTreeMap<_, _>>();
            for (bucket, count) in theirs {
                let sum = all.entry(bucket).or_insert(0u64);
                *sum = sum.saturating_add(count);
            }
            ours.extend(all);
        }
        true
    }
}

/// The span of all values of a type, of which nothing is known. None if the type has no order.
pub fn whole(of: &DataType) -> Option<Span> {
    with_primitive!(numeric(of), P => {
        type Native = <P as ArrowPrimitiveType>::Native;
        let (low, high) = (<Native as Element>::LEAST.widened(), <Native as Element>::GREATEST.widened());
        Some(Span { low, high, below: 0, size: u64::MAX })
    }, _ => None)
}

/// Counts the values of a part of a column in spans, which ascend and do not overlap.
pub fn count(of: &DataType, chunks: &[Chunk], spans: &[Span]) -> Counted {
    let rows = chunks.iter().map(|chunk| chunk.rows() as u64).sum::<u64>();
    let mut counted = with_primitive!(numeric(of), P => {
        let mut counter = Counter::<P>::new(spans);
        chunks.iter().for_each(|chunk| counter.push(chunk));
        counter.finish()
    }, _ => Counted { buckets: vec![vec![]; spans.len()], ..Counted::default() });
    counted.nulls = rows - counted.count - counted.nans;
    counted
}

/// Booleans are read as numbers, and days in as many bits as they may have.
fn numeric(of: &DataType) -> &DataType {
    match types::plain(of) {
        DataType::Boolean => &DataType::UInt8,
        DataType::Date32 => &DataType::Int64,
        of => of,
    }
}

/// What comes after a round.
pub struct Narrowed {
    /// The spans of the next round. Those of one value are not counted again.
    pub spans: Vec<Span>,
    /// The answers, if no more rounds are needed.
    pub answers: Option<Vec<Answer>>,
}

/// Narrows the spans of a column to those with the wanted values, and answers if that is possible. None if what was counted is not of these
/// spans, because values have changed since the last round.
pub fn narrowed(
    question: &Question<'_>,
    spans: &[Span],
    counted: &Counted,
    shares: &[Share],
    interpolation: Interpolation,
) -> Option<Narrowed> {
    let Counted { nulls, nans, count, .. } = *counted;
    if let Some(answer) = settled(question.options, count, nulls, nans) {
        let answers = Some(vec![answer; shares.len()]);
        return Some(Narrowed { spans: vec![], answers });
    }
    let wanted = shares.iter().map(|share| share.neighbours(count, interpolation));
    let wanted = wanted.collect::<Vec<_>>();
    let mut positions = wanted.iter().flatten().copied().collect::<Vec<_>>();
    positions.sort_unstable();
    positions.dedup();
    let mut next = Vec::<Span>::with_capacity(positions.len());
    for position in positions {
        if next.last().is_some_and(|last| position - last.below < last.size) {
            continue;
        }
        let index = spans.iter().rposition(|span| span.below <= position)?;
        next.push(narrower(spans, index, counted, position)?);
    }
    if !next.iter().all(Span::is_one) {
        return Some(Narrowed { spans: next, answers: None });
    }
    let at = |position: u64| {
        let span = next.iter().rfind(|span| span.below <= position)?;
        extreme(question.of, span.low)
    };
    let answers = shares.iter().zip(wanted).map(|(&share, [low, high])| {
        let found = [at(low)?, at(high)?];
        Some(from_found(question, found, (share, count), interpolation))
    });
    let answers = answers.collect::<Option<_>>()?;
    Some(Narrowed { spans: next, answers: Some(answers) })
}

/// The bucket of a span that has a position, as a span.
fn narrower(spans: &[Span], index: usize, counted: &Counted, position: u64) -> Option<Span> {
    let span = spans[index];
    if span.is_one() {
        return Some(span);
    }
    let shift = span.shift(spans.len());
    let buckets = counted.buckets.get(index)?;
    let size = buckets.iter().map(|(_, count)| count).try_fold(0u64, |a, &b| a.checked_add(b))?;
    let is_first = span.size == u64::MAX;
    if size != if is_first { counted.count } else { span.size } {
        return None;
    }
    let (mut below, mut found) = (span.below, None);
    for &(bucket, count) in buckets {
        if position - below < count {
            found = Some((bucket, count));
            break;
        }
        below += count;
    }
    let (bucket, size) = found?;
    let low = bucket.shifted_up(shift).above(span.low);
    let width = Distance { high: 0, low: 1 }.shifted_up(shift);
    let last = width.above(low).wrapping_sub(i256::ONE);
    // The last bucket may be cut off by the end of the type.
    let high = if last < low { span.high } else { last.min(span.high) };
    let (least, greatest) = counted.extremes?;
    Some(Span { low: low.max(least), high: high.min(greatest), below, size })
}

/// The value of a type with a rank. None if there is none.
fn extreme(of: &DataType, rank: i256) -> Option<Extreme> {
    with_primitive!(numeric(of), P => {
        type Native = <P as ArrowPrimitiveType>::Native;
        let rank = <Native as Element>::Rank::narrowed(rank)?;
        Some(<Native as Element>::from_rank(rank).extreme())
    }, _ => None)
}

/// A rank, in as many bits as the widest has.
pub(crate) trait Widened: Ord + Copy {
    fn widened(self) -> i256;
    /// None if it is out of range.
    fn narrowed(rank: i256) -> Option<Self>;
    /// The bucket of a rank of at least `low`.
    fn bucket(self, low: Self, shift: u32) -> usize;
}

macro_rules! widened {
    ($($type:ty),*) => {$(
        impl Widened for $type {
            fn widened(self) -> i256 {
                i256::from_i128(self as i128)
            }

            fn narrowed(rank: i256) -> Option<Self> {
                rank.to_i128()?.try_into().ok()
            }

            #[inline(always)]
            fn bucket(self, low: Self, shift: u32) -> usize {
                // The difference fits, if not as one with a sign.
                ((self as i64).wrapping_sub(low as i64) as u64 >> shift) as usize
            }
        }
    )*};
}

widened!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Widened for i128 {
    fn widened(self) -> i256 {
        i256::from_i128(self)
    }

    fn narrowed(rank: i256) -> Option<Self> {
        rank.to_i128()
    }

    #[inline(always)]
    fn bucket(self, low: Self, shift: u32) -> usize {
        (self.wrapping_sub(low) as u128 >> shift) as usize
    }
}

impl Widened for i256 {
    fn widened(self) -> i256 {
        self
    }

    fn narrowed(rank: i256) -> Option<Self> {
        Some(rank)
    }

    fn bucket(self, low: Self, shift: u32) -> usize {
        Distance::between(low, self).shifted_down(shift).low as usize
    }
}

type Rank<P> = <<P as ArrowPrimitiveType>::Native as Element>::Rank;

/// Counts values in spans.
struct Counter<P: ArrowPrimitiveType>
where
    P::Native: Element,
{
    spans: Vec<Within<Rank<P>>>,
    nans: u64,
    count: u64,
    least: Rank<P>,
    greatest: Rank<P>,
}

/// The values within a span.
struct Within<R> {
    low: R,
    high: R,
    shift: u32,
    counts: Vec<u64>,
    /// The values, if they are listed.
    listed: Option<Vec<R>>,
}

impl<P: ArrowPrimitiveType> Counter<P>
where
    P::Native: Element<Rank: Widened>,
{
    fn new(spans: &[Span]) -> Self {
        let within = |span: &Span| {
            // A span of another type has no values of this one.
            let low = Rank::<P>::narrowed(span.low).unwrap_or(<P::Native>::GREATEST);
            let high = Rank::<P>::narrowed(span.high).unwrap_or(<P::Native>::LEAST);
            let shift = span.shift(spans.len());
            let is_counted = !span.is_listed() && low < high;
            let len = if is_counted { high.bucket(low, shift) + 1 } else { 0 };
            let listed = (span.is_listed() && !span.is_one()).then(Vec::new);
            Within { low, high, shift, counts: vec![0; len], listed }
        };
        let (least, greatest) = (<P::Native>::GREATEST, <P::Native>::LEAST);
        Self { spans: spans.iter().map(within).collect(), nans: 0, count: 0, least, greatest }
    }

    fn push(&mut self, chunk: &Chunk) {
        let Values::Array(array) = chunk.decoded() else { return };
        let array: ArrayRef = long_days(numbers(&array));
        if array.null_count() == array.len() {
            return;
        }
        if let Some(array) = array.as_primitive_opt::<P>() {
            block(array).for_each_dense(|values| self.add(values));
        }
    }

    fn add(&mut self, values: &[P::Native]) {
        for value in values {
            if value.is_nan() {
                self.nans += 1;
                continue;
            }
            let rank = value.rank();
            self.count += 1;
            self.least = self.least.min(rank);
            self.greatest = self.greatest.max(rank);
            for span in &mut self.spans {
                if rank < span.low || span.high < rank {
                    continue;
                }
                match &mut span.listed {
                    // Spans of one value have no counts.
                    None => {
                        let bucket = rank.bucket(span.low, span.shift);
                        span.counts.get_mut(bucket).into_iter().for_each(|count| *count += 1);
                    }
                    // There are no more, unless values change between rounds.
                    Some(listed) if listed.len() as u64 <= MAX_LISTED => listed.push(rank),
                    Some(_) => {}
                }
                break;
            }
        }
    }

    fn finish(self) -> Counted {
        let buckets = self.spans.into_iter().map(|span| match span.listed {
            None => {
                let counts = span.counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
                let bucket = |bucket: usize| Distance { high: 0, low: bucket as u128 };
                counts.map(|(index, count)| (bucket(index), count)).collect()
            }
            Some(mut listed) => {
                listed.sort_unstable();
                let alike = listed.chunk_by(|one, other| one == other);
                let low = span.low.widened();
                let distance = |rank: Rank<P>| Distance::between(low, rank.widened());
                alike.map(|alike| (distance(alike[0]), alike.len() as u64)).collect()
            }
        });
        let extremes = (self.count > 0).then(|| (self.least.widened(), self.greatest.widened()));
        let buckets = buckets.collect();
        Counted { nulls: 0, nans: self.nans, count: self.count, extremes, buckets }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::{Decimal256Type, Float64Type, Int64Type, UInt64Type};
    use arrow_array::{Int8Array, PrimitiveArray};
    use proptest::prelude::*;

    use super::super::order::quantiles;
    use super::super::statistic::Ticks;
    use super::*;
    use crate::states::accumulator::Options;

    /// The answers of rounds over parts, and how many it took.
    fn in_rounds(parts: &[ArrayRef], shares: &[Share], options: &Options) -> (Vec<Answer>, usize) {
        let of = parts[0].data_type();
        let question = question(of, options);
        let mut spans = vec![whole(of).unwrap()];
        for round in 1.. {
            let mut all = Counted { buckets: vec![vec![]; spans.len()], ..Counted::default() };
            for part in parts {
                let chunk = Chunk::from(Arc::clone(part));
                assert!(all.merge(count(of, &[chunk], &spans)));
            }
            let next = narrowed(&question, &spans, &all, shares, Interpolation::Linear).unwrap();
            spans = next.spans;
            if let Some(answers) = next.answers {
                return (answers, round);
            }
        }
        unreachable!()
    }

    fn question<'a>(of: &'a DataType, options: &'a Options) -> Question<'a> {
        Question { statistic: Interpolation::Linear.like(), of, options, ticks: Ticks::Unit }
    }

    fn check(parts: &[ArrayRef], most: usize) -> Result<(), TestCaseError> {
        let options = Options::default();
        let shares = [0.0, 0.25, 0.29, 0.5, 1.0].map(|share| Share::of(share).unwrap());
        let (found, rounds) = in_rounds(parts, &shares, &options);
        let chunks = parts.iter().map(|part| Chunk::from(Arc::clone(part))).collect::<Vec<_>>();
        let question = question(parts[0].data_type(), &options);
        let expected = quantiles(&question, &chunks, &shares, Interpolation::Linear, 1);
        for (one, other) in found.iter().zip(&expected) {
            prop_assert!(one.is_same(*other), "{:?} is not {:?}", found, expected);
        }
        prop_assert!(rounds <= most, "{} rounds", rounds);
        Ok(())
    }

    fn parts<P: ArrowPrimitiveType>(values: &[Option<P::Native>], cuts: usize) -> Vec<ArrayRef> {
        let array = |part: &[Option<P::Native>]| -> ArrayRef {
            Arc::new(part.iter().copied().collect::<PrimitiveArray<P>>())
        };
        let len = values.len().div_ceil(cuts).max(1);
        values.chunks(len).map(array).chain([array(&[])]).collect()
    }

    proptest! {
        #[test]
        fn rounds_find_what_one_pass_does(
            values in prop::collection::vec(prop::option::of(any::<i64>()), 0..200),
            floats in prop::collection::vec(prop::option::of(any::<f64>()), 0..200),
            wide in prop::collection::vec((any::<u128>(), any::<i128>()), 0..50),
            cuts in 1usize..5,
        ) {
            check(&parts::<Int64Type>(&values, cuts), 4)?;
            let unsigned = values.iter().map(|value| value.map(|it| it as u64)).collect::<Vec<_>>();
            check(&parts::<UInt64Type>(&unsigned, cuts), 4)?;
            check(&parts::<Float64Type>(&floats, cuts), 4)?;
            let wide = wide.into_iter().map(|(low, high)| Some(i256::from_parts(low, high)));
            check(&parts::<Decimal256Type>(&wide.collect::<Vec<_>>(), cuts), 4)?;
        }
    }

    #[test]
    fn many_values_take_as_many_rounds_as_they_have_bits() {
        // Values that differ in their last bits, and two far away.
        let near = (0..100_000i64).map(|i| Some(i * 7_919 % 20_011));
        let values = near.chain([Some(i64::MIN), Some(i64::MAX), None]).collect::<Vec<_>>();
        check(&parts::<Int64Type>(&values, 3), 4).unwrap();
        let doubles = values.iter().map(|value| value.map(|it| it as f64 / 3.0));
        check(&parts::<Float64Type>(&doubles.collect::<Vec<_>>(), 3), 4).unwrap();
        let ties = vec![Some(5); 100_000];
        check(&parts::<Int64Type>(&ties, 2), 1).unwrap();
        let small: ArrayRef = Arc::new(Int8Array::from_iter_values((0..100_000).map(|i| i as i8)));
        check(&[small], 1).unwrap();
    }

    #[test]
    fn values_that_change_between_rounds_are_noticed() {
        let options = Options::default();
        let array: ArrayRef =
            Arc::new((0..50_000i64).map(Some).collect::<PrimitiveArray<Int64Type>>());
        let of = array.data_type().clone();
        let question = question(&of, &options);
        let shares = [Share::of(0.5).unwrap()];
        let spans = [whole(&of).unwrap()];
        let first = count(&of, &[Chunk::from(Arc::clone(&array))], &spans);
        let next = narrowed(&question, &spans, &first, &shares, Interpolation::Lower).unwrap();
        assert!(next.answers.is_none(), "50,000 values take more rounds");
        let spans = next.spans;
        let fewer = count(&of, &[Chunk::from(array.slice(0, 40_000))], &spans);
        assert!(narrowed(&question, &spans, &fewer, &shares, Interpolation::Lower).is_none());
    }
}
