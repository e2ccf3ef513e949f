//! The calls of the attack, and which of them an honest input must have answered.
//!
//! A call that refuses everything attacks nothing, and nothing would show it. So for each call and type
//! it is written down here why the input may be refused, and with which exception; any other exception
//! is a failure, and so is an answer where the type has none.

use super::types::{Kind, Type};

/// What is asked, as a Python expression of the producer `x`.
pub struct Call {
    pub python: &'static str,
    of: Of,
    asks: Asks,
    pub known: Known,
}

/// What the producer must be.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    Any,
    Column,
    Table,
}

#[derive(Clone, Copy, PartialEq)]
enum Statistic {
    Count,
    Sum,
    Mean,
    Variance,
    Stddev,
    Extreme,
}

/// What a call asks of the columns, as far as they can refuse it.
#[derive(Clone, Copy)]
enum Asks {
    /// Nothing that depends on the type.
    Shape,
    /// A statistic: of a column as a Python object, of a table as Arrow.
    Statistic(Statistic),
    /// Statistics as Arrow, one for each window or chunk.
    Windows(Statistic),
    /// A statistic of each column of a table, as Python objects.
    EachColumn(Statistic),
    /// A statistic of the columns that are numbers.
    NumericOnly(Statistic),
    /// A statistic of the first column of a table.
    First(Statistic),
    /// All statistics, with a placeholder where the type has none.
    Describe,
    /// States, and maybe a statistic of them.
    Moments(Option<Statistic>),
    /// States of the groups by the first few columns, and maybe a statistic of them.
    Groups(usize, Option<Statistic>),
    /// The same, exported as Arrow and read back.
    GroupsAsArrow,
    /// How many different values there are, or the most frequent.
    Frequency { is_mode: bool },
}

/// What is known of the answer to an honest question: a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Known {
    Nothing,
    /// The number of rows, once.
    Rows,
    /// The number of rows, for each column from the one at this position on.
    RowsOfEach(usize),
    /// The number of columns.
    Columns,
    /// The names of the columns.
    Names,
    /// How many values are not null, for each column from the one at this position on.
    Counts(usize),
    /// How many values are not null in the first column.
    FirstCount,
    /// How many values are null, for each column.
    Nulls,
    /// `True`.
    True,
    /// `True`, if there are rows.
    TrueOfRows,
}

const fn call(of: Of, python: &'static str, asks: Asks, known: Known) -> Call {
    Call { python, of, asks, known }
}

const fn any(python: &'static str, asks: Asks, known: Known) -> Call {
    call(Of::Any, python, asks, known)
}

const fn column(python: &'static str, asks: Asks, known: Known) -> Call {
    call(Of::Column, python, asks, known)
}

const fn table(python: &'static str, asks: Asks, known: Known) -> Call {
    call(Of::Table, python, asks, known)
}

use Asks::{
    Describe, EachColumn, First, Frequency, Groups, GroupsAsArrow, Moments, NumericOnly, Shape,
    Windows,
};
use Known::{Counts, FirstCount, Names, Nothing, Nulls, Rows, RowsOfEach, True, TrueOfRows};
use Statistic::{Count, Extreme, Mean, Stddev, Sum, Variance};

