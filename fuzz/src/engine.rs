//! Any bytes as a column of floating-point numbers, cut into blocks or chunks anywhere, under any mask,
//! on every instruction set, against the sums of the bucket engine and the answers of exact sums.
//!
//! Every input is honest: each question is answered, and the answer is null only where too few values
//! count.

use std::sync::Arc;

use arbitrary::{Arbitrary, Unstructured};
use arrow_array::types::{ArrowPrimitiveType, Float16Type, Float32Type, Float64Type};
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use colstats::internals::answers::column::ask_all;
use colstats::internals::answers::question::Question;
use colstats::internals::answers::statistic::Ticks;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::exact::Integer;
use colstats::internals::kernels::dispatch::Isa;
use colstats::internals::kernels::floats::Ieee;
use colstats::internals::kernels::mask::Mask;
use colstats::internals::kernels::{Block, ByteOrder, Element, Need};
use colstats::internals::states::accumulator::Accumulator;
use colstats::{Answer, Nans, Nulls, Options, Statistic};

use crate::kernels::{assert_within_slack, by_buckets, by_kernel};

/// Longer columns are cut off here, so that each case takes a few microseconds.
const MAX_VALUES: usize = 6000;

#[derive(Arbitrary, Debug)]
enum Format {
    Double,
    Single,
    Half,
}

#[derive(Arbitrary, Debug)]
enum Asked {
    /// The sums, from the kernel itself.
    Sums { isa: u8, need: u8 },
    /// A statistic of several chunks.
    Answer { statistic: u8, two_threads: bool, skip_nans: bool, ddof: u8 },
}

/// How a column is made of the bytes that follow.
#[derive(Arbitrary, Debug)]
struct Plan {
    format: Format,
    asked: Asked,
    /// The validity bitmap, repeated; empty if there are no nulls.
    mask: Vec<u8>,
    mask_offset: u8,
    cuts: [u16; 3],
    /// The values are repeated this often,
    copies: u8,
    /// with this added to their bits each time.
    drift: u64,
}

/// Whether the bytes make a case at all.
#[cfg(test)]
pub fn is_case(bytes: &[u8]) -> bool {
    Plan::arbitrary(&mut Unstructured::new(bytes)).is_ok()
}

/// Panics if an answer is wrong.
pub fn attack(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let Ok(plan) = Plan::arbitrary(&mut input) else {
        return;
    };
    let values = input.take_rest();
    match plan.format {
        Format::Double => plan.check::<Float64Type>(values),
        Format::Single => plan.check::<Float32Type>(values),
        Format::Half => plan.check::<Float16Type>(values),
    }
}

impl Plan {
    fn check<P: ArrowPrimitiveType<Native: Ieee + std::fmt::Debug>>(&self, bytes: &[u8]) {
        let values = self.values::<P::Native>(bytes);
        match self.asked {
            Asked::Sums { isa, need } => {
                let isas = Isa::detected();
                let need =
                    [Need::Sum, Need::SumBracket, Need::Squares, Need::Bracket][need as usize % 4];
                self.check_sums(&values, isas[isa as usize % isas.len()], need);
            }
            Asked::Answer { statistic, two_threads, skip_nans, ddof } => {
                const ASKED: [Statistic; 6] = [
                    Statistic::Stddev,
                    Statistic::Variance,
                    Statistic::Mean,
                    Statistic::Sum,
                    Statistic::Min,
                    Statistic::Max,
                ];
                let statistic = ASKED[statistic as usize % ASKED.len()];
                let nans = if skip_nans { Nans::AreNull } else { Nans::Propagate };
                let options =
                    Options { nulls: Nulls::Skip, nans, min_count: 1, ddof: u64::from(ddof % 4) };
                // Rarely, since a thread pool is slow to wake.
                let threads = if two_threads && ddof >= 250 { 2 } else { 1 };
                self.check_answer::<P>(values, statistic, &options, threads);
            }
        }
    }

