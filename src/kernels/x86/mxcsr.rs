//! The register that tells how floating-point numbers are rounded, and whether they were.

use std::arch::asm;

/// The bits that tell what has happened, not what should.
pub const FLAGS: u32 = 0x3f;
/// What every program starts with, without flags: round to nearest, subnormal numbers as they are.
pub const DEFAULT: u32 = 0x1f80;
/// A result was not exact, too large or no number.
pub const ROUNDING: u32 = 0x20 | 0x08 | 0x01;

/// What the register holds.
#[inline(always)]
pub fn read() -> u32 {
    let mut control = 0u32;
    // SAFETY: the instruction stores 32 bits where the pointer leads.
    unsafe { asm!("stmxcsr [{}]", in(reg) &mut control, options(nostack)) }
    control
}

/// Replaces the flags of what was read.
#[inline(always)]
pub fn write_flags(control: u32, flags: u32) {
    let control = control & !FLAGS | flags & FLAGS;
    // SAFETY: the instruction loads 32 bits from where the pointer leads; flags may be changed.
    unsafe { asm!("ldmxcsr [{}]", in(reg) &control, options(nostack, readonly)) }
}
