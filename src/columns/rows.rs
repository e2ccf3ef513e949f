//! Ranges of rows across the chunks of a column.

use std::ops::Range;

use smallvec::SmallVec;

use super::chunk::Chunk;

/// An index from rows to the chunks that hold them.
pub struct RowIndex<'a> {
    chunks: &'a [Chunk],
    /// The row that each chunk starts with, and the number of all rows.
    starts: Vec<usize>,
}

impl<'a> RowIndex<'a> {
    /// Counts the rows of each chunk.
    pub fn new(chunks: &'a [Chunk]) -> Self {
        let mut starts = Vec::with_capacity(chunks.len() + 1);
        starts.push(0);
        for chunk in chunks {
            starts.push(starts[starts.len() - 1] + chunk.rows());
        }
        Self { chunks, starts }
    }

    /// The chunks.
    pub fn chunks(&self) -> &'a [Chunk] {
        self.chunks
    }

    /// The row that each chunk starts with, and the number of all rows.
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// The number of all rows.
    pub fn rows(&self) -> usize {
        self.starts[self.chunks.len()]
    }

    /// The chunks that hold these rows, cut at both ends, without empty ones.
    pub fn between(&self, rows: Range<usize>) -> SmallVec<[Chunk; 1]> {
        let mut parts = SmallVec::new();
        let mut at = self.starts.partition_point(|&start| start <= rows.start).max(1) - 1;
        while at < self.chunks.len() && self.starts[at] < rows.end {
            let start = rows.start.max(self.starts[at]);
            let end = rows.end.min(self.starts[at + 1]);
            if start < end {
                parts.push(self.chunks[at].slice(start - self.starts[at], end - start));
            }
            at += 1;
        }
        parts
    }
}
