//! From a batch to what it adds to a dataset: the states of its groups, made by the core's machinery.
//!
//! Nothing here knows what a dataset holds already, so batches are ingested side by side, by any thread.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{DataType, Field};
use colstats::Moments;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::plain::Plain;
use colstats::internals::groups::{GroupBy, Grouped, key_type};
use colstats::internals::kernels::Need;
use colstats::internals::run::fold::fold;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::states::wire;
use colstats::internals::types;
use sha2::{Digest as _, Sha256};

use crate::dataset::Definition;
use crate::dataset::schema::Roles;
use crate::groups::{BUCKET_BYTES, Bucket, put_keys};
use crate::limits::{BATCH_ROWS, DECODED_BYTES, KEY_BYTES};
use crate::refusal::{Refusal, Result};

/// What a batch adds to a dataset.
#[derive(Clone, Debug)]
pub struct Delta {
    /// The columns of the batch that the dataset keeps, without encodings.
    pub fields: Vec<Field>,
    /// The names of those that have states.
    pub columns: Vec<String>,
    /// The groups.
    pub groups: Vec<Group>,
    /// The rows of all groups.
    pub rows: u64,
}

/// The states of a group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its bucket, and the bytes of its keys.
    pub key: Vec<u8>,
    /// How many rows it has.
    pub rows: u64,
    /// The state of each column.
    pub states: Vec<Moments>,
}

/// 128 bits that tell apart two batches of different content.
pub type Digest = [u8; 16];

impl Delta {
    /// The digest of what the batch adds; the order of groups does not matter.
    pub fn digest(&self) -> Digest {
        let mut groups = self.groups.iter().collect::<Vec<_>>();
        groups.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        let mut columns = self.columns.iter().enumerate().collect::<Vec<_>>();
        columns.sort_unstable_by_key(|(_, name)| *name);
        let mut digest = Sha256::new();
        let mut put = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        };
        columns.iter().for_each(|(_, name)| put(name.as_bytes()));
        for group in groups {
            put(&group.key);
            put(&group.rows.to_le_bytes());
            columns.iter().for_each(|(at, _)| put(&wire::encode(&group.states[*at])));
        }
        let mut short = Digest::default();
        short.copy_from_slice(&digest.finalize()[..size_of::<Digest>()]);
        short
    }
}

/// The states of a batch, for a dataset of a definition.
pub fn ingest(definition: &Definition, batch: &RecordBatch) -> Result<Delta> {
    let schema = batch.schema();
    let roles = Roles::of(definition, &schema)?;
    if batch.num_rows() > BATCH_ROWS {
        return Err(Refusal::too_much(format!(
            "the batch has {} rows, of which there are at most {BATCH_ROWS}: send several",
            batch.num_rows()
        )));
    }
    let column = |&at: &usize| vec![Chunk::from(batch.column(at).clone())];
    let values = roles.values.iter().map(column).collect::<Vec<_>>();
    let types = roles.values.iter().map(|&at| column_type(schema.field(at).data_type()));
    let types = types.collect::<Vec<_>>();
    let groups = match definition.has_groups() {
        true => grouped(definition, &roles, batch, &values, &types)?,
        false => vec![whole(batch.num_rows(), &values, &types)],
    };
    let columns = roles.values.iter().map(|&at| schema.field(at).name().clone()).collect();
    Ok(Delta { fields: roles.kept(&schema), columns, groups, rows: batch.num_rows() as u64 })
}

/// The type of the states of a column: encodings are read as their values; what can only be counted keeps its whole name.
pub fn column_type(of: &DataType) -> ColumnType {
    let plain = Some(types::plain(of)).filter(|plain| types::is_readable(plain));
    ColumnType::of(plain.unwrap_or(of))
}

/// The one group of a dataset without keys.
fn whole(rows: usize, values: &[Vec<Chunk>], types: &[ColumnType]) -> Group {
    let columns = values.iter().map(|chunks| (&chunks[..], Need::Everything)).collect::<Vec<_>>();
    let states = fold(&columns, 1).into_iter().zip(types);
    let states = states.map(|(state, of)| Moments::of_column(of.clone(), state)).collect();
    Group { key: Bucket::All.bytes().to_vec(), rows: rows as u64, states }
}

fn grouped(
    definition: &Definition,
    roles: &Roles,
    batch: &RecordBatch,
    values: &[Vec<Chunk>],
    types: &[ColumnType],
) -> Result<Vec<Group>> {
    let (mut key_types, mut keys) = (vec![], vec![]);
    if let (Some(time), Some(at)) = (&definition.time, roles.time) {
        let times = decoded(batch.column(at), &time.column)?;
        let numbers = time.numbers(&times, &time.start_type(times.data_type())?)?;
        key_types.push(DataType::Int64);
        keys.push(vec![Chunk::from(std::sync::Arc::new(numbers) as ArrayRef)]);
    }
    for (&at, name) in roles.keys.iter().zip(&definition.by) {
        let (of, chunk) = key_chunk(batch.column(at), name)?;
        key_types.push(of);
        keys.push(vec![chunk]);
    }
    let mut grouping = GroupBy::new(key_types, values.len(), 1);
    let keys = keys.iter().map(Vec::as_slice).collect::<Vec<_>>();
    let chunks = values.iter().map(Vec::as_slice).collect::<Vec<_>>();
    grouping.push(&keys, &chunks, 0..batch.num_rows());
    let grouped = grouping.finish().map_err(|error| Refusal::of_core(&error))?;
    groups(definition, &grouped, types)
}

