//! Eight doubles: AVX-512 with F, BW, DQ and VL.

use std::arch::asm;
use std::arch::x86_64::*;

use half::f16;

use super::{avx2, maker, mxcsr};
use crate::kernels::vector::{Attempt, Line, MAX_LANES, PREFETCH_DISTANCE, Pair, Vector, Watch};

/// The proof that the processor has AVX-512 with F, BW, DQ and VL, and what [`avx2`] stands for:
/// [`Detected::get`] alone makes it.
#[derive(Clone, Copy, Debug)]
pub struct Detected(());

impl Detected {
    /// The proof, if the processor has the instructions.
    pub fn get() -> Option<Self> {
        avx2::Detected::get()?;
        let has_all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        has_all.then_some(Self(()))
    }
}

/// The classes of quiet and signalling NaNs, and of infinities of both signs.
const NANS: i32 = 0x81;
const INFINITIES: i32 = 0x18;
/// The class of -0.0.
const NEGATIVE_ZERO: i32 = 0x04;
/// Rounding to nearest that raises no exception flag.
const QUIETLY: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

/// A register of 512 bits. It is itself a proof of detection: a first one cannot be made without [`Detected`].
#[derive(Clone, Copy)]
pub struct Avx512(__m512d);

impl Vector for Avx512 {
    const LANES: usize = 8;
    type Watch = Mxcsr;
    type Detected = Detected;
    const HAS_FOUR_CHAINS: bool = true;
    const COMPRESSES: bool = true;

    fn attempt(detected: Detected, what: impl Attempt<Self>) -> bool {
        // SAFETY: `Detected` exists only where the instruction set was detected.
        unsafe { attempt(detected, what) }
    }

    #[inline(always)]
    fn splat(_: Detected, value: f64) -> Self {
        // SAFETY: `Detected` exists only where the instruction set was detected.
        Self(unsafe { _mm512_set1_pd(value) })
    }

    #[inline(always)]
    fn load(_: Detected, values: &[f64]) -> Self {
        let values = &values[..Self::LANES];
        // SAFETY: `Detected` exists only where the instruction set was detected, and the slice has eight values.
        Self(unsafe { _mm512_loadu_pd(values.as_ptr()) })
    }

    #[inline(always)]
    fn widen(_: Detected, values: &[f32]) -> Self {
        let values = &values[..Self::LANES];
        // SAFETY: `Detected` exists only where the instruction set was detected, and the slice has eight values.
        Self(unsafe { _mm512_cvtps_pd(_mm256_loadu_ps(values.as_ptr())) })
    }

    #[inline(always)]
    fn widen_halves(_: Detected, values: &[f16]) -> Self {
        let values = &values[..Self::LANES];
        // SAFETY: `Detected` exists only where the instruction set was detected, and the slice has eight values.
        Self(unsafe { _mm512_cvtps_pd(_mm256_cvtph_ps(_mm_loadu_si128(values.as_ptr().cast()))) })
    }

    #[inline(always)]
    fn load_some(_: Detected, values: &[f64]) -> Self {
        // SAFETY: `Detected` exists only where the instruction set was detected, and only the lanes of the slice are read.
        Self(unsafe { _mm512_maskz_loadu_pd(first_lanes(values.len()), values.as_ptr()) })
    }

    #[inline(always)]
    fn widen_some(_: Detected, values: &[f32]) -> Self {
        // SAFETY: `Detected` exists only where the instruction set was detected, and only the lanes of the slice are read.
        let singles = unsafe { _mm256_maskz_loadu_ps(first_lanes(values.len()), values.as_ptr()) };
        // SAFETY: `Detected` exists only where the instruction set was detected.
        Self(unsafe { _mm512_cvtps_pd(singles) })
    }

