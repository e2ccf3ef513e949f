//! Variances and deviations that are rounded in the lanes of vectors, against exact arithmetic: every column of tables in
//! row-major order.
//!
//! `COLSTATS_STRESS=100000 cargo test --release --test row_major_spreads` runs 100,000 cases.

#[path = "oracle/columns.rs"]
mod columns;
#[allow(dead_code, reason = "the sums of kernels are compared elsewhere")]
#[path = "oracle/kernels.rs"]
mod oracle;
#[path = "oracle/random.rs"]
mod random;
#[path = "oracle/tables.rs"]
mod tables;

use colstats::internals::exact::{Form, ratio};
use colstats::internals::kernels::Sums;
use colstats::internals::kernels::across::nearest::quotients_on;
use colstats::internals::kernels::across::nearest::spreads::{Spread, spreads_on};
use colstats::internals::kernels::dispatch::Isa;
use colstats::internals::kernels::floats::Ieee;
use half::f16;
use oracle::by_buckets;
use random::Random;
use tables::{Memory, table};

/// The spread of values as the documentation has it.
fn expected(sums: &Sums, count: u64, Spread { form, ddof, .. }: Spread) -> f64 {
    if sums.nans + sums.positive_infinities + sums.negative_infinities > 0 {
        return f64::NAN;
    }
    match form {
        Form::Quotient => ratio::variance(&sums.first, &sums.second, count, ddof),
        Form::Root => ratio::stddev(&sums.first, &sums.second, count, ddof),
    }
}

/// Compares all results with the exact ones; returns how many columns there were, and how many were left open, on all
/// instruction sets.
fn check<T: Ieee + std::fmt::Debug>(
    case: &str,
    table: &[Vec<T>],
    random: &mut Random,
) -> [usize; 2] {
    let gap = random.pick(&[0, 0, 1, 13]) as usize;
    let memory = Memory::new(table, gap, random.below(3) == 0, T::NOT_A_NUMBER);
    let count = memory.rows as u64;
    let sums = table.iter().map(|column| by_buckets(column.iter().copied())).collect::<Vec<_>>();
    let [mut asked, mut open] = [0, 0];
    for isa in Isa::detected() {
        for form in [Form::Quotient, Form::Root] {
            let (ddof, has_nans) = (random.pick(&[0, 1, 1, 2, count]), random.below(4) > 0);
            let spread = Spread { form, ddof, has_nans };
            let Some(found) = spreads_on(isa, memory.rows(), spread) else {
                assert!(isa == Isa::Portable || count <= ddof || memory.columns < 8);
                continue;
            };
            assert!(found.open.is_sorted() && found.values.len() == memory.columns);
            asked += memory.columns;
            open += found.open.len();
            for (i, (value, sums)) in found.values.into_iter().zip(&sums).enumerate() {
                if found.open.binary_search(&i).is_err() {
                    assert!(has_nans || sums.nans == 0, "{case}, {isa:?}: column {i} has NaNs");
                    let expected = expected(sums, count, spread);
                    assert_eq!(
                        value.to_bits(),
                        expected.to_bits(),
                        "{case}, {isa:?}, column {i}, {spread:?}: {value:e}, not {expected:e}: {:?}",
                        table[i]
                    );
                }
            }
        }
    }
    [asked, open]
}

