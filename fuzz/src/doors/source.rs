//! The bytes that an attack is made of, and whether to lie with them.
//!
//! Only lies that a reader can detect are told. It cannot detect that a buffer is shorter than its length
//! promises, that a list of pointers is shorter than its count says, or that the producer wrote another
//! type than the schema describes.

use arbitrary::{Result, Unstructured};

use super::structures::Memory;

/// Bytes from which types and arrays are made.
pub struct Source<'a, 'b> {
    pub bytes: &'b mut Unstructured<'a>,
    /// Whether to lie: about one decision in six does.
    pub lies: bool,
    /// Whether any lie was told.
    pub lied: bool,
}

impl Source<'_, '_> {
    /// Whether to lie here.
    pub fn lies_here(&mut self) -> Result<bool> {
        let lies = self.lies && self.bytes.ratio(1u8, 6u8)?;
        self.lied |= lies;
        Ok(lies)
    }

    pub fn any_bytes(&mut self, count: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.bytes.fill_buffer(&mut bytes)?;
        Ok(bytes)
    }

    pub fn memory(&mut self, bytes: &[u8]) -> Result<Memory> {
        let start = if self.bytes.ratio(1u8, 4u8)? { self.bytes.int_in_range(1..=7)? } else { 0 };
        Ok(Memory::new(bytes, start))
    }
}
