//! Any bytes as serialized states, forged ones among them: nothing panics, no more memory is allocated
//! than the bytes account for, and what is deserialized gives the same bytes again, and answers and
//! merges.
//!
//! Honest states are read, and merge with themselves.

use std::sync::Arc;

use arbitrary::{Arbitrary, Unstructured};
use arrow_array::{ArrayRef, Decimal128Array, Float32Array, Float64Array, Int64Array};
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::kernels::Need;
use colstats::internals::states::accumulator::Accumulator;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::states::wire::{decode, encode};
use colstats::internals::types;
use colstats::{Moments, Options};

use crate::memory::peak_during;

#[derive(Arbitrary, Debug)]
enum Case {
    /// Bytes as they are.
    Raw(Vec<u8>),
    /// Any content behind a valid header, with its checksum.
    Content(Vec<u8>),
    /// Two states of the same values, each with some bytes changed, with their checksums.
    Forged { values: Values, changes: [Vec<(u16, u8)>; 2] },
}

#[derive(Arbitrary, Debug)]
enum Values {
    Doubles(Vec<f64>),
    Singles(Vec<f32>),
    Integers(Vec<i64>),
    Decimals(Vec<i128>),
}

/// Whether the bytes make a case at all.
#[cfg(test)]
pub fn is_case(bytes: &[u8]) -> bool {
    Case::arbitrary(&mut Unstructured::new(bytes)).is_ok()
}

/// Panics if a promise is broken.
pub fn attack(bytes: &[u8]) {
    let Ok(case) = Case::arbitrary(&mut Unstructured::new(bytes)) else {
        return;
    };
    match case {
        Case::Raw(bytes) => {
            read(&bytes);
        }
        Case::Content(content) => {
            read(&with_checksum([b"CSTM\x01", content.as_slice()].concat()));
        }
        Case::Forged { values, changes } => {
            let bytes = check_honest(values);
            let [one, other] = changes.map(|changes| read(&changed(&bytes, &changes)));
            if let (Some(mut one), Some(other)) = (one, other)
                && one.merge(&other).is_ok()
            {
                ask(&one);
                assert!(decode(&encode(&one)).is_ok(), "a merged state is read: {one:?}");
            }
        }
    }
}

/// The bytes of an honest state, which must be read.
fn check_honest(values: Values) -> Vec<u8> {
    let (rows, state) = (values.len() as u64, values.state());
    let bytes = encode(&state);
    let mut twice = read(&bytes).unwrap_or_else(|| panic!("an honest state is read: {state:?}"));
    assert_eq!(twice.rows(), rows);
    twice.merge(&state).expect("a state merges with itself");
    assert_eq!(twice.rows(), 2 * rows);
    ask(&twice);
    bytes
}

fn read(bytes: &[u8]) -> Option<Moments> {
    let (state, peak) = peak_during(|| decode(bytes));
    assert!(peak <= 4096 + 16 * bytes.len(), "{peak} bytes of memory for {} bytes", bytes.len());
    let state = state.ok()?;
    assert_eq!(encode(&state), bytes, "{state:?}");
    ask(&state);
    Some(state)
}

fn ask(state: &Moments) {
    let accumulator = state.accumulator();
    for ddof in [0, 1] {
        let options = Options { ddof, min_count: 1, ..Options::default() };
        let _ = (accumulator.sum(&options), accumulator.mean(&options));
        if accumulator.has_extremes() {
            let _ = accumulator.extremes(&options);
        }
        for spread in [accumulator.variance(&options), accumulator.stddev(&options)] {
            assert!(!spread.is_some_and(|spread| spread < 0.0), "{state:?}");
        }
    }
}

/// The bytes with some of them overwritten, and the checksum corrected.
fn changed(bytes: &[u8], changes: &[(u16, u8)]) -> Vec<u8> {
    let mut content = bytes[..bytes.len() - 8].to_vec();
    for &(at, byte) in changes {
        let at = usize::from(at) % content.len();
        content[at] = byte;
    }
    with_checksum(content)
}

/// Appends the checksum of the format: FNV-1a of 64 bits.
fn with_checksum(mut content: Vec<u8>) -> Vec<u8> {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211);
    let hash = content.iter().fold(14_695_981_039_346_656_037, step);
    content.extend_from_slice(&hash.to_le_bytes());
    content
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Doubles(values) => values.len(),
            Self::Singles(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Decimals(values) => values.len(),
        }
    }

    fn state(self) -> Moments {
        let array: ArrayRef = match self {
            Self::Doubles(values) => Arc::new(Float64Array::from(values)),
            Self::Singles(values) => Arc::new(Float32Array::from(values)),
            Self::Integers(values) => Arc::new(Int64Array::from(values)),
            Self::Decimals(values) => {
                let scaled = Decimal128Array::from(values).with_precision_and_scale(38, 3);
                Arc::new(scaled.expect("there are such decimals"))
            }
        };
        let of = ColumnType::named(types::name(array.data_type()));
        let mut accumulator = Accumulator::new();
        Chunk::from(array).fold(Need::Everything, &mut accumulator);
        Moments::of_column(of, accumulator)
    }
}
