//! Asking another node for what is newer there.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::{Action, Ticket};
use futures::{StreamExt, TryStreamExt};
use serde::Serialize;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

use super::offer::{BUCKETS_TOGETHER, Offer, Reading, Wanted, WantedTicket};
use super::{bucket, hex, node};
use crate::flight::{Shared, decode::Decoder};
use crate::groups::Bucket;
use crate::refusal::{Kind, Refusal, Result};
use crate::store::session::received::Received;

/// How long another node may take to answer at all.
const CONNECT: Duration = Duration::from_secs(10);
/// How long one may take to send a bucket.
const CALL: Duration = Duration::from_secs(300);

/// Another node.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Where it listens, such as `http://other:8815`.
    pub url: String,
    /// What it is told to let this node ask.
    pub token: Option<String>,
}

/// What was pulled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pulled {
    /// Datasets that the other node has.
    pub datasets: usize,
    /// Buckets that were newer there, and have been replaced here.
    pub buckets: usize,
    /// Groups in them.
    pub groups: usize,
    /// Datasets that were refused, and why.
    pub refused: Vec<String>,
}

impl Peer {
    async fn client(&self, shared: &Shared) -> Result<FlightServiceClient<Channel>> {
        let no_url = |error: &dyn std::fmt::Display| {
            Refusal::invalid(format!("{:?} is not the URL of a node: {error}", self.url))
        };
        let mut endpoint =
            Endpoint::from_shared(self.url.clone()).map_err(|error| no_url(&error))?;
        if endpoint.uri().scheme_str() == Some("https") {
            let tls = shared.pull_tls.clone().ok_or_else(|| {
                Refusal::invalid(format!(
                    "the node {} speaks TLS, and nothing here says whose certificate it may have: start this service with \
                     --pull-ca FILE",
                    self.url
                ))
            })?;
            endpoint = endpoint.tls_config(tls).map_err(|error| no_url(&error))?;
        }
        let channel = endpoint.connect_timeout(CONNECT).timeout(CALL).connect().await;
        let channel = channel.map_err(|error| {
            let why =
                std::error::Error::source(&error).map_or(String::new(), |it| format!(": {it}"));
            Refusal::new(Kind::Again, format!("the node {} cannot be reached{why}", self.url))
        })?;
        Ok(FlightServiceClient::new(channel).max_decoding_message_size(shared.limits.query_bytes))
    }

    fn request<T>(&self, message: T) -> Result<Request<T>> {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            let value = MetadataValue::try_from(format!("Bearer {token}"));
            let value =
                value.map_err(|_| Refusal::invalid("the token is not text for a header"))?;
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }

    fn refused(&self, status: &Status) -> Refusal {
        let kind = match status.code() {
            Code::Unauthenticated => Kind::Unknown,
            Code::PermissionDenied => Kind::Forbidden,
            _ => Kind::Again,
        };
        let message = format!("the node {}: {}", self.url, status.message());
        Refusal::new(kind, message)
    }
}

/// Pulls what is newer at another node.
pub async fn pull(shared: &Arc<Shared>, peer: &Peer) -> Result<Pulled> {
    let mut client = peer.client(shared).await?;
    let offers = client.do_action(peer.request(Action::new("offers", vec![]))?).await;
    let mut offers = offers.map_err(|status| peer.refused(&status))?.into_inner();
    let mut pulled = Pulled::default();
    while let Some(result) = offers.next().await {
        let result = result.map_err(|status| peer.refused(&status))?;
        let offer: Offer = serde_json::from_slice(&result.body).map_err(|error| {
            Refusal::new(Kind::Damaged, format!("the node {}: its offer: {error}", peer.url))
        })?;
        pulled.datasets += 1;
        let dataset = offer.dataset.clone();
        if let Err(refusal) = pull_dataset(shared, peer, &mut client, offer, &mut pulled).await {
            match refusal.kind {
                Kind::Conflict | Kind::Invalid | Kind::Damaged | Kind::TooMuch => {
                    pulled.refused.push(format!("dataset {dataset:?}: {refusal}"));
                }
                _ => return Err(refusal),
            }
        }
    }
    Ok(pulled)
}

