//! Which functions there are, and for which types.

use std::ffi::{CString, c_void};
use std::ptr;

use colstats::Statistic::{self, *};
use colstats::internals::states::single::{SumOnly, Whole, WithSquares};

use crate::aggregates::{Function, State};
use crate::api::type_id::*;
use crate::api::{self, Access, Api, Connection, ExtensionInfo, LogicalType, TypeId, VERSION};
use crate::callbacks::{combine, destroy, finalize, init, scalar, size, update};
use crate::merging::Merged;

/// A function for arguments of some types.
struct Overload {
    arguments: &'static [TypeId],
    result: TypeId,
}

const fn takes(arguments: &'static [TypeId], result: TypeId) -> Overload {
    Overload { arguments, result }
}

/// ANY takes what nothing else does exactly: decimals, whose width and scale are read from the vectors, and
/// all that is refused.
const SUMS: &[Overload] = &[
    takes(&[BOOLEAN], HUGEINT),
    takes(&[TINYINT], HUGEINT),
    takes(&[SMALLINT], HUGEINT),
    takes(&[INTEGER], HUGEINT),
    takes(&[BIGINT], HUGEINT),
    takes(&[HUGEINT], HUGEINT),
    takes(&[UTINYINT], HUGEINT),
    takes(&[USMALLINT], HUGEINT),
    takes(&[UINTEGER], HUGEINT),
    takes(&[UBIGINT], HUGEINT),
    takes(&[UHUGEINT], HUGEINT),
    takes(&[ANY], DOUBLE),
];
const MEANS: &[Overload] = &[
    takes(&[DATE], TIMESTAMP),
    takes(&[TIMESTAMP], TIMESTAMP),
    takes(&[TIMESTAMP_S], TIMESTAMP),
    takes(&[TIMESTAMP_MS], TIMESTAMP),
    takes(&[TIMESTAMP_NS], TIMESTAMP_NS),
    takes(&[TIMESTAMP_TZ], TIMESTAMP_TZ),
    takes(&[TIME], TIME),
    takes(&[ANY], DOUBLE),
];
const VARIANCES: &[Overload] = &[takes(&[ANY], DOUBLE), takes(&[ANY, BIGINT], DOUBLE)];
const DEVIATIONS: &[Overload] = &[
    takes(&[DATE], INTERVAL),
    takes(&[TIMESTAMP], INTERVAL),
    takes(&[TIMESTAMP_S], INTERVAL),
    takes(&[TIMESTAMP_MS], INTERVAL),
    takes(&[TIMESTAMP_NS], INTERVAL),
    takes(&[TIMESTAMP_TZ], INTERVAL),
    takes(&[TIME], INTERVAL),
    takes(&[ANY], DOUBLE),
    takes(&[DATE, BIGINT], INTERVAL),
    takes(&[TIMESTAMP, BIGINT], INTERVAL),
    takes(&[TIMESTAMP_S, BIGINT], INTERVAL),
    takes(&[TIMESTAMP_MS, BIGINT], INTERVAL),
    takes(&[TIMESTAMP_NS, BIGINT], INTERVAL),
    takes(&[TIMESTAMP_TZ, BIGINT], INTERVAL),
    takes(&[TIME, BIGINT], INTERVAL),
    takes(&[ANY, BIGINT], DOUBLE),
];
const COUNTS: &[Overload] = &[takes(&[BLOB], BIGINT)];
const READ: &[Overload] = &[takes(&[BLOB], DOUBLE)];
const READ_WITH_DDOF: &[Overload] = &[takes(&[BLOB], DOUBLE), takes(&[BLOB, BIGINT], DOUBLE)];

/// The scalar functions, and what they ask of a state.
const READERS: [(&str, Option<Statistic>, &[Overload]); 7] = [
    ("cs_state_count", Some(Count), COUNTS),
    ("cs_state_null_count", None, COUNTS),
    ("cs_state_mean", Some(Mean), READ),
    ("cs_state_variance", Some(Variance), READ_WITH_DDOF),
    ("cs_state_var", Some(Variance), READ_WITH_DDOF),
    ("cs_state_stddev", Some(Stddev), READ_WITH_DDOF),
    ("cs_state_std", Some(Stddev), READ_WITH_DDOF),
];

/// Registers all functions with the database that loads us; whether that worked.
///
/// # Safety
/// DuckDB must have called the entry point with these arguments.
pub unsafe fn load(info: ExtensionInfo, access: &Access) -> bool {
    // SAFETY: as DuckDB promises. A null pointer means that it has noted an error.
    let api = unsafe { (access.get_api)(info, VERSION.as_ptr()).as_ref() };
    let Some(api) = api else { return false };
    let outcome = match api::keep(api) {
        false => Err("colstats is in use by another copy of DuckDB in this process"),
        // SAFETY: DuckDB has called us.
        true => unsafe { register_all(api, info, access) },
    };
    let Err(error) = outcome else { return true };
    let message = CString::new(error).unwrap_or_default();
    // SAFETY: DuckDB copies the message.
    unsafe { (access.set_error)(info, message.as_ptr()) }
    false
}

/// # Safety
/// As for [`load`].
unsafe fn register_all(
    api: &Api,
    info: ExtensionInfo,
    access: &Access,
) -> Result<(), &'static str> {
    // SAFETY: as DuckDB promises; the connection is closed once.
    unsafe {
        let database = (access.get_database)(info).as_ref().ok_or("there is no database")?;
        let mut connection = Connection(ptr::null_mut());
        if (api.connect)(*database, &raw mut connection) != 0 {
            return Err("cannot connect to the database");
        }
        let registered = register_functions(api, connection);
        (api.disconnect)(&raw mut connection);
        registered
    }
}

