//! Validity bitmaps, and the compaction of the values they select.

const WORD: usize = u64::BITS as usize;

/// `len` bits, least significant first, starting `offset` bits into `bytes`.
#[derive(Clone, Copy, Debug)]
pub struct Mask<'a> {
    bytes: &'a [u8],
    offset: usize,
    len: usize,
}

impl<'a> Mask<'a> {
    /// The bytes must hold `offset + len` bits.
    pub fn new(bytes: &'a [u8], offset: usize, len: usize) -> Self {
        debug_assert!(bytes.len() * 8 >= offset + len);
        Self { bytes, offset, len }
    }

    /// The number of bits.
    pub fn len(self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// `len` of the bits, starting at bit `start`.
    pub fn slice(self, start: usize, len: usize) -> Self {
        debug_assert!(start + len <= self.len);
        Self { offset: self.offset + start, len, ..self }
    }

    /// The bits, 64 at a time; those beyond the end are zero.
    pub fn words(self) -> impl Iterator<Item = u64> {
        (0..self.len.div_ceil(WORD)).map(move |i| self.word(i))
    }

    #[inline(always)]
    fn word(&self, index: usize) -> u64 {
        let bit = self.offset + index * WORD;
        let (byte, shift) = (bit / 8, bit % 8);
        // 64 bits that start inside a byte span nine bytes; at the end, fewer may be left.
        let rest = &self.bytes[byte..];
        let window = rest.first_chunk().copied().unwrap_or_else(|| {
            let mut window = [0u8; 16];
            window[..rest.len()].copy_from_slice(rest);
            window
        });
        let word = (u128::from_le_bytes(window) >> shift) as u64;
        let left = self.len - index * WORD;
        if left < WORD { word & ((1 << left) - 1) } else { word }
    }

    /// The number of set bits.
    pub fn count_ones(self) -> usize {
        self.words().map(|word| word.count_ones() as usize).sum()
    }
}

/// Copies the values that a bitmap of the same length selects to the front of a block, which must be as
/// long. Returns their number.
#[inline(always)]
pub fn compact_into<T: Copy>(values: &[T], validity: Mask<'_>, block: &mut [T]) -> usize {
    debug_assert!(values.len() == validity.len && values.len() <= block.len());
    let mut length = 0;
    for (values, word) in values.chunks(WORD).zip(validity.words()) {
        for (i, &value) in values.iter().enumerate() {
            // Without a branch: an invalid value is overwritten by the next one.
            block[length] = value;
            length += (word >> i & 1) as usize;
        }
    }
    length
}
