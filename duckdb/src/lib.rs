//! The DuckDB extension: exact statistics as aggregates of SQL.
//!
//! | SQL | |
//! | --- | --- |
//! | `cs_sum(x)`, `cs_mean(x)` | exact, rounded once |
//! | `cs_variance(x [, ddof])`, `cs_var` | the same |
//! | `cs_stddev(x [, ddof])`, `cs_std` | the same |
//! | `cs_state(x)` | the serialized state of a column, a BLOB |
//! | `cs_merge(state)` | the state of the whole from those of the parts |
//! | `cs_state_count(state)`, `cs_state_mean(state)`, ... | statistics of a state |
//!
//! DuckDB keeps the states of groups in its own memory, and calls us with a vector of values and the state
//! of each row. From the ground up:
//!
//! * [`api`]: the C extension API, by hand;
//! * [`vectors`]: vectors and states as slices; all memory of DuckDB is read and written here;
//! * [`types`]: which types there are, how their values are read, and which Arrow types they are;
//! * [`callbacks`]: the functions that DuckDB calls; no panic leaves them;
//! * [`aggregates`], [`merging`], [`readers`]: what they do;
//! * [`register`]: which functions there are, for which types.
//!
//! `unsafe` is confined to the first two, [`callbacks`], [`register`] and the entry point. Nothing here
//! computes: that is done by [`colstats`].

mod aggregates;
#[allow(unsafe_code)]
mod api;
#[allow(unsafe_code)]
mod callbacks;
mod merging;
mod readers;
#[allow(unsafe_code)]
mod register;
mod types;
#[allow(unsafe_code)]
mod vectors;

use api::{Access, ExtensionInfo};

/// The entry point: DuckDB calls it by the name of the file, `colstats.duckdb_extension`.
///
/// # Safety
/// Only DuckDB may call it, with what its C extension API promises.
#[allow(unsafe_code)]
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn colstats_init_c_api(info: ExtensionInfo, access: *const Access) -> bool {
    // SAFETY: DuckDB passes a valid struct, which lives until we return.
    unsafe { register::load(info, &*access) }
}
