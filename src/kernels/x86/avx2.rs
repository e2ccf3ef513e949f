//! Four doubles: AVX2 with fused multiply-add.

use std::arch::asm;
use std::arch::x86_64::*;

use half::f16;

use super::maker;
use crate::kernels::vector::{Attempt, Blind, Line, MAX_LANES, PREFETCH_DISTANCE, Pair, Vector};

/// The proof that the processor has AVX2, FMA, F16C and POPCNT: [`Detected::get`] alone makes it.
#[derive(Clone, Copy, Debug)]
pub struct Detected(());

impl Detected {
    /// The proof, if the processor has the instructions.
    pub fn get() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c")
            && is_x86_feature_detected!("popcnt");
        has_all.then_some(Self(()))
    }
}

/// A register of 256 bits. It is itself a proof of detection: a first one cannot be made without [`Detected`].
#[derive(Clone, Copy)]
pub struct Avx2(__m256d);

impl Vector for Avx2 {
    const LANES: usize = 4;
    type Watch = Blind;
    type Detected = Detected;

    fn attempt(detected: Detected, what: impl Attempt<Self>) -> bool {
        // SAFETY: `Detected` exists only where the instruction set was detected.
        unsafe { attempt(detected, what) }
    }

    #[inline(always)]
    fn splat(_: Detected, value: f64) -> Self {
        // SAFETY: `Detected` exists only where the instruction set was detected.
        Self(unsafe { _mm256_set1_pd(value) })
    }

    #[inline(always)]
    fn load(_: Detected, values: &[f64]) -> Self {
        let values = &values[..Self::LANES];
        // SAFETY: `Detected` exists only where the instruction set was detected, and the slice has four values.
        Self(unsafe { _mm256_loadu_pd(values.as_ptr()) })
    }

    #[inline(always)]
    fn widen(_: Detected, values: &[f32]) -> Self {
        let values = &values[..Self::LANES];
        // SAFETY: `Detected` exists only where the instruction set was detected, and the slice has four values.
        Self(unsafe { _mm256_cvtps_pd(_mm_loadu_ps(values.as_ptr())) })
    }

    #[inline(always)]
    fn widen_halves(_: Detected, values: &[f16]) -> Self {
        let values = &values[..Self::LANES];
        // SAFETY: `Detected` exists only where the instruction set was detected, and the slice has four values.
        Self(unsafe { _mm256_cvtps_pd(_mm_cvtph_ps(_mm_loadl_epi64(values.as_ptr().cast()))) })
    }

    #[inline(always)]
    fn load_some(_: Detected, values: &[f64]) -> Self {
        assert!(values.len() <= Self::LANES);
        // SAFETY: `Detected` exists only where the instruction set was detected, and only the lanes of the slice are read.
        Self(unsafe {
            let count = _mm256_set1_epi64x(values.len() as i64);
            let is_there = _mm256_cmpgt_epi64(count, _mm256_set_epi64x(3, 2, 1, 0));
            _mm256_maskload_pd(values.as_ptr(), is_there)
        })
    }

