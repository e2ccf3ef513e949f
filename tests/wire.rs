//! The serialized form of states: a round trip is exact, and no other bytes are accepted.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float32Array, Float64Array, Int64Array, UInt64Array};
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::kernels::Need;
use colstats::internals::states::accumulator::Accumulator;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::states::wire::{decode, encode};
use colstats::internals::{ErrorKind, types};
use colstats::{Moments, Options};
use proptest::prelude::*;

fn state(array: ArrayRef) -> Moments {
    let of = ColumnType::named(types::name(array.data_type()));
    let mut accumulator = Accumulator::new();
    Chunk::from(array).fold(Need::Everything, &mut accumulator);
    Moments::of_column(of, accumulator)
}

fn floats(values: impl IntoIterator<Item = f64>) -> Moments {
    state(Arc::new(values.into_iter().map(Some).collect::<Float64Array>()))
}

/// The checksum of the format, in a second implementation.
fn fnv1a(bytes: &[u8]) -> [u8; 8] {
    let mut hash = 14_695_981_039_346_656_037u64;
    for &byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211);
    }
    hash.to_le_bytes()
}

/// The same bytes with a checksum that matches, as a forger would make them.
fn forged(bytes: &[u8]) -> Vec<u8> {
    let content = &bytes[..bytes.len() - 8];
    [content, &fnv1a(content)].concat()
}

fn examples() -> Vec<Moments> {
    vec![
        Moments::default(),
        Moments::of_type(Some(ColumnType::named("float64"))),
        Moments::of_type(Some(ColumnType::named("list"))),
        floats([]),
        floats([-0.0]),
        floats([-0.0, 0.0, f64::NAN]),
        floats([f64::MAX, 5e-324, -f64::MAX, 1.0]),
        floats([f64::MAX; 100]),
        floats([f64::INFINITY, f64::NEG_INFINITY, 1.5]),
        floats([f64::NAN]),
        state(Arc::new(Float32Array::from(vec![f32::MAX, f32::MIN_POSITIVE, 1e-45]))),
        state(Arc::new(Int64Array::from(vec![Some(i64::MIN), None, Some(i64::MAX)]))),
        state(Arc::new(Int64Array::from(vec![127, 128, -128, -129, 255, 256]))),
        state(Arc::new(UInt64Array::from(vec![u64::MAX; 9]))),
        state(Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
        state(arrow_array::new_null_array(&types::parse("null").expect("a type"), 5)),
    ]
}

#[test]
fn the_layout_is_the_documented_one() {
    let bytes = encode(&state(Arc::new(Int64Array::from(vec![Some(-2), None, Some(3)]))));
    let content = [
        b"CSTM\x01\x03".as_slice(),
        b"\x05\0\0\0int64",
        &[2u64, 1, 0, 0, 0].map(u64::to_le_bytes).concat(),
        &[0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0],  // 1
        &[0, 0, 0, 1, 0, 13, 0, 0, 0, 0, 0, 0, 0], // 13
        &[2, 1, 0xfe],
        &[2, 1, 3],
    ]
    .concat();
    assert_eq!(bytes, [content.as_slice(), &fnv1a(&content)].concat());

    let fresh = encode(&Moments::default());
    assert_eq!(fresh.len(), 6 + 4 + 40 + 10 + 4 + 8);
    let half = encode(&floats([-0.5]));
    let sum = [1, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x80];
    assert_eq!(half[17 + 40..][..13], sum, "-2^63 * 2^-64");
}

#[test]
fn examples_survive_a_round_trip() {
    for state in examples() {
        let bytes = encode(&state);
        assert!(bytes.len() < 1000, "the widest sums have 104 limbs");
        let restored = decode(&bytes).unwrap_or_else(|error| panic!("{error}: {state:?}"));
        assert_eq!(encode(&restored), bytes);
        assert_eq!(restored.accumulator(), state.accumulator());
        assert_eq!(restored.of(), state.of());
    }
}

#[test]
fn truncated_and_extended_bytes_are_refused() {
    for state in examples() {
        let bytes = encode(&state);
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_err());
            if length >= 14 {
                // Even if the checksum matches.
                assert!(decode(&forged(&bytes[..length])).is_err());
            }
        }
        let longer = [bytes.as_slice(), &[0; 8]].concat();
        assert_eq!(decode(&longer).err(), Some(ErrorKind::Damaged.into()));
        assert!(decode(&forged(&longer)).is_err());
    }
}

#[test]
fn damage_to_any_byte_is_detected() {
    for state in examples() {
        let bytes = encode(&state);
        for at in 0..bytes.len() {
            for flip in 1..=255 {
                let mut damaged = bytes.clone();
                damaged[at] ^= flip;
                let error = decode(&damaged).expect_err("a byte has changed");
                let expected = match at {
                    0..4 => ErrorKind::NotAState,
                    4 => ErrorKind::UnknownVersion { found: 1 ^ flip, known: 1 },
                    _ => ErrorKind::Damaged,
                };
                assert_eq!(*error.kind(), expected);
            }
        }
    }
}

/// Forged states that are accepted can be queried and merged, and are serialized to the same bytes.
#[test]
fn forged_states_do_no_harm() {
    let interesting = [0, 1, 2, 0x7f, 0x80, 0xff];
    let mut survivors = 0;
    for state in examples() {
        let bytes = encode(&state);
        for at in 5..bytes.len() - 8 {
            for value in interesting {
                let mut changed = bytes.clone();
                changed[at] = value;
                let changed = forged(&changed);
                if let Ok(state) = decode(&changed) {
                    survivors += 1;
                    assert_eq!(encode(&state), changed);
                    ask(state);
                }
            }
        }
    }
    assert!(survivors > 100, "{survivors}");
}