/// The groups with the bytes of their keys.
fn groups(definition: &Definition, grouped: &Grouped, types: &[ColumnType]) -> Result<Vec<Group>> {
    let mut columns = grouped.keys();
    let mut keys = match (&definition.time, columns) {
        (Some(_), [numbers, rest @ ..]) => {
            columns = rest;
            buckets(numbers)
        }
        _ => vec![Bucket::All.bytes().to_vec(); grouped.len()],
    };
    put_keys(columns, &mut keys)?;
    expect_short(&keys)?;
    let groups = keys.into_iter().enumerate().map(|(group, key)| {
        let state = |(column, of): (usize, &ColumnType)| {
            Moments::of_column(of.clone(), grouped.states(column)[group].to_accumulator())
        };
        let states = types.iter().enumerate().map(state).collect();
        Group { key, rows: grouped.sizes()[group], states }
    });
    Ok(groups.collect())
}

/// Refuses buckets and keys that are too long together.
pub fn expect_short(keys: &[Vec<u8>]) -> Result<()> {
    match keys.iter().find(|key| key.len() > BUCKET_BYTES + KEY_BYTES) {
        None => Ok(()),
        Some(key) => Err(Refusal::too_much(format!(
            "the keys of a group have {} bytes, of which there are at most {KEY_BYTES}: group by something shorter",
            key.len() - BUCKET_BYTES
        ))),
    }
}

/// The bytes of the buckets of these numbers.
pub fn buckets(numbers: &ArrayRef) -> Vec<Vec<u8>> {
    let numbers = numbers.as_primitive::<Int64Type>().iter();
    numbers.map(|number| number.map_or(Bucket::Null, Bucket::Number).bytes().to_vec()).collect()
}

/// The type and the values of a column as a key.
pub fn key_chunk(array: &ArrayRef, name: &str) -> Result<(DataType, Chunk)> {
    let of = key_type(array.data_type()).ok_or_else(|| {
        Refusal::invalid(format!("column {name:?}: cannot group by {} values", array.data_type()))
    })?;
    // The core reads encoded numbers in place; encoded text is decoded here.
    let chunk = match types::is_readable(&of) {
        true => Chunk::from(array.clone()),
        false => Plain::Array(decoded(array, name)?).into(),
    };
    Ok((of, chunk))
}

/// The bytes of each value of a column of text or bytes, in the same encoding; none of other columns.
fn lengths(array: &ArrayRef) -> Option<ArrayRef> {
    macro_rules! of {
        ($array:expr) => {{
            let lengths = $array.iter().map(|value| value.map(|value| value.len() as i64));
            Some(std::sync::Arc::new(lengths.collect::<Int64Array>()) as ArrayRef)
        }};
    }
    match array.data_type() {
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            Some(dictionary.with_values(lengths(dictionary.values())?))
        }
        DataType::RunEndEncoded(..) => {
            let runs = array.as_any_ree();
            Some(runs.with_values(lengths(runs.values())?))
        }
        DataType::Utf8 => of!(array.as_string::<i32>()),
        DataType::LargeUtf8 => of!(array.as_string::<i64>()),
        DataType::Utf8View => of!(array.as_string_view()),
        DataType::Binary => of!(array.as_binary::<i32>()),
        DataType::LargeBinary => of!(array.as_binary::<i64>()),
        DataType::BinaryView => of!(array.as_binary_view()),
        DataType::FixedSizeBinary(_) => of!(array.as_fixed_size_binary()),
        _ => None,
    }
}

/// A column without an encoding.
pub fn decoded(array: &ArrayRef, name: &str) -> Result<ArrayRef> {
    let plain = types::plain(array.data_type());
    if array.data_type() == plain {
        return Ok(array.clone());
    }
    if let Some(lengths) = lengths(array) {
        let lengths = decoded(&lengths, name)?;
        let bytes = lengths.as_primitive::<Int64Type>().iter().flatten();
        if bytes.fold(0, i64::saturating_add) > DECODED_BYTES {
            return Err(Refusal::too_much(format!(
                "column {name:?}: its values have more than {DECODED_BYTES} bytes when they are decoded: send fewer rows, or \
                 group by something shorter"
            )));
        }
    }
    let mut array = array.clone();
    // A run of a dictionary is decoded in two steps.
    while array.data_type() != plain {
        let inner = match array.data_type() {
            DataType::RunEndEncoded(_, values) => values.data_type().clone(),
            _ => plain.clone(),
        };
        array = cast(&array, &inner)
            .map_err(|error| Refusal::invalid(format!("column {name:?}: {error}")))?;
    }
    Ok(array)
}
