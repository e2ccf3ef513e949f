//! Values that do not fit the window of their group: NaNs, infinities, and numbers far from the others.
//!
//! One by one they would cost a call of a kernel each. So they are set aside until there are enough of them, sorted by
//! group, and handed to the kernels, one slice per group. This is a counting sort: it counts the values of
//! each group once, and then moves each value to its place.

use arrow_buffer::i256;
use half::f16;

use super::lane::Rows;
use crate::kernels::{Block, Element, Need};
use crate::states::accumulator::Accumulator;
use crate::states::single::{Single, Value};

/// The least number of values that are handed to the kernels together.
const MIN_VALUES: usize = 1 << 16;
/// The number per group, so that most groups have some of them.
const VALUES_PER_GROUP: usize = 4;
/// The most, whatever the number of groups.
const MAX_VALUES: usize = 1 << 22;

/// Values of any type, each with its group. Their types are the widest of their kind, which hold them exactly.
#[derive(Default)]
pub struct Misfits {
    floats: Aside<f64>,
    integers: Aside<i128>,
    wide: Aside<i256>,
}

/// Values of one type.
#[derive(Default)]
struct Aside<T> {
    values: Vec<T>,
    groups: Vec<u32>,
}

/// The type of values set aside. Not generic, so that the kernels are compiled here, and not wherever groups are used.
trait Widest: Element {
    fn fold(values: &[Self], need: Need, accumulator: &mut Accumulator);
}

macro_rules! widest {
    ($($type:ty),*) => {$(
        impl Widest for $type {
            fn fold(values: &[Self], need: Need, accumulator: &mut Accumulator) {
                accumulator.update(values.len(), &Block::Dense(values), need);
            }
        }
    )*};
}

widest!(f64, i128, i256);

/// A value that can be set aside.
pub trait Misfit: Value + Element {
    /// The values of some rows as doubles, if these are floats.
    fn doubles<'a>(_: &'a [Self], _: Rows<'_>, _: &'a mut Vec<f64>) -> Option<&'a [f64]> {
        None
    }

    /// Sets the value aside.
    fn set_aside(self, group: u32, misfits: &mut Misfits);
}

macro_rules! misfits {
    ($($type:ty: $place:ident, $widen:expr $(, $doubles:item)?;)*) => {$(
        impl Misfit for $type {
            $($doubles)?

            #[cold]
            fn set_aside(self, group: u32, misfits: &mut Misfits) {
                misfits.$place.values.push($widen(self));
                misfits.$place.groups.push(group);
            }
        }
    )*};
}

misfits! {
    f64: floats, |value| value, fn doubles<'a>(
        values: &'a [f64],
        rows: Rows<'_>,
        room: &'a mut Vec<f64>,
    ) -> Option<&'a [f64]> {
        Some(match rows {
            Rows::All(rows) => &values[..rows],
            picked => picked.doubles(values, |value| value, room),
        })
    };
    f32: floats, f64::from, fn doubles<'a>(
        values: &'a [f32],
        rows: Rows<'_>,
        room: &'a mut Vec<f64>,
    ) -> Option<&'a [f64]> {
        Some(rows.doubles(values, f64::from, room))
    };
    f16: floats, f16::to_f64, fn doubles<'a>(
        values: &'a [f16],
        rows: Rows<'_>,
        room: &'a mut Vec<f64>,
    ) -> Option<&'a [f64]> {
        Some(rows.doubles(values, f16::to_f64, room))
    };
    i8: integers, i128::from;
    i16: integers, i128::from;
    i32: integers, i128::from;
    i64: integers, i128::from;
    u8: integers, i128::from;
    u16: integers, i128::from;
    u32: integers, i128::from;
    u64: integers, i128::from;
    i128: integers, |value| value;
    i256: wide, |value| value;
}

impl Misfits {
    /// Adds them to the states of their groups, if there are enough of them.
    pub fn add_enough_to<const S: usize, const E: usize>(&mut self, states: &mut [Single<S, E>]) {
        let enough = (VALUES_PER_GROUP * states.len()).clamp(MIN_VALUES, MAX_VALUES);
        let all = self.floats.values.len() + self.integers.values.len() + self.wide.values.len();
        if all >= enough {
            self.add_to(states);
        }
    }

    /// Adds all of them to the states of their groups.
    pub fn add_to<const S: usize, const E: usize>(&mut self, states: &mut [Single<S, E>]) {
        self.floats.add_to(states);
        self.integers.add_to(states);
        self.wide.add_to(states);
    }
}

impl<T: Widest> Aside<T> {
    fn add_to<const S: usize, const E: usize>(&mut self, states: &mut [Single<S, E>]) {
        let Self { values, groups } = std::mem::take(self);
        if values.is_empty() {
            return;
        }
        let mut ends = vec![0u32; states.len() + 1];
        for &group in &groups {
            ends[group as usize + 1] += 1;
        }
        for group in 0..states.len() {
            ends[group + 1] += ends[group];
        }
        // Where the next value of each group goes; in the end, where those of the group end.
        let mut sorted = vec![T::default(); values.len()];
        for (value, &group) in values.into_iter().zip(&groups) {
            let place = &mut ends[group as usize];
            sorted[*place as usize] = value;
            *place += 1;
        }
        let mut start = 0;
        for (state, &end) in states.iter_mut().zip(&ends) {
            if start < end {
                let values = &sorted[start as usize..end as usize];
                state.add_by(|rest, need| T::fold(values, need, rest));
                start = end;
            }
        }
    }
}
