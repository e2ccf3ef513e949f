//! The order of groups by their keys.
//!
//! Words are sorted digit by digit. So are keys that are bytes, by the first bits in which any two of them differ, which
//! nearly always decide: digits in text differ in four of their eight bits, and the beginning of names is often the
//! same. Only what is equal in these bits is compared.

use arrow_array::ArrayRef;
use arrow_schema::DataType;

use super::lookup::Key;
use super::shard::Shard;
use super::words;

/// Bits that are sorted by at a time.
const DIGIT_BITS: u32 = 11;
/// The most bits in which keys of bytes differ that are sorted by, before keys are compared: four digits.
const MAX_BITS: u32 = 4 * DIGIT_BITS;

/// Shard and number of a group.
pub type Place = (u32, u32);

/// The places of all groups whose keys are words, in the order of their keys, and the column of keys.
pub fn by_words<const S: usize, const E: usize>(
    of: &DataType,
    shards: &[Shard<S, E>],
) -> (Vec<Place>, Vec<ArrayRef>) {
    let (mut order, mut nulls) = (vec![], vec![]);
    for (shard, Shard { keys, .. }) in shards.iter().enumerate() {
        for group in 0..keys.len() {
            let place = (shard as u32, group as u32);
            match keys.key(group) {
                Key::Word(word) => order.push((word, place)),
                _ => nulls.push((0, place)),
            }
        }
    }
    let mut order = sorted_by_word(order);
    let rows = order.len();
    order.append(&mut nulls);
    let validity = (order.len() > rows).then(|| (0..order.len()).map(|row| row < rows).collect());
    let words = order.iter().map(|&(word, _)| word).collect::<Vec<_>>();
    let places = order.into_iter().map(|(_, place)| place).collect();
    (places, vec![words::keys(of, &words, validity)])
}

/// Sorts by words, digit by digit, the lowest first. Digits that all words have in common are skipped.
fn sorted_by_word(mut items: Vec<(u64, Place)>) -> Vec<(u64, Place)> {
    const DIGITS: usize = 1 << DIGIT_BITS;
    let (any, all) =
        items.iter().fold((0, u64::MAX), |(any, all), &(word, _)| (any | word, all & word));
    let mut sorted = items.clone();
    for shift in (0..u64::BITS).step_by(DIGIT_BITS as usize) {
        let digit = |word: u64| (word >> shift) as usize % DIGITS;
        if digit(any ^ all) == 0 {
            continue;
        }
        let mut ends = vec![0; DIGITS + 1];
        for &(word, _) in &items {
            ends[digit(word) + 1] += 1;
        }
        for digit in 0..DIGITS {
            ends[digit + 1] += ends[digit];
        }
        for item in &items {
            let place = &mut ends[digit(item.0)];
            sorted[*place] = *item;
            *place += 1;
        }
        std::mem::swap(&mut items, &mut sorted);
    }
    items
}

/// The places of all groups whose keys are bytes, in the order of their keys.
pub fn by_bytes<const S: usize, const E: usize>(shards: &[Shard<S, E>]) -> Vec<Place> {
    let start = common_start(shards);
    let (mut fronts, mut nulls) = (vec![], vec![]);
    for (shard, Shard { keys, .. }) in shards.iter().enumerate() {
        for group in 0..keys.len() {
            let place = (shard as u32, group as u32);
            match keys.key(group) {
                Key::Bytes(bytes) => fronts.push((front(&bytes[start..]), place)),
                _ => nulls.push(place),
            }
        }
    }
    let (any, all) =
        fronts.iter().fold((0, u128::MAX), |(any, all), &(front, _)| (any | front, all & front));
    let runs = runs(if fronts.is_empty() { 0 } else { any ^ all });
    let word = |(front, place): (u128, Place)| (gathered(front, &runs), place);
    let mut order = sorted_by_word(fronts.into_iter().map(word).collect());
    let key = |&(_, (shard, group)): &(u64, Place)| shards[shard as usize].keys.key(group as usize);
    for equal in order.chunk_by_mut(|one, other| one.0 == other.0) {
        equal.sort_unstable_by(|one, other| key(one).compare(&key(other)));
    }
    order.into_iter().map(|(_, place)| place).chain(nulls).collect()
}

/// How many bytes all keys begin with.
fn common_start<const S: usize, const E: usize>(shards: &[Shard<S, E>]) -> usize {
    let all = shards.iter().flat_map(|shard| (0..shard.keys.len()).map(|i| shard.keys.key(i)));
    let mut all =
        all.filter_map(|key| if let Key::Bytes(bytes) = key { Some(bytes) } else { None });
    let mut start = all.next().unwrap_or_default();
    for key in all {
        let same = start.iter().zip(key).take_while(|(one, other)| one == other).count();
        start = &start[..same];
    }
    start.len()
}

/// The first bytes, as a number that is ordered as they are.
fn front(bytes: &[u8]) -> u128 {
    let mut front = [0; 16];
    let length = bytes.len().min(front.len());
    front[..length].copy_from_slice(&bytes[..length]);
    u128::from_be_bytes(front)
}

/// The highest set bits of a mask, at most [`MAX_BITS`], as runs: the position of the lowest bit of each, and how many
/// there are.
fn runs(mut mask: u128) -> Vec<(u32, u32)> {
    let (mut runs, mut left) = (vec![], MAX_BITS);
    while mask != 0 && left > 0 {
        let end = u128::BITS - mask.leading_zeros();
        let length = (mask << (u128::BITS - end)).leading_ones().min(left);
        let start = end - length;
        mask &= (1 << start) - 1;
        left -= length;
        runs.push((start, length));
    }
    runs
}

/// The bits of some runs, side by side.
#[inline]
fn gathered(front: u128, runs: &[(u32, u32)]) -> u64 {
    let add = |word, &(start, length): &(u32, u32)| {
        word << length | (front >> start) as u64 & ((1 << length) - 1)
    };
    runs.iter().fold(0, add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted_as_by_comparison() {
        for spread in [1, 300, 1 << 40, u64::MAX] {
            let word = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % spread;
            let items = (0..5000).map(|i| (word(i), (1, i as u32))).collect::<Vec<_>>();
            let mut expected = items.clone();
            expected.sort();
            assert_eq!(sorted_by_word(items), expected);
        }
        assert_eq!(sorted_by_word(vec![]), []);
    }

    #[test]
    fn bits_that_differ_are_gathered_in_their_order() {
        assert_eq!(runs(0), []);
        assert_eq!(runs(0b1011_0000), [(7, 1), (4, 2)]);
        assert_eq!(runs(1 | 1 << 127), [(127, 1), (0, 1)]);
        assert_eq!(runs(u128::MAX), [(128 - MAX_BITS, MAX_BITS)]);
        assert_eq!(gathered(0b1010_1111, &runs(0b1011_0000)), 0b110);
        let keys = ["key 000999", "key 001000", "key 123456", "key 123465"];
        let fronts = keys.map(|key| front(key.as_bytes()));
        let mask = fronts.iter().fold(0, |mask, front| mask | (front ^ fronts[0]));
        let words = fronts.map(|front| gathered(front, &runs(mask)));
        assert!(words.is_sorted_by(|one, other| one < other), "{words:?}");
    }
}
