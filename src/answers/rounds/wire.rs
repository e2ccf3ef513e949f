//! Rounds as bytes, in which they are sent: what is asked, and what was counted.
//!
//! Only processes that run the same release exchange them, so there is a number of the format, and no promise that it
//! stays. Numbers take seven bits a byte, the lowest first; ranks take 32 bytes.

use arrow_buffer::i256;

use super::{Counted, Distance, Span};

/// Both kinds of bytes begin with it; the last is the number of the format.
const MAGIC: [u8; 5] = *b"CSTQ\x01";

/// What was counted of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnTally {
    /// The name of the column.
    pub name: String,
    /// The name of the type.
    pub of: String,
    /// What was counted.
    pub counted: Counted,
}

/// What is asked: the spans of each column.
pub fn encode_request(columns: &[Vec<Span>]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for spans in columns {
        write(&mut bytes, spans.len() as u64);
        for span in spans {
            write_rank(&mut bytes, span.low);
            write_rank(&mut bytes, span.high);
            write(&mut bytes, span.below);
            write(&mut bytes, span.size);
        }
    }
    bytes
}

/// The same from bytes; none if they are no such request.
pub fn decode_request(bytes: &[u8]) -> Option<Vec<Vec<Span>>> {
    let mut rest = bytes.strip_prefix(&MAGIC)?;
    let mut columns = vec![];
    while !rest.is_empty() {
        let mut spans = vec![];
        for _ in 0..read(&mut rest)? {
            let (low, high) = (read_rank(&mut rest)?, read_rank(&mut rest)?);
            spans.push(Span { low, high, below: read(&mut rest)?, size: read(&mut rest)? });
        }
        columns.push(spans);
    }
    Some(columns)
}

/// What was counted of some rows, column by column.
pub fn encode_tally(columns: &[ColumnTally]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for ColumnTally { name, of, counted } in columns {
        for text in [name, of] {
            write(&mut bytes, text.len() as u64);
            bytes.extend_from_slice(text.as_bytes());
        }
        for count in [counted.nulls, counted.nans, counted.count] {
            write(&mut bytes, count);
        }
        if let Some((least, greatest)) = counted.extremes {
            write_rank(&mut bytes, least);
            write_rank(&mut bytes, greatest);
        }
        write(&mut bytes, counted.buckets.len() as u64);
        for buckets in &counted.buckets {
            write(&mut bytes, buckets.len() as u64);
            for &(bucket, count) in buckets {
                write_distance(&mut bytes, bucket);
                write(&mut bytes, count);
            }
        }
    }
    bytes
}

/// The same from bytes; none if they are no such tally.
pub fn decode_tally(bytes: &[u8]) -> Option<Vec<ColumnTally>> {
    let mut rest = bytes.strip_prefix(&MAGIC)?;
    let mut columns = vec![];
    while !rest.is_empty() {
        let (name, of) = (read_text(&mut rest)?, read_text(&mut rest)?);
        let [nulls, nans, count] = [read(&mut rest)?, read(&mut rest)?, read(&mut rest)?];
        let extremes = match count {
            0 => None,
            _ => Some((read_rank(&mut rest)?, read_rank(&mut rest)?)),
        };
        let mut spans = vec![];
        for _ in 0..read(&mut rest)? {
            let mut buckets = vec![];
            for _ in 0..read(&mut rest)? {
                buckets.push((read_distance(&mut rest)?, read(&mut rest)?));
            }
            spans.push(buckets);
        }
        let counted = Counted { nulls, nans, count, extremes, buckets: spans };
        columns.push(ColumnTally { name, of, counted });
    }
    Some(columns)
}

fn write(bytes: &mut Vec<u8>, number: u64) {
    write_distance(bytes, Distance { high: 0, low: number.into() });
}

fn write_distance(bytes: &mut Vec<u8>, mut number: Distance) {
    loop {
        let (low, rest) = ((number.low & 0x7f) as u8, number.shifted_down(7));
        if rest == (Distance { high: 0, low: 0 }) {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
        number = rest;
    }
}

fn write_rank(bytes: &mut Vec<u8>, rank: i256) {
    bytes.extend_from_slice(&rank.to_le_bytes());
}

fn read(rest: &mut &[u8]) -> Option<u64> {
    let number = read_distance(rest)?;
    (number.high == 0).then(|| number.low.try_into().ok())?
}

fn read_distance(rest: &mut &[u8]) -> Option<Distance> {
    let mut number = Distance { high: 0, low: 0 };
    for shift in (0..256).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        let bits = Distance { high: 0, low: u128::from(byte & 0x7f) }.shifted_up(shift);
        number = Distance { high: number.high | bits.high, low: number.low | bits.low };
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn read_rank(rest: &mut &[u8]) -> Option<i256> {
    let (rank, after) = rest.split_first_chunk::<32>()?;
    *rest = after;
    Some(i256::from_le_bytes(*rank))
}

fn read_text(rest: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(read(rest)?).ok()?;
    let (text, after) = rest.split_at_checked(length)?;
    *rest = after;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(high in any::<u128>(), low in any::<u128>(), shift in 0u32..256) {
            let number = Distance { high, low }.shifted_down(shift);
            let mut bytes = vec![];
            write_distance(&mut bytes, number);
            let mut rest = &bytes[..];
            prop_assert_eq!(read_distance(&mut rest), Some(number));
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let bytes = [&MAGIC[..], &bytes].concat();
            if let Some(request) = decode_request(&bytes) {
                let again = decode_request(&encode_request(&request));
                prop_assert_eq!(again, Some(request));
            }
            if let Some(tally) = decode_tally(&bytes) {
                prop_assert_eq!(decode_tally(&encode_tally(&tally)), Some(tally));
            }
        }
    }

    #[test]
    fn rounds_come_back() {
        let span = Span { low: i256::MIN, high: i256::MAX, below: 7, size: u64::MAX };
        let request = vec![vec![span], vec![], vec![span; 2]];
        assert_eq!(decode_request(&encode_request(&request)), Some(request));
        let bucket = Distance { high: 1, low: 2 };
        let counted = Counted {
            nulls: 1,
            nans: 2,
            count: 3,
            extremes: Some((i256::ONE, i256::MAX)),
            buckets: vec![vec![], vec![(bucket, 5)]],
        };
        let tally = vec![
            ColumnTally { name: "ü".into(), of: "float64".into(), counted },
            ColumnTally { name: String::new(), of: "null".into(), counted: Counted::default() },
        ];
        assert_eq!(decode_tally(&encode_tally(&tally)), Some(tally));
    }
}
