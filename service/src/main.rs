//! The command `colstats-service`.

use std::process::ExitCode;

use clap::Parser;
use colstats_service::refusal::{Refusal, Result};
use colstats_service::server::Server;
use colstats_service::settings::Settings;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    match run(Settings::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            eprintln!("colstats-service: {refusal}");
            ExitCode::FAILURE
        }
    }
}

fn run(settings: Settings) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Refusal::internal(error.to_string()))?;
    runtime.block_on(async {
        let server = Server::open(settings).await?;
        // Whoever started it may wait for this line.
        println!("listening on {}", server.address()?);
        server.run(stopped()).await
    })
}

/// Until the process is told to stop, by Ctrl-C or SIGTERM.
async fn stopped() {
    let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    let mut signals = signals.into_iter().flatten().collect::<Vec<_>>();
    let any = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
    futures::future::select_all(any).await;
}
