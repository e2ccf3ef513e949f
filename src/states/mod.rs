//! Mergeable states: what is known about a set of values, and how it is kept, merged and sent.
//!
//! * [`accumulator`]: counts, exact sums and extremes of values of any type, as far as they were
//!   gathered; what nulls, NaNs and infinities do to a result;
//! * [`column_type`]: the type of a column by its name;
//! * [`moments`]: an accumulator that holds everything, and the type of its column; what [`joining`] and
//!   [`widening`] are for: states of types that have a common one merge as that;
//! * [`joint`]: sums of products of several columns; [`comoments`]: these, and what the columns are, which merge; their
//!   serialized form is [`comoments_wire`];
//! * [`single`]: the state of one group among millions, in a third of the memory, which takes values one at a
//!   time;
//! * [`wire`]: the serialized form, and [`check`]: whether any data can have such a state.

pub mod accumulator;
mod check;
pub mod column_type;
pub mod comoments;
pub mod comoments_wire;
mod joining;
pub mod joint;
pub mod moments;
pub mod single;
mod widening;
pub mod wire;
