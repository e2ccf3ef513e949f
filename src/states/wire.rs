//! States as bytes, to be kept, sent and merged elsewhere.
//!
//! # The form, version 1
//!
//! All numbers are little-endian. Nothing is aligned, and nothing follows the last field.
//!
//! | bytes | field |
//! | --- | --- |
//! | 4 | `CSTM`, by which such bytes are known |
//! | 1 | the version, 1 |
//! | 1 | flags: 1 = it has a type; 2 = there was any number but -0.0, as each of an integer type is; no others |
//! | 4 + n | the name of the type: its length, and so many bytes of UTF-8; empty without a type |
//! | 8 | how many values are not null, NaNs included |
//! | 8 | how many rows are null |
//! | 8 | how many values are NaN |
//! | 8 | how many are positive infinity |
//! | 8 | how many are negative infinity |
//! | 5 + 8n | the sum of the finite values, an integer (below) |
//! | 5 + 8n | the sum of their squares |
//! | 2 + n | the minimum of the numbers, infinities included, a value (below) |
//! | 2 + n | the maximum |
//! | 8 | the FNV-1a hash of 64 bits of all bytes before it |
//!
//! An *integer* is a sign (1 byte: 0, or 1 if it is negative), a position (2 bytes, signed), a length
//! (2 bytes) and so many limbs of 8 bytes, the lowest first: `±limbs * 2^(64 * position)`. Neither the
//! first nor the last limb is zero; zero has no limbs, and its sign and position are 0.
//!
//! A *value* is a kind, a length, and so many bytes: kind 0, of length 0, is none; kind 1, of length
//! 8, a float64; kind 2 an integer in two's complement, in as few bytes as hold it.
//!
//! # What is promised
//!
//! Equal states, to the bit, have equal bytes, and bytes that [`decode`] accepts are those that
//! [`encode`] gives. A state that no data can have is refused, so no statistic of a decoded state
//! can be nonsense that a count or a sum would give away; bytes that were damaged are refused by their
//! hash, of which any change of one byte is certain to be noticed. What is allocated is bounded by the
//! number of bytes. Versions that will be are refused as such; this form will be read forever.

use std::fmt;

use arrow_buffer::i256;
use arrow_schema::DataType;

use crate::exact::Integer;
use crate::kernels::Sums;
use crate::kernels::extremes::{Extreme, Extremes};
use crate::states::accumulator::{Moments, Policy};
use crate::states::moments::{State, Type};
use crate::types::{self, Family};

const MAGIC: &[u8; 4] = b"CSTM";
const VERSION: u8 = 1;
const HAS_TYPE: u8 = 1;
const HAS_OTHER_THAN_NEGATIVE_ZERO: u8 = 2;
const HASH_BYTES: usize = 8;

const NO_VALUE: u8 = 0;
const FLOAT: u8 = 1;
const INTEGER: u8 = 2;

/// Why bytes are no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// They do not begin as states do.
    NotAState,
    /// They are of a version that is not known here.
    Version(u8),
    /// They are not as they were written.
    Damaged,
    /// They are whole, but no data has such a state; or they are not in the one form it has.
    Impossible(&'static str),
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAState => write!(f, "these bytes are no state of colstats"),
            Self::Version(version) => write!(
                f,
                "this state has version {version}, of which this release knows only {VERSION}: \
                 a newer one is needed"
            ),
            Self::Damaged => write!(f, "this state is damaged: its bytes are not those written"),
            Self::Impossible(why) => write!(f, "no data has such a state: {why}"),
        }
    }
}

impl std::error::Error for Invalid {}

/// The bytes of a state.
pub fn encode(state: &State) -> Vec<u8> {
    let (moments, sums) = (state.moments(), state.moments().sums());
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(MAGIC);
    bytes.push(VERSION);
    let typed = if state.of().is_some() { HAS_TYPE } else { 0 };
    let signed = if has_other_numbers(state) { HAS_OTHER_THAN_NEGATIVE_ZERO } else { 0 };
    bytes.push(typed | signed);
    put_text(&mut bytes, state.of().map_or("", Type::name));
    let valid = moments.count(&Policy::default());
    let Sums { nans, positive_infinities, negative_infinities, .. } = *sums;
    for count in [valid, moments.nulls(), nans, positive_infinities, negative_infinities] {
        bytes.extend_from_slice(&count.to_le_bytes());
    }
    put_integer(&mut bytes, &sums.first);
    put_integer(&mut bytes, &sums.second);
    let extremes = moments.extremes_of_numbers();
    put_value(&mut bytes, extremes.map(|extremes| extremes.min));
    put_value(&mut bytes, extremes.map(|extremes| extremes.max));
    let hash = hash(&bytes);
    bytes.extend_from_slice(&hash.to_le_bytes());
    bytes
}

