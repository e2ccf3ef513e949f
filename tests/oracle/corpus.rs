//! A corpus of columns: every type, distribution and layout, lengths from 0 to 5,000. It is computed, by integer
//! arithmetic and operations of IEEE 754 alone, so it is the same on every machine.

use std::sync::Arc;

use arrow_array::types::{Int16Type, Int32Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, NullArray, PrimitiveArray, RunArray, make_array,
};
use arrow_buffer::{Buffer, NullBuffer, i256};
use arrow_data::ArrayData;
use arrow_schema::DataType;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::plain::Plain;
use colstats::internals::columns::strided::{Layout, Missing, Strided};
use colstats::internals::kernels::ByteOrder;
use colstats::internals::types;

use crate::random::Random;

/// Around the lengths of vectors, blocks, parts and thresholds.
const LENGTHS: [usize; 26] = [
    0, 1, 2, 3, 5, 8, 31, 32, 33, 95, 96, 97, 128, 255, 256, 257, 511, 512, 1000, 1023, 1024, 1025,
    2049, 3000, 4096, 5000,
];

const DISTRIBUTIONS: [&str; 24] = [
    "normal",
    "uniform",
    "constant",
    "counts",
    "sixteenths",
    "far from zero",
    "bell of exponents",
    "every exponent",
    "every bit pattern",
    "tiny outliers",
    "huge outliers",
    "one huge value at the end",
    "subnormal",
    "largest",
    "sorted",
    "alternating signs",
    "exponents in a sawtooth",
    "drifting exponents",
    "sparse",
    "negative zeros",
    "zeros of both signs",
    "some NaN",
    "some infinite",
    "one infinity",
];

/// How many bits of integers are significant.
const WIDTHS: [&str; 5] =
    ["all bits", "half of the bits", "4 bits", "most bits", "all bits but one"];

const LAYOUTS: [&str; 7] =
    ["nulls", "slice", "chunks", "dictionary", "runs", "strided", "masked and swapped"];

/// All types whose values are read, by name.
const TYPES: &str = "float64; float32; float16; int8; int16; int32; int64; uint8; uint16; uint32; uint64; \
    decimal32(9, 2); decimal64(18, 4); decimal128(38, 10); decimal256(76, 20); bool; null; date32; date64; \
    time32[s]; time32[ms]; time64[us]; time64[ns]; timestamp[s]; timestamp[ms]; timestamp[us]; timestamp[ns]; \
    timestamp[ns, tz=Europe/Berlin]; duration[s]; duration[ms]; duration[us]; duration[ns]";

/// Visits every column of the corpus: its name, the type of its values, and its chunks. Each set of values comes as it
/// is, and in one of the other layouts.
pub fn for_each(mut visit: impl FnMut(&str, &DataType, &[Chunk])) {
    let mut random = Random(0x005e_ed0f_ac01_0000);
    let mut column = 0;
    for name in TYPES.split("; ") {
        let of = types::parse(name).expect("the name of a type");
        let is_float = types::family(&of) == types::Family::Float;
        let values = if is_float { &DISTRIBUTIONS[..] } else { &WIDTHS[..] };
        for (kind, distribution) in values.iter().enumerate() {
            for length in LENGTHS {
                let array = array(&of, kind, length, &mut random);
                let title = format!("{name}, {distribution}, {length}");
                visit(&format!("{title}, whole"), &of, &[Chunk::from(Arc::clone(&array))]);
                let layout = LAYOUTS[column % LAYOUTS.len()];
                let chunks = in_layout(layout, &array, &mut random);
                visit(&format!("{title}, {layout}"), &of, &chunks);
                column += 1;
            }
        }
    }
}

