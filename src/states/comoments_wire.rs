//! The serialized form of [`CoMoments`].
//!
//! # Version 1
//!
//! All numbers are little-endian. Nothing is aligned, and nothing follows the last field.
//!
//! | bytes | field |
//! | --- | --- |
//! | 4 | `CSTC`, the magic number |
//! | 1 | the version, 1 |
//! | 4 | the number of columns, k |
//! | k (8 + n) | of each column its name and that of its type, each a length (4 bytes) and as many bytes of UTF-8 |
//! | 8 | how many rows have a finite number in all columns |
//! | 8 | how many have a null in any column |
//! | 8 | how many of the others have a NaN |
//! | 8 | how many of the others have an infinity |
//! | k (5 + 8n) | the sum of each column over the finite rows, an integer as in the [form of moments](super::wire) |
//! | k (k + 1) / 2 (5 + 8n) | the sums of products: of the first column with itself and all others, of the second, ... |
//! | 8 | a checksum: FNV-1a of 64 bits over all bytes before it |
//!
//! # Version 2
//!
//! States of a degree d beyond 1, or with weights. Between the columns and the counts there are
//!
//! | bytes | field |
//! | --- | --- |
//! | 1 | d, from 1 to 32 |
//! | 1 | whether rows have weights, 0 or 1; only if they have: |
//! | 1 | the decimal places of the weights, at most 76 |
//! | 5 + 8n | the sum of the weights of the finite rows, in units of the last place |
//! | 5 + 8n | that of the rows that have a NaN |
//! | 5 + 8n | that of the rows that have an infinity |
//!
//! The sums are those of products with the weights, in the same unit. In place of the product of a column with itself there
//! are its powers from 2 to 2d, and in place of that of two columns the products of all powers from 1 to d of the first with
//! all of those of the second. Rows of weight zero are nowhere counted.
//!
//! # Guarantees
//!
//! They are those of the form of moments: equal states have equal bytes, only bytes that [`encode`] writes are
//! accepted, every change of a single byte is detected, and allocations are bounded by the number of bytes. States that no
//! data can have are refused as far as a pair of columns shows it; what only more columns show, a regression refuses.

use super::column_type::ColumnType;
use super::comoments::{CoMoments, monomials, place, sums};
use super::joint::{Joint, RowCounts, RowWeights};
use super::moments::MAX_ROWS;
use super::wire::{CHECKSUM_BYTES, Reader, checksum, put_integer, put_text};
use crate::error::{Error, ErrorKind};
use crate::exact::Integer;
use crate::types::{self, Family, family};

const MAGIC: &[u8; 4] = b"CSTC";
/// The version of states of degree 1 without weights, and that of others.
const VERSION: u8 = 1;
const POWERS_VERSION: u8 = 2;
/// The least exponent of floats, and the one beyond them. That of integers is 0.
const FLOAT_EXPONENTS: (i32, i32) = (-1074, 1024);
/// The exponent beyond integers of 256 bits in the coarsest unit, which has a scale of -128; a unit that is finer by a
/// power of ten needs less than four bits more.
const COARSEST_END: i32 = 256;
const COARSEST_SCALE: i32 = -128;
const DIGIT_BITS: i32 = 4;
/// The highest degree.
pub const MAX_DEGREE: usize = 32;
/// The most decimal places of a type.
const MAX_SCALE: u32 = 76;

impl PartialEq for CoMoments {
    fn eq(&self, other: &Self) -> bool {
        self.columns() == other.columns() && self.joint() == other.joint()
    }
}

impl Eq for CoMoments {}

