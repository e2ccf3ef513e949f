//! Two doubles: NEON, which every 64-bit ARM has.

use std::arch::aarch64::*;

use crate::kernels::vector::{Attempt, Blind, MAX_LANES, Vector};

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

    #[inline(never)]
    fn attempt((): (), what: impl Attempt<Self>) -> bool {
        what.run(())
    }

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
    fn finite(self) -> (Self, u32, u32) {
        // SAFETY: NEON is part of the baseline.
        unsafe {
            let finite = vcltq_f64(vabsq_f64(self.0), vdupq_n_f64(f64::INFINITY));
            let numbers = vceqq_f64(self.0, self.0);
            let mask =
                |lanes| (vgetq_lane_u64::<0>(lanes) & 1 | vgetq_lane_u64::<1>(lanes) & 2) as u32;
            let (nans, special) = (3 ^ mask(numbers), 3 ^ mask(finite));
            let kept = vandq_u64(vreinterpretq_u64_f64(self.0), finite);
            (Self(vreinterpretq_f64_u64(kept)), nans, special ^ nans)
        }
    }

    #[inline(always)]
    fn multiply_quietly(self, other: Self) -> Self {
        // SAFETY: NEON is part of the baseline.
        Self(unsafe { vmulq_f64(self.0, other.0) })
    }

    #[inline(always)]
    fn multiply_add(self, factor: Self, sum: Self) -> Self {
        // SAFETY: NEON is part of the baseline.
        Self(unsafe { vfmaq_f64(sum.0, self.0, factor.0) })
    }

    #[inline(always)]
    fn minus_product(self, a: Self, b: Self) -> Self {
        // SAFETY: NEON is part of the baseline.
        Self(unsafe { vfmsq_f64(self.0, a.0, b.0) })
    }

    #[inline(always)]
    fn lesser(self, other: Self) -> Self {
        // SAFETY: NEON is part of the baseline.
        Self(unsafe { vbslq_f64(vcltq_f64(self.0, other.0), self.0, other.0) })
    }

    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        // SAFETY: NEON is part of the baseline.
        Self(unsafe { vbslq_f64(vcgtq_f64(self.0, other.0), self.0, other.0) })
    }

    #[inline(always)]
    fn or_difference(self, a: Self, b: Self) -> Self {
        // SAFETY: NEON is part of the baseline.
        Self(unsafe {
            let (a, b) = (vreinterpretq_u64_f64(a.0), vreinterpretq_u64_f64(b.0));
            let all = vreinterpretq_u64_f64(self.0);
            vreinterpretq_f64_u64(vorrq_u64(all, veorq_u64(a, b)))
        })
    }

    #[inline(always)]
    fn add_bits(self, other: Self) -> Self {
        // SAFETY: NEON is part of the baseline.
        Self(unsafe {
            let (a, b) = (vreinterpretq_u64_f64(self.0), vreinterpretq_u64_f64(other.0));
            vreinterpretq_f64_u64(vaddq_u64(a, b))
        })
    }

    #[inline(always)]
    fn total_of_bits(self) -> u64 {
        // SAFETY: NEON is part of the baseline.
        unsafe { vaddvq_u64(vreinterpretq_u64_f64(self.0)) }
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: NEON is part of the baseline.
        Self(unsafe {
            let (a, b) = (vreinterpretq_u64_f64(self.0), vreinterpretq_u64_f64(other.0));
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
