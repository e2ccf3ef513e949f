//! Which instruction set: found out once, and asked for by whoever has enough values.
//!
//! The environment variable `COLSTATS_ISA` (`portable`, `avx2`, `avx512`) lowers the level. Vectors
//! of doubles rely on the floating-point environment that every program starts with: round to
//! nearest, and subnormal numbers as they are. Libraries that were built with `-ffast-math` switch
//! the latter off for the whole process; where the environment is unusual, no vectors are used.
//!
//! All `unsafe` of this module rests on one fact: a level is used only if it was detected.

use std::sync::OnceLock;

use super::vector::Vector;
#[cfg(target_arch = "x86_64")]
use super::x86::mxcsr;

/// An instruction set, better ones last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    /// No vectors of doubles: integers alone.
    Portable,
    /// 64-bit ARM.
    Neon,
    /// AVX2 with fused multiply-add.
    Avx2,
    /// AVX-512 with F, BW, DQ and VL.
    Avx512,
}

impl Isa {
    /// The level for this call: what was detected, unless the floating-point environment is unusual.
    #[inline]
    pub fn current() -> Self {
        if environment_is_default() { Self::allowed() } else { Self::Portable }
    }

    /// The levels that this processor has, the best last.
    pub fn detected() -> Vec<Self> {
        let all = [Self::Portable, Self::Neon, Self::Avx2, Self::Avx512];
        all.into_iter().filter(|isa| isa.is_detected()).collect()
    }

    /// The name in `COLSTATS_ISA`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Neon => "neon",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// The best level that was detected and is not above the one asked for.
    fn allowed() -> Self {
        static ALLOWED: OnceLock<Isa> = OnceLock::new();
        *ALLOWED.get_or_init(|| {
            let detected = Self::detected();
            let wanted = std::env::var("COLSTATS_ISA").unwrap_or_default();
            let highest = detected.iter().find(|isa| isa.name() == wanted);
            let below = |isa: &&Self| highest.is_none_or(|highest| *isa <= highest);
            detected.iter().rfind(below).copied().unwrap_or(Self::Portable)
        })
    }

    fn is_detected(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                    && Self::Avx2.is_detected()
            }
            #[cfg(target_arch = "aarch64")]
            Self::Neon => true,
            #[allow(unreachable_patterns)]
            _ => false,
        }
    }
}

/// Work that is written in the words of a [`Vector`]. `run` must be inlined, so that it is compiled
/// with the instructions of the level.
pub(super) trait Task {
    fn run<V: Vector>(self);
}

/// Runs a task on a level, which must have been detected. On `Portable` it is compiled for the
/// baseline, which is of use to tasks that need no vectors of doubles.
#[inline]
pub(super) fn run(isa: Isa, task: impl Task) {
    debug_assert!(isa.is_detected());
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level was detected.
        Isa::Avx512 => unsafe { run_avx512(task) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level was detected.
        Isa::Avx2 => unsafe { run_avx2(task) },
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => task.run::<super::aarch64::neon::Neon>(),
        _ => task.run::<[f64; 4]>(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn run_avx512(task: impl Task) {
    let before = mxcsr::read();
    task.run::<super::x86::avx512::Avx512>();
    let after = mxcsr::read();
    if after & mxcsr::FLAGS != before & mxcsr::FLAGS {
        // What others have not looked at yet stays seen.
        mxcsr::write_flags(after, after | before);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2(task: impl Task) {
    task.run::<super::x86::avx2::Avx2>();
}

/// Whether rounding is to nearest and subnormal numbers are neither flushed nor read as zero.
#[cfg(target_arch = "x86_64")]
fn environment_is_default() -> bool {
    mxcsr::read() & !mxcsr::FLAGS == mxcsr::DEFAULT
}

/// Whether rounding is to nearest and subnormal numbers are neither flushed nor read as zero.
#[cfg(target_arch = "aarch64")]
fn environment_is_default() -> bool {
    let control: u64;
    // SAFETY: reading the control register has no effect.
    unsafe {
        std::arch::asm!("mrs {}, fpcr", out(reg) control, options(nomem, nostack, preserves_flags));
    }
    control == 0
}

/// Nothing is known, so no vectors are used.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn environment_is_default() -> bool {
    false
}