    #[inline(always)]
    fn keep(self, lanes: u8) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm512_maskz_mov_pd(lanes, self.0) })
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm512_add_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn add_quietly(self, other: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm512_add_round_pd::<QUIETLY>(self.0, other.0) })
    }

    #[inline(always)]
    fn subtract(self, other: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm512_sub_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn ones(detected: Detected) -> Self {
        Mxcsr::pin(Self::splat(detected, 1.0))
    }

    #[inline(always)]
    fn difference(self, other: Self, ones: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm512_fnmadd_pd(other.0, ones.0, self.0) })
    }

    #[inline(always)]
    fn finite(self) -> (Self, u32, u32) {
        // SAFETY: `self` exists only where the instruction set was detected.
        unsafe {
            let nans = _mm512_fpclass_pd_mask::<NANS>(self.0);
            let special = _mm512_fpclass_pd_mask::<{ NANS | INFINITIES }>(self.0);
            let finite = Self(_mm512_maskz_mov_pd(!special, self.0));
            (finite, nans.into(), (special ^ nans).into())
        }
    }

    #[inline(always)]
    fn compare_integers(self, other: Self) -> (u32, u32) {
        // SAFETY: `self` exists only where the instruction set was detected.
        unsafe {
            let (lanes, others) = (_mm512_castpd_si512(self.0), _mm512_castpd_si512(other.0));
            let less = _mm512_cmplt_epi64_mask(lanes, others);
            (less.into(), _mm512_cmpeq_epi64_mask(lanes, others).into())
        }
    }

    #[inline(always)]
    fn compress(self, lanes: u32, into: &mut [f64; MAX_LANES]) {
        // SAFETY: `self` exists only where the instruction set was detected, and the array has eight values.
        unsafe {
            _mm512_storeu_pd(into.as_mut_ptr(), _mm512_maskz_compress_pd(lanes as u8, self.0))
        }
    }

    #[inline(always)]
    fn signs(self) -> u32 {
        // SAFETY: `self` exists only where the instruction set was detected.
        unsafe { _mm512_movepi64_mask(_mm512_castpd_si512(self.0)).into() }
    }

    #[inline(always)]
    fn multiply_quietly(self, other: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm512_mul_round_pd::<QUIETLY>(self.0, other.0) })
    }

    #[inline(always)]
    fn multiply_add(self, factor: Self, sum: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm512_fmadd_pd(self.0, factor.0, sum.0) })
    }

    #[inline(always)]
    fn minus_product(self, a: Self, b: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm512_fnmadd_pd(a.0, b.0, self.0) })
    }

    #[inline(always)]
    fn lesser(self, other: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm512_min_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm512_max_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn or_difference(self, a: Self, b: Self) -> Self {
        // The truth table of `self | (a ^ b)`.
        const TABLE: i32 = 0xf6;
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe {
            let (a, b) = (_mm512_castpd_si512(a.0), _mm512_castpd_si512(b.0));
            let all = _mm512_castpd_si512(self.0);
            _mm512_castsi512_pd(_mm512_ternarylogic_epi64::<TABLE>(all, a, b))
        })
    }

    #[inline(always)]
    fn add_bits(self, other: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe {
            let (a, b) = (_mm512_castpd_si512(self.0), _mm512_castpd_si512(other.0));
            _mm512_castsi512_pd(_mm512_add_epi64(a, b))
        })
    }

    #[inline(always)]
    fn total_of_bits(self) -> u64 {
        // SAFETY: `self` exists only where the instruction set was detected.
        unsafe { _mm512_reduce_add_epi64(_mm512_castpd_si512(self.0)) as u64 }
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: `self` exists only where the instruction set was detected.
        Self(unsafe { _mm512_or_pd(self.0, other.0) })
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
            let is_below = _mm512_cmp_pd_mask::<_CMP_LT_OQ>(_mm512_abs_pd(self.0), limit.0);
            let is_whole = _mm512_cmp_pd_mask::<_CMP_EQ_OQ>(rest.0, rounded.0);
            (is_below & is_whole & !_mm512_fpclass_pd_mask::<NEGATIVE_ZERO>(self.0)).into()
        }
    }

    #[inline(always)]
    fn store_pairs([a, b]: [Self; 2], rows: &mut [Pair; MAX_LANES]) {
        let (first, last) = rows.split_at_mut(4);
        // SAFETY: `a` exists only where the instruction set was detected, and four rows have eight words.
        unsafe {
            let lower = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
            let upper = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
            _mm512_storeu_pd(first.as_mut_ptr().cast(), _mm512_permutex2var_pd(a.0, lower, b.0));
            _mm512_storeu_pd(last.as_mut_ptr().cast(), _mm512_permutex2var_pd(a.0, upper, b.0));
        }
    }

    #[inline(always)]
    fn store_lines(columns: [Self; 8], rows: &mut [Line; MAX_LANES]) {
        let [a, b, c, d, e, f, g, h] = columns;
        // SAFETY: the vectors exist only where the instruction set was detected.
        unsafe {
            // No closures: intrinsics are not inlined into them.
            store_every_other(
                [
                    _mm512_unpacklo_pd(a.0, b.0),
                    _mm512_unpacklo_pd(c.0, d.0),
                    _mm512_unpacklo_pd(e.0, f.0),
                    _mm512_unpacklo_pd(g.0, h.0),
                ],
                rows,
                0,
            );
            store_every_other(
                [
                    _mm512_unpackhi_pd(a.0, b.0),
                    _mm512_unpackhi_pd(c.0, d.0),
                    _mm512_unpackhi_pd(e.0, f.0),
                    _mm512_unpackhi_pd(g.0, h.0),
                ],
                rows,
                1,
            );
        }
    }

    #[inline(always)]
    fn lanes(self) -> [f64; MAX_LANES] {
        let mut lanes = [0.0; MAX_LANES];
        // SAFETY: `self` exists only where the instruction set was detected, and there is room for eight values.
        unsafe { _mm512_storeu_pd(lanes.as_mut_ptr(), self.0) }
        lanes
    }

    #[inline(always)]
    fn integers(self) -> [i64; MAX_LANES] {
        let mut lanes = [0; MAX_LANES];
        // SAFETY: `self` exists only where the instruction set was detected, and there is room for eight values.
        unsafe { _mm512_storeu_epi64(lanes.as_mut_ptr(), _mm512_cvttpd_epi64(self.0)) }
        lanes
    }
}

