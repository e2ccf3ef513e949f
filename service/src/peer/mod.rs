//! Nodes that pull from each other.
//!
//! A node asks another what it has, of which nodes, by dataset and bucket, each with the *revision* of the node where it was
//! put, and fetches what is newer than its own, whole. What a node has put itself is told by that node alone. So a pull
//! that is repeated, or comes by way of a third node, changes nothing, and any tree or mesh of nodes in which all
//! that is put reaches all comes to the same states: the answers have the same bits as those of one node.
//!
//! Ids of batches are not shared. A client that sends a batch again must send it to the same node; at another it would count
//! once more.
//!
//! A dataset is refused, by name, if its definition or the type of a column differs between two nodes; the others are pulled
//! all the same. What has been dropped here, bucket by bucket, is not pulled again.
//!
//! | module | what |
//! | --- | --- |
//! | [`offer`] | what a node tells others, and how it is read |
//! | [`pull`] | asking another node |

pub mod offer;
pub mod pull;

use crate::groups::Bucket;
use crate::refusal::{Kind, Refusal, Result};
use crate::store::tables::NodeId;

/// Bytes as text.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of such text.
pub fn unhex(text: &str) -> Result<Vec<u8>> {
    let digits = text.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let bytes = digits.chunks(2).map(pair).collect::<Option<Vec<_>>>();
    let is_hex = digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit);
    bytes.filter(|_| is_hex).ok_or_else(|| damaged(&format!("{text:?} is not hexadecimal")))
}

fn node(text: &str) -> Result<NodeId> {
    let bytes = unhex(text)?;
    bytes.try_into().map_err(|_| damaged(&format!("{text:?} does not name a node")))
}

fn bucket(text: &str) -> Result<Bucket> {
    let bytes = unhex(text)?;
    let whole = bytes.len() == crate::groups::BUCKET_BYTES;
    let bucket = Bucket::of_bytes(&bytes).filter(|_| whole);
    bucket.ok_or_else(|| damaged(&format!("{text:?} is not a bucket")))
}

fn damaged(why: &str) -> Refusal {
    Refusal::new(Kind::Damaged, format!("what a node says of its states is damaged: {why}"))
}