/// Values of a type without nulls: of one of the distributions, or of one of the widths.
fn array(of: &DataType, kind: usize, length: usize, random: &mut Random) -> ArrayRef {
    let Some(width) = types::native_width(of) else {
        return match of {
            DataType::Boolean => {
                let bits = (0..length).map(|_| Some(random.below(8) < kind as u64));
                Arc::new(bits.collect::<BooleanArray>())
            }
            _ => Arc::new(NullArray::new(length)),
        };
    };
    let mut bytes = Vec::with_capacity(length * width);
    for row in 0..length {
        if types::family(of) == types::Family::Float {
            push_float(&mut bytes, width, float(kind, row, length, random));
        } else {
            bytes.extend(&integer(of, kind, random).to_le_bytes()[..width]);
        }
    }
    let data = ArrayData::builder(of.clone()).len(length).add_buffer(Buffer::from_vec(bytes));
    make_array(data.align_buffers(true).build().expect("an array"))
}

fn push_float(bytes: &mut Vec<u8>, width: usize, value: f64) {
    match width {
        8 => bytes.extend(value.to_le_bytes()),
        4 => bytes.extend((value as f32).to_le_bytes()),
        // `from_f64` rounds twice on x86 and once elsewhere.
        _ => bytes.extend(half::f16::from_f32(value as f32).to_le_bytes()),
    }
}

/// An integer of a type: random bits, of which few or many are significant.
fn integer(of: &DataType, kind: usize, random: &mut Random) -> i256 {
    let low = u128::from(random.next()) << 64 | u128::from(random.next());
    let high = i128::from(random.next() as i64) << 64 | i128::from(random.next());
    let bits = 8 * types::native_width(of).expect("numbers") as u32;
    // Decimals have fewer digits than their integers can hold.
    let unused = if types::family(of) == types::Family::Decimal { 5 } else { 0 };
    let significant = [bits, bits / 2, 4, bits - 7, bits - 1][kind];
    let shift = (256 - significant + unused).min(254) as u8;
    match random.below(50) {
        0 => i256::ZERO,
        _ if of.is_unsigned_integer() => {
            // Without the sign that a shift would bring down.
            let kept = u128::MAX >> (128 - significant);
            i256::from_parts(low & kept, 0)
        }
        _ => i256::from_parts(low, high) >> shift,
    }
}

/// One number of a distribution.
fn float(kind: usize, row: usize, length: usize, random: &mut Random) -> f64 {
    let uniform = |random: &mut Random| (random.next() >> 11) as f64 / power_of_two(53);
    let normal = |random: &mut Random| {
        let sum: f64 = (0..12).map(|_| uniform(random)).sum();
        sum - 6.0
    };
    let any = normal(random);
    let rare = random.below(100) == 0;
    let exponent = random.below(2000) as i32 - 1000;
    let scaled = |exponent: i32| (1.0 + any.abs() / 8.0) * power_of_two(exponent);
    match DISTRIBUTIONS[kind] {
        "normal" => any,
        "uniform" => uniform(random),
        "constant" => 0.1,
        "counts" => (any * 1000.0).round_ties_even(),
        "sixteenths" => (any * 1600.0).round_ties_even() / 16.0,
        "far from zero" => 40_000.0 + any / 1000.0,
        "bell of exponents" => scaled((any * 6.0) as i32),
        "every exponent" => scaled(exponent).copysign(any),
        "every bit pattern" => f64::from_bits(random.next()),
        "tiny outliers" => {
            if rare {
                any * 1e-30
            } else {
                any
            }
        }
        "huge outliers" => {
            if rare {
                any * 1e30
            } else {
                any
            }
        }
        "one huge value at the end" => {
            if row + 1 == length {
                1e300
            } else {
                any
            }
        }
        "subnormal" => f64::from_bits(random.next() >> 12).copysign(any),
        "largest" => f64::MAX.copysign(if row % 3 == 2 { -1.0 } else { 1.0 }),
        "sorted" => row as f64 + uniform(random),
        "alternating signs" => {
            if row.is_multiple_of(2) {
                any.abs()
            } else {
                -any.abs()
            }
        }
        "exponents in a sawtooth" => any * power_of_two((row % 64) as i32 * 8 - 256),
        "drifting exponents" => any * power_of_two(row as i32 / 16),
        "sparse" => {
            if rare {
                any
            } else {
                0.0
            }
        }
        "negative zeros" => -0.0,
        "zeros of both signs" => {
            if rare {
                0.0
            } else {
                -0.0
            }
        }
        "some NaN" => {
            if rare {
                f64::NAN
            } else {
                any
            }
        }
        "some infinite" => {
            if rare {
                f64::INFINITY.copysign(any)
            } else {
                any
            }
        }
        "one infinity" => {
            if row == length / 2 {
                f64::NEG_INFINITY
            } else {
                any
            }
        }
        other => unreachable!("{other}"),
    }
}

fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// The values of an array in another layout; in some of them, some are null.
fn in_layout(layout: &str, array: &ArrayRef, random: &mut Random) -> Vec<Chunk> {
    let rows = array.len();
    let chunk = |array: ArrayRef| vec![Chunk::from(array)];
    match layout {
        "nulls" => chunk(with_nulls(array, random)),
        "slice" => {
            let (start, end) = (rows / 7, rows - rows / 5);
            chunk(with_nulls(array, random).slice(start, end - start))
        }
        "chunks" => {
            let size = 1 + random.below(150) as usize;
            let starts = (0..rows).step_by(size);
            starts.map(|i| Chunk::from(array.slice(i, size.min(rows - i)))).collect()
        }
        "dictionary" => {
            let key = |random: &mut Random| random.below(rows as u64) as i32;
            let keys = (0..rows).map(|_| (random.below(9) > 0).then(|| key(random)));
            let keys = keys.collect::<PrimitiveArray<Int32Type>>();
            chunk(Arc::new(DictionaryArray::new(keys, Arc::clone(array))))
        }
        "runs" => {
            let mut end = 0;
            let ends = (0..rows).map(|_| {
                end += 1 + random.below(5) as i16;
                end
            });
            let ends = ends.collect::<PrimitiveArray<Int16Type>>();
            chunk(Arc::new(RunArray::try_new(&ends, array).expect("runs")))
        }
        _ => vec![strided(array, layout == "strided", random)],
    }
}

/// The array with about every eighth value null.
fn with_nulls(array: &ArrayRef, random: &mut Random) -> ArrayRef {
    let validity = (0..array.len()).map(|_| random.below(8) > 0).collect::<NullBuffer>();
    match array.data_type() {
        DataType::Null => Arc::clone(array),
        _ => make_array(
            array.to_data().into_builder().nulls(Some(validity)).build().expect("an array"),
        ),
    }
}

/// The values from the last to the first, each as many bytes apart as three of them take; either as they are, or in the
/// other byte order and with a mask.
fn strided(array: &ArrayRef, as_they_are: bool, random: &mut Random) -> Chunk {
    let of = array.data_type();
    let Some(width) = types::native_width(of) else {
        return Chunk::from(Arc::clone(array));
    };
    let rows = array.len();
    let mut spread = vec![0xa5; 3 * width * rows];
    for (place, value) in
        spread.rchunks_exact_mut(3 * width).zip(array.to_data().buffers()[0].chunks_exact(width))
    {
        place[..width].copy_from_slice(value);
        if !as_they_are {
            place[..width].reverse();
        }
    }
    let first = 3 * width * rows.saturating_sub(1);
    let layout = Layout::new(Buffer::from_vec(spread), first, -3 * width as isize, width, rows);
    let order = if as_they_are { ByteOrder::Native } else { ByteOrder::Swapped };
    let missing = (0..rows).map(|_| as_they_are || random.below(8) > 0).collect::<NullBuffer>();
    let strided = Strided::new(layout.expect("inside the buffer"), of.clone(), order);
    Chunk::from(Plain::Strided(Box::new(strided.with_missing(Missing::Null(missing)))))
}
