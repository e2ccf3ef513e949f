//! Two doubles: NEON, which every 64-bit ARM has.

use std::arch::aarch64::*;

use crate::kernels::vector::{Blind, MAX_LANES, Vector};

/// A register of 128 bits.
#[derive(Clone, Copy)]
pub struct Neon(float64x2_t);

impl Vector for Neon {
    const LANES: usize = 2;
    type Watch = Blind;
    /// NEON is part of the baseline.
    type Detected = ();
    /// There are 32 registers.
    const HAS_FOUR_CHAINS: bool = true;

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
