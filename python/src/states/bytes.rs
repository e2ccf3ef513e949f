//! Tables of states as bytes, for storage: the [serialized states](colstats::internals::states::wire) of the
//! columns, by name.
//!
//! [`Writer`] and [`Reader`] are the frame that such tables have: a magic number, the version (1 byte), then
//! counts (8 bytes, little-endian) and texts or bytes (their length as a count, then as many bytes), and
//! at the end the checksum of all of it. Damaged bytes are refused by their checksum. Allocations are
//! bounded by the number of bytes.

use colstats::internals::states::wire;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::named::States;
use crate::names::quoted;

const VERSION: u8 = 1;
/// Colstats states of a table.
const MAGIC: &[u8; 4] = b"CSTT";

/// The states of a table: how many columns there are, and for each its name and its state.
pub fn write(states: &States) -> Vec<u8> {
    let mut bytes = Writer::new(MAGIC);
    bytes.count(states.names().len());
    for (name, state) in states.iter() {
        bytes.bytes(name.as_bytes());
        bytes.bytes(&wire::encode(state));
    }
    bytes.finish()
}

/// The states that [`write`] has written.
pub fn read(bytes: &[u8]) -> PyResult<States> {
    let mut bytes = Reader::open(bytes, MAGIC, "a table of states")?;
    let mut named: Vec<(String, _)> = vec![];
    for _ in 0..bytes.count()? {
        let name = bytes.text()?.to_string();
        let state = wire::decode(bytes.bytes()?);
        let refused =
            |invalid| PyValueError::new_err(format!("column {}: {invalid}", quoted(&name)));
        let state = state.map_err(refused)?;
        named.push((name, state));
    }
    bytes.finish()?;
    let count = named.len();
    let states = States::of_table(named)?;
    let is_unique = states.names().len() == count;
    is_unique.then_some(states).ok_or_else(|| {
        PyValueError::new_err("this table of states is malformed: it has two columns of one name")
    })
}

/// Writes a frame.
pub struct Writer(Vec<u8>);

impl Writer {
    pub fn new(magic: &[u8; 4]) -> Self {
        let mut bytes = magic.to_vec();
        bytes.push(VERSION);
        Self(bytes)
    }

    pub fn count(&mut self, count: usize) {
        self.0.extend_from_slice(&(count as u64).to_le_bytes());
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// The bytes, with their checksum.
    pub fn finish(mut self) -> Vec<u8> {
        let checksum = wire::checksum(&self.0);
        self.0.extend_from_slice(&checksum.to_le_bytes());
        self.0
    }
}

/// Takes the parts of a frame off its front.
pub struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// Opens a frame with this magic number; the checksum must match.
    pub fn open(bytes: &'a [u8], magic: &[u8; 4], what: &'static str) -> PyResult<Self> {
        let Some(body) = bytes.strip_prefix(magic) else {
            let message = format!("these bytes are not {what} that colstats has written");
            return Err(PyValueError::new_err(message));
        };
        let damaged = Self { rest: &[], what };
        match body.first() {
            Some(&VERSION) => {}
            Some(&found) => {
                return Err(PyValueError::new_err(format!(
                    "{what} has version {found} here, but this release reads only version {VERSION}: \
                     use a newer release"
                )));
            }
            None => return Err(damaged.damaged()),
        }
        let (content, written) = bytes.split_last_chunk().ok_or_else(|| damaged.damaged())?;
        if wire::checksum(content) != u64::from_le_bytes(*written) {
            return Err(damaged.damaged());
        }
        let rest = content.get(magic.len() + 1..).ok_or_else(|| damaged.damaged())?;
        Ok(Self { rest, what })
    }

    pub fn damaged(&self) -> PyErr {
        PyValueError::new_err(format!("{} is damaged: its checksum does not match", self.what))
    }

    fn take(&mut self, count: usize) -> PyResult<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| self.damaged())?;
        self.rest = rest;
        Ok(taken)
    }

    pub fn count(&mut self) -> PyResult<usize> {
        let bytes = self.take(size_of::<u64>())?.try_into().map_err(|_| self.damaged())?;
        usize::try_from(u64::from_le_bytes(bytes)).map_err(|_| self.damaged())
    }

    pub fn bytes(&mut self) -> PyResult<&'a [u8]> {
        let count = self.count()?;
        self.take(count)
    }

    pub fn text(&mut self) -> PyResult<&'a str> {
        str::from_utf8(self.bytes()?).map_err(|_| self.damaged())
    }

    /// Expects the end.
    pub fn finish(self) -> PyResult<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.damaged()) }
    }
}