/// # Safety
/// The connection must be open.
unsafe fn register_functions(api: &Api, connection: Connection) -> Result<(), &'static str> {
    // SAFETY: the connection is open.
    unsafe {
        aggregates::<SumOnly>(api, connection, "cs_sum", Some(Sum), SUMS)?;
        aggregates::<SumOnly>(api, connection, "cs_mean", Some(Mean), MEANS)?;
        for name in ["cs_variance", "cs_var"] {
            aggregates::<WithSquares>(api, connection, name, Some(Variance), VARIANCES)?;
        }
        for name in ["cs_stddev", "cs_std"] {
            aggregates::<WithSquares>(api, connection, name, Some(Stddev), DEVIATIONS)?;
        }
        aggregates::<Whole>(api, connection, "cs_state", None, &[takes(&[ANY], BLOB)])?;
        aggregates::<Merged>(api, connection, "cs_merge", None, &[takes(&[BLOB], BLOB)])?;
        for (name, statistic, overloads) in READERS {
            readers(api, connection, name, statistic, overloads)?;
        }
    }
    Ok(())
}

/// What DuckDB keeps for a function as long as the function lives.
fn extra_info(name: &'static str, statistic: Option<Statistic>, result: TypeId) -> *mut c_void {
    Box::into_raw(Box::new(Function { name, statistic, result })).cast()
}

/// Frees it.
///
/// # Safety
/// It must come from [`extra_info`], and must not be used afterwards.
unsafe extern "C" fn free_extra_info(function: *mut c_void) {
    // SAFETY: as the caller promises.
    drop(unsafe { Box::from_raw(function.cast::<Function>()) });
}

/// Calls a function with a type, and destroys it.
///
/// # Safety
/// The function must not keep the type.
unsafe fn with_type(api: &Api, id: TypeId, use_it: impl FnOnce(LogicalType)) {
    // SAFETY: the type is destroyed once.
    unsafe {
        let mut of = (api.create_logical_type)(id);
        use_it(of);
        (api.destroy_logical_type)(&raw mut of);
    }
}

/// # Safety
/// The connection must be open.
unsafe fn aggregates<T: State>(
    api: &Api,
    connection: Connection,
    name: &'static str,
    statistic: Option<Statistic>,
    overloads: &[Overload],
) -> Result<(), &'static str> {
    let c_name = CString::new(name).map_err(|_| name)?;
    // SAFETY: all objects are created by DuckDB, and destroyed once. DuckDB copies names, types and functions.
    unsafe {
        let mut set = (api.create_aggregate_function_set)(c_name.as_ptr());
        for overload in overloads {
            let mut function = (api.create_aggregate_function)();
            (api.aggregate_function_set_name)(function, c_name.as_ptr());
            for &argument in overload.arguments {
                with_type(api, argument, |of| (api.aggregate_function_add_parameter)(function, of));
            }
            with_type(api, overload.result, |of| {
                (api.aggregate_function_set_return_type)(function, of);
            });
            (api.aggregate_function_set_functions)(
                function,
                size::<T>,
                init::<T>,
                update::<T>,
                combine::<T>,
                finalize::<T>,
            );
            (api.aggregate_function_set_destructor)(function, destroy::<T>);
            // Nulls are ours: a state counts them.
            (api.aggregate_function_set_special_handling)(function);
            let ours = extra_info(name, statistic, overload.result);
            (api.aggregate_function_set_extra_info)(function, ours, Some(free_extra_info));
            (api.add_aggregate_function_to_set)(set, function);
            (api.destroy_aggregate_function)(&raw mut function);
        }
        let status = (api.register_aggregate_function_set)(connection, set);
        (api.destroy_aggregate_function_set)(&raw mut set);
        if status == 0 { Ok(()) } else { Err("DuckDB refuses an aggregate of colstats") }
    }
}

/// # Safety
/// The connection must be open.
unsafe fn readers(
    api: &Api,
    connection: Connection,
    name: &'static str,
    statistic: Option<Statistic>,
    overloads: &[Overload],
) -> Result<(), &'static str> {
    let c_name = CString::new(name).map_err(|_| name)?;
    // SAFETY: as for aggregates.
    unsafe {
        let mut set = (api.create_scalar_function_set)(c_name.as_ptr());
        for overload in overloads {
            let mut function = (api.create_scalar_function)();
            (api.scalar_function_set_name)(function, c_name.as_ptr());
            for &argument in overload.arguments {
                with_type(api, argument, |of| (api.scalar_function_add_parameter)(function, of));
            }
            with_type(api, overload.result, |of| {
                (api.scalar_function_set_return_type)(function, of);
            });
            let ours = extra_info(name, statistic, overload.result);
            (api.scalar_function_set_extra_info)(function, ours, Some(free_extra_info));
            (api.scalar_function_set_function)(function, scalar);
            (api.add_scalar_function_to_set)(set, function);
            (api.destroy_scalar_function)(&raw mut function);
        }
        let status = (api.register_scalar_function_set)(connection, set);
        (api.destroy_scalar_function_set)(&raw mut set);
        if status == 0 { Ok(()) } else { Err("DuckDB refuses a function of colstats") }
    }
}
