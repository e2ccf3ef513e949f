//! Vectors of x86-64.
//!
//! Every function here runs instructions that must have been detected: the types are used by
//! [`dispatch`](super::dispatch) alone, inside functions that enable their features.

pub mod avx2;
pub mod avx512;
pub mod mxcsr;
