//! The serialized form of states: a round trip is exact, and no other bytes are accepted.

use std::sync::Arc;

use arrow_array::types::*;
use arrow_array::{
    ArrayRef, ArrowPrimitiveType, BooleanArray, Float32Array, Float64Array, Int64Array,
    PrimitiveArray, UInt64Array,
};
use arrow_buffer::i256;
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

/// A state by its fields: the type, flag 2, five counts, the sums, and the extremes if they are known.
#[derive(Clone, Debug)]
struct Fields {
    of: String,
    is_flagged: bool,
    counts: [u64; 5],
    sums: [i64; 2],
    extremes: Option<[f64; 2]>,
}

impl Fields {
    fn of(of: &str, valid: u64, sums: [i64; 2], extremes: Option<[f64; 2]>) -> Self {
        let counts = [valid, 0, 0, 0, 0];
        Self { of: of.into(), is_flagged: true, counts, sums, extremes }
    }

    fn with_infinities(mut self, positive: u64, negative: u64) -> Self {
        (self.counts[3], self.counts[4]) = (positive, negative);
        self
    }

    fn unflagged(mut self) -> Self {
        self.is_flagged = false;
        self
    }

    fn read(&self) -> Option<Moments> {
        decode(&self.write()).ok()
    }

    fn write(&self) -> Vec<u8> {
        let mut bytes = b"CSTM\x01".to_vec();
        bytes.push(1 | u8::from(self.is_flagged) << 1);
        bytes.extend_from_slice(&(self.of.len() as u32).to_le_bytes());
        bytes.extend_from_slice(self.of.as_bytes());
        bytes.extend(self.counts.iter().flat_map(|count| count.to_le_bytes()));
        for sum in self.sums {
            bytes.extend_from_slice(&[u8::from(sum < 0), 0, 0, u8::from(sum != 0), 0]);
            if sum != 0 {
                bytes.extend_from_slice(&sum.unsigned_abs().to_le_bytes());
            }
        }
        for end in [0, 1] {
            match self.extremes {
                None => bytes.extend_from_slice(&[0, 0]),
                Some(ends) if self.of.starts_with("float") => {
                    bytes.extend_from_slice(&[1, 8]);
                    bytes.extend_from_slice(&ends[end].to_le_bytes());
                }
                Some(ends) => {
                    let value = (ends[end] as i64).to_le_bytes();
                    let fits = |length: &usize| {
                        let sign = if value[length - 1] >> 7 == 1 { 0xff } else { 0 };
                        value[*length..].iter().all(|&byte| byte == sign)
                    };
                    let length = (1..=8).find(fits).expect("eight bytes are enough");
                    bytes.extend_from_slice(&[2, length as u8]);
                    bytes.extend_from_slice(&value[..length]);
                }
            }
        }
        forged(&[bytes.as_slice(), &[0; 8]].concat())
    }
}

#[test]
fn extremes_are_values_of_their_type() {
    let one = |of: &str, value: f64| {
        let exact = value as i64;
        Fields::of(of, 1, [exact, exact * exact], Some([value; 2])).read().is_some()
    };
    let ends = [
        ("int8", -128.0, 127.0),
        ("uint8", 0.0, 255.0),
        ("bool", 0.0, 1.0),
        ("date32", -2_147_483_648.0, 2_147_483_647.0),
        ("decimal32(2, 1)", -2_147_483_648.0, 2_147_483_647.0),
        ("float16", -65504.0, 65504.0),
    ];
    for (of, least, greatest) in ends {
        assert!(one(of, least) && one(of, greatest), "{of}");
        assert!(!one(of, least - 1.0) && !one(of, greatest + 1.0), "{of}");
    }
    assert!(one("float32", 16_777_216.0) && !one("float32", 16_777_217.0));
    assert!(one("float16", 2048.0) && !one("float16", 2049.0));
}

#[test]
fn extremes_are_infinite_where_there_are_infinities() {
    let infinity = f64::INFINITY;
    let reads = |valid, positive, negative, sum, min, max| {
        let fields = Fields::of("float64", valid, [sum, sum * sum], Some([min, max]));
        fields.with_infinities(positive, negative).read().is_some()
    };
    assert!(reads(2, 1, 0, 3, 3.0, infinity));
    assert!(reads(2, 1, 0, 3, 2.0, infinity), "no data has it, but that is not looked for");
    assert!(reads(2, 2, 0, 0, infinity, infinity));
    assert!(reads(2, 0, 2, 0, -infinity, -infinity));
    assert!(reads(2, 1, 1, 0, -infinity, infinity));
    assert!(reads(2, 0, 1, 3, -infinity, 3.0));
    assert!(!reads(2, 1, 0, 3, infinity, infinity), "there is a finite value");
    assert!(!reads(2, 1, 0, 3, 4.0, infinity), "the mean is 3");
    assert!(!reads(2, 0, 1, 3, -infinity, 2.0), "the mean is 3");
    assert!(!reads(2, 2, 0, 0, 5.0, infinity), "there is no finite value");
    assert!(!reads(2, 0, 2, 0, -infinity, 5.0), "there is no finite value");
    assert!(!reads(2, 1, 1, 0, 1.0, 1.0) && !reads(2, 0, 0, 3, 1.0, infinity));
}

