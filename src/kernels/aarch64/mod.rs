//! Vectors of 64-bit ARM, whose baseline has NEON.

pub mod neon;
