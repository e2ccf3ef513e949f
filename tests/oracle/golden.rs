//! What the states and answers of the corpus are, as text, and its hash.

use std::fmt::Write;

use arrow_schema::DataType;
use colstats::internals::answers::question::Question;
use colstats::internals::answers::statistic::{Ticks, result_type};
use colstats::internals::columns::chunk::{Chunk, fold_chunks};
use colstats::internals::kernels::Need;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::types::{self, Family};
use colstats::{Answer, Moments, Nans, Options, Statistic};

use crate::corpus;

/// The SHA-256 of the [`text`].
pub const GOLDEN: &str = "b3bf7a1cc9ad03c684bd3ba9e7f566c55891ab64ead0150918edeea1652c8629";

/// A line for each column of the corpus: its state, and its answers.
pub fn text() -> String {
    let mut text = String::new();
    corpus::for_each(|name, of, chunks| {
        let state = Moments::of_column(ColumnType::of(of), fold_chunks(chunks, Need::Everything));
        let state = state.to_bytes().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let _ = writeln!(text, "{name}: {state}{}", answers(of, chunks));
    });
    text
}

/// The answers that are computed without a whole state: with NaNs, and with NaNs as nulls.
fn answers(of: &DataType, chunks: &[Chunk]) -> String {
    let mut text = String::new();
    for statistic in [Statistic::Sum, Statistic::Mean, Statistic::Variance, Statistic::Stddev] {
        for nans in [Nans::Propagate, Nans::AreNull] {
            if result_type(statistic, of).is_err() || nans == Nans::AreNull && !is_float(of) {
                continue;
            }
            let options = Options { nans, ..Options::default() };
            let question = Question { statistic, of, options: &options, ticks: Ticks::Unit };
            let _ = match question.ask(chunks) {
                Answer::Float(answer) => write!(text, " {:016x}", answer.to_bits()),
                answer => write!(text, " {answer:?}"),
            };
        }
    }
    text
}

fn is_float(of: &DataType) -> bool {
    types::family(of) == Family::Float
}
