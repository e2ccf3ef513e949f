//! Weighted statistics by groups.
//!
//! Rows are [sorted](super::rows) by their groups, and each group is a column of its own, for which there are
//! [weighted statistics](crate::answers::weighted). Most groups are decided before that by sums of two doubles
//! (`kernels::weighed`), in a hundredth of the time. Either way the answer is the one that is correctly
//! rounded, so that it depends neither on the order of rows nor on which way it took.

use std::borrow::Cow;
use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, Float64Array};
use arrow_schema::DataType;

use super::rows::RowOrder;
use crate::answers::question::Question;
use crate::answers::statistic::{Answer, Statistic};
use crate::answers::weighted::ask_weighted;
use crate::columns::aligned::BadWeight;
use crate::columns::array::doubles;
use crate::columns::chunk::Chunk;
use crate::exact::{Form, Undecided};
use crate::kernels::weighed::{self, WeighedResult};
use crate::run::pool;
use crate::states::joint::RowCounts;
use crate::types::{Family, family};

/// The work of a part for a thread, in rows.
const ROWS_PER_PART: usize = 1 << 15;
/// The work of a group besides its rows, as a number of these.
const ROWS_PER_GROUP: usize = 64;
/// Groups of more rows are read by several threads, one group after the other.
const SHARED_ROWS: usize = 1 << 20;

/// Weights in the order of groups.
pub struct GroupedWeights<'a> {
    of: &'a DataType,
    order: &'a RowOrder,
    sorted: ArrayRef,
}

impl<'a> GroupedWeights<'a> {
    /// Those of a column, which must have been checked: there is no message for one that is none.
    pub fn new(of: &'a DataType, weights: &[Chunk], order: &'a RowOrder) -> Self {
        let sorted = order.sorted(weights);
        Self { of, order, sorted: plain(of, sorted) }
    }

    /// The mean, the variance or the deviation of each group of a column, of a type that has it.
    ///
    /// # Errors
    /// A weight that is none: it must have changed since it was checked.
    pub fn ask(
        &self,
        question: &Question<'_>,
        values: &[Chunk],
        threads: usize,
    ) -> Result<Vec<Answer>, BadWeight> {
        let values = plain(question.of, self.order.sorted(values));
        let column = Column { question, values, weights: self };
        let parts = self.parts();
        // Only a group alone is: several may have as many rows together.
        let is_shared =
            |groups: &Range<usize>| groups.len() == 1 && self.rows_of(groups.clone()) > SHARED_ROWS;
        let work = self.rows_of(0..self.order.groups()) + self.order.groups() * ROWS_PER_GROUP;
        let alone = pool::map(parts.clone(), work, threads, |groups| match is_shared(&groups) {
            true => Ok(vec![]),
            false => groups.map(|group| column.ask(group, 1)).collect::<Result<Vec<_>, _>>(),
        });
        let mut answers = Vec::with_capacity(self.order.groups());
        for (groups, part) in parts.into_iter().zip(alone) {
            match is_shared(&groups) {
                true => answers.push(column.ask(groups.start, threads)?),
                false => answers.extend(part?),
            }
        }
        Ok(answers)
    }

    /// Neighbouring groups in parts of about as much work; one that threads share is alone.
    fn parts(&self) -> Vec<Range<usize>> {
        let (mut parts, mut start, mut work) = (vec![], 0, 0);
        for group in 0..self.order.groups() {
            let rows = self.order.span(group).len();
            if rows > SHARED_ROWS && start < group {
                parts.push(std::mem::replace(&mut start, group)..group);
                work = 0;
            }
            work += rows + ROWS_PER_GROUP;
            if work >= ROWS_PER_PART {
                parts.push(std::mem::replace(&mut start, group + 1)..group + 1);
                work = 0;
            }
        }
        parts.push(start..self.order.groups());
        parts
    }

    fn rows_of(&self, groups: Range<usize>) -> usize {
        groups.map(|group| self.order.span(group).len()).sum()
    }
}

/// A column of values in the order of groups.
struct Column<'a> {
    question: &'a Question<'a>,
    values: ArrayRef,
    weights: &'a GroupedWeights<'a>,
}