/// The exception flags of the control and status register MXCSR, which are sticky.
///
/// The compiler does not model them, so [`Mxcsr::pin`] ties a computation to the place where they are
/// read. If the compiler moved another operation between start and end, the worst outcome would be a flag
/// that is raised without need. [`dispatch`](crate::kernels::dispatch) restores the flags after a task.
pub struct Mxcsr;

impl Watch<Avx512> for Mxcsr {
    const EXISTS: bool = true;

    #[inline(always)]
    fn start() -> Self {
        let control = mxcsr::read();
        // Writing the register takes as long as about twenty additions.
        if control & mxcsr::FLAGS != 0 {
            mxcsr::write_flags(control, 0);
        }
        Self
    }

    #[inline(always)]
    fn pin(vector: Avx512) -> Avx512 {
        // SAFETY: `vector` exists only where the instruction set was detected.
        Avx512(unsafe { pin(vector.0) })
    }

    #[inline(always)]
    fn has_rounded(self) -> bool {
        mxcsr::read() & mxcsr::ROUNDING != 0
    }
}

/// Stores every other row, from the first on: the pairs of words of four vectors, pair by pair.
#[inline]
#[target_feature(enable = "avx512f")]
fn store_every_other([a, b, c, d]: [__m512d; 4], rows: &mut [Line; MAX_LANES], first: usize) {
    let (even, odd) = (_mm512_shuffle_f64x2::<0x88>(a, b), _mm512_shuffle_f64x2::<0xdd>(a, b));
    let more_even = _mm512_shuffle_f64x2::<0x88>(c, d);
    let more_odd = _mm512_shuffle_f64x2::<0xdd>(c, d);
    let stored = [
        _mm512_shuffle_f64x2::<0x88>(even, more_even),
        _mm512_shuffle_f64x2::<0x88>(odd, more_odd),
        _mm512_shuffle_f64x2::<0xdd>(even, more_even),
        _mm512_shuffle_f64x2::<0xdd>(odd, more_odd),
    ];
    for (i, words) in stored.into_iter().enumerate() {
        // SAFETY: a row has eight words.
        unsafe { _mm512_storeu_pd(rows[2 * i + first].0.as_mut_ptr().cast(), words) }
    }
}

/// The mask of the first lanes; panics if there are more than a vector has.
#[inline(always)]
fn first_lanes(count: usize) -> u8 {
    assert!(count <= Avx512::LANES);
    ((1u32 << count) - 1) as u8
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,popcnt")]
fn attempt(detected: Detected, what: impl Attempt<Avx512>) -> bool {
    what.run(detected)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn pin(mut lanes: __m512d) -> __m512d {
    // SAFETY: an empty asm block; it only pins `lanes` as an optimisation barrier.
    unsafe { asm!("/* {} */", inout(zmm_reg) lanes, options(nostack, preserves_flags)) }
    lanes
}