#[test]
fn the_flag_agrees_with_the_extremes() {
    let zeros = |min, max| Fields::of("float64", 2, [0, 0], Some([min, max]));
    assert!(zeros(-0.0, -0.0).unflagged().read().is_some());
    assert!(zeros(-0.0, -0.0).read().is_none());
    for (min, max) in [(-0.0, 0.0), (0.0, 0.0)] {
        assert!(zeros(min, max).read().is_some());
        assert!(zeros(min, max).unflagged().read().is_none());
    }
    assert!(zeros(-1.0, 1.0).unflagged().read().is_none());
}

#[test]
fn sums_are_in_range() {
    let reads = |of: &str, valid, sums| Fields::of(of, valid, sums, None).read().is_some();
    assert!(reads("int8", 2, [-256, 32768]) && reads("int8", 2, [254, 32258]));
    assert!(!reads("int8", 1, [500, 262_143]) && !reads("int8", 2, [1000, 524_287]));
    assert!(!reads("int8", 2, [-256, 32769]) && !reads("int8", 2, [255, 32768]));
    assert!(reads("uint8", 2, [0, 0]) && !reads("uint8", 2, [-1, 1]));
    assert!(reads("bool", 3, [3, 3]) && !reads("bool", 3, [3, 4]));
    assert!(reads("float16", 1, [65504, 65504 * 65504]));
    assert!(!reads("float16", 1, [65505, 65505 * 65505]));
}

#[test]
fn decimals_of_digits_that_no_type_has_are_only_counted() {
    let sums = |of: &str| Fields::of(of, 2, [3, 5], Some([1.0, 2.0])).read().is_some();
    assert!(sums("decimal128(38, 127)") && sums("decimal128(1, -128)"));
    // Producers may declare them.
    assert!(sums("decimal128(39, 0)") && sums("decimal32(0, 0)"));
    for of in ["decimal128(5, 999999999)", "decimal128(256, 0)", "decimal32(5, 128)"] {
        assert!(!sums(of), "{of}");
        let counted = Fields::of(of, 2, [0, 0], None).unflagged().read().expect("it is counted");
        assert!(counted.mean().is_err(), "{of}");
    }
}

/// What would be left has another sum than any ten values of its type.
#[test]
fn what_was_never_added_is_not_taken_away() {
    let bytes = |values: Vec<i8>| state(Arc::new(PrimitiveArray::<Int8Type>::from(values)));
    let mut whole = bytes([[127; 50], [-128; 50]].concat());
    let before = whole.clone();
    assert!(whole.retract(&bytes(vec![-1; 90])).is_err());
    assert_eq!(whole, before);
    assert!(whole.retract(&bytes(vec![-128; 40])).is_ok());
    assert!(decode(&encode(&whole)).is_ok());
}

/// Values of every type whose values are summed, derived from the same bits.
fn of_every_type(bits: &[i64]) -> Vec<Moments> {
    fn of<P: ArrowPrimitiveType>(bits: &[i64], make: impl Fn(i64) -> P::Native) -> Moments {
        state(Arc::new(PrimitiveArray::<P>::from_iter_values(bits.iter().map(|&it| make(it)))))
    }
    let second = |it: i64| it.rem_euclid(86_400);
    vec![
        of::<Float64Type>(bits, |it| f64::from_bits(it as u64)),
        of::<Float32Type>(bits, |it| f32::from_bits(it as u32)),
        of::<Float16Type>(bits, |it| half::f16::from_bits(it as u16)),
        of::<Int8Type>(bits, |it| it as i8),
        of::<Int16Type>(bits, |it| it as i16),
        of::<Int32Type>(bits, |it| it as i32),
        of::<Int64Type>(bits, |it| it),
        of::<UInt8Type>(bits, |it| it as u8),
        of::<UInt16Type>(bits, |it| it as u16),
        of::<UInt32Type>(bits, |it| it as u32),
        of::<UInt64Type>(bits, |it| it as u64),
        of::<Decimal32Type>(bits, |it| it as i32),
        of::<Decimal64Type>(bits, |it| it),
        of::<Decimal128Type>(bits, |it| i128::from(it) << (it & 63)),
        of::<Decimal256Type>(bits, |it| i256::from_i128(it.into()) << (it & 127) as u8),
        of::<Date32Type>(bits, |it| it as i32),
        of::<Date64Type>(bits, |it| it),
        of::<Time32SecondType>(bits, |it| second(it) as i32),
        of::<Time64NanosecondType>(bits, |it| second(it) * 1_000_000_000),
        of::<TimestampSecondType>(bits, |it| it >> 31),
        of::<TimestampNanosecondType>(bits, |it| it),
        of::<DurationMillisecondType>(bits, |it| it),
        state(Arc::new(bits.iter().map(|&it| Some(it & 1 == 1)).collect::<BooleanArray>())),
    ]
}