impl Column<'_> {
    /// The answer for a group.
    fn ask(&self, group: usize, threads: usize) -> Result<Answer, BadWeight> {
        let GroupedWeights { of, order, sorted } = self.weights;
        let rows = order.span(group);
        if let Ok(answer) = self.quickly(rows.clone()) {
            return Ok(answer);
        }
        let chunk = |array: &ArrayRef| [Chunk::from(array.slice(rows.start, rows.len()))];
        ask_weighted(self.question, &chunk(&self.values), (of, &chunk(sorted)), threads)
    }

    /// The answer for some rows, if both columns are doubles without a unit, and sums of two doubles decide it.
    fn quickly(&self, rows: Range<usize>) -> Result<Answer, Undecided> {
        let Question { statistic, of, options, .. } = *self.question;
        let result = match statistic {
            _ if !is_plain(of) || !is_plain(self.weights.of) => return Err(Undecided),
            Statistic::Mean => WeighedResult::Mean,
            Statistic::Variance => {
                WeighedResult::Spread { form: Form::Quotient, ddof: options.ddof }
            }
            Statistic::Stddev => WeighedResult::Spread { form: Form::Root, ddof: options.ddof },
            _ => return Err(Undecided),
        };
        let Weighing { values, weights, rows } = self.weighing(rows)?;
        if rows.admitted(options).is_none_or(|count| count == 0) {
            return Ok(Answer::Null);
        }
        let number = weighed::answer(&values, &weights, result)?;
        Ok(number.map_or(Answer::Null, Answer::Float))
    }

    /// What of some rows weighs, if it is doubles, and few.
    fn weighing(&self, rows: Range<usize>) -> Result<Weighing<'_>, Undecided> {
        let [values, weights] = [&self.values, &self.weights.sorted].map(AsArray::as_primitive_opt);
        let (Some(values), Some(weights)): (Option<&Float64Array>, Option<&Float64Array>) =
            (values, weights)
        else {
            return Err(Undecided);
        };
        if rows.len() > weighed::MAX_LEN {
            return Err(Undecided);
        }
        let are_valid = values.nulls().is_none() && weights.nulls().is_none();
        let all = [values, weights].map(|array| &array.values()[rows.clone()]);
        match are_valid && all[1].iter().fold(true, |all, &weight| all & (weight > 0.0)) {
            true => Ok(Weighing::of_all(all)),
            false => Ok(Weighing::of_some([values, weights], rows)),
        }
    }
}

/// Values that weigh, and their weights.
struct Weighing<'a> {
    values: Cow<'a, [f64]>,
    weights: Cow<'a, [f64]>,
    /// The rows by what became of them, as if all values were finite.
    rows: RowCounts,
}

impl<'a> Weighing<'a> {
    fn of_all([values, weights]: [&'a [f64]; 2]) -> Self {
        let rows = RowCounts { finite: values.len() as u64, ..RowCounts::default() };
        Self { values: values.into(), weights: weights.into(), rows }
    }

    /// Those of the rows that have both, and a weight other than zero.
    fn of_some([values, weights]: [&Float64Array; 2], rows: Range<usize>) -> Self {
        let (mut kept, mut their_weights, mut nulls) = (vec![], vec![], 0);
        for row in rows {
            match (values.is_valid(row), weights.is_valid(row)) {
                (_, true) if weights.value(row) == 0.0 => (),
                (true, true) => {
                    kept.push(values.value(row));
                    their_weights.push(weights.value(row));
                }
                _ => nulls += 1,
            }
        }
        let rows = RowCounts { finite: kept.len() as u64, nulls, ..RowCounts::default() };
        Self { values: kept.into(), weights: their_weights.into(), rows }
    }
}

/// Whether numbers of a type have no unit.
fn is_plain(of: &DataType) -> bool {
    matches!(family(of), Family::Float | Family::Integer | Family::Boolean)
}

/// Numbers without a unit as doubles, if each is one.
fn plain(of: &DataType, array: ArrayRef) -> ArrayRef {
    if is_plain(of) { doubles(array) } else { array }
}
