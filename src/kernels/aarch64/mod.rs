//! Vectors of 64-bit ARM, whose baseline has NEON.

pub mod fpsr;
pub mod neon;