#[test]
fn spreads_of_floats() {
    let mut random = Random(0x0dd5_eed5_1234_5679);
    for case in 0..random::cases(300) {
        let case = &format!("{case}");
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
    mut value: impl FnMut(&mut Random, usize, usize) -> f64,
) -> Vec<Vec<f64>> {
    let mut column = |i| (0..rows).map(|row| value(random, i, row)).collect();
    (0..columns).map(&mut column).collect()
}

/// What people have is settled at once: else all would be right, and slow.
#[test]
fn few_columns_are_left_open() {
    type Value = fn(&mut Random, usize, usize) -> f64;
    let distributions: [(&str, Value); 12] = [
        ("normal", |random, _, _| normal(random)),
        ("far from zero", |random, _, _| 300.0 + normal(random)),
        ("cents", |random, _, _| random.below(100_000) as f64 / 100.0),
        ("integers", |random, _, _| random.below(100_000_000) as f64),
        ("constant", |_, _, _| 0.1),
        ("zeros", |_, _, _| 0.0),
        ("sparse", |random, _, _| if random.below(100) == 0 { normal(random) } else { 0.0 }),
        ("lognormal(0, 4)", |random, _, _| (4.0 * normal(random)).exp()),
        ("one in a thousand at 1e30", |random, _, _| {
            normal(random) * if random.below(1000) == 0 { 1e30 } else { 1.0 }
        }),
        ("exponents to 2^+-200", |random, _, _| {
            normal(random) * 2f64.powi(random.below(401) as i32 - 200)
        }),
        (
            "NaNs",
            |random, _, row| {
                if row == 50 || random.below(100) == 0 { f64::NAN } else { normal(random) }
            },
        ),
        ("scales", |random, column, _| normal(random) * 2f64.powi(column as i32 % 100 - 50)),
    ];
    let mut random = Random(0x0bad_5eed_1234_5679);
    for (name, value) in distributions {
        for shape in [[300, 100], [150, 1000], [20, 3000], [1000, 20]] {
            let table = filled(shape, &mut random, value);
            let memory = Memory::new(&table, 0, false, 0.0);
            for isa in Isa::detected().into_iter().filter(|&isa| isa != Isa::Portable) {
                for form in [Form::Quotient, Form::Root] {
                    let spread = Spread { form, ddof: 1, has_nans: true };
                    let found = spreads_on(isa, memory.rows(), spread).expect("there are vectors");
                    let most = 1 + shape[0] / 300;
                    assert!(found.open.len() <= most, "{name} {shape:?} {isa:?}: {:?}", found.open);
                }
            }
            check(name, &table, &mut random);
        }
    }
}

/// Variances that are doubles, or halfway between two, and sums of squares that nearly cancel.
#[test]
fn close_calls() {
    let mut random = Random(0x7e57_5eed_1234_5679);
    for case in 0..random::cases(200) {
        let [step, offset] = [random.below(1 << 26) as f64, random.below(1 << 30) as f64];
        let tiny = 2f64.powi(-(random.below(120) as i32));
        let kind = random.below(4);
        let rows = random.pick(&[2, 3, 4, 8, 100, 129, 1024]) as usize;
        let table = filled([40, rows], &mut random, |random, column, row| match kind {
            // Two values: the deviation is half of their difference, or the variance a square of few bits.
            0 => {
                if row % 2 == 0 {
                    step + column as f64
                } else {
                    -step
                }
            }
            1 => step + if row == 0 { tiny } else { 0.0 },
            2 => offset + tiny * random.below(3) as f64,
            _ => {
                if row == column {
                    step
                } else {
                    tiny * normal(random)
                }
            }
        });
        check(&format!("{case} {kind}"), &table, &mut random);
    }
}

/// The last columns of a table fill a vector together with some of the tile before, which has settled those another way.
#[test]
fn columns_that_two_tiles_share_keep_their_results() {
    let mut random = Random(0x5a4e_5eed_1234_5679);
    for columns in 257..264 {
        for shared in 248..256 {
            let table = filled([columns, 60], &mut random, |random, column, row| match column {
                // A mean halfway between two doubles, which sums without an error decide.
                _ if column == shared => [1.0, 1.0 + f64::EPSILON][row % 2],
                // Sums with one.
                256.. => normal(random) * 2f64.powi(row as i32 * 7 - 200),
                _ => normal(random),
            });
            let memory = Memory::new(&table, 0, false, 0.0);
            for isa in Isa::detected() {
                if let Some(found) = quotients_on(isa, memory.rows(), 60, true) {
                    let is_open = found.open.contains(&shared);
                    assert!(is_open || found.values[shared] == 1.0, "{isa:?}: {columns}, {shared}");
                }
            }
            check("shared", &table, &mut random);
        }
    }
}
