//! Who may do what: tokens with scopes, and where the service may listen without them.
//!
//! A call shows its token as `authorization: Bearer ...`, on both ports. Without any token in the file all calls are
//! allowed, which is why [`expect_guarded`] refuses to listen beyond this machine then.

pub mod tokens;

use std::net::SocketAddr;
use std::path::Path;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use tonic::metadata::MetadataMap;

use crate::refusal::{Kind, Refusal, Result};
use tokens::{Grant, Tokens};

/// What a call does to a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// It asks.
    Read,
    /// It puts batches.
    Write,
    /// It creates, drops, merges, or concerns the whole node.
    Admin,
}

/// Who calls.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Everything: no tokens are in use.
    Anyone,
    /// What the token grants.
    Holder(Grant),
}

/// The door of all calls.
#[derive(Debug)]
pub struct Guard {
    tokens: Tokens,
}

impl Guard {
    /// With the tokens of a data directory.
    pub fn open(directory: &Path) -> Result<Self> {
        Ok(Self { tokens: Tokens::open(directory)? })
    }

    /// Whether calls must show a token.
    pub fn asks_for_tokens(&self) -> Result<bool> {
        self.tokens.are_in_use()
    }

    /// Who calls, by the headers of a gRPC call.
    pub fn caller(&self, metadata: &MetadataMap) -> Result<Caller> {
        self.caller_with(metadata.get("authorization").map(|value| value.as_bytes()))
    }

    /// Who shows this header.
    pub fn caller_with(&self, authorization: Option<&[u8]>) -> Result<Caller> {
        if !self.tokens.are_in_use()? {
            return Ok(Caller::Anyone);
        }
        let Some(header) = authorization else {
            return Err(unknown(
                "this service asks for a token: send the header \"authorization: Bearer TOKEN\"",
            ));
        };
        let token = header.split_at_checked(BEARER.len());
        let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case(BEARER));
        let Some((_, token)) = token else {
            return Err(unknown("the header \"authorization\" must be \"Bearer TOKEN\""));
        };
        match self.tokens.grant(token.trim_ascii())? {
            Some(grant) => Ok(Caller::Holder(grant)),
            None => Err(unknown("the token is not known: it may have been revoked")),
        }
    }
}

const BEARER: &[u8] = b"Bearer ";

impl Caller {
    /// Refuses what the caller may not do; without a dataset, a call concerns the whole node.
    pub fn expect(&self, scope: Scope, dataset: Option<&str>) -> Result<()> {
        let Self::Holder(grant) = self else {
            return Ok(());
        };
        if grant.allows(scope, dataset) {
            return Ok(());
        }
        let scope = format!("{scope:?}").to_lowercase();
        let what = dataset.map_or("all datasets".into(), |dataset| format!("dataset {dataset:?}"));
        Err(Refusal::new(
            Kind::Forbidden,
            format!("the token {:?} does not have the scope {scope:?} for {what}", grant.name),
        ))
    }
}

fn unknown(message: &str) -> Refusal {
    Refusal::new(Kind::Unknown, message)
}

/// Refuses to listen where others could reach a service that lets anyone do anything, or read what is sent.
pub fn expect_guarded(listen: SocketAddr, is_guarded: bool, is_insecure: bool) -> Result<()> {
    if listen.ip().is_loopback() || is_guarded || is_insecure {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "whoever reaches {listen} could do everything, or read what is sent: create a token (colstats-service token \
         create) and give a certificate (--tls-cert, --tls-key), ask clients for certificates as well \
         (--tls-client-ca), listen on 127.0.0.1, or say --insecure if the network is trusted"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_served_without_a_guard() {
        let at = |address: &str| address.parse::<SocketAddr>().expect("an address");
        for address in ["127.0.0.1:1", "[::1]:1"] {
            assert_eq!(expect_guarded(at(address), false, false), Ok(()));
        }
        for address in ["0.0.0.0:1", "10.0.0.1:1", "[::]:1"] {
            assert!(expect_guarded(at(address), false, false).is_err());
            assert_eq!(expect_guarded(at(address), true, false), Ok(()));
            assert_eq!(expect_guarded(at(address), false, true), Ok(()));
        }
    }
}
