//! Means and sums that are rounded in the lanes of vectors, against exact sums: every column of tables in row-major order,
//! and the answers that are made of them, whatever is left open.
//!
//! `COLSTATS_STRESS=100000 cargo test --release --test row_major_means` runs 100,000 cases.

#[path = "oracle/columns.rs"]
mod columns;
#[allow(dead_code, reason = "the sums of kernels are compared elsewhere")]
#[path = "oracle/kernels.rs"]
mod oracle;
#[path = "oracle/random.rs"]
mod random;
#[path = "oracle/tables.rs"]
mod tables;

use arrow_buffer::ScalarBuffer;
use arrow_schema::DataType;
use colstats::internals::answers::question::Question;
use colstats::internals::answers::row_major::ask_all;
use colstats::internals::answers::statistic::Ticks;
use colstats::internals::columns::row_major::RowMajor;
use colstats::internals::exact::{Integer, ratio};
use colstats::internals::kernels::Sums;
use colstats::internals::kernels::across::integers::Halves;
use colstats::internals::kernels::across::nearest::{integers, quotients_on};
use colstats::internals::kernels::dispatch::Isa;
use colstats::internals::kernels::floats::Ieee;
use colstats::{Answer, Nans, Options, Statistic};
use half::f16;
use oracle::by_buckets;
use random::Random;
use tables::{Memory, table};

/// The sum of values, divided by `divisor`, as the documentation has it.
fn expected(sums: &Sums, divisor: u64, has_nans: bool) -> f64 {
    if has_nans && sums.nans > 0 {
        return f64::NAN;
    }
    match (sums.positive_infinities > 0, sums.negative_infinities > 0) {
        (true, true) => f64::NAN,
        (true, false) => f64::INFINITY,
        (false, true) => f64::NEG_INFINITY,
        (false, false) if !sums.has_other_than_negative_zero => -0.0,
        (false, false) => ratio::mean(&sums.first, divisor),
    }
}

/// Compares all results with the exact ones; returns how many columns were left open on all instruction sets.
fn check<T: Ieee + std::fmt::Debug>(case: u64, table: &[Vec<T>], random: &mut Random) -> usize {
    let gap = random.pick(&[0, 0, 1, 13]) as usize;
    let memory = Memory::new(table, gap, random.below(3) == 0, T::NOT_A_NUMBER);
    let sums = table.iter().map(|column| by_buckets(column.iter().copied())).collect::<Vec<_>>();
    let mut open = 0;
    for isa in Isa::detected() {
        for divisor in [1, memory.rows.max(1) as u64] {
            let has_nans = random.below(4) > 0;
            let found = quotients_on(isa, memory.rows(), divisor, has_nans);
            let Some(found) = found else {
                assert!(isa == Isa::Portable || memory.rows == 0 || memory.columns < 8);
                continue;
            };
            assert!(found.open.is_sorted() && found.values.len() == memory.columns);
            open += found.open.len();
            for (i, (value, sums)) in found.values.into_iter().zip(&sums).enumerate() {
                if found.open.binary_search(&i).is_err() {
                    assert!(has_nans || sums.nans == 0, "{case}, {isa:?}: column {i} has NaNs");
                    let expected = expected(sums, divisor, has_nans);
                    assert_eq!(
                        value.to_bits(),
                        expected.to_bits(),
                        "{case}, {isa:?}, column {i} by {divisor}: {value:e}, not {expected:e}: {:?}",
                        table[i]
                    );
                }
            }
        }
    }
    open
}

#[test]
fn means_and_sums_of_floats() {
    let mut random = Random(0x0dd5_eed5_1234_5671);
    for case in 0..random::cases(400) {
        let table = table(&mut random);
        check(case, &table, &mut random);
        let singles = table.iter().map(|column| column.iter().map(|&x| x as f32).collect());
        check(case, &singles.collect::<Vec<_>>(), &mut random);
        let halves = table.iter().map(|column| column.iter().map(|&x| f16::from_f64(x)).collect());
        check(case, &halves.collect::<Vec<_>>(), &mut random);
    }
}

/// Close enough to a normal distribution.
fn normal(random: &mut Random) -> f64 {
    (0..12).map(|_| (random.next() >> 11) as f64 * 2f64.powi(-53)).sum::<f64>() - 6.0
}

