//! Aggregates of values: what they do with a chunk of rows, and with the states of groups.

use arrow_schema::DataType;
use colstats::internals::answers::statistic::{Ticks, answer, result_type};
use colstats::internals::kernels::mask::Mask;
use colstats::internals::kernels::{Block, Element};
use colstats::internals::states::accumulator::Accumulator;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::states::single::{Single, Value};
use colstats::{Answer, Moments, Options, Statistic};

use crate::api::{TypeId, type_id};
use crate::types::{self, Type};
use crate::vectors::{Chunk, Column, Huge, Output, States, Values};

/// Minimum number of rows of one group for the kernels: as for the vectors of a column of doubles, which take
/// their full time to start. A chunk of one group usually has 2,048; short ones come from window frames.
const BLOCK_MIN_ROWS: usize = 96;

/// A function as SQL knows it: one of its overloads.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What it asks of a state; `None` for the state itself.
    pub statistic: Option<Statistic>,
    /// The type of its result.
    pub result: TypeId,
}

/// The state of a group, in the memory of DuckDB.
pub trait State: Default {
    /// Adds the rows of a chunk, each to its own state.
    fn update(
        function: &Function,
        chunk: Chunk<'_>,
        states: &mut States<'_, Self>,
    ) -> Result<(), String>;

    /// Adds the state of other rows.
    fn merge(&mut self, other: &Self) -> Result<(), String>;

    /// The result.
    fn finish(&self, function: &Function) -> Result<Output, String>;
}

/// What a state notes in its tag: the type of the values, and the degrees of freedom.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Note {
    id: TypeId,
    scale: u8,
    /// The width of a decimal if the state holds everything, otherwise the degrees of freedom.
    more: u16,
}

impl Note {
    fn pack(self) -> u32 {
        self.id & 0xff | u32::from(self.scale) << 8 | u32::from(self.more) << 16
    }

    /// `None` if no row has been seen.
    fn unpack(tag: u32) -> Option<Self> {
        let note = Self { id: tag & 0xff, scale: (tag >> 8) as u8, more: (tag >> 16) as u16 };
        (tag != 0).then_some(note)
    }

    fn of(self) -> Type {
        Type { id: self.id, width: self.more as u8, scale: self.scale, internal: self.id }
    }
}

impl<const S: usize, const E: usize> State for Single<S, E> {
    fn update(
        function: &Function,
        chunk: Chunk<'_>,
        states: &mut States<'_, Self>,
    ) -> Result<(), String> {
        let column = chunk.column(0).ok_or("there is no argument")?;
        let of = column.of();
        expect(function, of)?;
        let values = column.values().ok_or_else(|| unsupported(of))?;
        if of.is_point_in_time() {
            expect_finite(column, values)?;
        }
        let ddof = ddof(chunk)?;
        let more = match (E, ddof) {
            (0, Ddof::Same(ddof)) => ddof,
            (0, Ddof::Each(_)) => 0,
            _ => of.width.into(),
        };
        let note = Note { id: of.id, scale: of.scale, more };
        let mut fold = Fold { column, tag: note.pack(), ddof, states, has_conflict: false };
        match values {
            Values::Boolean(values) => fold.one_by_one(values, |value| u8::from(value != 0)),
            Values::Int8(values) => fold.add(values),
            Values::Int16(values) => fold.add(values),
            Values::Int32(values) => fold.add(values),
            Values::Int64(values) => fold.add(values),
            Values::UInt8(values) => fold.add(values),
            Values::UInt16(values) => fold.add(values),
            Values::UInt32(values) => fold.add(values),
            Values::UInt64(values) => fold.add(values),
            Values::Float(values) => fold.add(values),
            Values::Double(values) => fold.add(values),
            Values::Huge(values) => fold.one_by_one(values, |value| unsigned(value) as i128),
            Values::UnsignedHuge(values) => fold.one_by_one(values, unsigned),
            Values::Text(_) | Values::Opaque => fold.count(),
        }
        match fold.has_conflict {
            true => Err(CONFLICT.into()),
            false => Ok(()),
        }
    }

