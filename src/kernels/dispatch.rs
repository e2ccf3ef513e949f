//! Which instruction set a call uses: detected once, at run time.
//!
//! The environment variable `COLSTATS_ISA` (`portable`, `avx2`, `avx512`) lowers the level. Vectors of
//! doubles rely on the floating-point environment that every program starts with: round to nearest, and
//! subnormal numbers as they are. Libraries built with `-ffast-math` switch the latter off for the whole
//! process; where the environment differs, no vectors of doubles are used.
//!
//! All `unsafe` of this module rests on one fact: a level is made by detection alone, and holds the proof of
//! it, a value of zero size that the vector types take.

use std::sync::OnceLock;

use super::vector::Vector;
#[cfg(target_arch = "x86_64")]
use super::x86::{avx2, avx512, mxcsr};

/// Minimum length, in values, for code compiled for an instruction set: shorter slices are processed
/// by code for the baseline, without a look at the floating-point environment.
pub(super) const DISPATCH_MIN_LEN: usize = 32;

/// An instruction set; later ones are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    /// The baseline: no vectors of doubles, only integers.
    Portable,
    /// 64-bit ARM.
    Neon,
    /// AVX2 with fused multiply-add.
    Avx2,
    /// AVX-512 with F, BW, DQ and VL.
    Avx512,
}

impl Isa {
    /// The instruction set for this call: the best that was detected and is not above the one that
    /// `COLSTATS_ISA` names, unless the floating-point environment is unusual.
    pub fn current() -> Self {
        Level::current().isa()
    }

    /// The instruction sets that this processor has, the best last.
    pub fn detected() -> Vec<Self> {
        let all = [Self::Portable, Self::Neon, Self::Avx2, Self::Avx512];
        all.into_iter().filter(|&isa| Level::on(isa).is_some()).collect()
    }

    /// The name, as in `COLSTATS_ISA`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Neon => "neon",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}

/// An instruction set that was detected, with the proof of it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Level {
    Portable,
    #[cfg(target_arch = "aarch64")]
    Neon,
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Detected),
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Detected),
}

impl Level {
    /// The level for this call, as [`Isa::current`] explains.
    #[inline]
    pub fn current() -> Self {
        if environment_is_default() { Self::allowed() } else { Self::Portable }
    }

    /// The level with an instruction set, if this processor has it.
    pub fn on(isa: Isa) -> Option<Self> {
        match isa {
            Isa::Portable => Some(Self::Portable),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => Some(Self::Neon),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => avx2::Detected::get().map(Self::Avx2),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => avx512::Detected::get().map(Self::Avx512),
            #[allow(unreachable_patterns)]
            _ => None,
        }
    }

    /// Which instruction set it is.
    #[inline]
    pub fn isa(self) -> Isa {
        match self {
            Self::Portable => Isa::Portable,
            #[cfg(target_arch = "aarch64")]
            Self::Neon => Isa::Neon,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => Isa::Avx2,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => Isa::Avx512,
        }
    }

    /// The best level that was detected and is not above the one that the environment names.
    fn allowed() -> Self {
        static ALLOWED: OnceLock<Level> = OnceLock::new();
        *ALLOWED.get_or_init(|| {
            let detected = Isa::detected();
            let wanted = std::env::var("COLSTATS_ISA").unwrap_or_default();
            let highest = detected.iter().find(|isa| isa.name() == wanted);
            let below = |isa: &&Isa| highest.is_none_or(|highest| *isa <= highest);
            let best = detected.iter().rfind(below).copied().unwrap_or(Isa::Portable);
            Self::on(best).unwrap_or(Self::Portable)
        })
    }
}

/// Work that is generic over a [`Vector`]. `run` must be inlined, so that it is compiled with the
/// instructions of the level.
pub(super) trait Task {
    fn run<V: Vector>(self, detected: V::Detected);
}

/// Runs a task on a level. On [`Level::Portable`] it is compiled for the baseline, which serves tasks that
/// need no vectors of doubles.
#[inline]
pub(super) fn run(level: Level, task: impl Task) {
    match level {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `detected` exists only where all features of the function were detected.
        Level::Avx512(detected) => unsafe { run_avx512(detected, task) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `detected` exists only where all features of the function were detected.
        Level::Avx2(detected) => unsafe { run_avx2(detected, task) },
        #[cfg(target_arch = "aarch64")]
        Level::Neon => task.run::<super::aarch64::neon::Neon>(()),
        Level::Portable => task.run::<[f64; 4]>(()),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,popcnt")]
fn run_avx512(detected: avx512::Detected, task: impl Task) {
    let before = mxcsr::read();
    task.run::<avx512::Avx512>(detected);
    let after = mxcsr::read();
    if after & mxcsr::FLAGS != before & mxcsr::FLAGS {
        // Flags that were raised before the call stay raised for their reader.
        mxcsr::write_flags(after, after | before);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c,popcnt")]
fn run_avx2(detected: avx2::Detected, task: impl Task) {
    task.run::<avx2::Avx2>(detected);
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

/// Unknown, so no vectors are used.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn environment_is_default() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_level_that_was_not_detected() {
        let detected = Isa::detected();
        assert!(detected.contains(&Isa::Portable) && detected.contains(&Isa::current()));
        for isa in [Isa::Portable, Isa::Neon, Isa::Avx2, Isa::Avx512] {
            let level = Level::on(isa);
            assert_eq!(level.map(Level::isa), detected.contains(&isa).then_some(isa));
        }
        #[cfg(target_arch = "x86_64")]
        assert!(Level::on(Isa::Neon).is_none());
        #[cfg(not(target_arch = "x86_64"))]
        assert!(Level::on(Isa::Avx2).is_none() && Level::on(Isa::Avx512).is_none());
    }

    /// Passing a proof costs nothing.
    #[test]
    fn proofs_have_no_size() {
        assert_eq!(size_of::<Level>(), size_of::<Isa>());
        #[cfg(target_arch = "x86_64")]
        assert_eq!(size_of::<(avx2::Detected, avx512::Detected)>(), 0);
    }
}