/// New calls are added at the end, since an input chooses its call by position.
pub const CALLS: &[Call] = &[
    // The functions.
    any("totals(cs.count(x))", Asks::Statistic(Count), Counts(0)),
    any("cs.mean(x)", Asks::Statistic(Mean), Nothing),
    any("cs.stddev(x, skip_nans=True)", Asks::Statistic(Stddev), Nothing),
    any("cs.variance(x, ddof=1, threads=2)", Asks::Statistic(Variance), Nothing),
    any("cs.sum(x)", Asks::Statistic(Sum), Nothing),
    any("cs.min(x)", Asks::Statistic(Extreme), Nothing),
    any("cs.max(x, min_count=2)", Asks::Statistic(Extreme), Nothing),
    any("cs.count(x, skip_nans=True)", Asks::Statistic(Count), Nothing),
    any("cs.sum(x, skip_nulls=False)", Asks::Statistic(Sum), Nothing),
    any("cs.stddev(x, numeric_only=True)", NumericOnly(Stddev), Nothing),
    any("totals(cs.count(x, columns=[0]))", First(Count), FirstCount),
    any("cs.mean(x, columns=[0])", First(Mean), Nothing),
    any("totals(cs.count(x, per=1))", Windows(Count), Counts(0)),
    any("totals(cs.count(x, per='chunk'))", Windows(Count), Counts(0)),
    any("cs.stddev(x, per=3)", Windows(Stddev), Nothing),
    any("cs.max(x, per=2)", Windows(Extreme), Nothing),
    any("cs.sum(x, per='chunk')", Windows(Sum), Nothing),
    any("[row['count'] for row in describe(x).to_list()]", Describe, Counts(0)),
    // States.
    any("[len(state) for state in states(cs.moments(x))]", Moments(None), RowsOfEach(0)),
    any("[state.count() for state in states(cs.moments(x))]", Moments(None), Counts(0)),
    any("[state.null_count for state in states(cs.moments(x))]", Moments(None), Nulls),
    any("[survives_bytes(cs.moments(x))]", Moments(None), True),
    any("[survives_pickle(cs.moments(x))]", Moments(None), True),
    any("halves(merged_twice(cs.moments(x)))", Moments(None), Counts(0)),
    any("totals(cs.moments(x).count())", Moments(Some(Count)), Counts(0)),
    any("cs.moments(x).mean()", Moments(Some(Mean)), Nothing),
    any("cs.moments(x).stddev(ddof=1)", Moments(Some(Stddev)), Nothing),
    any("cs.moments(x).sum()", Moments(Some(Sum)), Nothing),
    any("cs.moments(x).min()", Moments(Some(Extreme)), Nothing),
    any("repr(cs.moments(x))", Moments(None), Nothing),
    column("[updated(x).count()]", Moments(None), Counts(0)),
    table("[survives_arrow(cs.moments(cs.Table(x)))]", Moments(None), True),
    table("[survives_whole_bytes(cs.moments(cs.Table(x)))]", Moments(None), True),
    // Columns.
    column("[len(cs.Column(x))]", Shape, Rows),
    column("[cs.Column(x).name]", Shape, Names),
    column("[(c.type, cs.Column(c).num_chunks) for c in [cs.Column(x)]]", Shape, Nothing),
    column("repr(cs.Column(x))", Shape, Nothing),
    column("[cs.Column(x).null_count]", Asks::Statistic(Count), Nulls),
    column("[cs.Column(x).count()]", Asks::Statistic(Count), Counts(0)),
    column("cs.Column(x).sum()", Asks::Statistic(Sum), Nothing),
    column("cs.Column(x).mean()", Asks::Statistic(Mean), Nothing),
    column("cs.Column(x).variance()", Asks::Statistic(Variance), Nothing),
    column("cs.Column(x).stddev()", Asks::Statistic(Stddev), Nothing),
    column("cs.Column(x).min()", Asks::Statistic(Extreme), Nothing),
    column("cs.Column(x).max()", Asks::Statistic(Extreme), Nothing),
    column("[row['nulls'] for row in cs.Column(x).describe().to_list()]", Describe, Nulls),
    // Tables.
    table("[len(cs.Table(x))]", Shape, Rows),
    table("[cs.Table(x).num_columns]", Shape, Known::Columns),
    table("cs.Table(x).column_names", Shape, Names),
    table("repr(cs.Table(x))", Shape, Nothing),
    table("[len(column) for column in columns(cs.Table(x))]", Shape, RowsOfEach(0)),
    table("[column.name for column in columns(cs.Table(x))]", Shape, Names),
    table("[column.null_count for column in columns(cs.Table(x))]", EachColumn(Count), Nulls),
    table("[column.mean() for column in columns(cs.Table(x))]", EachColumn(Mean), Nothing),
    table("[column.stddev() for column in columns(cs.Table(x))]", EachColumn(Stddev), Nothing),
    table("totals(cs.Table(x).count())", Asks::Statistic(Count), Counts(0)),
    table("cs.Table(x).sum()", Asks::Statistic(Sum), Nothing),
    table("cs.Table(x).mean()", Asks::Statistic(Mean), Nothing),
    table("cs.Table(x).variance()", Asks::Statistic(Variance), Nothing),
    table("cs.Table(x).stddev()", Asks::Statistic(Stddev), Nothing),
    table("cs.Table(x).min()", Asks::Statistic(Extreme), Nothing),
    table("cs.Table(x).max()", Asks::Statistic(Extreme), Nothing),
    table("[row['nulls'] for row in cs.Table(x).describe().to_list()]", Describe, Nulls),
    // Groups.
    table("group_totals(cs.moments(x, by=[0]))", Groups(1, None), Counts(1)),
    table("group_totals(cs.moments(x, by=[0, 1]))", Groups(2, None), Counts(2)),
    table("group_rows(cs.moments(cs.Table(x), by=[0]))", Groups(1, None), RowsOfEach(1)),
    table("cs.moments(x, by=[0]).mean()", Groups(1, Some(Mean)), Nothing),
    table("cs.moments(x, by=[0]).stddev(skip_nans=True)", Groups(1, Some(Stddev)), Nothing),
    table("cs.moments(x, by=[0]).max()", Groups(1, Some(Extreme)), Nothing),
    table("repr(cs.moments(x, by=[0, 1], threads=2))", Groups(2, None), Nothing),
    table("[survives_pickle(cs.moments(x, by=[0]))]", Groups(1, None), True),
    table("[survives_arrow(cs.moments(x, by=[0]))]", GroupsAsArrow, TrueOfRows),
    table("[survives_whole_bytes(cs.moments(x, by=[0]))]", Groups(1, None), True),
    table("cs.mean(x, by=[0])", Groups(1, Some(Mean)), Nothing),
    table("cs.Table(x).stddev(by=[0], threads=2)", Groups(1, Some(Stddev)), Nothing),
    // Iterables.
    any("totals(cs.count([x]))", Asks::Statistic(Count), Counts(0)),
    any("cs.mean(iter([x]))", Asks::Statistic(Mean), Nothing),
    any("[len(state) for state in states(cs.moments(iter([x])))]", Moments(None), RowsOfEach(0)),
    table("list(cs.Table(iter([x])))", Shape, Names),
    // Rows, which are shown whatever they hold.
    table("shown(cs.Table(x).max())", Asks::Statistic(Extreme), Nothing),
    table("shown(cs.Table(x).stddev(per=2))", Windows(Stddev), Nothing),
    table("shown(cs.moments(x, by=[0]).keys())", Groups(1, None), Nothing),
    table("[rows_survive_pickle(cs.Table(x).min())]", Asks::Statistic(Extreme), True),
    any("cs.stddev(x, per=3, step=1)", Windows(Stddev), Nothing),
    any("cs.max(x, per=2, align='row')", Windows(Extreme), Nothing),
    any("cs.mean(x, per='cumulative')", Windows(Mean), Nothing),
    // Values in order, their frequency, and rows with weights.
    any("cs.median(x)", Asks::Statistic(Mean), Nothing),
    any("cs.quantile(x, [0, 0.3, 1], interpolation='lower')", Asks::Statistic(Extreme), Nothing),
    any("cs.n_unique(x)", Frequency { is_mode: false }, Nothing),
    any("cs.mode(x, skip_nulls=False)", Frequency { is_mode: true }, Nothing),
    table("cs.Table(x).mode(skip_nans=True)", Frequency { is_mode: true }, Nothing),
    column(
        "[cs.mean(c, weights=[1.5] * len(c)) for c in [cs.Column(x)]]",
        Asks::Statistic(Mean),
        Nothing,
    ),
    table(
        "[cs.mean(t, weights=[1.5] * len(t)) for t in [cs.Table(x)]]",
        Asks::Statistic(Mean),
        Nothing,
    ),
    table(
        "[t.stddev(weights=[2] * len(t)) for t in [cs.Table(x)]]",
        Asks::Statistic(Stddev),
        Nothing,
    ),
    column(
        "[c.variance(weights=range(len(c)), ddof=1) for c in [cs.Column(x)]]",
        Asks::Statistic(Variance),
        Nothing,
    ),
];