    #[inline]
    fn merge(&mut self, other: &Self) -> Result<(), String> {
        if other.tag != 0 {
            if self.tag != 0 && self.tag != other.tag {
                return Err(CONFLICT.into());
            }
            self.tag = other.tag;
        }
        Self::merge(self, other);
        Ok(())
    }

    fn finish(&self, function: &Function) -> Result<Output, String> {
        let Some(note) = Note::unpack(self.tag) else { return Ok(Output::Null) };
        let accumulator = self.to_accumulator();
        match function.statistic {
            None => whole(note.of(), accumulator),
            Some(statistic) => {
                let options = Options { ddof: note.more.into(), ..Options::default() };
                ask(statistic, note.of(), function.result, &accumulator, &options)
            }
        }
    }
}

const CONFLICT: &str = "ddof must be the same for all rows of a group";

/// The rows of a chunk on their way to their states.
struct Fold<'a, 'b, 'c, const S: usize, const E: usize> {
    column: Column<'a>,
    /// What the states note, but for degrees of freedom that are not the same in all rows.
    tag: u32,
    ddof: Ddof<'a>,
    states: &'b mut States<'c, Single<S, E>>,
    has_conflict: bool,
}

impl<const S: usize, const E: usize> Fold<'_, '_, '_, S, E> {
    /// Adds numbers: by the kernels if they all belong to one state, otherwise one by one.
    fn add<T: Value + Element>(&mut self, values: &[T]) {
        #[cfg(target_endian = "little")]
        if values.len() >= BLOCK_MIN_ROWS
            && matches!(self.ddof, Ddof::Same(_))
            && let Some(state) = self.states.single()
        {
            self.has_conflict |= note(state, self.tag);
            return match self.column.mask() {
                None => state.add_block(values.len(), &Block::Dense(values)),
                Some(bytes) => {
                    let mask = Mask::new(bytes, 0, values.len());
                    state.add_block(values.len(), &Block::Masked(values, mask));
                }
            };
        }
        self.one_by_one(values, |value| value);
    }

    /// Adds each valid value to its state.
    #[inline(always)]
    fn one_by_one<T: Copy, V: Value>(&mut self, values: &[T], number: impl Fn(T) -> V) {
        let (tag, mut has_conflict) = (self.tag, false);
        match (self.column.validity, self.ddof) {
            (None, Ddof::Same(_)) => self.states.each(values, |state, value| {
                has_conflict |= note(state, tag);
                state.add(number(value));
            }),
            (_, ddof) => {
                let (column, mut row) = (self.column, 0);
                self.states.each(values, |state, value| {
                    let tag = match ddof {
                        Ddof::Same(_) => tag,
                        Ddof::Each(values) => tag | (values[row] as u32) << 16,
                    };
                    has_conflict |= note(state, tag);
                    match column.is_valid(row) {
                        true => state.add(number(value)),
                        false => state.add_null(),
                    }
                    row += 1;
                });
            }
        }
        self.has_conflict |= has_conflict;
    }

    /// Counts rows whose values are not read.
    fn count(&mut self) {
        for row in 0..self.states.len() {
            // A column of type NULL has no bitmap.
            let is_valid = self.tag & 0xff != type_id::NULL && self.column.is_valid(row);
            let state = self.states.at(row);
            state.tag = self.tag;
            match is_valid {
                true => state.add_counts(1, 0),
                false => state.add_null(),
            }
        }
    }
}

/// Has a state note a tag; whether it has noted another one before.
#[inline(always)]
fn note<const S: usize, const E: usize>(state: &mut Single<S, E>, tag: u32) -> bool {
    let before = std::mem::replace(&mut state.tag, tag);
    before != tag && before != 0
}

fn unsigned([low, high]: Huge) -> u128 {
    u128::from(low) | u128::from(high) << 64
}

/// Refuses types that do not have the statistic.
fn expect(function: &Function, of: Type) -> Result<(), String> {
    if of.id == type_id::UHUGEINT && function.statistic.is_some() {
        return Ok(());
    }
    let arrow = of.arrow().ok_or_else(|| unsupported(of))?;
    match function.statistic {
        None => Ok(()),
        Some(Statistic::Sum) if of.id == type_id::DECIMAL => {
            Err("sum() of DECIMAL values is exact in DuckDB itself: use that".into())
        }
        Some(Statistic::Stddev) if of.id == type_id::TIMESTAMP_NS => {
            Err("an INTERVAL holds no nanoseconds: use cs_stddev(epoch_ns(x))".into())
        }
        Some(statistic) => {
            result_type(statistic, &arrow).map(drop).map_err(|error| error.to_string())
        }
    }
}

