//! Vectors of x86-64.
//!
//! The types here run instructions that a processor may lack. Each module has a proof of detection that is
//! needed to make a vector; [`dispatch`](super::dispatch) hands it to tasks, inside functions that
//! enable the features.

pub mod avx2;
pub mod avx512;
pub mod maker;
pub mod mxcsr;
