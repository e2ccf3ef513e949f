//! States as bytes: what was written is read, to the bit, and nothing else is.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float32Array, Float64Array, Int64Array, UInt64Array};
use colstats::state::{State, Type};
use colstats::wire::{Invalid, decode, encode};
use colstats::{Chunk, Moments, Need, Policy, types};
use proptest::prelude::*;

fn state(array: ArrayRef) -> State {
    let of = Type::named(types::name(array.data_type()));
    let mut moments = Moments::new();
    Chunk::from(array).fold(Need::Everything, &mut moments);
    State::of_column(of, moments)
}

fn floats(values: impl IntoIterator<Item = f64>) -> State {
    state(Arc::new(values.into_iter().map(Some).collect::<Float64Array>()))
}

/// The hash that the form prescribes, written down a second time.
fn fnv1a(bytes: &[u8]) -> [u8; 8] {
    let mut hash = 14_695_981_039_346_656_037u64;
    for &byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211);
    }
    hash.to_le_bytes()
}

/// The same bytes with a hash that fits, as a forger would make them.
fn forged(bytes: &[u8]) -> Vec<u8> {
    let content = &bytes[..bytes.len() - 8];
    [content, &fnv1a(content)].concat()
}

fn examples() -> Vec<State> {
    vec![
        State::default(),
        State::new(Some(Type::named("float64"))),
        State::new(Some(Type::named("list"))),
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
fn the_form_is_the_one_that_is_written_down() {
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

    let fresh = encode(&State::default());
    assert_eq!(fresh.len(), 6 + 4 + 40 + 10 + 4 + 8);
    let half = encode(&floats([-0.5]));
    let sum = [1, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x80];
    assert_eq!(half[17 + 40..][..13], sum, "-2^63 * 2^-64");
}

#[test]
fn examples_come_back() {
    for state in examples() {
        let bytes = encode(&state);
        assert!(bytes.len() < 1000, "the widest sums have 104 limbs");
        let back = decode(&bytes).unwrap_or_else(|error| panic!("{error}: {state:?}"));
        assert_eq!(encode(&back), bytes);
        assert_eq!(back.moments(), state.moments());
        assert_eq!(back.of(), state.of());
    }
}

#[test]
fn truncated_and_longer_bytes_are_refused() {
    for state in examples() {
        let bytes = encode(&state);
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_err());
            if length >= 14 {
                // Even with a hash that fits.
                assert!(decode(&forged(&bytes[..length])).is_err());
            }
        }
        let longer = [bytes.as_slice(), &[0; 8]].concat();
        assert_eq!(decode(&longer).err(), Some(Invalid::Damaged));
        assert!(decode(&forged(&longer)).is_err());
    }
}

#[test]
fn damage_of_any_byte_is_noticed() {
    for state in examples() {
        let bytes = encode(&state);
        for at in 0..bytes.len() {
            for flip in 1..=255 {
                let mut damaged = bytes.clone();
                damaged[at] ^= flip;
                let error = decode(&damaged).expect_err("a byte is not what it was");
                let expected = match at {
                    0..4 => Invalid::NotAState,
                    4 => Invalid::Version(1 ^ flip),
                    _ => Invalid::Damaged,
                };
                assert_eq!(error, expected);
            }
        }
    }
}

/// Whatever a forged state says, it can be asked, merged, and written as it was.
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

fn ask(mut state: State) {
    for ddof in [0, 1] {
        let policy = Policy { ddof, ..Policy::default() };
        let moments = state.moments();
        let _ = (moments.sum(&policy), moments.mean(&policy), moments.extremes(&policy));
        assert!(!moments.variance(&policy).is_some_and(|variance| variance < 0.0));
        assert!(!moments.stddev(&policy).is_some_and(|stddev| stddev < 0.0));
    }
    let same = state.clone();
    if state.merge(&same).is_ok() {
        assert!(decode(&encode(&state)).is_ok());
    }
}