    #[inline(always)]
    fn keep(self, lanes: u8) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe {
            // Each lane tests its own bit, and becomes all ones if it is set.
            let own = _mm256_set_epi64x(8, 4, 2, 1);
            let set = _mm256_and_si256(_mm256_set1_epi64x(lanes.into()), own);
            _mm256_and_pd(self.0, _mm256_castsi256_pd(_mm256_cmpeq_epi64(set, own)))
        })
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm256_add_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn subtract(self, other: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm256_sub_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn ones(detected: Detected) -> Self {
        // SAFETY: `Detected` exists only where the instruction set was detected.
        Self(unsafe { pin(Self::splat(detected, 1.0).0) })
    }

    #[inline(always)]
    fn difference(self, other: Self, ones: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm256_fnmadd_pd(other.0, ones.0, self.0) })
    }

    #[inline(always)]
    fn finite(self) -> (Self, u32, u32) {
        // SAFETY: `self` exists only where the instruction set was detected.
        unsafe {
            let magnitude = _mm256_andnot_pd(_mm256_set1_pd(-0.0), self.0);
            let finite = _mm256_cmp_pd::<_CMP_LT_OQ>(magnitude, _mm256_set1_pd(f64::INFINITY));
            let nans = _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_UNORD_Q>(self.0, self.0)) as u32;
            let special = 0xf ^ _mm256_movemask_pd(finite) as u32;
            (Self(_mm256_and_pd(self.0, finite)), nans, special ^ nans)
        }
    }

    #[inline(always)]
    fn signs(self) -> u32 {
        // SAFETY: `self` exists only where the instruction set was detected.
        unsafe { _mm256_movemask_pd(self.0) as u32 }
    }

    #[inline(always)]
    fn multiply_quietly(self, other: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm256_mul_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn multiply_add(self, factor: Self, sum: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm256_fmadd_pd(self.0, factor.0, sum.0) })
    }

    #[inline(always)]
    fn minus_product(self, a: Self, b: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm256_fnmadd_pd(a.0, b.0, self.0) })
    }

    #[inline(always)]
    fn lesser(self, other: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm256_min_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm256_max_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn or_difference(self, a: Self, b: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm256_or_pd(self.0, _mm256_xor_pd(a.0, b.0)) })
    }

    #[inline(always)]
    fn add_bits(self, other: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe {
            let (a, b) = (_mm256_castpd_si256(self.0), _mm256_castpd_si256(other.0));
            _mm256_castsi256_pd(_mm256_add_epi64(a, b))
        })
    }

    #[inline(always)]
    fn total_of_bits(self) -> u64 {
        let mut lanes = [0u64; 4];
        // SAFETY: `self` exists only where the instruction set was detected, and there is room for four values.
        unsafe { _mm256_storeu_pd(lanes.as_mut_ptr().cast(), self.0) }
        lanes[0].wrapping_add(lanes[1]).wrapping_add(lanes[2].wrapping_add(lanes[3]))
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm256_or_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn prefetches() -> bool {
        maker::prefetches()
    }

    #[inline(always)]
    fn prefetch<T>(values: &[T]) {
        let ahead = values.as_ptr().cast::<i8>().wrapping_add(PREFETCH_DISTANCE);
        // SAFETY: any address may be prefetched, and this instruction is in the baseline.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead) }
    }

    #[inline(always)]
    fn prefetch_front<T>(values: &[T]) {
        // SAFETY: any address may be prefetched, and this instruction is in the baseline.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(values.as_ptr().cast()) }
    }

    #[inline(always)]
    fn fitting(self, limit: Self, rest: Self, rounded: Self) -> u32 {
        // SAFETY: `self` exists only where the instruction set was detected.
        unsafe {
            let sign = _mm256_set1_pd(-0.0);
            let magnitude = _mm256_andnot_pd(sign, self.0);
            let is_below = _mm256_cmp_pd::<_CMP_LT_OQ>(magnitude, limit.0);
            let is_whole = _mm256_cmp_pd::<_CMP_EQ_OQ>(rest.0, rounded.0);
            let (bits, sign) = (_mm256_castpd_si256(self.0), _mm256_castpd_si256(sign));
            let is_negative_zero = _mm256_castsi256_pd(_mm256_cmpeq_epi64(bits, sign));
            let fits = _mm256_andnot_pd(is_negative_zero, _mm256_and_pd(is_below, is_whole));
            _mm256_movemask_pd(fits) as u32
        }
    }

    #[inline(always)]
    fn store_pairs(columns: [Self; 2], rows: &mut [Pair; MAX_LANES]) {
        let [a, b] = columns.map(|column| column.0);
        let (first, last) = rows.split_at_mut(2);
        // SAFETY: the vectors exist only where the instruction set was detected, and two rows have four words.
        unsafe {
            let (even, odd) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
            let lower = _mm256_permute2f128_pd::<0x20>(even, odd);
            let upper = _mm256_permute2f128_pd::<0x31>(even, odd);
            _mm256_storeu_pd(first.as_mut_ptr().cast(), lower);
            _mm256_storeu_pd(last.as_mut_ptr().cast(), upper);
        }
    }

    #[inline(always)]
    fn store_lines(columns: [Self; 8], rows: &mut [Line; MAX_LANES]) {
        let [a, b, c, d, e, f, g, h] = columns.map(|column| column.0);
        for (half, [a, b, c, d]) in [[a, b, c, d], [e, f, g, h]].into_iter().enumerate() {
            // SAFETY: the vectors exist only where the instruction set was detected.
            let transposed = unsafe {
                let (even, odd) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
                let (more_even, more_odd) = (_mm256_unpacklo_pd(c, d), _mm256_unpackhi_pd(c, d));
                [
                    _mm256_permute2f128_pd::<0x20>(even, more_even),
                    _mm256_permute2f128_pd::<0x20>(odd, more_odd),
                    _mm256_permute2f128_pd::<0x31>(even, more_even),
                    _mm256_permute2f128_pd::<0x31>(odd, more_odd),
                ]
            };
            for (row, words) in rows.iter_mut().zip(transposed) {
                let half = &mut row.0[4 * half..4 * half + 4];
                // SAFETY: the vectors exist only where the instruction set was detected, and half a row has four words.
                unsafe { _mm256_storeu_pd(half.as_mut_ptr().cast(), words) }
            }
        }
    }

    #[inline(always)]
    fn lanes(self) -> [f64; MAX_LANES] {
        let mut lanes = [0.0; MAX_LANES];
        // SAFETY: `self` exists only where the instruction set was detected, and there is room for four values.
        unsafe { _mm256_storeu_pd(lanes.as_mut_ptr(), self.0) }
        lanes
    }

    #[inline(always)]
    fn integers(self) -> [i64; MAX_LANES] {
        let mut integers = [0; MAX_LANES];
        for (integer, lane) in integers.iter_mut().zip(self.lanes()) {
            // SAFETY: the instruction is in the baseline. `as` would saturate, which takes more instructions.
            *integer = unsafe { _mm_cvttsd_si64(_mm_set_sd(lane)) };
        }
        integers
    }
}

#[inline(never)]
#[target_feature(enable = "avx2,fma,f16c,popcnt")]
fn attempt(detected: Detected, what: impl Attempt<Avx2>) -> bool {
    what.run(detected)
}

#[inline]
#[target_feature(enable = "avx2")]
fn pin(mut lanes: __m256d) -> __m256d {
    // SAFETY: an empty asm block; it only hides the value of `lanes` from the optimizer.
    unsafe { asm!("/* {} */", inout(ymm_reg) lanes, options(nostack, preserves_flags)) }
    lanes
}