/// A table of these columns and rows.
fn filled(
    [columns, rows]: [usize; 2],
    random: &mut Random,
    mut value: impl FnMut(&mut Random, usize) -> f64,
) -> Vec<Vec<f64>> {
    (0..columns).map(|_| (0..rows).map(|row| value(random, row)).collect()).collect()
}

/// What people have is settled at once: else all would be right, and slow.
#[test]
fn few_columns_are_left_open() {
    type Value = fn(&mut Random, usize) -> f64;
    let distributions: [(&str, Value); 15] =
        [
            ("normal", |random, _| normal(random)),
            ("cents", |random, _| random.below(100_000) as f64 / 100.0),
            ("integers", |random, _| random.below(100_000_000) as f64),
            ("constant", |_, _| 0.1),
            ("zeros", |_, _| 0.0),
            ("sparse", |random, _| if random.below(100) == 0 { normal(random) } else { 0.0 }),
            ("between 1 and 2", |random, _| 1.0 + (random.next() >> 12) as f64 * 2f64.powi(-52)),
            ("lognormal(0, 4)", |random, _| (4.0 * normal(random)).exp()),
            ("one in a thousand at 1e30", |random, _| {
                normal(random) * if random.below(1000) == 0 { 1e30 } else { 1.0 }
            }),
            ("exponents to 2^+-200", |random, _| {
                normal(random) * 2f64.powi(random.below(401) as i32 - 200)
            }),
            ("rising exponents", |random, row| normal(random) * 2f64.powi(row as i32 - 500)),
            ("all exponents", |random, _| {
                let exponent = random.below(2075) as i32 - 1060;
                normal(random) * 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2)
            }),
            ("NaNs", |random, _| if random.below(100) == 0 { f64::NAN } else { normal(random) }),
            (
                "infinite",
                |random, _| if random.below(99) == 0 { f64::INFINITY } else { normal(random) },
            ),
            ("both", |random, _| {
                if random.below(99) == 0 { f64::INFINITY.copysign(normal(random)) } else { 1.0 }
            }),
        ];
    let mut random = Random(0x0bad_5eed_1234_5671);
    for (name, value) in distributions {
        for shape in [[300, 100], [150, 1000]] {
            let table = filled(shape, &mut random, value);
            let memory = Memory::new(&table, 0, false, 0.0);
            let sums = table.iter().map(|column| by_buckets(column.iter().copied()));
            let sums = sums.collect::<Vec<_>>();
            for isa in Isa::detected().into_iter().filter(|&isa| isa != Isa::Portable) {
                let found = quotients_on(isa, memory.rows(), shape[1] as u64, true);
                let found = found.expect("there are vectors");
                let least = shape[0] / 100;
                assert!(found.open.len() <= least, "{name} {shape:?} {isa:?}: {:?}", found.open);
                for (i, value) in found.values.iter().enumerate() {
                    let expected = expected(&sums[i], shape[1] as u64, true);
                    let is_open = found.open.contains(&i);
                    assert!(is_open || value.to_bits() == expected.to_bits(), "{name} {isa:?} {i}");
                }
            }
        }
    }
}

fn check_integers<T: Halves + TryFrom<i128> + Into<i128>>(case: u64, random: &mut Random) {
    let count = random.pick(&[1, 2, 3, 8, 17, 63, 64, 65, 127, 128, 129, 200]);
    let rows = random.pick(&[1, 2, 5, 7, 8, 9, 255, 256, 257, 700]);
    let bits = random.pick(&[1, 3, 8, 20, 31, 32, 33, 40, 63, 64]);
    let value = |random: &mut Random| {
        let magnitude = i128::from(random.next() >> (64 - bits));
        let signed = if random.below(2) == 0 { magnitude } else { -magnitude };
        T::try_from(signed).unwrap_or_else(|_| T::try_from(1).ok().expect("1 fits every type"))
    };
    let table = (0..count).map(|_| (0..rows).map(|_| value(random)).collect::<Vec<_>>());
    let table = table.collect::<Vec<_>>();
    let gap = random.pick(&[0, 0, 5]) as usize;
    let memory = Memory::new(&table, gap, random.below(3) == 0, T::from_rank(T::GREATEST));
    for isa in Isa::detected() {
        let Some(found) = integers::means_on(isa, memory.rows()) else {
            assert_eq!(isa, Isa::Portable);
            continue;
        };
        for (i, value) in found.values.iter().enumerate() {
            let mut sum = Integer::new();
            table[i].iter().for_each(|&value| sum.add(value.into(), 0));
            let expected = ratio::mean(&sum, memory.rows as u64);
            let is_open = found.open.contains(&i);
            assert!(
                is_open || value.to_bits() == expected.to_bits(),
                "{case}, {isa:?}: {value} is not {expected}"
            );
        }
        assert!(found.open.len() <= 1 + memory.columns / 50, "{case}, {isa:?}: {:?}", found.open);
    }
}

