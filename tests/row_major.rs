//! The kernels of tables in row-major order against the bucket engine, column by column: all shapes, strides and
//! instruction sets, and columns that fit neither each other's grids nor any.
//!
//! `COLSTATS_STRESS=100000 cargo test --release --test row_major` runs 100,000 cases.

#[path = "oracle/columns.rs"]
mod columns;
#[path = "oracle/kernels.rs"]
mod oracle;
#[path = "oracle/random.rs"]
mod random;
#[path = "oracle/tables.rs"]
mod tables;

use colstats::internals::exact::Integer;
use colstats::internals::kernels::across::integers::Halves;
use colstats::internals::kernels::across::{extremes, floats, integers};
use colstats::internals::kernels::dispatch::Isa;
use colstats::internals::kernels::extremes as of_column;
use colstats::internals::kernels::floats::Ieee;
use colstats::internals::kernels::{Block, Element, Kernel, Need, Sums};
use half::f16;
use oracle::{assert_within_slack, by_buckets, by_kernel};
use random::Random;
use tables::{Memory, table};

fn check<T: Ieee + std::fmt::Debug>(case: u64, table: &[Vec<T>], random: &mut Random) {
    let gap = random.pick(&[0, 0, 1, 13]) as usize;
    let memory = Memory::new(table, gap, random.below(3) == 0, T::NOT_A_NUMBER);
    check_extremes(case, table, &memory);
    let expected =
        table.iter().map(|column| by_buckets(column.iter().copied())).collect::<Vec<_>>();
    for isa in Isa::detected() {
        for need in [Need::Sum, Need::Squares, Need::Bracket] {
            let mut sums = vec![Sums::default(); table.len()];
            let has_vectors = floats::add_on(isa, memory.rows(), need, &mut sums);
            assert_eq!(has_vectors, isa != Isa::Portable);
            for (i, (sums, expected)) in sums.into_iter().zip(&expected).enumerate() {
                if !has_vectors {
                    assert_eq!(sums, Sums::default());
                    continue;
                }
                let what = (case, isa, need, i);
                if sums.slack.is_some() {
                    assert_eq!(need, Need::Bracket);
                    assert_within_slack(sums, expected, what);
                    continue;
                }
                let mut expected = expected.clone();
                if need == Need::Sum {
                    expected.second = Integer::new();
                    let alone = by_kernel(isa, need, &[Block::Dense(&table[i])]);
                    assert_eq!(alone, expected, "{what:?}: {:?}", table[i]);
                }
                assert_eq!(sums, expected, "{what:?}: {:?}", table[i]);
            }
        }
    }
}

/// Compares the extremes of each column with those of the column alone.
fn check_extremes<T: Element>(what: impl std::fmt::Debug, table: &[Vec<T>], memory: &Memory<T>) {
    let same = |a: &[_], b: &[_]| format!("{a:?}") == format!("{b:?}");
    let expected = table.iter().map(|column| of_column::extremes(column)).collect::<Vec<_>>();
    for isa in Isa::detected() {
        let found = extremes::extremes_on(isa, memory.rows());
        assert!(same(&found, &expected), "{what:?}, {isa:?}: {found:?}, {expected:?}");
    }
}

fn check_integers<T: Halves + TryFrom<i128>>(case: u64, random: &mut Random) {
    let count = random.pick(&[1, 2, 3, 8, 17, 63, 64, 65, 200]);
    let rows = random.pick(&[0, 1, 5, 255, 256, 257, 700]);
    let bits = random.pick(&[3, 8, 20, 31, 32, 33, 40, 63, 64]);
    let value = |random: &mut Random| {
        let magnitude = i128::from(random.next() >> (64 - bits) | random.below(2) << (bits - 1));
        let signed = if random.below(2) == 0 { magnitude } else { -magnitude };
        T::try_from(signed).unwrap_or_else(|_| T::try_from(1).ok().expect("1 fits every type"))
    };
    let table = (0..count).map(|_| (0..rows).map(|_| value(random)).collect::<Vec<_>>());
    let table = table.collect::<Vec<_>>();
    let gap = random.pick(&[0, 0, 5]) as usize;
    let memory = Memory::new(&table, gap, random.below(3) == 0, T::from_rank(T::GREATEST));
    check_extremes(case, &table, &memory);
    for need in [Need::Sum, Need::Squares] {
        let alone = |column: &Vec<T>| {
            let mut sums = Sums::default();
            let mut kernel = T::Kernel::new(need);
            kernel.update(Block::Dense(column), &mut sums);
            kernel.finish(&mut sums);
            sums
        };
        let expected = table.iter().map(alone).collect::<Vec<_>>();
        for isa in Isa::detected() {
            let mut sums = vec![Sums::default(); table.len()];
            integers::add_on(isa, memory.rows(), need, &mut sums);
            assert_eq!(sums, expected, "case {case}, {isa:?}, {need:?}, {count} x {rows}");
        }
    }
}

#[test]
fn tables_of_integers() {
    let mut random = Random(0x5eed_0dd5_9abc_def1);
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

#[test]
fn tables_of_floats() {
    let mut random = Random(0x0dd5_eed5_1234_5679);
    for case in 0..random::cases(400) {
        let table = table(&mut random);
        check(case, &table, &mut random);
        let singles = table.iter().map(|column| column.iter().map(|&x| x as f32).collect());
        check(case, &singles.collect::<Vec<_>>(), &mut random);
        let halves = table.iter().map(|column| column.iter().map(|&x| f16::from_f64(x)).collect());
        check(case, &halves.collect::<Vec<_>>(), &mut random);
    }
}
