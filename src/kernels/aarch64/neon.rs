//! Two doubles: NEON, which every 64-bit ARM has.

use std::arch::aarch64::*;
use std::arch::asm;

use super::fpsr;
use crate::kernels::vector::{MAX_LANES, Vector, Watch};

/// A register of 128 bits.
#[derive(Clone, Copy)]
pub struct Neon(float64x2_t);

impl Vector for Neon {
    const LANES: usize = 2;
    type Watch = Fpsr;
    /// NEON is part of the baseline.
    type Detected = ();
    /// There are 32 registers.
    const HAS_FOUR_CHAINS: bool = true;
    const CUTS_BY_ROUNDING: bool = true;

    #[inline(always)]
    fn splat((): (), value: f64) -> Self {
        // SAFETY: NEON is part of the baseline.
        Self(unsafe { vdupq_n_f64(value) })
    }

    #[inline(always)]
    fn load((): (), values: &[f64]) -> Self {
        let values = &values[..Self::LANES];
        // SAFETY: NEON is part of the baseline, and the slice has two values.
        Self(unsafe { vld1q_f64(values.as_ptr()) })
    }

    #[inline(always)]
    fn widen((): (), values: &[f32]) -> Self {
        let values = &values[..Self::LANES];
        // SAFETY: NEON is part of the baseline, and the slice has two values.
        Self(unsafe { vcvt_f64_f32(vld1_f32(values.as_ptr())) })
    }

    #[inline(always)]
    fn keep(self, lanes: u8) -> Self {
        let bits = |lane: u8| u64::from(lanes >> lane & 1).wrapping_neg();
        // SAFETY: NEON is part of the baseline.
        Self(unsafe {
            let kept = vcombine_u64(vcreate_u64(bits(0)), vcreate_u64(bits(1)));
            vreinterpretq_f64_u64(vandq_u64(vreinterpretq_u64_f64(self.0), kept))
        })
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: NEON is part of the baseline.
        Self(unsafe { vaddq_f64(self.0, other.0) })
    }

    #[inline(always)]
    fn subtract(self, other: Self) -> Self {
        // SAFETY: NEON is part of the baseline.
        Self(unsafe { vsubq_f64(self.0, other.0) })
    }

    #[inline(always)]
    fn without_nans(self) -> (Self, u32) {
        // SAFETY: NEON is part of the baseline.
        unsafe {
            let numbers = vceqq_f64(self.0, self.0);
            let kept = vandq_u64(vreinterpretq_u64_f64(self.0), numbers);
            (Self(vreinterpretq_f64_u64(kept)), 2 - vaddvq_u64(vshrq_n_u64::<63>(numbers)) as u32)
        }
    }

    #[inline(always)]
    fn rounded(self) -> Self {
        // SAFETY: NEON is part of the baseline. FRINTN does not signal that a result is inexact.
        Self(unsafe { vrndnq_f64(self.0) })
    }

    #[inline(always)]
    fn multiply(self, factor: Self) -> Self {
        // SAFETY: NEON is part of the baseline.
        Self(unsafe { vmulq_f64(self.0, factor.0) })
    }

    #[inline(always)]
    fn multiply_add(self, factor: Self, sum: Self) -> Self {
        // SAFETY: NEON is part of the baseline.
        Self(unsafe { vfmaq_f64(sum.0, self.0, factor.0) })
    }

    #[inline(always)]
    fn or_difference(self, a: Self, b: Self) -> Self {
        // SAFETY: NEON is part of the baseline.
        Self(unsafe {
            let [all, a, b] = [self.0, a.0, b.0].map(|v| vreinterpretq_u64_f64(v));
            vreinterpretq_f64_u64(vorrq_u64(all, veorq_u64(a, b)))
        })
    }

    #[inline(always)]
    fn total_of_bits(vectors: &[Self]) -> u64 {
        // SAFETY: NEON is part of the baseline.
        unsafe {
            let mut total = vdupq_n_u64(0);
            for vector in vectors {
                total = vaddq_u64(total, vreinterpretq_u64_f64(vector.0));
            }
            vaddvq_u64(total)
        }
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: NEON is part of the baseline.
        Self(unsafe {
            let [a, b] = [self.0, other.0].map(|v| vreinterpretq_u64_f64(v));
            vreinterpretq_f64_u64(vorrq_u64(a, b))
        })
    }