#[test]
fn means_of_integers() {
    let mut random = Random(0x5eed_0dd5_9abc_def3);
    for case in 0..random::cases(60) {
        check_integers::<i8>(case, &mut random);
        check_integers::<u8>(case, &mut random);
        check_integers::<i16>(case, &mut random);
        check_integers::<u16>(case, &mut random);
        check_integers::<i32>(case, &mut random);
        check_integers::<u32>(case, &mut random);
        check_integers::<i64>(case, &mut random);
        check_integers::<u64>(case, &mut random);
    }
}

/// Large values cancel, and what is left is far below them: a digit that was lost anywhere changes the result.
#[test]
fn what_cancellation_leaves_is_exact() {
    let mut random = Random(0x7e57_5eed_1234_5671);
    for case in 0..40 {
        let depth = random.pick(&[40, 60, 80, 90, 100, 120, 200]);
        let mut large = 1.0;
        let table = filled([40, 300], &mut random, |random, row| match row % 3 {
            0 => {
                large = normal(random) * 2f64.powi(20);
                large
            }
            1 => -large,
            // With few bits, so that some depths fit the slices.
            _ => (random.below(1 << 20) as f64 - 1000.0) * 2f64.powi(-depth),
        });
        check(case, &table, &mut random);
    }
}

/// Open columns among others, parts of columns and of rows, and options that make a result null.
#[test]
fn answers_are_those_of_the_columns() {
    let mut random = Random(0x5eed_0dd5_9abc_d001);
    let shapes = [[9, 3], [300, 20], [5, 7000], [700, 1000], [130, 5000]];
    for shape @ [columns, rows] in shapes {
        for kind in 0..4 {
            let values = filled(shape, &mut random, |random, row| match kind {
                // Halfway between two doubles, about one column in as many as there are rows.
                0 => 1.0 + (random.next() >> 12) as f64 * 2f64.powi(-52),
                1 if random.below(2000) == 0 => f64::NAN,
                2 if random.below(5) == 0 => normal(random) * 2f64.powi(row as i32 % 900 - 450),
                3 => random.pick(&[1, 2, 3]) as f64 * 5e-324,
                _ => normal(random),
            });
            let memory = Memory::new(&values, 0, false, 0.0);
            let bytes = ScalarBuffer::from(memory.values.clone()).into_inner();
            let table = RowMajor::new(
                bytes,
                memory.first * 8,
                memory.stride * 8,
                [rows, columns],
                DataType::Float64,
            );
            let table = table.expect("it is in bounds");
            for statistic in [Statistic::Mean, Statistic::Sum, Statistic::Stddev] {
                let lenient = Options { nans: Nans::AreNull, ..Options::default() };
                let too_few = Options { min_count: rows as u64 + 1, ..Options::default() };
                for options in [Options::default(), lenient, too_few] {
                    let of = &DataType::Float64;
                    let question =
                        Question { statistic, of, options: &options, ticks: Ticks::Unit };
                    let alone = values.iter().map(|column| question.ask(&column[..]));
                    let alone = alone.collect::<Vec<Answer>>();
                    for threads in [1, 2] {
                        let answers = ask_all(&question, &table, threads);
                        assert_eq!(answers.len(), columns);
                        for (i, (answer, alone)) in answers.iter().zip(&alone).enumerate() {
                            let what = (statistic, shape, kind, threads, i);
                            assert!(answer.is_same(*alone), "{what:?}: {answer:?}, {alone:?}");
                        }
                    }
                }
            }
        }
    }
}
