//! The statistics, as Python sees them: one table, from which functions and methods are generated.
//!
//! From a row of it come the function of the module, the method of each of the five classes, their
//! signatures and their documentation. To add a statistic, add a row here, and what it means to
//! [`Statistic`](colstats::Statistic). A row has
//!
//! * its name, perhaps `as` a short form of it, the statistic of the core, and its options: a type and a
//!   default each, read by the function of that name in [`options::read`](crate::options::read);
//! * `weighted`, if rows may have weights, where data is at hand: the name of that option, and its
//!   documentation in [`option_doc`](crate::options::option_doc);
//! * a summary, without its full stop, for classes append to it what they answer for;
//! * `method`: a call on the values 4.0 and 6.0 and its result, the example of each class;
//! * more paragraphs if need be, then the sections `returns` and `examples` of the function.
//!
//! PyO3 allows one `#[pymethods]` block for a class, and no macro within it. So a class hands its
//! own methods to the macro, which appends those of the statistics and emits the block as a whole.
//! (rustfmt leaves them alone there.) Each of the generated methods calls `ask`, a function of the
//! class.
//!
//! Reading an option takes time even if the call does not give it: 20 instructions, and a call on eight values has
//! 1,500. So those that few calls give come as they are, and are read by
//! [`Keywords::with`](crate::options::Keywords::with) if there is one. The others of a class are in the first parentheses.
//!
//! ```text
//! statistics! {
//!     methods rows PyColumn()(per, threads)               of data or of states, and options that all methods have
//!     each ", for each column"                            what its results are for
//!     example "cs.Column([4.0, 6.0])" ".view()" "{" "}"   the object, how to show a result, and what
//!     own { fn new() -> ... }                             surrounds the value when it is shown
//! }
//! ```

use colstats::Statistic;
use pyo3::prelude::*;

