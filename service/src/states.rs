//! States as Arrow tables: those that the Python package writes and reads, so that they can be put, and asked for.
//!
//! * States of columns (`MomentsTable`): a row for each column, with `name` and `state`, and `type`, `rows`, `nulls` and
//!   `nans` for people.
//! * States of groups (`GroupedMoments`): a row for each group, with the key columns, and `x_state` for each column `x`.
//!   If no column has states, `_state` has those of a column of nulls, which are the numbers of rows.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BinaryArray, Int64Array, LargeBinaryArray, RecordBatch, StringArray,
};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use colstats::Moments;
use colstats::internals::groups::{Grouped, key_type};
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::states::single::Whole;
use colstats::internals::states::wire;
use colstats::internals::types;

use crate::dataset::schema::kept;
use crate::dataset::{Definition, check_columns, no_column};
use crate::groups::{Bucket, put_keys};
use crate::ingest::{Delta, Group, buckets, decoded, expect_short};
use crate::refusal::{Kind, Refusal, Result};

/// What the name of a column of states of groups ends with.
const SUFFIX: &str = "_state";
/// The name of the column whose states are the numbers of rows, if there is no other.
pub const NO_COLUMN: &str = "";

/// The field of the states of a column of groups.
pub fn state_field(column: &str) -> Field {
    Field::new(format!("{column}{SUFFIX}"), DataType::LargeBinary, false)
}

/// The schema of states of columns.
pub fn table_schema() -> SchemaRef {
    let field = |name, of, nullable| Field::new(name, of, nullable);
    Arc::new(Schema::new(vec![
        field("name", DataType::Utf8, false),
        field("type", DataType::Utf8, true),
        field("rows", DataType::Int64, false),
        field("nulls", DataType::Int64, false),
        field("nans", DataType::Int64, false),
        field("state", DataType::Binary, false),
    ]))
}

/// The state of a group as that of a column of a type.
pub fn typed(of: &ColumnType, state: &Whole) -> Moments {
    Moments::of_column(of.clone(), state.to_accumulator())
}

/// The states of groups, column by column.
pub fn state_arrays(types: &[ColumnType], groups: &Grouped) -> Vec<ArrayRef> {
    let array =
        |states: Vec<Vec<u8>>| Arc::new(LargeBinaryArray::from_iter_values(states)) as ArrayRef;
    if types.is_empty() {
        let states = groups.sizes().iter().map(|&size| wire::encode(&nulls(size)));
        return vec![array(states.collect())];
    }
    let states = types.iter().enumerate().map(|(column, of)| {
        let threads = colstats::internals::run::pool::num_threads();
        array(groups.map(column, threads, |state| wire::encode(&typed(of, state))))
    });
    states.collect()
}

/// The state of a column of nulls.
fn nulls(rows: u64) -> Moments {
    let mut state = Whole::default();
    state.add_counts(0, rows);
    typed(&ColumnType::of(&DataType::Null), &state)
}

/// The states of columns of the only group.
pub fn table<'a>(
    columns: impl Iterator<Item = (&'a str, &'a ColumnType)>,
    groups: &Grouped,
) -> Result<RecordBatch> {
    let states = columns.enumerate().map(|(column, (name, of))| {
        let state = groups.states(column).first();
        (name, state.map_or_else(Moments::new, |state| typed(of, state)))
    });
    let states = states.collect::<Vec<_>>();
    let counts = |count: fn(&Moments) -> u64| -> ArrayRef {
        Arc::new(states.iter().map(|(_, state)| count(state) as i64).collect::<Int64Array>())
    };
    let names = states.iter().map(|(name, _)| Some(*name)).collect::<StringArray>();
    let types = states.iter().map(|(_, state)| state.type_name()).collect::<StringArray>();
    let bytes = states.iter().map(|(_, state)| Some(wire::encode(state))).collect::<BinaryArray>();
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(names),
        Arc::new(types),
        counts(Moments::rows),
        counts(Moments::null_count),
        counts(Moments::nan_count),
        Arc::new(bytes),
    ];
    RecordBatch::try_new(table_schema(), arrays)
        .map_err(|error| Refusal::internal(format!("the states cannot be written: {error}")))
}

