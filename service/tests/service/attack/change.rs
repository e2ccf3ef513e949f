//! Changes of bytes, as they happen on the way or are made by someone who knows the format.

use arbitrary::Arbitrary;

/// A change at a place, which is taken modulo the length.
#[derive(Arbitrary, Clone, Debug)]
pub struct Change {
    at: u16,
    what: What,
}

#[derive(Arbitrary, Clone, Debug)]
enum What {
    Flip(u8),
    Byte(u8),
    Insert(u8),
    Remove(u8),
    Truncate,
    Number(Number),
}

/// Numbers at which lengths and offsets break.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Number {
    Zero,
    Int32Max,
    Int32Min,
    Int64Max,
    Int64Min,
    MinusOne,
    Any(i64),
}

impl Number {
    fn bytes(self) -> [u8; 8] {
        let number = match self {
            Self::Zero => 0,
            Self::Int32Max => i64::from(i32::MAX),
            Self::Int32Min => 1 << 31,
            Self::Int64Max => i64::MAX,
            Self::Int64Min => i64::MIN,
            Self::MinusOne => -1,
            Self::Any(number) => number,
        };
        number.to_le_bytes()
    }
}

/// The bytes with all changes, one after the other.
pub fn change(bytes: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for Change { at, what } in changes {
        let at = usize::from(*at) % bytes.len().max(1);
        match *what {
            What::Insert(byte) => bytes.insert(at, byte),
            What::Truncate => bytes.truncate(at),
            _ if bytes.is_empty() => {}
            What::Flip(bit) => bytes[at] ^= 1 << (bit % 8),
            What::Byte(byte) => bytes[at] = byte,
            What::Remove(count) => {
                let end = bytes.len().min(at + usize::from(count));
                bytes.drain(at..end);
            }
            What::Number(number) => {
                let end = bytes.len().min(at + 8);
                bytes[at..end].copy_from_slice(&number.bytes()[..end - at]);
            }
        }
    }
    bytes
}
