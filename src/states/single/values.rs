//! The values that a state takes one at a time.

use arrow_buffer::i256;

use super::Single;

/// A value that a [`Single`] takes.
pub trait Value: Copy {
    /// Adds the value to a state.
    fn add_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>);
}

impl Value for f64 {
    #[inline(always)]
    fn add_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) {
        state.add_float(self);
    }
}

impl Value for f32 {
    /// The conversion is exact, and NaNs remain NaNs.
    #[inline(always)]
    fn add_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) {
        state.add_float(self.into());
    }
}

macro_rules! integers {
    ($($type:ty: $magnitude:expr;)*) => {$(
        impl Value for $type {
            #[inline(always)]
            fn add_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) {
                state.add_integer(self.into(), $magnitude(self));
            }
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

impl Value for u64 {
    #[inline(always)]
    fn add_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) {
        match i64::try_from(self) {
            Ok(value) => state.add_integer(value.into(), self),
            Err(_) => state.add_unusual(self),
        }
    }
}

impl Value for i128 {
    #[inline(always)]
    fn add_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) {
        match i64::try_from(self) {
            Ok(value) => state.add_integer(self, value.unsigned_abs()),
            Err(_) => state.add_unusual(self),
        }
    }
}

impl Value for u128 {
    /// # Panics
    /// If the state keeps extremes: those of larger integers than an `i128` are of another type than others.
    #[inline(always)]
    fn add_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) {
        assert!(E == 0, "a state of unsigned integers of 128 bits keeps no extremes");
        match i128::try_from(self) {
            Ok(value) => state.add(value),
            Err(_) => state.add_unusual(i256::from_parts(self, 0)),
        }
    }
}
