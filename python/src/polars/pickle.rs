//! Reads the pickles that polars makes of keywords: flat dicts with text for keys.
//!
//! `register_plugin_function` pickles its keywords by protocol 5. This reads the dozen opcodes that
//! text, bools and integers in a dict need, refuses all others, and runs nothing.

/// A value of such a dict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Text(&'a str),
    Flag(bool),
    /// An integer; one beyond 64 bits is the largest or the smallest of 128.
    Integer(i128),
}

/// The keys and values of a pickled dict; `None` if this is something else.
pub fn read(bytes: &[u8]) -> Option<Vec<(&str, Value<'_>)>> {
    let stack = stack(bytes)?;
    let pairs = stack.chunks(2).map(|pair| match *pair {
        [Value::Text(key), value] => Some((key, value)),
        _ => None,
    });
    pairs.collect()
}

/// The stack of the pickle machine when it stops. Nothing stands for the dict, so it holds the keys
/// and values of the dict in turn.
fn stack(mut rest: &[u8]) -> Option<Vec<Value<'_>>> {
    let (mut stack, mut memo) = (vec![], vec![]);
    loop {
        match take(&mut rest, 1)?[0] {
            0x80 => _ = take(&mut rest, 1)?,          // PROTO
            0x95 => _ = take(&mut rest, 8)?,          // FRAME
            b'}' | b'(' | b's' | b'u' => {}           // EMPTY_DICT, MARK, SETITEM, SETITEMS
            0x94 => memo.push(stack.last().copied()), // MEMOIZE: at first of the dict
            b'h' => stack.push((*memo.get(usize::from(take(&mut rest, 1)?[0]))?)?), // BINGET
            0x8c => {
                // SHORT_BINUNICODE
                let text = counted(&mut rest)?;
                stack.push(Value::Text(std::str::from_utf8(text).ok()?));
            }
            0x88 => stack.push(Value::Flag(true)),  // NEWTRUE
            0x89 => stack.push(Value::Flag(false)), // NEWFALSE
            b'K' => stack.push(unsigned(take(&mut rest, 1)?)), // BININT1
            b'M' => stack.push(unsigned(take(&mut rest, 2)?)), // BININT2
            b'J' => stack.push(signed(take(&mut rest, 4)?)), // BININT
            0x8a => stack.push(signed(counted(&mut rest)?)), // LONG1
            b'.' => return Some(stack),             // STOP
            _ => return None,
        }
    }
}

/// As many bytes as the first of them says.
fn counted<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take(rest, 1)?[0];
    take(rest, length.into())
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    rest.split_off(..length)
}

fn unsigned(bytes: &[u8]) -> Value<'_> {
    Value::Integer(bytes.iter().rev().fold(0, |value, &byte| value << 8 | i128::from(byte)))
}

/// A little-endian two's complement number of any length.
fn signed(bytes: &[u8]) -> Value<'_> {
    let negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
    if bytes.len() > 16 {
        return Value::Integer(if negative { i128::MIN } else { i128::MAX });
    }
    let mut all = [if negative { 0xff } else { 0 }; 16];
    all[..bytes.len()].copy_from_slice(bytes);
    Value::Integer(i128::from_le_bytes(all))
}
