//! The functions that DuckDB calls. Errors and panics become errors of the query.

use std::any::Any;
use std::ffi::{CString, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice;

use crate::aggregates::{Function, State};
use crate::api::{DataChunk, FunctionInfo, Vector, api};
use crate::readers;
use crate::vectors::{Chunk, Results, States};

/// How an error is reported to DuckDB.
type SetError = unsafe extern "C" fn(FunctionInfo, *const c_char);

/// Does the work of a function, and reports an error or a panic.
fn guard(
    info: FunctionInfo,
    name: &str,
    set_error: SetError,
    work: impl FnOnce() -> Result<(), String>,
) {
    let outcome = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(bug(&*panic)));
    if let Err(error) = outcome {
        let message = format!("{name}: {error}").replace('\0', "");
        let message = CString::new(message).unwrap_or_default();
        // SAFETY: DuckDB passed the info, and copies the message.
        unsafe { set_error(info, message.as_ptr()) }
    }
}

fn bug(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
    format!("this is a bug in colstats, please report it: {text}")
}

/// The function that an aggregate was registered as.
///
/// # Safety
/// DuckDB must have passed the info to an aggregate of ours.
unsafe fn aggregate<'a>(info: FunctionInfo) -> &'a Function {
    // SAFETY: all of them are registered with one, which lives as long as the aggregate.
    unsafe { &*(api().aggregate_function_get_extra_info)(info).cast_const().cast() }
}

/// The size of a state.
pub unsafe extern "C" fn size<T: State>(_: FunctionInfo) -> u64 {
    size_of::<T>() as u64
}

/// Makes memory a state.
pub unsafe extern "C" fn init<T: State>(_: FunctionInfo, state: *mut c_void) {
    // SAFETY: DuckDB passes memory of the size that was asked for. Nothing is assumed of its alignment here;
    // misaligned states are refused before they are used.
    unsafe { state.cast::<T>().write_unaligned(T::default()) }
}

/// Adds the rows of a chunk to their states.
pub unsafe extern "C" fn update<T: State>(
    info: FunctionInfo,
    chunk: DataChunk,
    states: *mut *mut c_void,
) {
    // SAFETY: as DuckDB promises: there is a state for each row.
    let (function, chunk, states) = unsafe {
        let chunk = Chunk::new(chunk);
        (aggregate(info), chunk, States::<T>::new(states, chunk.rows()))
    };
    guard(info, function.name, api().aggregate_function_set_error, || {
        let mut states = states.ok_or(MISALIGNED)?;
        T::update(function, chunk, &mut states)
    });
}

const MISALIGNED: &str = "this build of DuckDB does not align the states of aggregates";

/// Adds states to others.
pub unsafe extern "C" fn combine<T: State>(
    info: FunctionInfo,
    sources: *mut *mut c_void,
    targets: *mut *mut c_void,
    count: u64,
) {
    let count = count as usize;
    // SAFETY: as DuckDB promises: there are as many pairs of states, and no state is in both halves of a pair.
    let (function, sources, targets) = unsafe {
        let sources = States::<T>::new(sources, count);
        (aggregate(info), sources, States::<T>::new(targets, count))
    };
    guard(info, function.name, api().aggregate_function_set_error, || {
        let (mut sources, mut targets) =
            sources.zip(targets).ok_or_else(|| MISALIGNED.to_string())?;
        (0..count).try_for_each(|row| targets.at(row).merge(sources.at(row)))
    });
}

/// Writes the results of states.
pub unsafe extern "C" fn finalize<T: State>(
    info: FunctionInfo,
    states: *mut *mut c_void,
    results: Vector,
    count: u64,
    offset: u64,
) {
    let count = count as usize;
    // SAFETY: as DuckDB promises: there is room for the results of as many states.
    let (function, states, mut results) = unsafe {
        let results = Results::new(results, offset as usize, count);
        (aggregate(info), States::<T>::new(states, count), results)
    };
    guard(info, function.name, api().aggregate_function_set_error, || {
        let mut states = states.ok_or(MISALIGNED)?;
        (0..count).try_for_each(|row| {
            results.set(row, states.at(row).finish(function)?);
            Ok(())
        })
    });
}

/// Frees what states own; they remain states, of nothing.
pub unsafe extern "C" fn destroy<T: State>(states: *mut *mut c_void, count: u64) {
    if count == 0 {
        return;
    }
    // SAFETY: as DuckDB promises: these are states, and no other thread uses them.
    let states = unsafe { slice::from_raw_parts(states.cast::<*mut T>(), count as usize) };
    let free = || {
        for &state in states {
            // SAFETY: as above. The slot is overwritten before its old value is dropped, so it is dropped once.
            let old = unsafe {
                let old = state.read_unaligned();
                state.write_unaligned(T::default());
                old
            };
            drop(old);
        }
    };
    // A panic here cannot be reported.
    let _ = catch_unwind(AssertUnwindSafe(free));
}

/// A scalar function.
pub unsafe extern "C" fn scalar(info: FunctionInfo, chunk: DataChunk, results: Vector) {
    // SAFETY: as DuckDB promises: there is room for a result for each row. All scalar functions of ours are
    // registered with one, which lives as long as they do.
    let (function, chunk, mut results) = unsafe {
        let function: &Function =
            &*(api().scalar_function_get_extra_info)(info).cast_const().cast();
        let chunk = Chunk::new(chunk);
        (function, chunk, Results::new(results, 0, chunk.rows()))
    };
    guard(info, function.name, api().scalar_function_set_error, || {
        readers::read(function, chunk, |row, output| results.set(row, output))
    });
}