    fn values<T: Ieee>(&self, bytes: &[u8]) -> Vec<T> {
        let width = size_of::<T>();
        let copies = usize::from(self.copies % 32) + 1;
        let copy = |copy: usize| {
            let drift = self.drift.wrapping_mul(copy as u64);
            bytes.chunks_exact(width).map(move |value| {
                let mut bits = [0; 8];
                bits[..width].copy_from_slice(value);
                let bits = u64::from_le_bytes(bits).wrapping_add(drift);
                T::from_bytes(&bits.to_le_bytes()[..width], ByteOrder::Native)
            })
        };
        (0..copies).flat_map(copy).take(MAX_VALUES).collect()
    }

    /// The bitmap of a column, and the offset of the column in it; none, if there are no nulls.
    fn bits(&self, length: usize) -> Option<(Vec<u8>, usize)> {
        let offset = usize::from(self.mask_offset % 8);
        let bytes = (offset + length).div_ceil(8);
        let bits = self.mask.iter().copied().cycle().take(bytes).collect::<Vec<_>>();
        (!self.mask.is_empty()).then_some((bits, offset))
    }

    /// Where the column is cut, including its two ends.
    fn fences(&self, length: usize) -> Vec<usize> {
        let cuts = self.cuts.map(|cut| usize::from(cut) % (length + 1));
        let mut fences = [vec![0, length], cuts.to_vec()].concat();
        fences.sort_unstable();
        fences
    }

    fn check_sums<T: Ieee + std::fmt::Debug>(&self, values: &[T], isa: Isa, need: Need) {
        let bits = self.bits(values.len());
        let mask = bits.as_ref().map(|(bits, offset)| Mask::new(bits, *offset, values.len()));
        let blocks = self.fences(values.len());
        let blocks = blocks.windows(2).map(|ends| {
            let block = &values[ends[0]..ends[1]];
            match mask {
                None => Block::Dense(block),
                Some(mask) => Block::Masked(block, mask.slice(ends[0], block.len())),
            }
        });
        let sums = by_kernel(isa, need, &blocks.collect::<Vec<_>>());

        let counts = |i: usize| bits.as_ref().is_none_or(|(bits, from)| is_set(bits, from + i));
        let valid = values.iter().enumerate().filter(|(i, _)| counts(*i)).map(|(_, &value)| value);
        let mut expected = by_buckets(valid);
        if !need.has_squares() {
            expected.second = Integer::new();
        }
        if sums.slack.is_some() {
            return assert_within_slack(sums, &expected, (isa, self));
        }
        assert_eq!(sums, expected, "{isa:?} {need:?} {self:?}");
    }

    fn check_answer<P: ArrowPrimitiveType>(
        &self,
        values: Vec<P::Native>,
        statistic: Statistic,
        options: &Options,
        threads: usize,
    ) where
        P::Native: Element,
    {
        let length = values.len();
        let validity = self.bits(length).map(|(bits, offset)| {
            NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(bits), offset, length))
        });
        let values = PrimitiveArray::<P>::new(ScalarBuffer::from(values), validity);
        let fences = self.fences(length);
        let chunk = |ends: &[usize]| {
            let chunk: ArrayRef = Arc::new(values.slice(ends[0], ends[1] - ends[0]));
            Chunk::from(chunk)
        };
        let chunks = fences.windows(2).map(chunk).collect::<Vec<_>>();
        let question = Question { statistic, of: &P::DATA_TYPE, options, ticks: Ticks::Unit };

        let mut accumulator = Accumulator::new();
        Chunk::from(Arc::new(values.clone()) as ArrayRef).fold(Need::Everything, &mut accumulator);
        let expected = question.settle(&accumulator);
        let answer = match threads {
            1 => question.ask(&chunks[..]),
            _ => ask_all(&[(question, &chunks)], threads)[0],
        };
        assert!(answer.is_same(expected), "{answer:?}, not {expected:?}: {statistic:?} {self:?}");
        let counts = |value: P::Native| options.nans == Nans::Propagate || !value.is_nan();
        let count = values.iter().flatten().filter(|&value| counts(value)).count() as u64;
        let enough = match statistic {
            Statistic::Variance | Statistic::Stddev => count > options.ddof,
            _ => count >= options.min_count,
        };
        assert_eq!(answer != Answer::Null, enough, "{count} values: {statistic:?} {self:?}");
    }
}

fn is_set(bits: &[u8], i: usize) -> bool {
    bits[i / 8] >> (i % 8) & 1 == 1
}
