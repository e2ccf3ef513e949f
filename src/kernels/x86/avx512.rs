//! Eight doubles: AVX-512 with F, BW, DQ and VL.

use std::arch::x86_64::*;

use crate::kernels::vector::{AHEAD, MOST_LANES, Vector};

/// A register of 512 bits.
#[derive(Clone, Copy)]
pub struct Avx512(__m512d);

impl Vector for Avx512 {
    const LANES: usize = 8;

    #[inline(always)]
    fn splat(value: f64) -> Self {
        // SAFETY: the instruction set was detected.
        Self(unsafe { _mm512_set1_pd(value) })
    }

    #[inline(always)]
    fn load(values: &[f64]) -> Self {
        let values = &values[..Self::LANES];
        // SAFETY: the instruction set was detected, and the slice has eight values.
        Self(unsafe { _mm512_loadu_pd(values.as_ptr()) })
    }

    #[inline(always)]
    fn widen(values: &[f32]) -> Self {
        let values = &values[..Self::LANES];
        // SAFETY: the instruction set was detected, and the slice has eight values.
        Self(unsafe { _mm512_cvtps_pd(_mm256_loadu_ps(values.as_ptr())) })
    }

    #[inline(always)]
    fn keep(self, lanes: u8) -> Self {
        // SAFETY: the instruction set was detected.
        Self(unsafe { _mm512_maskz_mov_pd(lanes, self.0) })
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the instruction set was detected.
        Self(unsafe { _mm512_add_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn subtract(self, other: Self) -> Self {
        // SAFETY: the instruction set was detected.
        Self(unsafe { _mm512_sub_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn multiply_add(self, factor: Self, sum: Self) -> Self {
        // SAFETY: the instruction set was detected.
        Self(unsafe { _mm512_fmadd_pd(self.0, factor.0, sum.0) })
    }

    #[inline(always)]
    fn or_difference(self, a: Self, b: Self) -> Self {
        // The truth table of `self | (a ^ b)`.
        const TABLE: i32 = 0xf6;
        // SAFETY: the instruction set was detected.
        Self(unsafe {
            let [all, a, b] = [self.0, a.0, b.0].map(|v| _mm512_castpd_si512(v));
            _mm512_castsi512_pd(_mm512_ternarylogic_epi64::<TABLE>(all, a, b))
        })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: the instruction set was detected.
        Self(unsafe { _mm512_or_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn prefetch<T>(values: &[T]) {
        let ahead = values.as_ptr().cast::<i8>().wrapping_add(AHEAD);
        // SAFETY: any address may be prefetched, and this instruction is in the baseline.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead) }
    }

    #[inline(always)]
    fn lanes(self) -> [f64; MOST_LANES] {
        let mut lanes = [0.0; MOST_LANES];
        // SAFETY: the instruction set was detected, and there is room for eight values.
        unsafe { _mm512_storeu_pd(lanes.as_mut_ptr(), self.0) }
        lanes
    }

    #[inline(always)]
    fn integers(self) -> [i64; MOST_LANES] {
        let mut lanes = [0; MOST_LANES];
        // SAFETY: the instruction set was detected, and there is room for eight values.
        unsafe { _mm512_storeu_epi64(lanes.as_mut_ptr(), _mm512_cvttpd_epi64(self.0)) }
        lanes
    }
}