/// Why an honest input is refused: the names of exceptions.
#[derive(Default)]
pub struct Refusals {
    /// It must be, with one of these.
    pub must: Vec<&'static str>,
    /// It may be, since it depends on the values.
    pub may: Vec<&'static str>,
}

impl Refusals {
    fn must_if(&mut self, condition: bool, exception: &'static str) {
        if condition {
            self.must.push(exception);
        }
    }

    /// A statistic of a column of a type, as Python's or as Arrow's object.
    fn of_column(&mut self, statistic: Statistic, of: &Type, is_arrow: bool) {
        use Kind::*;
        let kind = of.kind();
        match (statistic, kind) {
            (Count, Unknown) => self.must.push("TypeError"),
            (Count, _) | (_, Null) => {}
            (_, Text | Bytes | Countable | Unknown)
            | (Sum, Date | Time | Timestamp)
            | (Variance, Date | Time | Timestamp | Duration) => self.must.push("TypeError"),
            // More digits than the type of the result has: those that are there are any bytes.
            (Sum | Extreme, Decimal) if is_arrow => self.may.push("ValueError"),
            // More than 63 bits.
            (Sum, Duration) | (Stddev, Date | Time | Timestamp | Duration) => {
                self.may.push("ValueError");
            }
            // Outside the years of Python's datetimes or the days of its timedeltas, or no time of day.
            (Mean | Extreme, Date | Time | Timestamp | Duration) if !is_arrow => {
                self.may.push("ValueError");
                // On a machine without a database of time zones.
                self.may.push("ZoneInfoNotFoundError");
            }
            _ => {}
        }
    }

