//! Reference sums for the kernels: the bucket engine, and a function that runs a kernel on the same
//! values.

use colstats::internals::kernels::buckets::Buckets;
use colstats::internals::kernels::dispatch::Isa;
use colstats::internals::kernels::floats::{Floats, Ieee};
use colstats::internals::kernels::{Block, Kernel, Need, Sums};

/// The sums of finite values by the bucket engine, and the special values counted one by one.
pub fn by_buckets<T: Ieee>(values: impl Iterator<Item = T>) -> Sums {
    let mut sums = Sums::default();
    let mut finite = vec![];
    for value in values {
        if value.is_nan() {
            sums.nans += 1;
            continue;
        }
        sums.has_other_than_negative_zero |= value.bits() != T::INFINITY_BITS.next_power_of_two();
        if value.bits() == T::INFINITY_BITS {
            sums.positive_infinities += 1;
        } else if value.bits() & !T::INFINITY_BITS.next_power_of_two() == T::INFINITY_BITS {
            sums.negative_infinities += 1;
        } else {
            finite.push(value);
        }
    }
    let mut buckets = Buckets::new(Need::Squares);
    buckets.update(&finite, &mut sums);
    buckets.finish(&mut sums);
    sums
}

/// The sums of blocks by the kernel for an instruction set.
pub fn by_kernel<T: Ieee>(isa: Isa, need: Need, blocks: &[Block<'_, T>]) -> Sums {
    let mut sums = Sums::default();
    let mut kernel = Floats::<T>::on(isa, need);
    for &block in blocks {
        kernel.update(block, &mut sums);
    }
    kernel.finish(&mut sums);
    sums
}

/// Asserts that the sums are within their slack of the true ones, and that all else is equal.
pub fn assert_within_slack(mut sums: Sums, truth: &Sums, what: impl std::fmt::Debug) {
    let slack = sums.slack.take().expect("there is a slack");
    for (sum, truth, slack) in [
        (&mut sums.first, &truth.first, slack.first.to_integer()),
        (&mut sums.second, &truth.second, slack.second.to_integer()),
    ] {
        let (mut above, mut below) = (truth.clone(), sum.clone());
        above.merge(&slack);
        above.subtract(sum);
        below.merge(&slack);
        below.subtract(truth);
        assert!(
            !above.is_negative() && !below.is_negative(),
            "{what:?}: {sum:?} {truth:?} {slack:?}"
        );
        *sum = truth.clone();
    }
    assert_eq!(sums, *truth, "{what:?}");
}
