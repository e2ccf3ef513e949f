//! The time of the kernels per value, next to the physical limit: a bare vectorized sum of the same
//! buffer, which rounds at every step. Run it with `make bench-kernels`.

use colstats::internals::kernels::dispatch::Isa;
use colstats::internals::kernels::floats::{Floats, Ieee};
use colstats::internals::kernels::mask::Mask;
use colstats::internals::kernels::{Block, Element, Kernel, Need, Sums};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

/// Numbers of values: 64 KiB, 512 KiB, 2 MiB and 512 MiB of doubles, from the caches to main memory.
const SIZES: [usize; 4] = [1 << 13, 1 << 16, 1 << 18, 1 << 26];

/// A sum at the speed of the memory, as inexact as any: 32 independent accumulators.
fn bare_sum(values: &[f64]) -> f64 {
    #[cfg(target_arch = "x86_64")]
    if Isa::detected().contains(&Isa::Avx512) {
        #[target_feature(enable = "avx512f")]
        fn by_vectors(values: &[f64]) -> f64 {
            accumulate(values)
        }
        // SAFETY: the instruction set was detected.
        #[allow(unsafe_code)]
        return unsafe { by_vectors(values) };
    }
    accumulate(values)
}

#[inline(always)]
fn accumulate(values: &[f64]) -> f64 {
    let mut sums = [0.0; 32];
    for chunk in values.chunks_exact(32) {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += value;
        }
    }
    sums.iter().sum()
}

fn float_sums<T: Ieee>(isa: Isa, need: Need, block: Block<'_, T>) -> Sums {
    let mut sums = Sums::default();
    let mut kernel = Floats::<T>::on(isa, need);
    kernel.update(block, &mut sums);
    kernel.finish(&mut sums);
    sums
}

fn integer_sums<T: Element>(need: Need, block: Block<'_, T>) -> Sums {
    let mut sums = Sums::default();
    let mut kernel = T::Kernel::new(need);
    kernel.update(block, &mut sums);
    kernel.finish(&mut sums);
    sums
}

/// Uniform bits, the same on every machine (Marsaglia's xorshift).
fn random(length: usize) -> impl Iterator<Item = u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    })
    .take(length)
}

/// Approximately normal values: sums of four uniform ones.
fn normal(length: usize) -> Vec<f64> {
    let uniform = |bits: u64| (bits & 0xffff) as f64 / 65536.0 - 0.5;
    let fine = |bits: u64| (bits >> 11) as f64 * 2f64.powi(-53);
    random(length).map(|b| uniform(b) + uniform(b >> 16) + uniform(b >> 32) + fine(b)).collect()
}

fn kernels(criterion: &mut Criterion) {
    for size in SIZES {
        let mut group = criterion.benchmark_group(format!("{size} values"));
        group.throughput(Throughput::Elements(size as u64));
        let values = normal(size);
        group.bench_function("bare sum", |bencher| {
            bencher.iter(|| bare_sum(black_box(&values)));
        });
        // The logarithms have a deviation of 3; that of `values` is 0.577.
        let lognormal = values.iter().map(|v| (5.2 * v).exp()).collect::<Vec<_>>();
        let scattered = values.iter().zip(random(size));
        let scattered =
            scattered.map(|(v, b)| v * 2f64.powi((b % 400) as i32 - 200)).collect::<Vec<_>>();
        let singles = values.iter().map(|&v| v as f32).collect::<Vec<_>>();
        let bits = random(size / 8 + 8).map(|b| b as u8 | (b >> 8) as u8 | (b >> 16) as u8);
        let bits = bits.collect::<Vec<_>>();
        let mask = Mask::new(&bits, 0, size);
        for (need, name) in
            [(Need::Sum, "sum"), (Need::Squares, "squares"), (Need::Bracket, "bracket")]
        {
            for isa in Isa::detected() {
                let id = |what: &str| BenchmarkId::new(format!("{name}, {what}"), isa.name());
                let mut bench = |what: &str, block: Block<'_, f64>| {
                    group.bench_function(id(what), |b| b.iter(|| float_sums(isa, need, block)));
                };
                bench("normal", Block::Dense(&values));
                bench("one null in eight", Block::Masked(&values, mask));
                bench("lognormal", Block::Dense(&lognormal));
                bench("exponents over 2^+-200", Block::Dense(&scattered));
                group.bench_function(id("float32"), |b| {
                    b.iter(|| float_sums(isa, need, Block::Dense(&singles)));
                });
            }
            let full = random(size).map(|bits| bits as i64).collect::<Vec<_>>();
            let small = full.iter().map(|v| v >> 33).collect::<Vec<_>>();
            let narrow = full.iter().map(|v| *v as i32).collect::<Vec<_>>();
            group.bench_function(format!("{name}, int64"), |b| {
                b.iter(|| integer_sums(need, Block::Dense(&full)));
            });
            group.bench_function(format!("{name}, int64 below 2^31"), |b| {
                b.iter(|| integer_sums(need, Block::Dense(&small)));
            });
            group.bench_function(format!("{name}, int32"), |b| {
                b.iter(|| integer_sums(need, Block::Dense(&narrow)));
            });
            let wide = full.iter().map(|v| i128::from(*v)).collect::<Vec<_>>();
            let wider = wide.iter().map(|v| v << 40).collect::<Vec<_>>();
            group.bench_function(format!("{name}, decimal128 below 2^63"), |b| {
                b.iter(|| integer_sums(need, Block::Dense(&wide)));
            });
            group.bench_function(format!("{name}, decimal128"), |b| {
                b.iter(|| integer_sums(need, Block::Dense(&wider)));
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_millis(600));
    targets = kernels
}
criterion_main!(benches);