/// What a table of states adds to a dataset. Fields that are known there give the types of those that can only be
/// counted, which the states know by name.
pub fn read(definition: &Definition, known: &[Field], batch: &RecordBatch) -> Result<Delta> {
    check_columns(batch.schema().fields().iter().map(|field| field.name().as_str()))?;
    match definition.has_groups() {
        false => read_table(known, batch),
        true => read_groups(definition, known, batch),
    }
    .map_err(|refusal| refusal.of("the batch of states"))
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    batch.column_by_name(name).ok_or_else(|| no_column(name, names))
}

fn read_table(known: &[Field], batch: &RecordBatch) -> Result<Delta> {
    let names = cast(&decoded(column(batch, "name")?, "name")?, &DataType::Utf8)
        .map_err(|_| Refusal::invalid("its column \"name\" is not text"))?;
    let names = names.as_string::<i32>();
    if names.null_count() > 0 {
        return Err(Refusal::invalid("a row has no name"));
    }
    let states = states_of(column(batch, "state")?, "state")?;
    let names = names.iter().flatten().map(str::to_string).collect::<Vec<_>>();
    check_columns(names.iter().map(String::as_str))?;
    let fields = fields(known, names.iter().zip(&states).map(|(name, state)| (name, state.of())))?;
    let rows = states.first().map_or(0, Moments::rows);
    if let Some(at) = states.iter().position(|state| state.rows() != rows) {
        return Err(Refusal::invalid(format!(
            "column {:?} has states of {rows} rows, but column {:?} of {}",
            names[0],
            names[at],
            states[at].rows()
        )));
    }
    let group = Group { key: Bucket::All.bytes().to_vec(), rows, states };
    Ok(Delta { fields, columns: names, groups: vec![group], rows })
}

fn read_groups(definition: &Definition, known: &[Field], batch: &RecordBatch) -> Result<Delta> {
    let mut keys = match &definition.time {
        None => vec![Bucket::All.bytes().to_vec(); batch.num_rows()],
        Some(time) => {
            let times = decoded(column(batch, &time.column)?, &time.column)?;
            let numbers = time.numbers(&times, &time.start_type(times.data_type())?)?;
            buckets(&(Arc::new(numbers) as ArrayRef))
        }
    };
    let mut key_fields = vec![];
    for name in definition.by.iter().chain(definition.time.iter().map(|time| &time.column)) {
        let array = column(batch, name)?;
        if key_type(array.data_type()).is_none() {
            return Err(Refusal::invalid(format!(
                "column {name:?}: cannot group by {} values",
                types::name(array.data_type())
            )));
        }
        key_fields.push(kept(&Field::new(name, array.data_type().clone(), true)));
    }
    let arrays = definition.by.iter().map(|name| {
        let array = decoded(column(batch, name)?, name)?;
        Ok(canonical(&array))
    });
    put_keys(&arrays.collect::<Result<Vec<_>>>()?, &mut keys)?;
    expect_short(&keys)?;

    let schema = batch.schema();
    let (mut columns, mut by_column) = (vec![], vec![]);
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        let is_key = key_fields.iter().any(|key| key.name() == field.name());
        match field.name().strip_suffix(SUFFIX).filter(|_| !is_key) {
            Some(name) => {
                columns.push(name.to_string());
                by_column.push(states_of(array, field.name())?);
            }
            None if is_key => {}
            None => {
                return Err(Refusal::invalid(format!(
                    "column {:?} is neither a key of the dataset nor a column of states, whose names end in {SUFFIX:?}",
                    field.name()
                )));
            }
        }
    }
    let Some(first) = by_column.first() else {
        return Err(Refusal::invalid("it has no column of states"));
    };
    let sizes = first.iter().map(Moments::rows).collect::<Vec<_>>();
    for (name, states) in columns.iter().zip(&by_column) {
        let differs = |(size, state): (&u64, &Moments)| state.rows() != *size;
        if let Some(row) = sizes.iter().zip(states).position(differs) {
            return Err(Refusal::invalid(format!(
                "row {row} has states of {} rows for column {:?}, but of {} for column {name:?}",
                sizes[row],
                columns[0],
                states[row].rows()
            )));
        }
    }
    if columns == [NO_COLUMN] {
        (columns, by_column) = (vec![], vec![]);
    }
    let types = columns.iter().zip(&by_column);
    let types = types.map(|(name, states)| (name, states.iter().find_map(Moments::of)));
    let mut all = key_fields;
    all.extend(fields(known, types)?);
    let rows = sizes.iter().try_fold(0_u64, |rows, &size| rows.checked_add(size));
    let rows = rows.ok_or_else(|| Refusal::too_much("its states have too many rows"))?;
    let groups = keys.into_iter().zip(sizes).enumerate().map(|(row, (key, rows))| Group {
        key,
        rows,
        states: by_column.iter().map(|states| states[row].clone()).collect(),
    });
    Ok(Delta { fields: all, columns, groups: joined(groups.collect())?, rows })
}

