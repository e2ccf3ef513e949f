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
//! # Guarantees
//!
//! They are those of the form of moments: equal states have equal bytes, only bytes that [`encode`] writes are
//! accepted, every change of a single byte is detected, and allocations are bounded by the number of bytes. States that no
//! data can have are refused as far as a pair of columns shows it; what only more columns show, a regression refuses.

use super::column_type::ColumnType;
use super::comoments::{CoMoments, monomials, place};
use super::joint::{Joint, RowCounts};
use super::moments::MAX_ROWS;
use super::wire::{CHECKSUM_BYTES, Reader, checksum, put_integer, put_text};
use crate::error::{Error, ErrorKind};
use crate::exact::Integer;
use crate::types::{self, Family, family};

const MAGIC: &[u8; 4] = b"CSTC";
const VERSION: u8 = 1;
/// The exponents of sums of products of floats, and of integers in any unit that types widen to.
const FLOAT_EXPONENTS: (i32, i32) = (-2 * 1074, 2 * 1024 + 53);
const INTEGER_EXPONENTS: (i32, i32) = (0, 2 * 512 + 53);

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
    bytes.push(VERSION);
    bytes.extend_from_slice(&(state.columns().len() as u32).to_le_bytes());
    for (name, of) in state.columns() {
        put_text(&mut bytes, name);
        put_text(&mut bytes, of.name());
    }
    let Joint { rows, sums } = state.joint();
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
    let state = read(Reader { rest: fields });
    let state = state.ok_or(ErrorKind::ImpossibleState("a field is malformed"))?;
    possible(&state).map_err(ErrorKind::ImpossibleState)?;
    if encode(&state) != bytes {
        return Err(ErrorKind::ImpossibleState("it is not in canonical form").into());
    }
    Ok(state)
}

fn read(mut reader: Reader<'_>) -> Option<CoMoments> {
    let count = u32::from_le_bytes(reader.array()?) as usize;
    let mut columns = Vec::<(String, ColumnType)>::new();
    for _ in 0..count {
        columns.push((reader.text()?.to_string(), ColumnType::named(reader.text()?)));
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
    let mut sums = Vec::new();
    for _ in 0..count + count.checked_mul(count + 1)? / 2 {
        sums.push(reader.integer()?);
    }
    reader.rest.is_empty().then(|| CoMoments::of_columns(columns, Joint { rows, sums }))
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
    ensure(!columns.is_empty() || all == Some(0), "it has rows without columns")?;

    let families = columns.iter().map(|(_, of)| of.data_type().map(family)).collect::<Vec<_>>();
    let is_numeric = columns.iter().all(|(_, of)| {
        of.data_type().is_some_and(|of| types::is_numeric(of) || types::is_null(of))
    });
    ensure(is_numeric, "values of its types have no sums")?;
    let has_nulls = families.contains(&Some(Family::Null));
    ensure(!has_nulls || all == Some(rows.nulls), "a column of nulls has no values")?;
    let has_floats = families.contains(&Some(Family::Float));
    ensure(has_floats || rows.nans + rows.infinite == 0, "values of its types are all finite")?;

    let is_float = |column: usize| families[column] == Some(Family::Float);
    let sums = monomials(columns.len()).into_iter().zip(&state.joint().sums);
    for (factors, sum) in sums {
        let exponents = match factors.into_iter().any(is_float) {
            true => FLOAT_EXPONENTS,
            false => INTEGER_EXPONENTS,
        };
        let fits = sum.magnitude().span().is_none_or(|(lowest, highest)| {
            lowest >= exponents.0 && highest <= exponents.1 && rows.finite > 0
        });
        ensure(fits, "a sum is out of range")?;
    }
    ensure(obeys_cauchy_schwarz(state), "no values have these sums of squares and products")
}

/// `(n Sxy - Sx Sy)^2 <= (n Sxx - Sx^2) (n Syy - Sy^2)`, and no factor is negative: no correlation is beyond 1.
fn obeys_cauchy_schwarz(state: &CoMoments) -> bool {
    let (columns, Joint { rows, sums }) = (state.columns().len(), state.joint());
    let count = Integer::from(rows.finite);
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
        CoMoments::of_columns(columns.to_vec(), Joint { rows, sums })
    }

    #[test]
    fn states_come_back() {
        for state in [state(), CoMoments::new()] {
            assert_eq!(decode(&encode(&state)), Ok(state));
        }
    }

    #[test]
    fn damage_is_refused() {
        let bytes = encode(&state());
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            assert!(decode(&damaged).is_err(), "byte {at}");
            assert!(decode(&bytes[..at]).is_err(), "{at} bytes");
        }
    }

    #[test]
    fn impossible_states_are_refused() {
        type Change = dyn Fn(&mut Vec<(String, ColumnType)>, &mut Joint);
        let change = |change: &Change| {
            let (mut columns, mut joint) = (state().columns().to_vec(), state().joint().clone());
            change(&mut columns, &mut joint);
            decode(&encode(&CoMoments::of_columns(columns, joint)))
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
