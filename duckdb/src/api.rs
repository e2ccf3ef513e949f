//! DuckDB's C extension API, as far as it is used here: version 1.2.0, which later versions extend.
//!
//! DuckDB hands an extension a struct of function pointers. Its fields keep their places: functions of later
//! versions come after those of earlier ones. Declared here are the functions that we call, by the names that
//! they have in `duckdb_extension.h`, with gaps for those between them.

use std::ffi::{c_char, c_int, c_void};
use std::sync::OnceLock;

/// The version that we ask for, and all that we rely on.
pub const VERSION: &std::ffi::CStr = c"v1.2.0";

/// Defines the types that DuckDB hands out as pointers, and never shows.
macro_rules! handles {
    ($($name:ident),*) => {$(
        #[repr(transparent)]
        #[derive(Clone, Copy)]
        pub struct $name(pub *mut c_void);
    )*};
}

handles! {
    ExtensionInfo, Database, Connection, FunctionInfo, DataChunk, Vector, LogicalType,
    AggregateFunction, AggregateFunctionSet, ScalarFunction, ScalarFunctionSet
}

/// `duckdb_state`: 0 is success.
pub type Status = c_int;
/// `duckdb_type`: the constants of [`type_id`].
pub type TypeId = u32;

/// The values of `duckdb_type` that we know.
pub mod type_id {
    use super::TypeId;

    pub const BOOLEAN: TypeId = 1;
    pub const TINYINT: TypeId = 2;
    pub const SMALLINT: TypeId = 3;
    pub const INTEGER: TypeId = 4;
    pub const BIGINT: TypeId = 5;
    pub const UTINYINT: TypeId = 6;
    pub const USMALLINT: TypeId = 7;
    pub const UINTEGER: TypeId = 8;
    pub const UBIGINT: TypeId = 9;
    pub const FLOAT: TypeId = 10;
    pub const DOUBLE: TypeId = 11;
    pub const TIMESTAMP: TypeId = 12;
    pub const DATE: TypeId = 13;
    pub const TIME: TypeId = 14;
    pub const INTERVAL: TypeId = 15;
    pub const HUGEINT: TypeId = 16;
    pub const VARCHAR: TypeId = 17;
    pub const BLOB: TypeId = 18;
    pub const DECIMAL: TypeId = 19;
    pub const TIMESTAMP_S: TypeId = 20;
    pub const TIMESTAMP_MS: TypeId = 21;
    pub const TIMESTAMP_NS: TypeId = 22;
    pub const ENUM: TypeId = 23;
    pub const LIST: TypeId = 24;
    pub const STRUCT: TypeId = 25;
    pub const MAP: TypeId = 26;
    pub const UUID: TypeId = 27;
    pub const UNION: TypeId = 28;
    pub const BIT: TypeId = 29;
    pub const TIME_TZ: TypeId = 30;
    pub const TIMESTAMP_TZ: TypeId = 31;
    pub const UHUGEINT: TypeId = 32;
    pub const ARRAY: TypeId = 33;
    pub const ANY: TypeId = 34;
    pub const BIGNUM: TypeId = 35;
    pub const NULL: TypeId = 36;
}

/// `struct duckdb_extension_access`: what an extension gets to introduce itself.
#[repr(C)]
pub struct Access {
    pub set_error: unsafe extern "C" fn(ExtensionInfo, *const c_char),
    pub get_database: unsafe extern "C" fn(ExtensionInfo) -> *mut Database,
    pub get_api: unsafe extern "C" fn(ExtensionInfo, *const c_char) -> *const Api,
}

/// Frees what a function was given as extra information.
pub type DeleteCallback = Option<unsafe extern "C" fn(*mut c_void)>;
pub type StateSize = unsafe extern "C" fn(FunctionInfo) -> u64;
pub type StateInit = unsafe extern "C" fn(FunctionInfo, *mut c_void);
pub type StateUpdate = unsafe extern "C" fn(FunctionInfo, DataChunk, *mut *mut c_void);
pub type StateCombine = unsafe extern "C" fn(FunctionInfo, *mut *mut c_void, *mut *mut c_void, u64);
pub type StateFinalize = unsafe extern "C" fn(FunctionInfo, *mut *mut c_void, Vector, u64, u64);
pub type StateDestroy = unsafe extern "C" fn(*mut *mut c_void, u64);
pub type ScalarCallback = unsafe extern "C" fn(FunctionInfo, DataChunk, Vector);

/// Function pointers that we do not use.
type Gap<const N: usize> = [*const c_void; N];

