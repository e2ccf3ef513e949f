//! Results of a row, of which Arrow arrays are made when they are needed.
//!
//! An array of one value takes longer than the statistic of a thousand, and most rows are only read once.

use std::iter::once;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array};
use arrow_schema::{DataType, Field};
use colstats::internals::answers::collected::Answers;

use super::records::{Records, Values};

/// Results that are doubles or null.
pub struct Floats {
    /// None if they are "0", "1", ...
    names: Option<Vec<String>>,
    answers: Answers,
}

impl Floats {
    /// Results of columns with names, as many as there are.
    pub fn named(names: Vec<String>, answers: Answers) -> Self {
        debug_assert_eq!(names.len(), answers.len());
        Self { names: Some(names), answers }
    }

    /// Results of columns with numbers for names.
    pub fn numbered(answers: Answers) -> Self {
        Self { names: None, answers }
    }

    /// As Arrow.
    pub fn to_records(&self) -> Records {
        let columns = self.answers.iter().enumerate().map(|(i, answer)| {
            let name = match &self.names {
                Some(names) => names[i].clone(),
                None => i.to_string(),
            };
            let array: ArrayRef = Arc::new(once(answer.as_f64()).collect::<Float64Array>());
            Values::new(Field::new(name, DataType::Float64, true), array)
        });
        Records::new(columns.collect())
    }
}
