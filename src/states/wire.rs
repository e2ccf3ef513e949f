//! The serialized form of states, in which they are stored, or sent and merged elsewhere.
//!
//! # Version 1
//!
//! All numbers are little-endian. Nothing is aligned, and nothing follows the last field.
//!
//! | bytes | field |
//! | --- | --- |
//! | 4 | `CSTM`, the magic number |
//! | 1 | the version, 1 |
//! | 1 | flags: 1 = it has a type; 2 = there was a number other than -0.0 (always so for integers); no others |
//! | 4 + n | the name of the type: its length, and as many bytes of UTF-8; empty without a type |
//! | 8 | how many values are not null, NaNs included |
//! | 8 | how many rows are null |
//! | 8 | how many values are NaN |
//! | 8 | how many are positive infinity |
//! | 8 | how many are negative infinity |
//! | 5 + 8n | the sum of the finite values, an integer (below) |
//! | 5 + 8n | the sum of their squares |
//! | 2 + n | the minimum of the numbers, infinities included, a value (below) |
//! | 2 + n | the maximum |
//! | 8 | a checksum: FNV-1a of 64 bits over all bytes before it |
//!
//! An *integer* is a sign (1 byte: 0, or 1 if it is negative), a position (2 bytes, signed), a length
//! (2 bytes) and as many limbs of 8 bytes, the lowest first: `±limbs * 2^(64 * position)`. Neither the
//! first nor the last limb is zero; zero has no limbs, and its sign and position are 0.
//!
//! A *value* is a kind (1 byte), a length (1 byte), and as many bytes. Kind 0, of length 0, is no value;
//! kind 1, of length 8, is a float64; kind 2 is an integer in two's complement, in the fewest bytes that
//! hold it. There is no minimum and no maximum if there are no numbers, or if they are not known, because values have been
//! taken away from the state. Releases before these could be taken away refuse such a state as impossible.
//!
//! # Guarantees
//!
//! Equal states have equal bytes, and [`decode`] accepts only bytes that [`encode`] writes. A state
//! that no data can have is refused, so that no statistic of a deserialized state can contradict its
//! counts and sums; what two states obey that are read, they obey together. Damaged bytes are refused by
//! their checksum, which detects every change of a single byte. Allocations are bounded by the number of
//! bytes. Later versions are refused as such; this one will always be readable.

use arrow_buffer::i256;
use arrow_schema::DataType;

use super::check;
use crate::error::{Error, ErrorKind};
use crate::exact::Integer;
use crate::kernels::Sums;
use crate::kernels::extremes::{Extreme, Extremes};
use crate::states::accumulator::{Accumulator, Options};
use crate::states::column_type::ColumnType;
use crate::states::moments::Moments;
use crate::types::{self, Family};

const MAGIC: &[u8; 4] = b"CSTM";
const VERSION: u8 = 1;
const HAS_TYPE: u8 = 1;
const HAS_OTHER_THAN_NEGATIVE_ZERO: u8 = 2;
pub(super) const CHECKSUM_BYTES: usize = 8;

const NO_VALUE: u8 = 0;
const FLOAT: u8 = 1;
const INTEGER: u8 = 2;

impl Moments {
    /// The serialized form: about 150 bytes for an ordinary column of `f64`. Equal states have equal
    /// bytes, and every later release reads them.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// The state that [`to_bytes`](Self::to_bytes) has serialized.
    ///
    /// # Errors
    /// If the bytes are damaged, of an unknown version, or no data has such a state.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        decode(bytes)
    }
}

impl PartialEq for Moments {
    fn eq(&self, other: &Self) -> bool {
        encode(self) == encode(other)
    }
}

impl Eq for Moments {}

