//! The service: statistics that many hands feed and anyone may ask.
//!
//! **The answer is the correctly rounded one of exactly the batches that were acknowledged, each once, in whatever
//! order, across restarts and across nodes.** A batch is a dataset, an id and rows. It is acknowledged when its states
//! and its id are in one transaction that is on disk; the same id again is acknowledged, and changes nothing.
//!
//! | where | what |
//! | --- | --- |
//! | [`dataset`] | what a dataset is: its keys, its time, its columns; which batches it takes |
//! | [`ingest`] | from a batch to the states of its groups, by the core |
//! | [`groups`] | the bytes by which a group is known |
//! | [`states`] | states as Arrow tables, in and out |
//! | [`store`] | states on disk; one thread writes, and commits all that wait together |
//! | [`query`] | from a ticket to an Arrow table |
//! | [`protocol`] | the JSON of descriptors, tickets, actions and acknowledgements |
//! | [`flight`] | the Arrow Flight service |
//! | [`guard`] | who may do what |
//! | [`page`] | the page for people, and the metrics |
//! | [`counts`] | what has been done |
//! | [`peer`] | pulling the states of other nodes |
//! | [`settings`], [`limits`] | what may be chosen, and what bounds every call |
//! | [`server`] | all of it together, listening |
//!
//! Nothing here is a library for others: the binary is the product, and the items are public for its tests.

pub mod counts;
pub mod dataset;
pub mod flight;
pub mod groups;
pub mod guard;
pub mod ingest;
pub mod limits;
pub mod page;
pub mod peer;
pub mod protocol;
pub mod query;
pub mod refusal;
pub mod server;
pub mod settings;
pub mod states;
pub mod store;