    #[inline(always)]
    fn prefetch<T>(_: &[T]) {} // these processors prefetch sequential reads by themselves

    #[inline(always)]
    fn lanes(self) -> [f64; MAX_LANES] {
        let mut lanes = [0.0; MAX_LANES];
        // SAFETY: NEON is part of the baseline, and there is room for two values.
        unsafe { vst1q_f64(lanes.as_mut_ptr(), self.0) }
        lanes
    }
}

/// The exception flags of the floating-point status register, which are sticky.
///
/// The compiler does not model them, so [`Fpsr::pin`] ties a computation to the place where they are read. If the
/// compiler moved another operation between start and end, the worst outcome would be a flag that is raised without
/// need. [`dispatch`](crate::kernels::dispatch) restores the flags after a task.
pub struct Fpsr;

impl Watch<Neon> for Fpsr {
    const EXISTS: bool = true;

    #[inline(always)]
    fn start() -> Self {
        let status = fpsr::read();
        if status & fpsr::FLAGS != 0 {
            fpsr::write_flags(status, 0);
        }
        Self
    }

    #[inline(always)]
    fn pin(Neon(mut lanes): Neon) -> Neon {
        // SAFETY: an empty asm block; it only pins `lanes` as an optimisation barrier.
        unsafe { asm!("/* {:v} */", inout(vreg) lanes, options(nostack, preserves_flags)) }
        Neon(lanes)
    }

    #[inline(always)]
    fn has_rounded(self) -> bool {
        fpsr::read() & fpsr::ROUNDING != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::slices::{self, Lanes};

    struct Values<'a>(&'a [f64]);

    impl Lanes<Neon> for Values<'_> {
        fn steps(&self) -> usize {
            self.0.len() / Neon::LANES
        }

        fn load(&self, (): (), step: usize) -> Neon {
            Neon::load((), &self.0[step * Neon::LANES..])
        }
    }

    /// Whether a computation raises a flag.
    fn rounds(compute: impl FnOnce(Neon) -> Neon, x: f64) -> bool {
        let before = fpsr::read();
        let watch = Fpsr::start();
        Fpsr::pin(compute(Fpsr::pin(Neon::splat((), x))));
        let rounds = watch.has_rounded();
        fpsr::write_flags(before, before);
        rounds
    }

    #[test]
    fn flags_show_what_rounds_and_rounding_to_integers_raises_none() {
        let one = Neon::splat((), 1.0);
        assert!(rounds(|x| x.add(one), 1e-30) && !rounds(|x| x.add(one), 0.5));
        assert!(rounds(|x| x.multiply(x), f64::MAX) && rounds(|x| x.multiply(x), 1e-160));
        assert!(rounds(|x| x.subtract(x), f64::INFINITY));
        for x in [0.0, 0.3, 0.5, -1.5, 1e300, 5e-324, f64::INFINITY, f64::NAN] {
            assert!(!rounds(Neon::rounded, x), "{x}");
            let [rounded, ..] = Neon::splat((), x).rounded().lanes();
            assert_eq!(rounded.to_bits(), x.round_ties_even().to_bits());
        }
    }

    /// Blocks that do not fit fall back to integers, with the same sums: here is what must fit, and what must not.
    #[test]
    fn slices_take_the_values_that_they_hold() {
        let counts = (0..256).map(|i| f64::from(i * i)).collect::<Vec<_>>();
        let fractions = counts.iter().map(|count| (count + 1.0) / 3.0).collect::<Vec<_>>();
        let [counts, fractions] = [&counts, &fractions].map(|values| Values(values));
        let fits = |values: &Values<'_>| {
            [
                slices::sums::<Neon, 1>((), values, 16).is_some(),
                slices::sums::<Neon, 2>((), values, 16).is_some(),
                slices::sums::<Neon, 3>((), values, 16).is_some(),
                slices::squares::<Neon, 2>((), values, 16).is_some(),
                slices::squares::<Neon, 3>((), values, 16).is_some(),
            ]
        };
        assert_eq!(fits(&counts), [true; 5]);
        assert_eq!(fits(&fractions), [false, true, true, false, true]);
        assert_eq!(slices::sums::<Neon, 1>((), &counts, 16), Some([5_559_680 << 28]));
    }
}
