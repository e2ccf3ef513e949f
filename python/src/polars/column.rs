//! Columns of polars: what they hold, and the answers for them.
//!
//! They are read as those behind the door `__arrow_c_array__`, with two differences: structs are not
//! tables here, and polars' own type of 128-bit integers is read, as decimals without a fraction.

use std::sync::Arc;

use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::DataType;
use colstats::internals::answers::collected::Answers;
use colstats::internals::answers::column::ask_all;
use colstats::internals::answers::question::Question;
use colstats::internals::answers::statistic::Ticks;
use colstats::internals::answers::windows::ask_lists;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::run::pool::num_threads;
use colstats::internals::types::{Family, family};

use super::kwargs::Asked;
use crate::input::arrow::abi::{ArrowArray, ArrowSchema, Releasable};
use crate::input::arrow::schema::{self, Field, Layout};
use crate::input::arrow::text::aligned;
use crate::input::arrow::values::{Rows, Values};
use crate::input::data::{Chunks, Column, MAX_ROWS};
use crate::input::malformed::Malformed;

/// Integers of 128 bits, which Arrow does not have.
pub const INT128: &str = "_pli128";

/// What one answer is about.
#[derive(Clone, Copy, PartialEq)]
pub enum Shape {
    /// All rows of the input.
    Whole,
    /// A row of the input, which is a list.
    Lists,
}

/// A column, of which no values have been read.
pub struct Described {
    pub column: Column,
    pub is_int128: bool,
    field: Field,
    shape: Shape,
}

impl Described {
    pub fn read(schema: &ArrowSchema, shape: Shape) -> Result<Self, String> {
        let name = schema.name().unwrap_or_default().into_owned();
        let read = match shape {
            Shape::Whole => read_values(schema),
            Shape::Lists => match schema.format().as_deref() {
                Some("+L") => schema.child().and_then(read_values),
                other => Err(Malformed::new(format!("{other:?} where a list is expected"))),
            },
        };
        let (field, is_int128) = read.map_err(Malformed::into_message)?;
        let kind = field.layout.kind();
        let column = Column { name, kind, chunks: Chunks::new(), text: None };
        Ok(Self { column, is_int128, field, shape })
    }

    /// Means and deviations of dates are not rounded to seconds, as Arrow has them: polars has
    /// microseconds. Other times keep their unit.
    pub fn ticks(&self) -> Ticks {
        if family(self.column.data_type()) == Family::Date { Ticks::Fine } else { Ticks::Unit }
    }

    /// An answer for the whole column, or for each of its lists. The type must have the statistic.
    pub fn ask(&self, asked: &Asked, arrays: Vec<ArrowArray>) -> Result<Answers, String> {
        let Asked { statistic, options } = asked;
        let of = self.column.data_type();
        let question = Question { statistic: *statistic, of, options, ticks: self.ticks() };
        let answers = match self.shape {
            Shape::Whole => self.ask_whole(&question, arrays),
            Shape::Lists => {
                let lists = arrays.into_iter().map(|array| self.ask_lists(&question, array));
                lists.collect::<Result<Vec<_>, _>>().map(Answers::concat)
            }
        };
        answers.map_err(Malformed::into_message)
    }

    fn ask_whole(
        &self,
        question: &Question<'_>,
        arrays: Vec<ArrowArray>,
    ) -> Result<Answers, Malformed> {
        let chunks = arrays.into_iter().map(|array| {
            let owner = alive(array)?;
            self.chunk(Values { array: &owner, owner: &owner })
        });
        let chunks = chunks.collect::<Result<Chunks, _>>()?;
        Ok(ask_all(&[(*question, &chunks[..])], num_threads()).into())
    }

    fn ask_lists(&self, question: &Question<'_>, array: ArrowArray) -> Result<Answers, Malformed> {
        let owner = alive(array)?;
        let lists = Values { array: &owner, owner: &owner };
        lists.expect_buffers(2)?;
        let rows = Rows::of(&owner)?;
        let chunk = self.chunk(lists.child(0)?)?;
        let offsets = offsets(&lists, rows, chunk.rows())?;
        let answers = ask_lists(question, &[chunk], &offsets, num_threads());
        Ok(match lists.validity(rows)? {
            Some(validity) => answer_nulls(question, &validity, &answers),
            None => answers,
        })
    }

    fn chunk(&self, values: Values<'_>) -> Result<Chunk, Malformed> {
        values.import(&self.field, Rows::of(values.array)?, None)
    }
}

fn alive(array: ArrowArray) -> Result<Arc<ArrowArray>, Malformed> {
    match array.is_released() {
        true => Err(Malformed::new("the array has been released already")),
        false => Ok(Arc::new(array)),
    }
}

/// What the values of a column are, and whether they are integers of 128 bits.
fn read_values(schema: &ArrowSchema) -> Result<(Field, bool), Malformed> {
    if schema.format().as_deref() != Some(INT128) {
        return Ok((schema::parse(schema)?, false));
    }
    let layout = Layout::Values(DataType::Decimal128(38, 0));
    Ok((Field { name: String::new(), layout }, true))
}

/// Where each list begins, and where the last one ends.
fn offsets(lists: &Values<'_>, rows: Rows, values: usize) -> Result<Vec<usize>, Malformed> {
    if rows.length == 0 {
        return Ok(vec![]);
    }
    let fences = Rows { offset: rows.offset, length: rows.length + 1 };
    let bytes = lists.bytes(1, fences, 64, rows.offset.saturating_mul(8))?;
    let offsets = ScalarBuffer::<i64>::new(aligned::<i64>(bytes)?, 0, fences.length);
    let offsets = offsets.iter().map(|&offset| usize::try_from(offset).unwrap_or(MAX_ROWS));
    let offsets = offsets.collect::<Vec<_>>();
    match offsets.is_sorted() && offsets[rows.length] <= values {
        true => Ok(offsets),
        false => Err(Malformed::new(format!("offsets that decrease, or exceed {values} values"))),
    }
}

/// A null has no values, whatever its offsets say.
fn answer_nulls(question: &Question<'_>, validity: &NullBuffer, answers: &Answers) -> Answers {
    let none = question.ask::<[Chunk]>(&[]);
    let answers = answers.iter().zip(validity);
    answers.map(|(answer, is_valid)| if is_valid { answer } else { none }).collect()
}
