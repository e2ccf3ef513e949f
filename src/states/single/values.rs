//! The values that a state takes one at a time.

use arrow_buffer::i256;
use half::f16;

use super::Single;

/// A value that a [`Single`] takes.
pub trait Value: Copy {
    /// Adds the value to the window of a state; whether it fits. If not, nothing has changed.
    fn offer_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) -> bool;

    /// Adds a value that does not fit the window.
    fn force_into<const S: usize, const E: usize>(self, state: &mut Single<S, E>);
}

/// Implements [`Value::force_into`] by the kernels.
macro_rules! by_kernel {
    () => {
        #[cold]
        #[inline(never)]
        fn force_into<const S: usize, const E: usize>(self, state: &mut Single<S, E>) {
            state.add_unusual(self);
        }
    };
}

/// Implements [`Value`] for floats, given their conversion, which is exact, and keeps NaNs.
macro_rules! floats {
    ($($type:ty: $to_f64:expr;)*) => {$(
        impl Value for $type {
            #[inline(always)]
            fn offer_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) -> bool {
                state.offer_float($to_f64(self))
            }

            by_kernel!();
        }
    )*};
}

floats! {
    f64: |value| value;
    f32: f64::from;
    f16: f16::to_f64;
}

macro_rules! integers {
    ($($type:ty: $magnitude:expr;)*) => {$(
        impl Value for $type {
            #[inline(always)]
            fn offer_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) -> bool {
                state.add_integer(self.into(), $magnitude(self));
                true
            }

            by_kernel!();
        }
    )*};
}

integers! {
    i8: |value: i8| value.unsigned_abs().into();
    i16: |value: i16| value.unsigned_abs().into();
    i32: |value: i32| value.unsigned_abs().into();
    i64: i64::unsigned_abs;
    u8: u64::from;
    u16: u64::from;
    u32: u64::from;
}

/// Implements [`Value`] for an integer type of which some values do not fit an `i64`.
macro_rules! wide_integers {
    ($($type:ty)*) => {$(
        impl Value for $type {
            #[inline(always)]
            fn offer_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) -> bool {
                let value = i64::try_from(self);
                if let Ok(value) = value {
                    state.add_integer(value.into(), value.unsigned_abs());
                }
                value.is_ok()
            }

            by_kernel!();
        }
    )*};
}

wide_integers!(u64 i128);

impl Value for u128 {
    /// # Panics
    /// If the state keeps extremes: those of larger integers than an `i128` are of another type than others.
    #[inline(always)]
    fn offer_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) -> bool {
        assert!(E == 0, "a state of unsigned integers of 128 bits keeps no extremes");
        i128::try_from(self).is_ok_and(|value| value.offer_to(state))
    }

    #[cold]
    #[inline(never)]
    fn force_into<const S: usize, const E: usize>(self, state: &mut Single<S, E>) {
        state.add_unusual(i256::from_parts(self, 0));
    }
}

impl Value for i256 {
    /// Never: their extremes are of another type than those of a window.
    #[inline(always)]
    fn offer_to<const S: usize, const E: usize>(self, _: &mut Single<S, E>) -> bool {
        false
    }

    by_kernel!();
}