macro_rules! statistics {
    (functions) => { $crate::classes::statistics::statistics! { @table functions } };
    (names) => { $crate::classes::statistics::statistics! { @table names } };
    (methods $($context:tt)*) => { $crate::classes::statistics::statistics! {
        @table methods $($context)* done {}
    } };

    // The table. `@$emit` is the rule that expands it, `$context` what that needs.
    (@table $emit:ident $($context:tt)*) => { $crate::classes::statistics::statistics! {
        @$emit $($context)*
        [
            count = Count(skip_nans: bool = false)
            "Count the values that are not null"
            method "count()" "2"
            returns
            /// An int for a column; for a table a Row.
            examples
            /// >>> cs.count([1.5, None, float("nan")])
            /// 2
            /// >>> cs.count([1.5, None, float("nan")], skip_nans=True)
            /// 1
        ]
        [
            sum = Sum(skip_nulls: bool = true, min_count: u64 = 1, skip_nans: bool = false)
            "The sum, exact for integers and decimals and correctly rounded for floating-point numbers"
            method "sum()" "10.0"
            /// The sum of no values is None, or 0 if ``min_count`` is 0.
            returns
            /// For a column an int, a float, a Decimal or a duration; for a table a Row of these. As
            /// Arrow, sums of integers are decimal128(38, 0), and sums of decimals have all the digits
            /// of decimal128, or of decimal256 for columns of that type. A sum in a table that does
            /// not fit these types is an error.
            examples
            /// >>> cs.sum([1e300, 1.0, -1e300])
            /// 1.0
            /// >>> cs.sum([2**62, 2**62, 2**62])
            /// 13835058055282163712
        ]
        [
            mean = Mean(skip_nulls: bool = true, min_count: u64 = 1, skip_nans: bool = false)
            weighted weights row_weights
            "The arithmetic mean, correctly rounded"
            method "mean()" "5.0"
            /// The mean of dates and timestamps is a point in time, that of durations a duration.
            returns
            /// For a column a float, a point in time or a duration; for a table a Row of these.
            examples
            /// >>> cs.mean([1.0, 2.0, None])
            /// 1.5
            /// >>> cs.mean([1e300, 1.0, -1e300]) == 1 / 3
            /// True
            /// >>> cs.mean([1.0, 4.0], weights=[2, 1])
            /// 2.0
        ]
        [
            variance as var = Variance(
                ddof: u64 = 0, skip_nulls: bool = true, min_count: u64 = 0, skip_nans: bool = false
            )
            weighted weights weights
            "The variance, correctly rounded"
            method "variance(ddof=1)" "2.0"
            returns
            /// For a column a float; for a table a Row of them.
            examples
            /// >>> cs.variance([1, 2, 3, 4])
            /// 1.25
            /// >>> cs.variance([1e9 + 1, 1e9 + 2, 1e9 + 3], ddof=1)
            /// 1.0
        ]
        [
            stddev as std = Stddev(
                ddof: u64 = 0, skip_nulls: bool = true, min_count: u64 = 0, skip_nans: bool = false
            )
            weighted weights weights
            "The standard deviation, correctly rounded from the unrounded variance"
            method "stddev()" "1.0"
            returns
            /// For a column a float or a duration; for a table a Row of these.
            examples
            /// >>> cs.stddev([1, 2, 3], ddof=1)
            /// 1.0
            /// >>> cs.stddev([0.1] * 10)
            /// 0.0
        ]
        [
            min = Min(skip_nulls: bool = true, min_count: u64 = 1, skip_nans: bool = false)
            "The minimum (-0.0 comes before 0.0)"
            method "min()" "4.0"
            /// Text and bytes are compared byte by byte, which is the order of code points.
            returns
            /// For a column a value of its type; for a table a Row of these.
            examples
            /// >>> cs.min([3, 1, None, 2])
            /// 1
        ]
        [
            max = Max(skip_nulls: bool = true, min_count: u64 = 1, skip_nans: bool = false)
            "The maximum (0.0 comes after -0.0)"
            method "max()" "6.0"
            /// Text and bytes are compared byte by byte, which is the order of code points.
            returns
            /// For a column a value of its type; for a table a Row of these.
            examples
            /// >>> cs.max([3, 1, None, 2])
            /// 3
        ]
    } };

    // The functions of the module.
    (@functions $(
        [
            $name:ident $(as $alias:ident)? = $statistic:ident($($option:ident: $type:ty = $default:tt),*)
            $(weighted $weights:ident $weights_doc:ident)?
            $summary:literal method $call:literal $value:literal $(#[doc = $more:tt])*
            returns $(#[doc = $returns:tt])*
            examples $(#[doc = $example:tt])*
        ]
    )*) => {
        $(
            #[doc = concat!($summary, ".\n")]
            $(#[doc = $more] #[doc = ""])*
            #[doc = "Args:"]
            #[doc = $crate::options::option_doc!(data)]
            $(#[doc = $crate::options::option_doc!($option)])*
            $(#[doc = $crate::options::option_doc!($weights_doc)])?
            #[doc = $crate::options::option_doc!(axis)]
            #[doc = $crate::options::option_doc!(keepdims)]
            #[doc = $crate::options::option_doc!(by)]
            #[doc = $crate::options::option_doc!(per)]
            #[doc = $crate::options::option_doc!(step)]
            #[doc = $crate::options::option_doc!(align)]
            #[doc = $crate::options::option_doc!(on)]
            #[doc = $crate::options::option_doc!(columns)]
            #[doc = $crate::options::option_doc!(numeric_only)]
            #[doc = $crate::options::option_doc!(threads)]
            #[doc = "\nReturns:"]
            $(#[doc = concat!("   ", $returns)])*
            #[doc = "\nExamples:\n    >>> import colstats as cs"]
            $(#[doc = concat!("   ", $example)])*
            #[pyfunction]
            #[pyo3(signature = (
                data, /, *, $($option = $default,)* $($weights = None,)? axis=Axes::NotGiven, keepdims=false,
                by=None, per=None, step=None, align=None, on=None, columns=None,
                numeric_only=false, threads=None
            ))]
            #[allow(clippy::too_many_arguments)]
            fn $name<'py>(
                data: &Bound<'py, PyAny>,
                $(#[pyo3(from_py_with = $crate::options::read::$option)] $option: $type,)*
                $($weights: Option<&Bound<'py, PyAny>>,)?
                #[pyo3(from_py_with = $crate::options::read::axis)] axis: Axes,
                #[pyo3(from_py_with = $crate::options::read::keepdims)] keepdims: bool,
                by: Option<&Bound<'py, PyAny>>,
                per: Option<&Bound<'py, PyAny>>,
                step: Option<&Bound<'py, PyAny>>,
                align: Option<&Bound<'py, PyAny>>,
                on: Option<&Bound<'py, PyAny>>,
                columns: Option<&Bound<'py, PyAny>>,
                #[pyo3(from_py_with = $crate::options::read::numeric_only)] numeric_only: bool,
                threads: Option<&Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                let keywords = Keywords::default()$(.$option($option))*.numeric_only(numeric_only);
                let rare = [
                    ("by", by), ("per", per), ("step", step), ("align", align), ("on", on), ("columns", columns),
                    ("threads", threads),
                ];
                $(if let Some(weights) = $weights {
                    return ask_weighted(data, Statistic::$statistic, weights, keywords.with(&rare)?, &axis, keepdims);
                })?
                if rare.iter().any(|(_, given)| given.is_some()) {
                    return ask(data, Statistic::$statistic, &keywords.with(&rare)?, &axis, keepdims);
                }
                ask(data, Statistic::$statistic, &keywords, &axis, keepdims)
            }
        )*

        /// Adds the functions to the module.
        pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
            $(module.add_function(wrap_pyfunction!($name, module)?)?;)*
            Ok(())
        }
    };

    // Methods of a class, one row at a time, for each has the options of its row and of the class. States have no rows
    // that could weigh.
    (@methods states $class:ident $scope:tt $rare:tt
        each $each:literal
        example $receiver:literal $view:literal $before:literal $after:literal
        own $own:tt done $done:tt
        [
            $name:ident $(as $alias:ident)? = $statistic:ident $options:tt
            weighted $weights:ident $weights_doc:ident
            $($texts:tt)*
        ]
        $($rows:tt)*
    ) => { $crate::classes::statistics::statistics! {
        @methods states $class $scope $rare
        each $each example $receiver $view $before $after
        own $own done $done
        [$name $(as $alias)? = $statistic $options $($texts)*]
        $($rows)*
    } };
    (@methods $kind:ident $class:ident($($scope:ident: $scope_type:ty = $scope_default:tt),*)($($rare:ident),*)
        each $each:literal
        example $receiver:literal $view:literal $before:literal $after:literal
        own $own:tt done {$($done:tt)*}
        [
            $name:ident $(as $alias:ident)? = $statistic:ident($($option:ident: $type:ty = $default:tt),*)
            $(weighted $weights:ident $weights_doc:ident)?
            $summary:literal method $call:literal $value:literal $($texts:tt)*
        ]
        $($rows:tt)*
    ) => { $crate::classes::statistics::statistics! {
        @methods $kind $class($($scope: $scope_type = $scope_default),*)($($rare),*)
        each $each example $receiver $view $before $after
        own $own done {
            $($done)*

            #[doc = concat!($summary, $each, ".\n")]
            #[doc = concat!("See `colstats.", stringify!($name), "` for the options.\n")]
            #[doc = concat!(">>> ", $receiver, ".", $call, $view)]
            #[doc = concat!($before, $value, $after)]
            #[pyo3(signature = (
                *, $($option = $default,)* $($weights = None,)? $($scope = $scope_default,)* $($rare = None),*
            ))]
            #[allow(clippy::too_many_arguments)]
            fn $name<'py>(
                this: &Bound<'py, Self>,
                $(#[pyo3(from_py_with = $crate::options::read::$option)] $option: $type,)*
                $($weights: Option<&Bound<'py, PyAny>>,)?
                $(#[pyo3(from_py_with = $crate::options::read::$scope)] $scope: $scope_type,)*
                $($rare: Option<&Bound<'py, PyAny>>,)*
            ) -> PyResult<Bound<'py, PyAny>> {
                let keywords = $crate::options::Keywords::default()$(.$option($option))*$(.$scope($scope))*;
                let rare = [$((stringify!($rare), $rare)),*];
                $(if let Some(weights) = $weights {
                    return $crate::functions::weighted::ask(
                        this.as_any(), Statistic::$statistic, weights, keywords.with(&rare)?,
                    );
                })?
                if rare.iter().any(|(_, given)| given.is_some()) {
                    return Self::ask(this, Statistic::$statistic, &keywords.with(&rare)?);
                }
                Self::ask(this, Statistic::$statistic, &keywords)
            }
        }
        $($rows)*
    } };
    (@methods $kind:ident $class:ident $scope:tt $rare:tt
        each $each:literal
        example $receiver:literal $view:literal $before:literal $after:literal
        own {$($own:tt)*} done {$($done:tt)*}
    ) => {
        #[pymethods]
        impl $class { $($own)* $($done)* }
    };

    // All names. The short ones are the same objects as the long ones.
    (@names $([$name:ident $(as $alias:ident)? = $statistic:ident $($rest:tt)*])*) => {
        /// The statistics by their names.
        pub const STATISTICS: &[(&str, Statistic)] =
            &[$((stringify!($name), Statistic::$statistic),)*];
        /// Names and their short forms.
        const ALIASES: &[(&str, &str)] = &[$($((stringify!($name), stringify!($alias)),)?)*];
    };
}
pub(crate) use statistics;

statistics! { names }

/// The short names of the methods are the same objects as the long ones.
pub fn alias(module: &Bound<'_, PyModule>) -> PyResult<()> {
    for class in ["Column", "Table", "Moments", "MomentsTable", "GroupedMoments"] {
        let class = module.getattr(class)?;
        for (name, short) in ALIASES {
            class.setattr(short, class.getattr(name)?)?;
        }
    }
    for class in ["Column", "Table"] {
        let class = module.getattr(class)?;
        for (name, short) in [("covariance", "cov"), ("correlation", "corr")] {
            class.setattr(short, class.getattr(name)?)?;
        }
    }
    Ok(())
}
