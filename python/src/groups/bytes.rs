//! Groups as bytes, for storage: what a [pickle](super::pickle) of groups has, in a
//! [frame](crate::states::bytes). Equal groups have equal bytes; others in which the same keys are in another order, or
//! come more than once, are read as well.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::grouped::Groups;
use super::pickle::{Keys, Parts, put_together, take_apart};
use crate::states::bytes::{Reader, Writer};

/// Colstats states of groups.
const MAGIC: &[u8; 4] = b"CSTG";

/// How many groups there are; the key columns, with their types, validity and buffers; the columns of states.
pub fn write<'py>(py: Python<'py>, groups: &Groups) -> Bound<'py, PyBytes> {
    let (count, keys, states) = take_apart(py, groups);
    let mut bytes = Writer::new(MAGIC);
    bytes.count(count);
    bytes.count(keys.len());
    for (name, of, width, validity, buffers) in keys {
        bytes.bytes(name.as_bytes());
        bytes.bytes(of.as_bytes());
        bytes.bytes(&width.to_le_bytes());
        bytes.count(usize::from(validity.is_some()));
        validity.iter().for_each(|validity| bytes.bytes(validity.as_bytes()));
        bytes.count(buffers.len());
        buffers.iter().for_each(|buffer| bytes.bytes(buffer.as_bytes()));
    }
    bytes.count(states.len());
    for (name, empty, states) in states {
        bytes.bytes(name.as_bytes());
        bytes.bytes(empty.as_bytes());
        states.iter().for_each(|state| bytes.bytes(state.as_bytes()));
    }
    PyBytes::new(py, &bytes.finish())
}

/// The groups that [`write`] has written.
pub fn read(py: Python<'_>, bytes: &[u8]) -> PyResult<Groups> {
    let mut bytes = Reader::open(bytes, MAGIC, "a table of the states of groups")?;
    let parts = parts(py, &mut bytes)?;
    bytes.finish()?;
    put_together(py, parts)
}

fn parts<'py>(py: Python<'py>, bytes: &mut Reader<'_>) -> PyResult<Parts<'py>> {
    let count = bytes.count()?;
    let keys = (0..bytes.count()?).map(|_| keys(py, bytes)).collect::<PyResult<_>>()?;
    let columns = bytes.count()?;
    let columns = (0..columns).map(|_| {
        let name = bytes.text()?.to_string();
        Ok((name, buffer(py, bytes)?, buffers(py, bytes, count)?))
    });
    Ok((count, keys, columns.collect::<PyResult<_>>()?))
}

fn keys<'py>(py: Python<'py>, bytes: &mut Reader<'_>) -> PyResult<Keys<'py>> {
    let (name, of) = (bytes.text()?.to_string(), bytes.text()?.to_string());
    let width = bytes.bytes()?.try_into().map_err(|_| bytes.damaged())?;
    let validity = match bytes.count()? {
        0 => None,
        1 => Some(buffer(py, bytes)?),
        _ => return Err(bytes.damaged()),
    };
    let count = bytes.count()?;
    Ok((name, of, i32::from_le_bytes(width), validity, buffers(py, bytes, count)?))
}

fn buffers<'py>(
    py: Python<'py>,
    bytes: &mut Reader<'_>,
    count: usize,
) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    let mut buffers = vec![];
    for _ in 0..count {
        buffers.push(buffer(py, bytes)?);
    }
    Ok(buffers)
}

fn buffer<'py>(py: Python<'py>, bytes: &mut Reader<'_>) -> PyResult<Bound<'py, PyBytes>> {
    Ok(PyBytes::new(py, bytes.bytes()?))
}