    fn of_each<'a>(
        &mut self,
        statistic: Statistic,
        columns: impl IntoIterator<Item = &'a Type>,
        is_arrow: bool,
    ) {
        columns.into_iter().for_each(|of| self.of_column(statistic, of, is_arrow));
    }

    /// A statistic of whole columns, where text has extremes.
    fn of_whole<'a>(
        &mut self,
        statistic: Statistic,
        columns: impl IntoIterator<Item = &'a Type>,
        is_arrow: bool,
    ) {
        for of in columns {
            match (statistic, of.kind()) {
                // Those that are returned need not be UTF-8.
                (Extreme, Kind::Text) if of.is_key() => self.may.push("ValueError"),
                (Extreme, Kind::Bytes) if of.is_key() => {}
                _ => self.of_column(statistic, of, is_arrow),
            }
        }
    }

    /// The roles of columns by which rows are grouped.
    fn of_groups(&mut self, by: usize, statistic: Option<Statistic>, columns: &[Type]) {
        if columns.len() < by {
            return self.must.push("IndexError");
        }
        let (keys, values) = columns.split_at(by);
        self.must_if(is_repeated(keys) || is_repeated(values), "ValueError");
        let is_state = |key: &Type| values.iter().any(|of| of.label() + "_state" == key.label());
        self.must_if(keys.iter().any(is_state), "ValueError");
        for key in keys {
            self.must_if(!key.is_key(), "TypeError");
            // The bytes of text need not be UTF-8.
            if key.kind() == Kind::Text {
                self.may.push("ValueError");
            }
        }
        self.of_each(Count, values, true);
        if let Some(statistic) = statistic {
            self.of_each(statistic, values, true);
        }
    }
}

fn is_repeated(columns: &[Type]) -> bool {
    let labels = columns.iter().map(Type::label).collect::<std::collections::BTreeSet<_>>();
    labels.len() < columns.len()
}

impl Call {
    /// Why honest data of a type is refused.
    pub fn refusals(&self, of: &Type) -> Refusals {
        let mut refusals = Refusals::default();
        let (is_table, columns) = (of.is_table(), of.columns());
        match self.of {
            Of::Any => {}
            Of::Column => refusals.must_if(is_table, "TypeError"),
            Of::Table => refusals.must_if(!is_table, "TypeError"),
        }
        if !refusals.must.is_empty() {
            return refusals;
        }
        match self.asks {
            Shape => {}
            Asks::Statistic(statistic) => refusals.of_whole(statistic, columns, is_table),
            Windows(statistic) => refusals.of_each(statistic, columns, true),
            EachColumn(statistic) => refusals.of_whole(statistic, columns, false),
            NumericOnly(statistic) => {
                let columns = columns.iter().filter(|of| !is_table || of.is_numeric());
                refusals.of_whole(statistic, columns, is_table);
            }
            First(statistic) => match columns.first() {
                _ if !is_table => refusals.must.push("TypeError"),
                None => refusals.must.push("IndexError"),
                Some(first) => refusals.of_whole(statistic, [first], true),
            },
            // Columns that cannot be counted have a row without counts.
            Describe => {}
            Moments(statistic) => {
                refusals.must_if(is_repeated(columns), "ValueError");
                refusals.of_each(Count, columns, true);
                if let Some(statistic) = statistic {
                    refusals.of_each(statistic, columns, is_table);
                }
            }
            Groups(by, statistic) => refusals.of_groups(by, statistic, columns),
            Frequency { is_mode } => {
                for of in columns {
                    refusals.must_if(!of.is_key(), "TypeError");
                    // Text that is returned need not be UTF-8; times have no Python object, or no zone.
                    if is_mode {
                        refusals.may.extend(["ValueError", "ZoneInfoNotFoundError"]);
                    }
                }
            }
            GroupsAsArrow => {
                refusals.of_groups(1, None, columns);
                // The key would be taken for a column of states.
                if columns.first().is_some_and(|key| key.label().ends_with("_state")) {
                    refusals.may.extend(["TypeError", "ValueError"]);
                }
            }
        }
        refusals
    }
}
