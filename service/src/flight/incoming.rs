//! A stream of messages from a client: its descriptor, and then one message after the other.

use std::time::Duration;

use arrow_flight::flight_descriptor::DescriptorType;
use arrow_flight::{FlightData, FlightDescriptor};
use tokio::sync::watch;
use tokio::time::timeout;
use tonic::Streaming;

use super::Shared;
use crate::refusal::{Kind, Refusal, Result};

/// Messages of a client.
pub struct Incoming {
    stream: Streaming<FlightData>,
    first: Option<FlightData>,
    idle: Duration,
    stopping: watch::Receiver<bool>,
}

impl Incoming {
    /// Waits for the first message, which has the descriptor.
    pub async fn open(
        stream: Streaming<FlightData>,
        shared: &Shared,
    ) -> Result<(Self, FlightDescriptor)> {
        let idle = Duration::from_secs(shared.limits.idle_seconds);
        let stopping = shared.stopping.subscribe();
        let mut incoming = Self { stream, first: None, idle, stopping };
        let mut first = incoming.next().await?.ok_or_else(no_descriptor)?;
        let descriptor = first.flight_descriptor.take().ok_or_else(no_descriptor)?;
        incoming.first = Some(first);
        Ok((incoming, descriptor))
    }

    /// The next message; none at the end.
    pub async fn next(&mut self) -> Result<Option<FlightData>> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        let next = tokio::select! {
            biased; // what has come is taken first
            next = timeout(self.idle, self.stream.message()) => next,
            _ = self.stopping.wait_for(|is_stopping| *is_stopping) => {
                return Err(Refusal::new(
                    Kind::Again,
                    "the service is stopping: what has been acknowledged is kept; send the rest to the next one",
                ));
            }
        };
        match next {
            Ok(Ok(message)) => Ok(message),
            Ok(Err(status)) => Err(of_status(&status)),
            Err(_) => Err(Refusal::new(
                Kind::Late,
                format!(
                    "nothing has come for {} seconds: open the stream when there is something to send",
                    self.idle.as_secs()
                ),
            )),
        }
    }
}

fn no_descriptor() -> Refusal {
    Refusal::invalid(
        "the first message of a stream must have a descriptor: a path of one element, the dataset, or a command in JSON",
    )
}

/// What the network says.
fn of_status(status: &tonic::Status) -> Refusal {
    use tonic::Code;
    let kind = match status.code() {
        Code::OutOfRange | Code::ResourceExhausted => Kind::TooMuch,
        Code::InvalidArgument | Code::Internal => Kind::Invalid,
        _ => Kind::Again,
    };
    let mut message = status.message().to_string();
    if kind == Kind::TooMuch {
        message = format!(
            "{message}: send smaller batches, or start the service with a higher --max-message-mb"
        );
    }
    Refusal::new(kind, message)
}

/// The command of a descriptor, or its path, which is the name of a dataset.
pub enum Target<'a> {
    /// A dataset.
    Path(&'a str),
    /// JSON.
    Command(&'a [u8]),
}

/// What a descriptor says.
pub fn target(descriptor: &FlightDescriptor) -> Result<Target<'_>> {
    match (descriptor.r#type(), &descriptor.path[..]) {
        (DescriptorType::Cmd, []) => Ok(Target::Command(&descriptor.cmd)),
        (DescriptorType::Path, [dataset]) => Ok(Target::Path(dataset)),
        (DescriptorType::Path, path) => Err(Refusal::invalid(format!(
            "the path of the descriptor has {} elements, but must have one: the name of the dataset",
            path.len()
        ))),
        _ => Err(Refusal::invalid(
            "the descriptor must be a path of one element, the dataset, or a command in JSON",
        )),
    }
}