/// Serializes a state.
pub fn encode(state: &CoMoments) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(MAGIC);
    let has_powers = state.degree() > 1 || state.joint().weights.is_some();
    bytes.push(if has_powers { POWERS_VERSION } else { VERSION });
    bytes.extend_from_slice(&(state.columns().len() as u32).to_le_bytes());
    for (name, of) in state.columns() {
        put_text(&mut bytes, name);
        put_text(&mut bytes, of.name());
    }
    let Joint { rows, sums, weights } = state.joint();
    if has_powers {
        bytes.extend_from_slice(&[state.degree() as u8, u8::from(weights.is_some())]);
    }
    if let Some(RowWeights { scale, finite, nans, infinite }) = weights {
        bytes.push(*scale as u8);
        [finite, nans, infinite].into_iter().for_each(|sum| put_integer(&mut bytes, sum));
    }
    for count in [rows.finite, rows.nulls, rows.nans, rows.infinite] {
        bytes.extend_from_slice(&count.to_le_bytes());
    }
    sums.iter().for_each(|sum| put_integer(&mut bytes, sum));
    let checksum = checksum(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

/// Deserializes a state.
///
/// # Errors
/// If the bytes are damaged, of an unknown version, or no data has such a state.
pub fn decode(bytes: &[u8]) -> Result<CoMoments, Error> {
    let body = bytes.strip_prefix(MAGIC).ok_or(ErrorKind::NotAState)?;
    let has_powers = match body.first() {
        Some(&VERSION) => false,
        Some(&POWERS_VERSION) => true,
        Some(&found) => {
            return Err(ErrorKind::UnknownVersion { found, known: POWERS_VERSION }.into());
        }
        None => return Err(ErrorKind::Damaged.into()),
    };
    let (content, written) =
        bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(ErrorKind::Damaged)?;
    if checksum(content) != u64::from_le_bytes(*written) {
        return Err(ErrorKind::Damaged.into());
    }
    let fields = content.get(MAGIC.len() + 1..).ok_or(ErrorKind::Damaged)?;
    let state = read(Reader { rest: fields }, has_powers);
    let state = state.ok_or(ErrorKind::ImpossibleState("a field is malformed"))?;
    possible(&state).map_err(ErrorKind::ImpossibleState)?;
    if encode(&state) != bytes {
        return Err(ErrorKind::ImpossibleState("it is not in canonical form").into());
    }
    Ok(state)
}

fn read(mut reader: Reader<'_>, has_powers: bool) -> Option<CoMoments> {
    let count = u32::from_le_bytes(reader.array()?) as usize;
    let mut columns = Vec::<(String, ColumnType)>::new();
    for _ in 0..count {
        columns.push((reader.text()?.to_string(), ColumnType::named(reader.text()?)));
    }
    let (mut degree, mut weights) = (1, None);
    if has_powers {
        let [of, are_weighted] = reader.array()?;
        degree = usize::from(of);
        if !(1..=MAX_DEGREE).contains(&degree) || are_weighted > 1 {
            return None;
        }
        weights = if are_weighted == 1 { Some(read_weights(&mut reader)?) } else { None };
    }
    let rows = RowCounts {
        finite: reader.count()?,
        nulls: reader.count()?,
        nans: reader.count()?,
        infinite: reader.count()?,
    };
    // Each sum has a byte at least, so that the bytes bound the columns before their pairs are counted.
    if count > reader.rest.len() {
        return None;
    }
    count.checked_mul(count)?;
    let mut all = Vec::new();
    for _ in 0..sums(count, degree) {
        all.push(reader.integer()?);
    }
    let joint = Joint { rows, sums: all, weights };
    reader.rest.is_empty().then(|| CoMoments::of_columns(columns, degree, joint))
}

fn read_weights(reader: &mut Reader<'_>) -> Option<RowWeights> {
    let scale = u8::from_le_bytes(reader.array()?).into();
    let (finite, nans, infinite) = (reader.integer()?, reader.integer()?, reader.integer()?);
    (scale <= MAX_SCALE).then_some(RowWeights { scale, finite, nans, infinite })
}

/// The reason if no data can have this state.
fn possible(state: &CoMoments) -> Result<(), &'static str> {
    let ensure = |holds: bool, otherwise| if holds { Ok(()) } else { Err(otherwise) };
    let (columns, rows) = (state.columns(), state.joint().rows);
    let counts = [rows.nulls, rows.nans, rows.infinite];
    let all = counts.iter().try_fold(rows.finite, |all, &count| all.checked_add(count));
    ensure(all.is_some_and(|all| all <= MAX_ROWS), "it has more rows than a state counts")?;
    let mut names = columns.iter().map(|(name, _)| name).collect::<Vec<_>>();
    names.sort_unstable();
    ensure(names.windows(2).all(|pair| pair[0] != pair[1]), "two columns have one name")?;
    let is_empty = all == Some(0) && state.degree() == 1 && state.joint().weights.is_none();
    ensure(!columns.is_empty() || is_empty, "it has rows, powers or weights without columns")?;

    let families = columns.iter().map(|(_, of)| of.data_type().map(family)).collect::<Vec<_>>();
    let is_numeric = columns.iter().all(|(_, of)| {
        of.data_type().is_some_and(|of| types::is_numeric(of) || types::is_null(of))
    });
    ensure(is_numeric, "values of its types have no sums")?;
    let has_nulls = families.contains(&Some(Family::Null));
    ensure(!has_nulls || all == Some(rows.nulls), "a column of nulls has no values")?;
    let has_floats = families.contains(&Some(Family::Float));
    ensure(has_floats || rows.nans + rows.infinite == 0, "values of its types are all finite")?;

    if let Some(weights) = &state.joint().weights {
        ensure(are_possible(weights, rows), "no rows have these weights")?;
    }
    let lowest_of_weights = state.joint().weights.as_ref().map_or(0, |_| FLOAT_EXPONENTS.0);
    let ranges = columns.iter().map(|(_, of)| range(of)).collect::<Vec<_>>();
    let (weight, _) = state.joint().weight();
    let sums = monomials(columns.len(), state.degree()).into_iter().zip(&state.joint().sums);
    for (factors, sum) in sums {
        let lowest = factors.iter().map(|&factor| ranges[factor].0).sum::<i32>();
        let end = factors.iter().map(|&factor| ranges[factor].1).sum::<i32>();
        ensure(fits(sum, &weight, (lowest + lowest_of_weights, end)), "a sum is out of range")?;
        let is_square = factors.iter().all(|&column| column == factors[0]);
        let is_possible = factors.len() % 2 == 1 || !is_square || !sum.is_negative();
        ensure(is_possible, "a sum of even powers is negative")?;
    }
    ensure(obeys_cauchy_schwarz(state), "no values have these sums of squares and products")
}

