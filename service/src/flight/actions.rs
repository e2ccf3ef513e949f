//! DoAction: what is done to datasets and to the node. The body is JSON, as is each result.
//!
//! | type | body | result |
//! | --- | --- | --- |
//! | `create` | `{"dataset", "by", "time", "columns", "open"}` | `{"created": true}`; false if it is there, defined the same |
//! | `drop` | `{"dataset"}` | `{"groups": n}` |
//! | `merge` | `{"into", "from", "keep"}`: the states of `from` are added to `into`, and `from` is dropped unless it is kept | `{"groups": n}` |
//! | `drop_before` | `{"dataset", "before"}`: the start of the first bucket that is kept | `{"groups": n}` |
//! | `forget_batch_ids` | `{"dataset", "before"}`: a time; ids that were acknowledged before it are no longer known | `{"batch_ids": n}` |
//! | `compact` | nothing | `{"compacted": true, "file_bytes": n}` |
//! | `stats` | nothing | what the node has and has done |
//! | `list` | `{"prefix"}`, or nothing | a result for each dataset |
//! | `export` | `{"dataset"}` | the bytes of an Arrow IPC stream, in pieces |
//! | `import` | the bytes of such a stream | `{"dataset", "groups": n}` |
//! | `pull` | `{"url", "token"}` | what was pulled from another node: `{"datasets", "buckets", "groups", "refused"}` |
//! | `offers` | nothing | for other nodes: what there is, by dataset, node and bucket |

use std::sync::Arc;

use arrow_flight::{Action, ActionType};
use serde::Deserialize;
use serde_json::{Value, json};
use tonic::Request;

use super::{Flight, Shared, Stream, all_of, blocking, stream};
use crate::dataset::{Definition, Time};
use crate::guard::{Caller, Scope};
use crate::peer::offer::offers;
use crate::peer::pull::{Peer, pull};
use crate::protocol::parse;
use crate::refusal::{Kind, Refusal, Result};
use crate::store::read::Dataset;

/// The types of actions, and what they do.
const ACTIONS: [(&str, &str); 12] = [
    ("create", "Creates a dataset: {\"dataset\", \"by\", \"time\", \"columns\", \"open\"}."),
    ("drop", "Drops a dataset: {\"dataset\"}."),
    (
        "merge",
        "Adds the states of a dataset to another, and drops it unless it is kept: {\"into\", \"from\", \"keep\"}.",
    ),
    ("drop_before", "Drops the buckets before a time: {\"dataset\", \"before\"}."),
    (
        "forget_batch_ids",
        "Forgets the ids of batches that were acknowledged before a time: {\"dataset\", \"before\"}.",
    ),
    ("compact", "Makes the file smaller, if it can be."),
    ("stats", "What the node has, and has done."),
    ("list", "The datasets, one a result: {\"prefix\"}."),
    ("export", "The states of a dataset as an Arrow IPC stream, in pieces: {\"dataset\"}."),
    ("import", "Creates a dataset from such a stream, which is the body."),
    ("pull", "Pulls what is newer at another node: {\"url\", \"token\"}."),
    ("offers", "What the node has of each dataset, by node and bucket: for other nodes."),
];

/// All actions.
pub fn list() -> Stream<ActionType> {
    let types = ACTIONS.iter().map(|(name, description)| ActionType {
        r#type: (*name).into(),
        description: (*description).into(),
    });
    all_of(types.collect())
}

/// The body of `create`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    /// The dataset.
    pub dataset: String,
    /// See [`Definition::by`].
    #[serde(default)]
    pub by: Vec<String>,
    /// See [`Definition::time`].
    #[serde(default)]
    pub time: Option<Time>,
    /// See [`Definition::columns`].
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    /// See [`Definition::open`].
    #[serde(default)]
    pub open: bool,
}

impl Create {
    /// The definition that is asked for.
    pub fn definition(&self) -> Definition {
        let Self { by, time, columns, open, .. } = self;
        Definition { by: by.clone(), time: time.clone(), columns: columns.clone(), open: *open }
    }
}

/// The name of a dataset.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The name.
    pub dataset: String,
}