#[test]
fn impossible_states_are_refused() {
    let bytes = encode(&state(Arc::new(Int64Array::from(vec![2, 3]))));
    let refused = |at: usize, value: u8| {
        let mut changed = bytes.clone();
        changed[at] = value;
        decode(&forged(&changed)).err().map(|error| error.to_string())
    };
    let because = |why: &str| Some(format!("no data has such a state: {why}"));
    assert_eq!(bytes[15], 2, "the number of values");
    assert_eq!(refused(15, 0), because("its sums are not of so many values"));
    assert_eq!(refused(15, 1), because("its sum of squares is too small"), "5^2 > 1 * 13");
    assert_eq!(refused(15, 3), because("its values would be beyond its extremes"), "5 < 3 * 2");
    assert_eq!(refused(5, 1), because("the flag of other numbers than -0.0 is wrong"));
    assert_eq!(refused(5, 4), because("a field is malformed"));
    assert_eq!(refused(31, 1), because("values of its type are all finite"));
    assert_eq!(refused(22, 0xff), because("it has more rows than are ever counted"));
    let last = bytes.len() - 9;
    assert_eq!(refused(last, 1), because("its extremes are not those of its values"));

    let mut spread = encode(&state(Arc::new(Int64Array::from(vec![2, 2, 3, 3]))));
    let squares = 6 + 4 + 5 + 40 + (5 + 8) + 5;
    assert_eq!(spread[squares], 26, "4 + 4 + 9 + 9, of a mean of 2.5 that deviates by 0.5");
    spread[squares] = 27;
    let wider = decode(&forged(&spread)).err().map(|error| error.to_string());
    assert_eq!(wider, because("its values would be beyond its extremes"));
}

#[test]
fn zeros_that_are_far_away_or_at_an_end_are_refused_as_they_are_read() {
    let malformed = Some(Invalid::Impossible("a field is malformed"));
    let nothing = encode(&State::new(Some(Type::named("int64"))));
    let sum = 6 + 4 + 5 + 40;
    for (field, value) in [(0, 1), (1, 0xff), (2, 0x7f)] {
        let mut far = nothing.clone();
        far[sum + field] = value;
        assert_eq!(decode(&forged(&far)).err(), malformed);
    }
    let two_limbs = encode(&state(Arc::new(UInt64Array::from(vec![u64::MAX; 2]))));
    let limbs = sum + 1 + 5; // its type has a letter more
    for limb in 0..2 {
        let mut padded = two_limbs.clone();
        padded[limbs + 8 * limb..][..8].fill(0);
        assert_eq!(decode(&forged(&padded)).err(), malformed);
    }
}

#[test]
fn refusals_say_what_is_wrong() {
    let said = |bytes: &[u8]| decode(bytes).expect_err("refused").to_string();
    assert_eq!(said(b""), "these bytes are no state of colstats");
    assert_eq!(said(b"PAR1 and more"), "these bytes are no state of colstats");
    assert_eq!(said(b"CSTM"), "this state is damaged: its bytes are not those written");
    let newer =
        "this state has version 9, of which this release knows only 1: a newer one is needed";
    assert_eq!(said(b"CSTM\x09"), newer);
}

#[test]
fn length_fields_allocate_nothing() {
    let bytes = encode(&floats([1.0]));
    // The length of the name, and of the limbs of the sum.
    for at in [6, 17 + 40 + 3] {
        let mut long = bytes.clone();
        long[at..at + 2].copy_from_slice(&[0xff, 0xff]);
        assert!(decode(&forged(&long)).is_err());
    }
}

proptest! {
    #[test]
    fn states_of_parts_travel(
        bits in prop::collection::vec(any::<u64>(), 0..50),
        scale in prop::sample::select(vec![0u64, 0x3ff0_0000_0000_0000, 0x7fe0_0000_0000_0000]),
        cut in 0usize..50,
        copies in 0u32..40,
    ) {
        let values = bits.iter().map(|&bits| f64::from_bits(bits ^ scale)).collect::<Vec<_>>();
        let (left, right) = values.split_at(cut.min(values.len()));
        let travelled = |part: &[f64]| decode(&encode(&floats(part.iter().copied()))).expect("whole");
        let mut parts = travelled(right);
        parts.merge(&travelled(left)).expect("one type");
        let mut whole = floats(values.iter().copied());
        prop_assert_eq!(encode(&parts), encode(&whole));
        // Doubled again and again, the sums grow past every window.
        for _ in 0..copies {
            let same = whole.clone();
            whole.merge(&same).expect("few rows");
            let bytes = encode(&whole);
            prop_assert_eq!(encode(&decode(&bytes).expect("whole")), bytes);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), typed: bool) {
        let head: &[u8] = if typed { b"CSTM\x01\x03\x07\0\0\0float64" } else { b"CSTM\x01" };
        let bytes = [head, &bytes, &[0; 8]].concat();
        if let Ok(state) = decode(&forged(&bytes)) {
            ask(state);
        }
    }
}