/// The state that bytes tell of.
pub fn decode(bytes: &[u8]) -> Result<State, Invalid> {
    let body = bytes.strip_prefix(MAGIC).ok_or(Invalid::NotAState)?;
    match body.first() {
        Some(&VERSION) => {}
        Some(&version) => return Err(Invalid::Version(version)),
        None => return Err(Invalid::Damaged),
    }
    let (content, written) = bytes.split_last_chunk::<HASH_BYTES>().ok_or(Invalid::Damaged)?;
    if hash(content) != u64::from_le_bytes(*written) {
        return Err(Invalid::Damaged);
    }
    let fields = content.get(MAGIC.len() + 1..).ok_or(Invalid::Damaged)?;
    let state =
        Reader { rest: fields }.state().ok_or(Invalid::Impossible("a field is malformed"))?;
    super::check::possible(&state).map_err(Invalid::Impossible)?;
    if encode(&state) != bytes {
        return Err(Invalid::Impossible("it is not in its one form"));
    }
    Ok(state)
}

/// Whether there is any number but -0.0, which only floating-point numbers can be.
fn has_other_numbers(state: &State) -> bool {
    let moments = state.moments();
    match state.of().and_then(Type::data_type).map(types::family) {
        None | Some(Family::Null | Family::Other) => false,
        Some(Family::Float) => moments.sums().has_other_than_negative_zero,
        Some(_) => moments.count(&Policy::default()) > 0,
    }
}

/// FNV-1a: each step is a bijection, so bytes that differ in one place never have one hash.
fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

fn put_integer(bytes: &mut Vec<u8>, integer: &Integer) {
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

/// A number in two's complement without the bytes that its sign tells.
fn shortest(bytes: &[u8]) -> &[u8] {
    match bytes {
        [rest @ .., below, 0x00] if below >> 7 == 0 => shortest(&bytes[..rest.len() + 1]),
        [rest @ .., below, 0xff] if below >> 7 == 1 => shortest(&bytes[..rest.len() + 1]),
        _ => bytes,
    }
}

/// Takes fields off the front; `None` where they end too early or make no sense.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn state(mut self) -> Option<State> {
        let [flags] = self.array()?;
        if flags & !(HAS_TYPE | HAS_OTHER_THAN_NEGATIVE_ZERO) != 0 {
            return None;
        }
        let name = self.text()?;
        let of = (flags & HAS_TYPE != 0).then(|| Type::named(name));
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
        let data_type = of.as_ref().and_then(Type::data_type);
        let is_wide = matches!(data_type, Some(DataType::Decimal256(..)));
        let extremes = match (self.value(is_wide)?, self.value(is_wide)?) {
            (Some(min), Some(max)) => Some(Extremes { min, max }),
            (None, None) => None,
            _ => return None,
        };
        let moments = Moments::from_parts(valid, nulls, sums, extremes);
        let state = match of {
            Some(of) => State::of_column(of, moments),
            None if moments == Moments::new() => State::new(None),
            None => return None,
        };
        self.rest.is_empty().then_some(state)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn count(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.array().map(u32::from_le_bytes)?;
        str::from_utf8(self.take(length as usize)?).ok()
    }

    fn integer(&mut self) -> Option<Integer> {
        let [sign] = self.array()?;
        let position = self.array().map(i16::from_le_bytes)?;
        let length = self.array().map(u16::from_le_bytes)?;
        let (limbs, _) = self.take(usize::from(length) * size_of::<u64>())?.as_chunks();
        let limbs = limbs.iter().map(|&limb| u64::from_le_bytes(limb)).collect::<Vec<_>>();
        // Zeros at an end, or far away, would have the arithmetic make room for them.
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
