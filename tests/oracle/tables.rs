//! Tables in row-major order.

use colstats::internals::kernels::across::Rows;

use crate::columns::column;
use crate::random::Random;

/// A table in memory.
#[derive(Debug)]
pub struct Memory<T> {
    pub values: Vec<T>,
    pub first: usize,
    pub stride: isize,
    pub rows: usize,
    pub columns: usize,
}

impl<T: Copy + Default> Memory<T> {
    /// Columns of one length, with a gap after each row, and the rows upside down or not.
    pub fn new(columns: &[Vec<T>], gap: usize, is_flipped: bool, filler: T) -> Self {
        let (rows, width) = (columns[0].len(), columns.len() + gap);
        let mut values = vec![filler; rows * width];
        for (i, column) in columns.iter().enumerate() {
            for (row, &value) in column.iter().enumerate() {
                let row = if is_flipped { rows - 1 - row } else { row };
                values[row * width + i] = value;
            }
        }
        let (first, stride) = match is_flipped && rows > 0 {
            true => ((rows - 1) * width, -(width as isize)),
            false => (0, width as isize),
        };
        Self { values, first, stride, rows, columns: columns.len() }
    }

    pub fn rows(&self) -> Rows<'_, T> {
        Rows::new(&self.values, self.first, self.stride, self.rows, self.columns)
            .expect("all rows are in the memory")
    }
}

/// Columns of one length, which resemble each other or not.
pub fn table(random: &mut Random) -> Vec<Vec<f64>> {
    let count = random.pick(&[1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 32, 33, 40, 100, 1030]);
    let rows = match random.below(4) {
        0 => random.below(20),
        1 => random.pick(&[127, 128, 129, 136, 137, 264, 265]),
        _ => random.below(if count > 50 { 300 } else { 2500 }),
    } as usize;
    let is_alike = random.below(2) == 0;
    let pattern = column(random);
    let columns = (0..count).map(|_| {
        let mut values = if is_alike { pattern.clone() } else { column(random) };
        if values.is_empty() {
            values.push(-0.0);
        }
        let start = random.below(values.len() as u64) as usize;
        values.into_iter().cycle().skip(start).take(rows).collect()
    });
    columns.collect()
}
