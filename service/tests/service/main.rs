//! The service from within and from without: what it promises, asked of a store, of a server in this process, and of
//! processes that are killed.

mod attack;
mod columns;
mod definitions;
mod echo;
mod exactly_once;
mod guard;
mod kill;
mod kinds;
mod load;
mod nodes;
mod page;
mod refusals;
mod support;
mod wire;