/// The least exponent of the values of a type, and one beyond them. That of the values in a common type, of a finer unit,
/// is beyond all that these can become there.
fn range(of: &ColumnType) -> (i32, i32) {
    match of.data_type() {
        Some(float) if family(float) == Family::Float => FLOAT_EXPONENTS,
        other => {
            let digits = other.map_or(0, types::scale) as i32 - COARSEST_SCALE;
            (0, COARSEST_END + DIGIT_BITS * digits)
        }
    }
}

/// Whether a sum over rows of a weight is a multiple of a power of two, and the mean not beyond another. Sums of which
/// this holds have it together, too.
fn fits(sum: &Integer, weight: &Integer, (lowest, end): (i32, i32)) -> bool {
    let magnitude = sum.magnitude();
    let (Some((low, high)), weighs) = (magnitude.span(), weight.magnitude().span()) else {
        return true;
    };
    let Some((_, top)) = weighs else {
        return false;
    };
    let is_less = || {
        let mut rest = weight.scaled(end);
        rest.subtract(&Integer::from_magnitude(false, magnitude.base, magnitude.limbs()));
        !rest.is_negative()
    };
    low >= lowest && (high < end + top || high == end + top && is_less())
}

/// Whether there are rows of such weights: none weighs less than nothing, nor nothing.
fn are_possible(weights: &RowWeights, rows: RowCounts) -> bool {
    let RowWeights { finite, nans, infinite, scale } = weights;
    let (lowest, end) = FLOAT_EXPONENTS;
    let end = end + DIGIT_BITS * *scale as i32;
    let each = [(finite, rows.finite), (nans, rows.nans), (infinite, rows.infinite)];
    each.into_iter().all(|(sum, rows)| {
        fits(sum, &rows.into(), (lowest, end)) && !sum.is_negative() && sum.is_zero() == (rows == 0)
    })
}