fn ask(mut state: Moments) {
    for ddof in [0, 1] {
        let options = Options { ddof, ..Options::default() };
        let accumulator = state.accumulator();
        let _ = (accumulator.sum(&options), accumulator.mean(&options));
        if accumulator.has_extremes() {
            let _ = accumulator.extremes(&options);
        }
        assert!(!accumulator.variance(&options).is_some_and(|variance| variance < 0.0));
        assert!(!accumulator.stddev(&options).is_some_and(|stddev| stddev < 0.0));
    }
    let same = state.clone();
    if state.merge(&same).is_ok() {
        assert!(decode(&encode(&state)).is_ok());
    }
}

#[test]
fn impossible_states_are_refused() {
    let bytes = encode(&state(Arc::new(Int64Array::from(vec![2, 3]))));
    let reason = |at: usize, value: u8| {
        let mut changed = bytes.clone();
        changed[at] = value;
        decode(&forged(&changed)).err().map(|error| error.to_string())
    };
    let because = |why: &str| Some(format!("no data has such a state: {why}"));
    assert_eq!(bytes[15], 2, "the number of values");
    assert_eq!(reason(15, 0), because("the sums are out of range for this count"));
    assert_eq!(
        reason(15, 1),
        because("the sum of squares is too small for the sum"),
        "5^2 > 1 * 13"
    );
    assert_eq!(reason(15, 3), because("the sums put values outside min and max"), "5 < 3 * 2");
    assert_eq!(reason(5, 1), because("the flag for numbers other than -0.0 is wrong"));
    assert_eq!(reason(5, 4), because("a field is malformed"));
    assert_eq!(reason(31, 1), because("values of its type are all finite"));
    assert_eq!(reason(22, 0xff), because("it has more rows than a state counts"));
    let last = bytes.len() - 9;
    assert_eq!(reason(last, 1), because("min and max are not values of its type, or not in order"));

    let mut spread = encode(&state(Arc::new(Int64Array::from(vec![2, 2, 3, 3]))));
    let squares = 6 + 4 + 5 + 40 + (5 + 8) + 5;
    assert_eq!(spread[squares], 26, "4 + 4 + 9 + 9: the mean is 2.5, the deviation 0.5");
    spread[squares] = 27;
    let wider = decode(&forged(&spread)).err().map(|error| error.to_string());
    assert_eq!(wider, because("the sums put values outside min and max"));
}

#[test]
fn zeros_at_far_positions_and_padding_limbs_are_refused_early() {
    let malformed = Some(ErrorKind::ImpossibleState("a field is malformed").into());
    let nothing = encode(&Moments::of_type(Some(ColumnType::named("int64"))));
    let sum = 6 + 4 + 5 + 40;
    for (field, value) in [(0, 1), (1, 0xff), (2, 0x7f)] {
        let mut far = nothing.clone();
        far[sum + field] = value;
        assert_eq!(decode(&forged(&far)).err(), malformed);
    }
    let two_limbs = encode(&state(Arc::new(UInt64Array::from(vec![u64::MAX; 2]))));
    let limbs = sum + 1 + 5; // `uint64` is one letter longer than `int64`
    for limb in 0..2 {
        let mut padded = two_limbs.clone();
        padded[limbs + 8 * limb..][..8].fill(0);
        assert_eq!(decode(&forged(&padded)).err(), malformed);
    }
}

#[test]
fn messages_say_what_is_wrong() {
    let message = |bytes: &[u8]| decode(bytes).expect_err("refused").to_string();
    assert_eq!(message(b""), "these bytes are not a colstats state");
    assert_eq!(message(b"PAR1 and more"), "these bytes are not a colstats state");
    assert_eq!(message(b"CSTM"), "this state is damaged: its checksum does not match");
    let newer =
        "this state has version 9, but this release reads only version 1: use a newer release";
    assert_eq!(message(b"CSTM\x09"), newer);
}

/// They must be refused before anything of that length is allocated.
#[test]
fn overlong_length_fields_are_refused() {
    let bytes = encode(&floats([1.0]));
    // The length of the name, and the number of limbs of the sum.
    for at in [6, 17 + 40 + 3] {
        let mut long = bytes.clone();
        long[at..at + 2].copy_from_slice(&[0xff, 0xff]);
        assert!(decode(&forged(&long)).is_err());
    }
}

proptest! {
    #[test]
    fn states_of_parts_are_merged_after_a_round_trip(
        bits in prop::collection::vec(any::<u64>(), 0..50),
        scale in prop::sample::select(vec![0u64, 0x3ff0_0000_0000_0000, 0x7fe0_0000_0000_0000]),
        cut in 0usize..50,
        copies in 0u32..40,
    ) {
        let values = bits.iter().map(|&bits| f64::from_bits(bits ^ scale)).collect::<Vec<_>>();
        let (left, right) = values.split_at(cut.min(values.len()));
        let round_trip = |part: &[f64]| decode(&encode(&floats(part.iter().copied()))).expect("valid");
        let mut parts = round_trip(right);
        parts.merge(&round_trip(left)).expect("one type");
        let mut whole = floats(values.iter().copied());
        prop_assert_eq!(encode(&parts), encode(&whole));
        // Doubling repeatedly makes the sums outgrow every window.
        for _ in 0..copies {
            let same = whole.clone();
            whole.merge(&same).expect("few rows");
            let bytes = encode(&whole);
            prop_assert_eq!(encode(&decode(&bytes).expect("valid")), bytes);
        }
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), typed: bool) {
        let head: &[u8] = if typed { b"CSTM\x01\x03\x07\0\0\0float64" } else { b"CSTM\x01" };
        let bytes = [head, &bytes, &[0; 8]].concat();
        if let Ok(state) = decode(&forged(&bytes)) {
            ask(state);
        }
    }
}
