//! The floating-point status register, FPSR.

use std::arch::asm;

/// The sticky exception flags; the only other one records that an integer was saturated.
pub const FLAGS: u64 = 0x9f;
/// The flags of results that were inexact, overflowed or were invalid.
pub const ROUNDING: u64 = 0x10 | 0x04 | 0x01;

/// Reads the register.
#[inline(always)]
pub fn read() -> u64 {
    let status: u64;
    // SAFETY: reading the register has no effect.
    unsafe { asm!("mrs {}, fpsr", out(reg) status, options(nostack, preserves_flags)) }
    status
}

/// Writes the register: `status` as it was read, with other flags.
#[inline(always)]
pub fn write_flags(status: u64, flags: u64) {
    let status = status & !FLAGS | flags & FLAGS;
    // SAFETY: only flags are changed, which no other code of this process relies on while a task runs.
    unsafe { asm!("msr fpsr, {}", in(reg) status, options(nostack, preserves_flags)) }
}