/// `(n Sxy - Sx Sy)^2 <= (n Sxx - Sx^2) (n Syy - Sy^2)`, and no factor is negative: no correlation is beyond 1.
fn obeys_cauchy_schwarz(state: &CoMoments) -> bool {
    let (columns, joint) = (state.columns().len(), state.linear());
    let (sums, (count, _)) = (&joint.sums, joint.weight());
    let spread = |one: usize, other: usize| {
        let mut spread = sums[place(columns, one, other)].times(&count);
        spread.subtract(&sums[one].times(&sums[other]));
        spread
    };
    let squares = (0..columns).map(|column| spread(column, column)).collect::<Vec<_>>();
    let is_possible = |(one, other): (usize, usize)| {
        let product = spread(one, other);
        let mut rest = squares[one].times(&squares[other]);
        rest.subtract(&product.times(&product));
        !rest.is_negative()
    };
    let pairs = (0..columns).flat_map(|one| (one + 1..columns).map(move |other| (one, other)));
    squares.iter().all(|square| !square.is_negative()) && { pairs }.all(is_possible)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The state of a = 1, 2 and b = 3, 5.
    fn state() -> CoMoments {
        let rows = RowCounts { finite: 2, nulls: 1, ..RowCounts::default() };
        let sums = [3u64, 8, 5, 13, 34].map(Integer::from).to_vec();
        let columns = ["a", "b"].map(|name| (name.to_string(), ColumnType::named("int64")));
        CoMoments::of_columns(columns.to_vec(), 1, Joint { rows, sums, weights: None })
    }

    /// The state of a = 1, 2 with the powers up to 2, and with the weights 3 and 0.5.
    fn powers() -> CoMoments {
        let rows = RowCounts { finite: 2, nulls: 1, ..RowCounts::default() };
        let weights = RowWeights { scale: 1, finite: 35u64.into(), ..RowWeights::default() };
        let sums = [40u64, 50, 70, 110].map(Integer::from).to_vec();
        let columns = vec![("a".to_string(), ColumnType::named("int64"))];
        CoMoments::of_columns(columns, 2, Joint { rows, sums, weights: Some(weights) })
    }

    #[test]
    fn states_come_back() {
        for state in [state(), powers(), CoMoments::new()] {
            assert_eq!(decode(&encode(&state)), Ok(state));
        }
    }

    #[test]
    fn damage_is_refused() {
        for bytes in [encode(&state()), encode(&powers())] {
            for at in 0..bytes.len() {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << (at % 8);
                assert!(decode(&damaged).is_err(), "byte {at}");
                assert!(decode(&bytes[..at]).is_err(), "{at} bytes");
            }
        }
    }

    #[test]
    fn impossible_powers_and_weights_are_refused() {
        let change = |change: &dyn Fn(&mut Joint)| {
            let (columns, mut joint) = (powers().columns().to_vec(), powers().joint().clone());
            change(&mut joint);
            decode(&encode(&CoMoments::of_columns(columns, 2, joint)))
        };
        let weigh = |joint: &mut Joint, change: &dyn Fn(&mut RowWeights)| {
            joint.weights.iter_mut().for_each(change);
        };
        assert!(change(&|_| {}).is_ok());
        let refused: [&dyn Fn(&mut Joint); 6] = [
            &|joint| joint.sums[3] = joint.sums[3].negative(),
            &|joint| weigh(joint, &|weights| weights.scale = 77),
            &|joint| weigh(joint, &|weights| weights.finite = Integer::new()),
            &|joint| weigh(joint, &|weights| weights.finite = weights.finite.negative()),
            &|joint| weigh(joint, &|weights| weights.infinite = 1u64.into()),
            &|joint| weigh(joint, &|weights| weights.finite = 20u64.into()),
        ];
        for (number, refused) in refused.iter().enumerate() {
            assert!(change(refused).is_err(), "change {number}");
        }
        // What version 1 says has no other form.
        let columns = state().columns().to_vec();
        let mut bytes = encode(&CoMoments::of_columns(columns, 1, state().joint().clone()));
        bytes[MAGIC.len()] = POWERS_VERSION;
        assert!(decode(&bytes).is_err());
    }

    #[test]
    fn impossible_states_are_refused() {
        type Change = dyn Fn(&mut Vec<(String, ColumnType)>, &mut Joint);
        let change = |change: &Change| {
            let (mut columns, mut joint) = (state().columns().to_vec(), state().joint().clone());
            change(&mut columns, &mut joint);
            decode(&encode(&CoMoments::of_columns(columns, 1, joint)))
        };
        assert!(change(&|_, _| {}).is_ok());
        let refused: [&Change; 8] = [
            &|columns, _| columns[1].0 = "a".into(),
            &|columns, _| columns[1].1 = ColumnType::named("string"),
            &|columns, _| columns[1].1 = ColumnType::named("null"),
            &|columns, _| columns[1].1 = ColumnType::named("date32"),
            &|_, joint| joint.rows.nans = 1,
            &|_, joint| joint.rows.finite = u64::MAX,
            &|_, joint| joint.sums[3] = 14u64.into(),
            &|_, joint| joint.sums[2] = Integer::from(5u64).scaled(-64),
        ];
        for (number, refused) in refused.iter().enumerate() {
            assert!(change(refused).is_err(), "change {number}");
        }
    }
}
