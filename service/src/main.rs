//! The command `colstats-service`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use colstats_service::guard::{Scope, tokens};
use colstats_service::refusal::{Refusal, Result};
use colstats_service::server::Server;
use colstats_service::settings::Settings;
use tokio::signal::unix::{SignalKind, signal};

/// Exact statistics of record batches: many hands feed it over Arrow Flight, and anyone may ask
#[derive(Parser)]
#[command(
    name = "colstats-service",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Option<Settings>,
}

#[derive(Subcommand)]
enum Command {
    /// Who may call: a running service looks at the tokens every second
    Token {
        #[command(subcommand)]
        what: Token,
    },
}

#[derive(Subcommand)]
enum Token {
    /// Make a token and print it; the service keeps its hash alone
    Create {
        /// A name for people
        name: String,
        /// What it allows; may be repeated
        #[arg(long, required = true, value_enum)]
        scope: Vec<Scope>,
        /// With which dataset; may be repeated. With all datasets if not given
        #[arg(long, value_name = "NAME")]
        dataset: Vec<String>,
        /// The directory of the file of states
        #[arg(long, env = "COLSTATS_DATA")]
        data: PathBuf,
    },
    /// List what tokens allow
    List {
        /// The directory of the file of states
        #[arg(long, env = "COLSTATS_DATA")]
        data: PathBuf,
    },
    /// Forget a token
    Revoke {
        /// Its name
        name: String,
        /// The directory of the file of states
        #[arg(long, env = "COLSTATS_DATA")]
        data: PathBuf,
    },
}

fn main() -> ExitCode {
    let CommandLine { command, settings } = CommandLine::parse();
    let done = match (command, settings) {
        (Some(Command::Token { what }), _) => token(what),
        (None, Some(settings)) => run(settings),
        (None, None) => Err(Refusal::invalid("where is the data? Say --data DIR")),
    };
    match done {
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
        // Whoever started it may wait for these lines.
        println!("listening on {}", server.address()?);
        if let Some(page) = server.page() {
            println!("page at {page}");
        }
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

fn token(what: Token) -> Result<()> {
    match what {
        Token::Create { name, scope, dataset, data } => {
            let datasets = (!dataset.is_empty()).then_some(dataset);
            println!("{}", tokens::create(&data, &name, scope, datasets)?);
        }
        Token::List { data } => {
            for grant in tokens::list(&data)? {
                let scopes = grant.scopes.iter().map(|scope| format!("{scope:?}").to_lowercase());
                let datasets =
                    grant.datasets.map_or("all datasets".into(), |names| names.join(", "));
                println!("{}: {}; {datasets}", grant.name, scopes.collect::<Vec<_>>().join(", "));
            }
        }
        Token::Revoke { name, data } => tokens::revoke(&data, &name)?,
    }
    Ok(())
}
