//! The kernels of every instruction set against the bucket engine. The sums must be equal as exact
//! integers: for dense and masked blocks, all slices of the ladder, every length and alignment, and
//! data chosen to fall outside the grids.
//!
//! `COLSTATS_STRESS=100000 cargo test --release differential` runs 100,000 cases.

#[path = "oracle/columns.rs"]
mod columns;
#[path = "oracle/kernels.rs"]
mod oracle;
#[path = "oracle/random.rs"]
mod random;

use colstats::internals::exact::Integer;
use colstats::internals::kernels::dispatch::Isa;
use colstats::internals::kernels::extremes::Extreme;
use colstats::internals::kernels::floats::Ieee;
use colstats::internals::kernels::integers::{Int, Integers};
use colstats::internals::kernels::mask::Mask;
use colstats::internals::kernels::{Block, Kernel, Need, Sums};
use columns::column;
use half::f16;
use oracle::{assert_within_slack, by_buckets, by_kernel};
use random::Random;

const NEEDS: [Need; 5] =
    [Need::Sum, Need::SumBracket, Need::Squares, Need::Bracket, Need::FineBracket];

/// Compares the sums of values, and of those that a mask leaves, with the sums of the bucket engine.
fn check<T: Ieee + std::fmt::Debug>(case: u64, values: &[T], random: &mut Random) {
    let bits = (0..values.len() / 8 + 2).map(|_| match case % 5 {
        0 => 0xff,
        1 => 0,
        2 => random.next() as u8 | random.next() as u8 | random.next() as u8,
        _ => random.next() as u8,
    });
    let bits = bits.collect::<Vec<_>>();
    let offset = random.below(8) as usize;
    let mask = Mask::new(&bits, offset, values.len());
    let is_valid = |i: usize| bits[(offset + i) / 8] >> ((offset + i) % 8) & 1 == 1;
    let valid = values.iter().enumerate().filter(|(i, _)| is_valid(*i)).map(|(_, &value)| value);

    let cut = random.below(values.len() as u64 + 1) as usize;
    let (left, right) = values.split_at(cut);
    let (all, some) = (by_buckets(values.iter().copied()), by_buckets(valid));
    for isa in Isa::detected() {
        for need in NEEDS {
            let dense = by_kernel(isa, need, &[Block::Dense(left), Block::Dense(right)]);
            let (left_mask, right_mask) = (mask.slice(0, cut), mask.slice(cut, right.len()));
            let masked = by_kernel(
                isa,
                need,
                &[Block::Masked(left, left_mask), Block::Masked(right, right_mask)],
            );
            for (sums, expected, what) in [(dense, &all, "dense"), (masked, &some, "masked")] {
                let mut expected = expected.clone();
                if !need.has_squares() {
                    expected.second = Integer::new();
                }
                if sums.slack.is_some() {
                    assert_within_slack(sums, &expected, (case, isa, what));
                    continue;
                }
                assert_eq!(sums, expected, "case {case}, {isa:?}, {need:?}, {what}: {values:?}");
            }
        }
    }
}

#[test]
fn differential() {
    let mut random = Random(0x1234_5678_9abc_def1);
    for case in 0..random::cases(1500) {
        let values = column(&mut random);
        check(case, &values, &mut random);
        let singles = values.iter().map(|&value| value as f32).collect::<Vec<_>>();
        check(case, &singles, &mut random);
        let halves = values.iter().map(|&value| f16::from_f64(value)).collect::<Vec<_>>();
        check(case, &halves, &mut random);
    }
}

#[test]
fn every_short_length_and_alignment() {
    let mut random = Random(42);
    let values = (0..400).map(|_| (random.next() as i64 >> 40) as f64 / 1024.0).collect::<Vec<_>>();
    for length in 0..=300 {
        for start in 0..8 {
            check(length as u64, &values[start..start + length], &mut random);
        }
    }
}

/// Compares the integer kernel with sums computed one value at a time, in exact arithmetic.
fn check_integers<T: Int + TryFrom<i128>>(random: &mut Random) {
    let length = random.pick(&[0, 31, 32, 33, 1023, 1024, 1025, 3000]);
    let bits = random.pick(&[3, 8, 20, 31, 32, 33, 40, 63, 64]);
    let value = |random: &mut Random| {
        let magnitude = i128::from(random.next() >> (64 - bits) | random.below(2) << (bits - 1));
        let signed = if random.below(2) == 0 { magnitude } else { -magnitude };
        T::try_from(signed).unwrap_or_else(|_| T::try_from(1).ok().expect("1 fits every type"))
    };
    let values = (0..length).map(|_| value(random)).collect::<Vec<_>>();
    let mut expected = Sums { has_other_than_negative_zero: length > 0, ..Sums::default() };
    for value in &values {
        let Extreme::Integer(value) = value.extreme() else { unreachable!("integers") };
        expected.first.add(value, 0);
        let (square, overflows) = value.unsigned_abs().overflowing_pow(2);
        assert!(!overflows);
        expected.second.add_digits(&[square as u64, (square >> 64) as u64, 0], 0);
    }
    let mut sums = Sums::default();
    let mut kernel = <Integers as Kernel<T>>::new(Need::Squares);
    kernel.update(Block::Dense(&values), &mut sums);
    <Integers as Kernel<T>>::finish(kernel, &mut sums);
    assert_eq!(sums, expected, "{length} values of {bits} bits");
}

#[test]
fn integers_of_every_width() {
    let mut random = Random(7);
    for _ in 0..300 {
        check_integers::<i8>(&mut random);
        check_integers::<u8>(&mut random);
        check_integers::<i16>(&mut random);
        check_integers::<u16>(&mut random);
        check_integers::<i32>(&mut random);
        check_integers::<u32>(&mut random);
        check_integers::<i64>(&mut random);
        check_integers::<u64>(&mut random);
    }
}