/// The body of `merge`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// The dataset that grows.
    pub into: String,
    /// The one whose states are added.
    pub from: String,
    /// Whether that stays.
    #[serde(default)]
    pub keep: bool,
}

/// A dataset, and a time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// The dataset.
    pub dataset: String,
    /// The time, as text.
    pub before: String,
}

impl Before {
    /// The time in milliseconds since 1970; those before are 0.
    pub fn milliseconds(&self) -> Result<u64> {
        let before = &self.before;
        let time = arrow_cast::parse::string_to_datetime(&chrono::Utc, before).map_err(|_| {
            Refusal::invalid(format!(
                "\"before\" is {before:?}, which is not a time: write 2026-11-26T14:00:00Z"
            ))
        })?;
        Ok(u64::try_from(time.timestamp_millis()).unwrap_or_default())
    }
}

/// The body of `pull`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Url {
    /// Where the other node listens.
    pub url: String,
    /// What it is told.
    #[serde(default)]
    pub token: Option<String>,
}

/// A body that says nothing.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// The body of `list`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prefix {
    /// What the names begin with.
    #[serde(default)]
    pub prefix: String,
}

/// Does what an action says.
pub async fn act(
    flight: &Flight,
    request: Request<Action>,
) -> Result<Stream<arrow_flight::Result>> {
    let caller = flight.0.guard.caller(request.metadata())?;
    let Action { r#type: name, body } = request.into_inner();
    let done = done(&flight.0, &caller, &name, &body).await;
    let results = done.map_err(|refusal| refusal.of(format!("the action {name:?}")))?;
    let results = results.into_iter().map(|body| arrow_flight::Result { body: body.into() });
    Ok(all_of(results.collect()))
}

async fn done(
    shared: &Arc<Shared>,
    caller: &Caller,
    name: &str,
    body: &[u8],
) -> Result<Vec<Vec<u8>>> {
    let value = match name {
        "create" => create(shared, caller, body).await?,
        "drop" => {
            let Named { dataset } = parse(body, "its body")?;
            caller.expect(Scope::Admin, Some(&dataset))?;
            let groups = shared.store.change(move |session| session.drop_dataset(&dataset)).await?;
            json!({ "groups": groups })
        }
        "merge" => {
            let Merge { into, from, keep } = parse(body, "its body")?;
            caller.expect(Scope::Admin, Some(&into))?;
            caller.expect(Scope::Admin, Some(&from))?;
            let merge = shared.store.change(move |session| session.merge(&into, &from, keep));
            json!({ "groups": merge.await? })
        }
        "drop_before" => drop_before(shared, caller, body).await?,
        "forget_batch_ids" => forget(shared, caller, body).await?,
        "compact" => {
            let Nothing {} = optional(body)?;
            caller.expect(Scope::Admin, None)?;
            let shared = Arc::clone(shared);
            let compacted = blocking(move || {
                let compacted = shared.store.compact()?;
                Ok(json!({ "compacted": compacted, "file_bytes": shared.store.file_bytes() }))
            });
            compacted.await?
        }
        "stats" => {
            let Nothing {} = optional(body)?;
            caller.expect(Scope::Read, None)?;
            let shared = Arc::clone(shared);
            blocking(move || stats(&shared)).await?
        }
        "list" => {
            let Prefix { prefix } = optional(body)?;
            let shared = Arc::clone(shared);
            let datasets = blocking(move || shared.store.read()?.list(&prefix)).await?;
            let seen = datasets
                .iter()
                .filter(|dataset| caller.expect(Scope::Read, Some(&dataset.name)).is_ok());
            return Ok(seen.map(|dataset| summary(dataset).to_string().into_bytes()).collect());
        }
        "export" => {
            let Named { dataset } = parse(body, "its body")?;
            caller.expect(Scope::Read, Some(&dataset))?;
            let shared = Arc::clone(shared);
            return blocking(move || {
                stream::export(&shared.store.read()?, &dataset, shared.limits.query_bytes)
            })
            .await;
        }
        "import" => import(shared, caller, body).await?,
        "pull" => {
            let Url { url, token } = parse(body, "its body")?;
            caller.expect(Scope::Admin, None)?;
            json!(pull(shared, &Peer { url, token }).await?)
        }
        "offers" => {
            let Nothing {} = optional(body)?;
            caller.expect(Scope::Read, None)?;
            let shared = Arc::clone(shared);
            let offers = blocking(move || offers(&shared.store.read()?)).await?;
            return Ok(offers.iter().map(|offer| json!(offer).to_string().into_bytes()).collect());
        }
        _ => {
            let names = ACTIONS.iter().map(|(name, _)| *name);
            return Err(Refusal::new(
                Kind::Missing,
                format!("there is none of this type; there are: {}", crate::refusal::listed(names)),
            ));
        }
    };
    Ok(vec![value.to_string().into_bytes()])
}

/// The body of an action that needs none.
fn optional<T: Default + serde::de::DeserializeOwned>(body: &[u8]) -> Result<T> {
    if body.is_empty() { Ok(T::default()) } else { parse(body, "its body") }
}

async fn create(shared: &Shared, caller: &Caller, body: &[u8]) -> Result<Value> {
    let asked: Create = parse(body, "its body")?;
    caller.expect(Scope::Admin, Some(&asked.dataset))?;
    let (definition, dataset) = (asked.definition(), asked.dataset);
    let create = shared.store.change(move |session| session.create(&dataset, &definition, None));
    Ok(json!({ "created": create.await? }))
}

async fn drop_before(shared: &Arc<Shared>, caller: &Caller, body: &[u8]) -> Result<Value> {
    let Before { dataset, before } = parse(body, "its body")?;
    caller.expect(Scope::Admin, Some(&dataset))?;
    let (of, name) = (Arc::clone(shared), dataset.clone());
    let there = blocking(move || of.store.read()?.expect(&name)).await?;
    let time = there.definition().time.as_ref().ok_or_else(|| {
        Refusal::invalid("it has no \"time\", so there are no buckets: drop the whole dataset")
            .of(format!("dataset {dataset:?}"))
    })?;
    let number = time.number_of(&before, "before")?;
    let change = shared.store.change(move |session| session.drop_before(&dataset, number));
    Ok(json!({ "groups": change.await? }))
}

async fn forget(shared: &Shared, caller: &Caller, body: &[u8]) -> Result<Value> {
    let asked: Before = parse(body, "its body")?;
    caller.expect(Scope::Admin, Some(&asked.dataset))?;
    let (before, dataset) = (asked.milliseconds()?, asked.dataset);
    let change = shared.store.change(move |session| session.forget_ids(&dataset, before));
    Ok(json!({ "batch_ids": change.await? }))
}

async fn import(shared: &Arc<Shared>, caller: &Caller, body: &[u8]) -> Result<Value> {
    let (body, limit) = (body.to_vec(), shared.limits.message_bytes);
    let imported = blocking(move || stream::read(&body, limit)).await?;
    let dataset = imported.dataset.clone();
    caller.expect(Scope::Admin, Some(&dataset))?;
    let groups = shared.store.change(move |session| session.import(imported)).await?;
    Ok(json!({ "dataset": dataset, "groups": groups }))
}

/// What a dataset is and has.
pub fn summary(dataset: &Dataset) -> Value {
    let columns = dataset.fields.iter().map(|field| {
        json!({ "name": field.name(), "type": colstats::internals::types::name(field.data_type()) })
    });
    json!({
        "dataset": dataset.name,
        "definition": dataset.definition(),
        "columns": columns.collect::<Vec<_>>(),
        "rows": dataset.record.rows,
        "batches": dataset.record.batches,
        "groups": dataset.record.groups,
        "created": dataset.record.created,
        "changed": dataset.record.changed,
    })
}

/// What the node has, and has done.
pub fn stats(shared: &Shared) -> Result<Value> {
    let snapshot = shared.store.read()?;
    let node = shared.store.node().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Ok(json!({
        "node": node,
        "version": env!("CARGO_PKG_VERSION"),
        "datasets": snapshot.list("")?.len(),
        "groups": snapshot.groups()?,
        "batch_ids": snapshot.batch_ids()?,
        "revision": snapshot.revision(),
        "file_bytes": shared.store.file_bytes(),
        "since_start": shared.counts.now(),
    }))
}