/// Pulls what is newer of a dataset.
async fn pull_dataset(
    shared: &Arc<Shared>,
    peer: &Peer,
    client: &mut FlightServiceClient<Channel>,
    offer: Offer,
    pulled: &mut Pulled,
) -> Result<()> {
    let wanted = wanted(shared, &offer)?;
    for buckets in wanted.chunks(BUCKETS_TOGETHER) {
        let contribution = Wanted { dataset: offer.dataset.clone(), buckets: buckets.to_vec() };
        let ticket = serde_json::to_string(&WantedTicket { contribution });
        let ticket = Ticket::new(ticket.map_err(|error| Refusal::internal(error.to_string()))?);
        let answer = client.do_get(peer.request(ticket)?).await;
        let answer = answer.map_err(|status| peer.refused(&status))?.into_inner();
        let mut answer = answer.map_err(|status| peer.refused(&status));
        let mut decoder = Decoder::new(shared.limits.message_bytes);
        let mut reading = None;
        while let Some(message) = answer.try_next().await? {
            let batch = decoder.read(message)?;
            if let (None, Some(schema)) = (&reading, decoder.schema()) {
                reading = Some(Reading::new(&offer.dataset, schema)?);
            }
            let (Some(reading), Some(batch)) = (&mut reading, batch) else { continue };
            reading.read(&batch)?;
            replace(shared, std::mem::take(&mut reading.complete), pulled).await?;
        }
        replace(shared, reading.map_or(vec![], Reading::finish), pulled).await?;
    }
    Ok(())
}

/// The buckets of an offer that are newer than what is here.
fn wanted(shared: &Shared, offer: &Offer) -> Result<Vec<(String, String)>> {
    let snapshot = shared.store.read()?;
    let (mut known, mut dropped_before) = (HashMap::new(), None);
    if let Some(dataset) = snapshot.find(&offer.dataset)? {
        dataset.definition().expect(&offer.definition)?;
        dropped_before = dataset.record.dropped_before;
        for revision in snapshot.revisions(&dataset)? {
            known.insert((revision.node, revision.bucket.bytes()), revision.revision);
        }
    }
    let mut wanted = vec![];
    for (of, at, revision) in &offer.revisions {
        let (from, place) = (node(of)?, bucket(at)?);
        if from == shared.store.node() {
            if *revision > snapshot.revision() {
                return Err(Refusal::conflict(format!(
                    "the other node has what this one ({}) put at revision {revision}, but the file here is at {}: it is an \
                     older copy, and what is put now would not reach other nodes; start with an empty directory and pull",
                    hex(&from),
                    snapshot.revision()
                )));
            }
            continue;
        }
        let is_dropped = match (place, dropped_before) {
            (Bucket::Number(number), Some(before)) => number < before,
            _ => false,
        };
        let ours = known.get(&(from, place.bytes()));
        if !is_dropped && ours.is_none_or(|ours| ours < revision) {
            wanted.push((of.clone(), at.clone()));
        }
    }
    Ok(wanted)
}

async fn replace(shared: &Shared, received: Vec<Received>, pulled: &mut Pulled) -> Result<()> {
    for bucket in received {
        let groups = bucket.entries.len();
        if shared.store.change(move |session| session.replace(&bucket)).await? {
            pulled.buckets += 1;
            pulled.groups += groups;
        }
    }
    Ok(())
}

/// Pulls from another node again and again, and says when that begins to fail.
pub async fn keep_pulling(shared: Arc<Shared>, peer: Peer, every: Duration) {
    let mut last = None;
    loop {
        let trouble = match pull(&shared, &peer).await {
            Ok(pulled) => (!pulled.refused.is_empty()).then(|| pulled.refused.join("; ")),
            Err(refusal) => Some(refusal.message),
        };
        if let Some(trouble) = trouble.as_ref().filter(|_| trouble != last) {
            eprintln!("colstats-service: pulling from {}: {trouble}", peer.url);
        }
        last = trouble;
        tokio::time::sleep(every).await;
    }
}