/// The beginning of `duckdb_ext_api_v1`. The numbers are the places of the functions after a gap.
#[repr(C)]
#[derive(Clone)]
pub struct Api {
    _0: Gap<3>,
    /// 3
    pub connect: unsafe extern "C" fn(Database, *mut Connection) -> Status,
    _4: Gap<2>,
    /// 6
    pub disconnect: unsafe extern "C" fn(*mut Connection),
    _7: Gap<149>,
    /// 156
    pub create_logical_type: unsafe extern "C" fn(TypeId) -> LogicalType,
    _157: Gap<9>,
    /// 166
    pub get_type_id: unsafe extern "C" fn(LogicalType) -> TypeId,
    pub decimal_width: unsafe extern "C" fn(LogicalType) -> u8,
    pub decimal_scale: unsafe extern "C" fn(LogicalType) -> u8,
    pub decimal_internal_type: unsafe extern "C" fn(LogicalType) -> TypeId,
    _170: Gap<14>,
    /// 184
    pub destroy_logical_type: unsafe extern "C" fn(*mut LogicalType),
    _185: Gap<4>,
    /// 189
    pub data_chunk_get_column_count: unsafe extern "C" fn(DataChunk) -> u64,
    pub data_chunk_get_vector: unsafe extern "C" fn(DataChunk, u64) -> Vector,
    pub data_chunk_get_size: unsafe extern "C" fn(DataChunk) -> u64,
    _192: Gap<1>,
    /// 193
    pub vector_get_column_type: unsafe extern "C" fn(Vector) -> LogicalType,
    pub vector_get_data: unsafe extern "C" fn(Vector) -> *mut c_void,
    pub vector_get_validity: unsafe extern "C" fn(Vector) -> *mut u64,
    pub vector_ensure_validity_writable: unsafe extern "C" fn(Vector),
    _197: Gap<1>,
    /// 198
    pub vector_assign_string_element_len: unsafe extern "C" fn(Vector, u64, *const c_char, u64),
    _199: Gap<10>,
    /// 209
    pub create_scalar_function: unsafe extern "C" fn() -> ScalarFunction,
    pub destroy_scalar_function: unsafe extern "C" fn(*mut ScalarFunction),
    pub scalar_function_set_name: unsafe extern "C" fn(ScalarFunction, *const c_char),
    _212: Gap<3>,
    /// 215
    pub scalar_function_add_parameter: unsafe extern "C" fn(ScalarFunction, LogicalType),
    pub scalar_function_set_return_type: unsafe extern "C" fn(ScalarFunction, LogicalType),
    pub scalar_function_set_extra_info:
        unsafe extern "C" fn(ScalarFunction, *mut c_void, DeleteCallback),
    pub scalar_function_set_function: unsafe extern "C" fn(ScalarFunction, ScalarCallback),
    _219: Gap<1>,
    /// 220
    pub scalar_function_get_extra_info: unsafe extern "C" fn(FunctionInfo) -> *mut c_void,
    pub scalar_function_set_error: unsafe extern "C" fn(FunctionInfo, *const c_char),
    pub create_scalar_function_set: unsafe extern "C" fn(*const c_char) -> ScalarFunctionSet,
    pub destroy_scalar_function_set: unsafe extern "C" fn(*mut ScalarFunctionSet),
    pub add_scalar_function_to_set:
        unsafe extern "C" fn(ScalarFunctionSet, ScalarFunction) -> Status,
    pub register_scalar_function_set: unsafe extern "C" fn(Connection, ScalarFunctionSet) -> Status,
    pub create_aggregate_function: unsafe extern "C" fn() -> AggregateFunction,
    pub destroy_aggregate_function: unsafe extern "C" fn(*mut AggregateFunction),
    pub aggregate_function_set_name: unsafe extern "C" fn(AggregateFunction, *const c_char),
    pub aggregate_function_add_parameter: unsafe extern "C" fn(AggregateFunction, LogicalType),
    pub aggregate_function_set_return_type: unsafe extern "C" fn(AggregateFunction, LogicalType),
    pub aggregate_function_set_functions: unsafe extern "C" fn(
        AggregateFunction,
        StateSize,
        StateInit,
        StateUpdate,
        StateCombine,
        StateFinalize,
    ),
    pub aggregate_function_set_destructor: unsafe extern "C" fn(AggregateFunction, StateDestroy),
    _233: Gap<1>,
    /// 234
    pub aggregate_function_set_special_handling: unsafe extern "C" fn(AggregateFunction),
    pub aggregate_function_set_extra_info:
        unsafe extern "C" fn(AggregateFunction, *mut c_void, DeleteCallback),
    pub aggregate_function_get_extra_info: unsafe extern "C" fn(FunctionInfo) -> *mut c_void,
    pub aggregate_function_set_error: unsafe extern "C" fn(FunctionInfo, *const c_char),
    pub create_aggregate_function_set: unsafe extern "C" fn(*const c_char) -> AggregateFunctionSet,
    pub destroy_aggregate_function_set: unsafe extern "C" fn(*mut AggregateFunctionSet),
    pub add_aggregate_function_to_set:
        unsafe extern "C" fn(AggregateFunctionSet, AggregateFunction) -> Status,
    /// 241
    pub register_aggregate_function_set:
        unsafe extern "C" fn(Connection, AggregateFunctionSet) -> Status,
}

/// Checks the places that the comments claim.
macro_rules! places {
    ($($field:ident: $place:literal),*) => {
        const _: () = {
            $(assert!(std::mem::offset_of!(Api, $field) == $place * size_of::<*const c_void>());)*
        };
    };
}

places! {
    connect: 3, disconnect: 6, create_logical_type: 156, get_type_id: 166, destroy_logical_type: 184,
    data_chunk_get_column_count: 189, vector_get_column_type: 193,
    vector_assign_string_element_len: 198, create_scalar_function: 209,
    scalar_function_add_parameter: 215, scalar_function_get_extra_info: 220,
    create_aggregate_function: 226, aggregate_function_set_special_handling: 234,
    register_aggregate_function_set: 241
}

// SAFETY: the pointers of the gaps are never followed, and functions may be called from any thread.
unsafe impl Send for Api {}
// SAFETY: as above; nothing is ever written.
unsafe impl Sync for Api {}

static API: OnceLock<Api> = OnceLock::new();

/// The functions of the DuckDB library that has loaded us.
///
/// # Panics
/// If none has; but only DuckDB calls what needs them.
#[inline]
pub fn api() -> &'static Api {
    API.get().expect("DuckDB has loaded the extension")
}

/// Keeps the functions of a DuckDB library; whether they are those of the one that came first.
pub fn keep(new: &Api) -> bool {
    let kept = API.get_or_init(|| new.clone());
    kept.register_aggregate_function_set as usize == new.register_aggregate_function_set as usize
}
