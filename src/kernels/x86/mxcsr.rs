//! The control and status register of floating-point vector instructions, MXCSR.

use std::arch::asm;

/// The sticky exception flags; all other bits are control bits.
pub const FLAGS: u32 = 0x3f;
/// The control bits that every program starts with: round to nearest, subnormal numbers as they are.
pub const DEFAULT: u32 = 0x1f80;
/// The flags of results that were inexact, overflowed or were invalid.
pub const ROUNDING: u32 = 0x20 | 0x08 | 0x01;

/// Reads the register.
#[inline(always)]
pub fn read() -> u32 {
    let mut control = 0u32;
    // SAFETY: the instruction stores 32 bits through the pointer.
    unsafe { asm!("stmxcsr [{}]", in(reg) &mut control, options(nostack)) }
    control
}

/// Writes the register: `control` as it was read, with other flags.
#[inline(always)]
pub fn write_flags(control: u32, flags: u32) {
    let control = control & !FLAGS | flags & FLAGS;
    // SAFETY: the instruction loads 32 bits through the pointer, and only flags are changed.
    unsafe { asm!("ldmxcsr [{}]", in(reg) &control, options(nostack, readonly)) }
}
