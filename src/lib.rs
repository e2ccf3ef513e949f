#![doc = include_str!("../README-crate.md")]
//!
//! # The proofs
//!
//! How exact sums are as fast as adding in floating point, and why that is correct, is in [`_proofs`].

// Data flows down this list: each module knows only those below it.
#[cfg(feature = "arrow")]
pub mod arrow;
#[cfg(feature = "groups")]
mod groups;
mod values;

mod answers;
mod run;

#[cfg(feature = "arrow")]
mod columns;

mod states;

mod kernels;

mod exact;

mod error;
mod types;

pub use answers::statistic::{Answer, Limbs, Statistic};
pub use error::Error;
pub use states::accumulator::{Nans, Nulls, Options};
pub use states::moments::Moments;
pub use values::{Value, mean, stddev, sum, variance};

pub mod _proofs {
    //! How exact sums are computed at the speed of floating-point sums, and why that is correct.
    //!
    //! Each page is the head of the module that does it, so that proof and code stay together.
    //! From the input to the result:
    //!
    //! * [`slices`]: exact sums by floating-point instructions, on fixed grids;
    //! * [`brackets`]: sums of squares to within a known slack, at half the cost, which settle nearly
    //!   every standard deviation;
    //! * [`window`]: sums by integers of fixed width, for short or difficult data;
    //! * [`buckets`]: the universal path, and the oracle of all others;
    //! * [`guess`]: the nearest double of a quotient or root, guessed and then proven;
    //! * [`leading`]: what a correctly rounded result needs of the exact one.

    #[doc(inline)]
    pub use crate::exact::{guess, leading};
    #[doc(inline)]
    pub use crate::kernels::{brackets, buckets, slices, window};
}

/// What the Python module, the fuzz targets and the benchmarks of this repository use. No promise is
/// made about it: it changes without notice.
#[doc(hidden)]
pub mod internals {
    pub use crate::error::ErrorKind;

    pub mod answers {
        pub use crate::answers::*;
    }
    #[cfg(feature = "arrow")]
    pub mod columns {
        pub use crate::columns::*;
    }
    pub mod exact {
        pub use crate::exact::*;
    }
    #[cfg(feature = "groups")]
    pub mod groups {
        pub use crate::groups::*;
    }
    pub mod kernels {
        pub use crate::kernels::*;
    }
    pub mod run {
        pub use crate::run::*;
    }
    pub mod states {
        pub use crate::states::*;
    }
    pub mod types {
        pub use crate::types::*;
    }
}