fn bits() -> impl Strategy<Value = Vec<i64>> {
    let negative_zero = (-0.0f64).to_bits() as i64;
    let special = vec![0, -1, 1, i64::MIN, i64::MAX, negative_zero, 0x7ff0 << 48, 0x8000, 0x7c00];
    prop::collection::vec(prop_oneof![any::<i64>(), prop::sample::select(special)], 0..12)
}

/// Two states of one type of few bits.
fn nearly_possible_pairs() -> impl Strategy<Value = (Fields, Fields)> {
    let names = vec!["int8", "uint8", "int16", "bool", "float16", "decimal32(3, 1)"];
    prop::sample::select(names).prop_flat_map(|of| (nearly_possible(of), nearly_possible(of)))
}

/// States of numbers that are nearly values of a type.
fn nearly_possible(of: &'static str) -> impl Strategy<Value = Fields> {
    // Those of a bit too many are often what a bound that is not tight lets through.
    let number = prop_oneof![-140i64..270, -2i64..3, -70_000i64..70_000, 270i64..380];
    let same = (number.clone(), 0usize..4).prop_map(|(number, count)| vec![number; count]);
    let numbers = prop_oneof![prop::collection::vec(number, 0..4), same];
    let others = (0u64..3, 0u64..2, 0u64..2, -2i64..300, any::<bool>(), any::<bool>());
    (numbers, others).prop_map(move |(numbers, others)| {
        let (nulls, positive, negative, more, is_flagged, are_known) = others;
        let (positive, negative) = if of == "float16" { (positive, negative) } else { (0, 0) };
        let squares = numbers.iter().map(|number| number * number).sum::<i64>();
        let ends = numbers.iter().min().zip(numbers.iter().max());
        let mut ends = ends.map(|(&min, &max)| [min as f64, max as f64]);
        let mut end = |at: usize, end: f64| ends.get_or_insert([end; 2])[at] = end;
        if positive > 0 {
            end(1, f64::INFINITY);
        }
        if negative > 0 {
            end(0, f64::NEG_INFINITY);
        }
        let valid = numbers.len() as u64 + positive + negative;
        Fields {
            of: of.into(),
            is_flagged: valid > 0 && (is_flagged || of != "float16"),
            counts: [valid, nulls, 0, positive, negative],
            sums: [numbers.iter().sum(), squares + more],
            extremes: ends.filter(|_| are_known),
        }
    })
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
    fn honest_states_are_read_whole_merged_and_divided(ours in bits(), theirs in bits()) {
        let both = [ours.as_slice(), &theirs].concat();
        let (ones, others) = (of_every_type(&ours), of_every_type(&theirs));
        for ((one, other), both) in ones.iter().zip(&others).zip(of_every_type(&both)) {
            prop_assert_eq!(decode(&encode(one)), Ok(one.clone()));
            let mut merged = decode(&encode(other)).expect("an honest state is read");
            merged.merge(one).expect("one type");
            prop_assert_eq!(&merged, &both);
            prop_assert!(merged.retract(other).is_ok());
            prop_assert!(decode(&encode(&merged)).is_ok(), "{merged:?}");
        }
        for one in &ones {
            for other in &others {
                let mut whole = one.clone();
                if whole.merge(other).is_ok() {
                    prop_assert!(decode(&encode(&whole)).is_ok(), "{one:?} and {other:?}");
                }
            }
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

proptest! {
    // Few of them are read.
    #![proptest_config(ProptestConfig::with_cases(5000))]

    /// The conditions are such that two states which obey them do so together.
    #[test]
    fn whatever_is_read_is_read_when_merged((one, other) in nearly_possible_pairs()) {
        if let (Some(mut whole), Some(part)) = (one.read(), other.read()) && whole.merge(&part).is_ok() {
            prop_assert!(decode(&encode(&whole)).is_ok(), "{one:?} and {other:?}");
        }
    }
}