fn unsupported(of: Type) -> String {
    let hint = match of.id {
        type_id::INTERVAL => ": its months and days have no fixed length; use epoch(x)",
        type_id::TIME_TZ => ": cast it to TIME",
        type_id::UHUGEINT => ": cast it to HUGEINT or DOUBLE",
        type_id::BIGNUM => ": cast it to HUGEINT or DOUBLE",
        _ => "",
    };
    format!("{} values are not supported{hint}", of.name())
}

/// Refuses infinite dates and timestamps, which are stored as numbers.
fn expect_finite(column: Column<'_>, values: Values<'_>) -> Result<(), String> {
    let is_infinite = |row: usize| match values {
        Values::Int32(values) => values[row].unsigned_abs() == i32::MAX as u32,
        Values::Int64(values) => values[row].unsigned_abs() == i64::MAX as u64,
        _ => false,
    };
    match (0..column.rows()).any(|row| is_infinite(row) && column.is_valid(row)) {
        true => Err(format!("{} values are infinite; leave them out", column.of().name())),
        false => Ok(()),
    }
}

/// The degrees of freedom of the rows of a chunk.
#[derive(Clone, Copy)]
enum Ddof<'a> {
    Same(u16),
    /// Numbers of 16 bits.
    Each(&'a [i64]),
}

/// The degrees of freedom: the second argument, if there is one.
fn ddof(chunk: Chunk<'_>) -> Result<Ddof<'_>, String> {
    let Some(column) = chunk.column(1) else { return Ok(Ddof::Same(0)) };
    let Some(Values::Int64(values)) = column.values() else {
        return Err("ddof must be a BIGINT".into());
    };
    if column.count_valid() < column.rows() {
        return Err("ddof must not be NULL".into());
    }
    if let Some(outside) = values.iter().find(|&&value| u16::try_from(value).is_err()) {
        return Err(format!("ddof must be from 0 to {}, not {outside}", u16::MAX));
    }
    match values {
        [] => Ok(Ddof::Same(0)),
        [first, rest @ ..] if rest.iter().all(|value| value == first) => {
            Ok(Ddof::Same(*first as u16))
        }
        _ => Ok(Ddof::Each(values)),
    }
}

/// The serialized state of a column.
fn whole(of: Type, accumulator: Accumulator) -> Result<Output, String> {
    let arrow = of.arrow().ok_or_else(|| unsupported(of))?;
    let state = Moments::of_column(ColumnType::of(&arrow), accumulator);
    Ok(Output::Blob(state.to_bytes()))
}

/// The answer of an aggregate.
fn ask(
    statistic: Statistic,
    of: Type,
    result: TypeId,
    accumulator: &Accumulator,
    options: &Options,
) -> Result<Output, String> {
    let count = accumulator.count(options);
    if count == 0 {
        return Ok(Output::Null);
    }
    if result == type_id::HUGEINT {
        let sum = accumulator.total().to_i128().map(Output::HugeInt);
        return sum.ok_or_else(|| "the sum is out of range for HUGEINT; cast to DOUBLE".into());
    }
    let numbers = match of.id {
        type_id::UHUGEINT => DataType::Decimal256(76, 0),
        _ => of.arrow().ok_or_else(|| unsupported(of))?,
    };
    match answer(statistic, &numbers, accumulator, options, Ticks::Fine) {
        Answer::Null => Ok(Output::Null),
        Answer::Float(value) => Ok(Output::Double(value)),
        // The ends of the range are the infinities.
        Answer::Integer(ticks) if ticks.unsigned_abs() < i64::MAX as u128 => match result {
            type_id::INTERVAL => Ok(Output::Interval(ticks as i64)),
            _ => Ok(Output::Integer(ticks as i64)),
        },
        _ => Err(out_of_range(result)),
    }
}

fn out_of_range(result: TypeId) -> String {
    format!("the result is out of range for {}", types::name(result))
}