/// Serializes a state.
pub fn encode(state: &Moments) -> Vec<u8> {
    let (accumulator, sums) = (state.accumulator(), state.accumulator().sums());
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(MAGIC);
    bytes.push(VERSION);
    let typed = if state.of().is_some() { HAS_TYPE } else { 0 };
    let signed = if has_other_numbers(state) { HAS_OTHER_THAN_NEGATIVE_ZERO } else { 0 };
    bytes.push(typed | signed);
    put_text(&mut bytes, state.of().map_or("", ColumnType::name));
    let valid = accumulator.count(&Options::default());
    let Sums { nans, positive_infinities, negative_infinities, .. } = *sums;
    for count in [valid, accumulator.nulls(), nans, positive_infinities, negative_infinities] {
        bytes.extend_from_slice(&count.to_le_bytes());
    }
    put_integer(&mut bytes, &sums.first);
    put_integer(&mut bytes, &sums.second);
    let extremes = match accumulator.has_extremes() {
        true => accumulator.extremes_of_numbers(),
        false => None,
    };
    put_value(&mut bytes, extremes.map(|extremes| extremes.min));
    put_value(&mut bytes, extremes.map(|extremes| extremes.max));
    let checksum = checksum(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

/// Deserializes a state.
pub fn decode(bytes: &[u8]) -> Result<Moments, Error> {
    let body = bytes.strip_prefix(MAGIC).ok_or(ErrorKind::NotAState)?;
    match body.first() {
        Some(&VERSION) => {}
        Some(&found) => return Err(ErrorKind::UnknownVersion { found, known: VERSION }.into()),
        None => return Err(ErrorKind::Damaged.into()),
    }
    let (content, written) =
        bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(ErrorKind::Damaged)?;
    if checksum(content) != u64::from_le_bytes(*written) {
        return Err(ErrorKind::Damaged.into());
    }
    let fields = content.get(MAGIC.len() + 1..).ok_or(ErrorKind::Damaged)?;
    let state = Reader { rest: fields }.state();
    let state = state.ok_or(ErrorKind::ImpossibleState("a field is malformed"))?;
    check::possible(&state).map_err(ErrorKind::ImpossibleState)?;
    if encode(&state) != bytes {
        return Err(ErrorKind::ImpossibleState("it is not in canonical form").into());
    }
    Ok(state)
}

/// Whether there is a number other than -0.0; only floating-point numbers can be -0.0.
fn has_other_numbers(state: &Moments) -> bool {
    let accumulator = state.accumulator();
    match state.of().and_then(ColumnType::data_type).map(types::family) {
        None | Some(Family::Null | Family::Other) => false,
        Some(Family::Float) => accumulator.sums().has_other_than_negative_zero,
        Some(_) => accumulator.count(&Options::default()) > 0,
    }
}

/// FNV-1a of 64 bits: each step is a bijection, so a change of one byte always changes the result.
pub fn checksum(bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

pub(super) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

pub(super) fn put_integer(bytes: &mut Vec<u8>, integer: &Integer) {
    let magnitude = integer.magnitude();
    let limbs = magnitude.limbs();
    let position = if limbs.is_empty() { 0 } else { magnitude.base / u64::BITS as i32 };
    bytes.push(u8::from(magnitude.negative));
    bytes.extend_from_slice(&(position as i16).to_le_bytes());
    bytes.extend_from_slice(&(limbs.len() as u16).to_le_bytes());
    limbs.iter().for_each(|limb| bytes.extend_from_slice(&limb.to_le_bytes()));
}

fn put_value(bytes: &mut Vec<u8>, value: Option<Extreme>) {
    let mut put = |kind: u8, value: &[u8]| {
        bytes.extend_from_slice(&[kind, value.len() as u8]);
        bytes.extend_from_slice(value);
    };
    match value {
        None => put(NO_VALUE, &[]),
        Some(Extreme::Float(value)) => put(FLOAT, &value.to_le_bytes()),
        Some(Extreme::Integer(value)) => put(INTEGER, shortest(&value.to_le_bytes())),
        Some(Extreme::Wide(value)) => put(INTEGER, shortest(&value.to_le_bytes())),
    }
}

/// A two's complement number without the upper bytes that only repeat its sign.
fn shortest(bytes: &[u8]) -> &[u8] {
    match bytes {
        [rest @ .., below, 0x00] if below >> 7 == 0 => shortest(&bytes[..rest.len() + 1]),
        [rest @ .., below, 0xff] if below >> 7 == 1 => shortest(&bytes[..rest.len() + 1]),
        _ => bytes,
    }
}

/// Takes fields off the front; `None` where they end too early or are malformed.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn state(mut self) -> Option<Moments> {
        let [flags] = self.array()?;
        if flags & !(HAS_TYPE | HAS_OTHER_THAN_NEGATIVE_ZERO) != 0 {
            return None;
        }
        let name = self.text()?;
        let of = (flags & HAS_TYPE != 0).then(|| ColumnType::named(name));
        let (valid, nulls) = (self.count()?, self.count()?);
        let sums = Sums {
            nans: self.count()?,
            positive_infinities: self.count()?,
            negative_infinities: self.count()?,
            first: self.integer()?,
            second: self.integer()?,
            has_other_than_negative_zero: flags & HAS_OTHER_THAN_NEGATIVE_ZERO != 0,
            slack: None,
        };
        let data_type = of.as_ref().and_then(ColumnType::data_type);
        let is_wide = matches!(data_type, Some(DataType::Decimal256(..)));
        let extremes = match (self.value(is_wide)?, self.value(is_wide)?) {
            (Some(min), Some(max)) => Some(Extremes { min, max }),
            (None, None) => None,
            _ => return None,
        };
        let has_numbers = valid > sums.nans;
        let mut accumulator = Accumulator::from_parts(valid, nulls, sums, extremes);
        if has_numbers && extremes.is_none() && data_type.is_some() {
            accumulator = accumulator.without_extremes();
        }
        let state = match of {
            Some(of) => Moments::of_column(of, accumulator),
            None if accumulator == Accumulator::new() => Moments::new(),
            None => return None,
        };
        self.rest.is_empty().then_some(state)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn count(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = self.array().map(u32::from_le_bytes)?;
        str::from_utf8(self.take(length as usize)?).ok()
    }

    pub(super) fn integer(&mut self) -> Option<Integer> {
        let [sign] = self.array()?;
        let position = self.array().map(i16::from_le_bytes)?;
        let length = self.array().map(u16::from_le_bytes)?;
        let (limbs, _) = self.take(usize::from(length) * size_of::<u64>())?.as_chunks();
        let limbs = limbs.iter().map(|&limb| u64::from_le_bytes(limb)).collect::<Vec<_>>();
        // Refused here: the arithmetic would allocate limbs for zeros at a far position.
        let is_trimmed = match (limbs.first(), limbs.last()) {
            (Some(&lowest), Some(&highest)) => lowest != 0 && highest != 0,
            _ => sign == 0 && position == 0,
        };
        let base = i32::from(position) * u64::BITS as i32;
        is_trimmed.then(|| Integer::from_magnitude(sign == 1, base, &limbs))
    }

    fn value(&mut self, is_wide: bool) -> Option<Option<Extreme>> {
        let [kind, length] = self.array()?;
        let bytes = self.take(length.into())?;
        match kind {
            NO_VALUE => Some(None),
            FLOAT => Some(Some(Extreme::Float(f64::from_le_bytes(bytes.try_into().ok()?)))),
            INTEGER => {
                let negative = bytes.last()? >> 7 == 1;
                let mut wide = [if negative { 0xff } else { 0 }; 32];
                wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
                let value = i256::from_le_bytes(wide);
                Some(Some(match is_wide {
                    true => Extreme::Wide(value),
                    false => Extreme::Integer(value.to_i128()?),
                }))
            }
            _ => None,
        }
    }
}