/// Groups of which each is there once, for rows that have the same key.
fn joined(groups: Vec<Group>) -> Result<Vec<Group>> {
    let mut joined: Vec<Group> = Vec::with_capacity(groups.len());
    let mut places = std::collections::HashMap::new();
    for group in groups {
        match places.get(&group.key) {
            None => {
                places.insert(group.key.clone(), joined.len());
                joined.push(group);
            }
            Some(&at) => {
                let whole: &mut Group = &mut joined[at];
                whole.rows += group.rows;
                for (ours, theirs) in whole.states.iter_mut().zip(&group.states) {
                    ours.merge(theirs).map_err(|error| Refusal::of_core(&error))?;
                }
            }
        }
    }
    Ok(joined)
}

/// Keys with one representation for equal values; those that come from the core have it already.
fn canonical(array: &ArrayRef) -> ArrayRef {
    use arrow_array::types::{Float16Type, Float32Type, Float64Type};
    macro_rules! floats {
        ($P:ty, $nan:expr, $zero:expr) => {
            Arc::new(array.as_primitive::<$P>().unary::<_, $P>(|value| {
                if value.is_nan() {
                    $nan
                } else if value == $zero {
                    $zero
                } else {
                    value
                }
            }))
        };
    }
    match array.data_type() {
        DataType::Float64 => floats!(Float64Type, f64::NAN, 0.0),
        DataType::Float32 => floats!(Float32Type, f32::NAN, 0.0),
        DataType::Float16 => floats!(Float16Type, half::f16::NAN, half::f16::ZERO),
        _ => array.clone(),
    }
}

/// The states in a column of bytes.
fn states_of(array: &ArrayRef, name: &str) -> Result<Vec<Moments>> {
    let bytes = cast(array, &DataType::LargeBinary)
        .ok()
        .filter(|_| array.data_type().is_binary())
        .ok_or_else(|| {
            let of = types::name(array.data_type());
            Refusal::invalid(format!("its column {name:?} is {of}, expected binary"))
        })?;
    let states = bytes.as_binary::<i64>().iter().enumerate().map(|(row, bytes)| {
        let refused = |why: String| Refusal::invalid(format!("row {row}, column {name:?}: {why}"));
        let bytes = bytes.ok_or_else(|| refused("it has no state".into()))?;
        let state = wire::decode(bytes).map_err(|error| refused(error.to_string()))?;
        match state.has_extremes() {
            true => Ok(state),
            false => Err(refused(
                "its minimum and maximum are not known, because values have been taken away from it".into(),
            )),
        }
    });
    states.collect()
}

/// The fields of columns of which states are known.
fn fields<'a>(
    known: &[Field],
    columns: impl Iterator<Item = (&'a String, Option<&'a ColumnType>)>,
) -> Result<Vec<Field>> {
    let field = |(name, of): (&'a String, Option<&ColumnType>)| {
        let of = match of {
            None => DataType::Null,
            Some(of) => data_type(of)
                .or_else(|| {
                    let field = known.iter().find(|field| field.name() == name)?;
                    (column_name(field) == of.name()).then(|| field.data_type().clone())
                })
                .ok_or_else(|| {
                    Refusal::new(
                        Kind::Conflict,
                        format!(
                            "column {name:?}: its states are of {} values, which states do not describe in full: put a \
                             batch of the data first, or leave the column out",
                            of.name()
                        ),
                    )
                })?,
        };
        Ok(Field::new(name, of, true))
    };
    columns.map(field).collect()
}

fn column_name(field: &Field) -> String {
    types::name(field.data_type())
}

/// The Arrow type of a column, if states name it in full.
fn data_type(of: &ColumnType) -> Option<DataType> {
    of.data_type().cloned().or_else(|| {
        Some(match of.name() {
            "string" => DataType::Utf8,
            "large_string" => DataType::LargeUtf8,
            "string_view" => DataType::Utf8View,
            "binary" => DataType::Binary,
            "large_binary" => DataType::LargeBinary,
            "binary_view" => DataType::BinaryView,
            _ => return None,
        })
    })
}
