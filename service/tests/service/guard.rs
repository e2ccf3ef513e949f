//! Tokens and TLS: who is let in, and to what.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use arrow_flight::{Action, Criteria, Ticket};
use colstats_service::guard::{Scope, tokens};
use colstats_service::refusal::Kind;
use futures::TryStreamExt;
use rcgen::{CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use serde_json::json;
use tonic::metadata::MetadataValue;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status};

use super::support::*;
use super::wire::Running;

fn sample() -> RecordBatch {
    batch([("x", Arc::new(Float64Array::from(vec![1.0, 2.0])) as ArrayRef)])
}

/// A request that shows a token, or whatever the header is.
fn with<T>(message: T, header: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(header) = header {
        let value = MetadataValue::try_from(header).expect("ASCII");
        request.metadata_mut().insert("authorization", value);
    }
    request
}

async fn put(client: &mut Client, dataset: &str, header: Option<&str>) -> Result<usize, Status> {
    let rows = sample();
    let messages = messages(path(dataset), &rows.schema(), [(&rows, None)]);
    let replies = client.do_put(with(futures::stream::iter(messages), header)).await?;
    Ok(replies.into_inner().try_collect::<Vec<_>>().await?.len())
}

async fn get(client: &mut Client, dataset: &str, header: Option<&str>) -> Result<(), Status> {
    let ticket = Ticket::new(json!({ "dataset": dataset }).to_string());
    client.do_get(with(ticket, header)).await.map(drop)
}

async fn dropped(client: &mut Client, dataset: &str, header: Option<&str>) -> Result<(), Status> {
    let action = Action::new("drop", json!({ "dataset": dataset }).to_string());
    client.do_action(with(action, header)).await.map(drop)
}

fn code<T>(result: Result<T, Status>) -> Code {
    result.map_or_else(|status| status.code(), |_| Code::Ok)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_what_it_names_and_nothing_else() {
    let directory = Directory::new();
    let create = |name: &str, scopes: &[Scope], datasets: Option<&str>| {
        let datasets = datasets.map(|name| vec![name.to_string()]);
        let token = tokens::create(directory.path(), name, scopes.to_vec(), datasets);
        format!("Bearer {}", token.expect("a new one"))
    };
    let writer = create("writer", &[Scope::Write], Some("d"));
    let reader = create("reader", &[Scope::Read], None);
    let admin = create("admin", &[Scope::Read, Scope::Write, Scope::Admin], None);
    let running = Running::start(&directory, &[]).await;
    let mut client = running.client().await;
    let last = if writer.ends_with('0') { '1' } else { '0' };
    let unknown = format!("{}{last}", &writer[..writer.len() - 1]);
    for header in [
        None,
        Some("Bearer "),
        Some("Bearer x"),
        Some("Basic x"),
        Some(&writer[7..]),
        Some(&unknown),
    ] {
        assert_eq!(code(put(&mut client, "d", header).await), Code::Unauthenticated, "{header:?}");
        assert_eq!(code(get(&mut client, "d", header).await), Code::Unauthenticated, "{header:?}");
    }
    assert_eq!(code(put(&mut client, "d", Some(&writer)).await), Code::Ok);
    assert_eq!(code(put(&mut client, "e", Some(&writer)).await), Code::PermissionDenied);
    assert_eq!(code(get(&mut client, "d", Some(&writer)).await), Code::PermissionDenied);
    assert_eq!(code(get(&mut client, "d", Some(&reader)).await), Code::Ok);
    assert_eq!(code(put(&mut client, "d", Some(&reader)).await), Code::PermissionDenied);
    assert_eq!(code(dropped(&mut client, "d", Some(&reader)).await), Code::PermissionDenied);
    assert_eq!(code(put(&mut client, "e", Some(&admin)).await), Code::Ok);
    // Each sees what it may read.
    for (header, seen) in [(&writer, 0), (&reader, 2)] {
        let flights = client.list_flights(with(Criteria::default(), Some(header))).await;
        let flights = flights.expect("a list").into_inner().try_collect::<Vec<_>>().await;
        assert_eq!(flights.expect("a list").len(), seen);
    }
    let lower = reader.replacen("Bearer", "bearer", 1);
    assert_eq!(code(get(&mut client, "d", Some(&lower)).await), Code::Ok);
    // A running service looks at the file every second.
    for name in ["reader", "writer", "admin"] {
        tokens::revoke(directory.path(), name).expect("it is there");
    }
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    for header in [None, Some(&*reader), Some(&*admin)] {
        assert_eq!(code(get(&mut client, "d", header).await), Code::Unauthenticated, "{header:?}");
    }
    running.stop().await;
}

/// Certificates of a test, as files.
struct Certificates {
    authority: String,
    client: (String, String),
    options: Vec<String>,
}

impl Certificates {
    fn new(directory: &Directory) -> Self {
        let key = || KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new([]).expect("no names");
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, key()).expect("an authority");
        let signed = |names: &[&str], purposes: &[ExtendedKeyUsagePurpose]| {
            let names = names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
            let mut params = CertificateParams::new(names).expect("names");
            params.extended_key_usages = purposes.to_vec();
            let key = key();
            let certificate = params.signed_by(&key, &authority).expect("a certificate");
            (certificate.pem(), key.serialize_pem())
        };
        // A node is a client of other nodes.
        let (serves, asks) =
            (ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth);
        let server = signed(&["localhost"], &[serves, asks.clone()]);
        let client = signed(&["client"], &[asks]);
        std::fs::create_dir_all(directory.path()).expect("a directory");
        let file = |name: &str, text: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).expect("a file");
            path.to_str().expect("text").to_string()
        };
        let options = [
            ("--tls-cert", file("cert.pem", &server.0)),
            ("--tls-key", file("key.pem", &server.1)),
            ("--tls-client-ca", file("ca.pem", &authority.pem())),
        ];
        let options = options.into_iter().flat_map(|(option, path)| [option.into(), path]);
        Self { authority: authority.pem(), client, options: options.collect() }
    }

    /// A connection with TLS, perhaps with a certificate of the client.
    async fn connect(&self, address: &str, shows_certificate: bool) -> Result<Client, String> {
        let authority = Certificate::from_pem(&self.authority);
        let mut tls = ClientTlsConfig::new().ca_certificate(authority).domain_name("localhost");
        if shows_certificate {
            tls = tls.identity(Identity::from_pem(&self.client.0, &self.client.1));
        }
        let endpoint = Endpoint::from_shared(format!("https://{address}")).expect("a URL");
        let channel = endpoint.tls_config(tls).expect("certificates").connect().await;
        channel.map(Client::new).map_err(|error| format!("{error:?}"))
    }

    /// What a first call on such a connection says.
    async fn call(&self, address: &str, shows_certificate: bool) -> Result<(), String> {
        let mut client = self.connect(address, shows_certificate).await?;
        put(&mut client, "d", None).await.map(drop).map_err(|status| status.to_string())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_shows_who_the_service_is_and_asks_who_the_client_is() {
    let directory = Directory::new();
    let certificates = Certificates::new(&directory);
    let options = certificates.options.iter().map(String::as_str).collect::<Vec<_>>();
    // The service alone has a certificate.
    let running = Running::start(&directory, &options[..4]).await;
    assert_eq!(certificates.call(&running.address, false).await, Ok(()));
    let plain = connect(&running.address).await;
    let plain = match plain {
        Ok(mut client) => put(&mut client, "d", None).await.is_ok(),
        Err(_) => false,
    };
    assert!(!plain, "it speaks without TLS");
    running.stop().await;
    // Both have one.
    let running = Running::start(&directory, &options).await;
    assert_eq!(certificates.call(&running.address, true).await, Ok(()));
    assert!(certificates.call(&running.address, false).await.is_err(), "nobody asked for it");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_pulls_over_mutual_tls() {
    let (directory, here) = (Directory::new(), Directory::new());
    let certificates = Certificates::new(&directory);
    let options = certificates.options.iter().map(String::as_str).collect::<Vec<_>>();
    let source = Running::start(&directory, &options).await;
    assert_eq!(certificates.call(&source.address, true).await, Ok(()));
    let (_, port) = source.address.rsplit_once(':').expect("a port");
    let pull = json!({"url": format!("https://localhost:{port}")});

    let plain = Running::start(&here, &[]).await;
    let refused = act(&mut plain.client().await, "pull", pull.clone()).await;
    let refused = refused.expect_err("it cannot know whom to trust");
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("--pull-ca"), "{refused}");
    plain.stop().await;

    // What it shows is its own certificate; its clients need not show any.
    let more = [&options[..4], &["--pull-ca", options[5]]].concat();
    let sink = Running::start(&here, &more).await;
    let mut client = certificates.connect(&sink.address, false).await.expect("it listens");
    let pulled = act(&mut client, "pull", pull).await.expect("it is reached");
    assert_eq!(pulled, [json!({"datasets": 1, "buckets": 1, "groups": 1, "refused": []})]);
    sink.stop().await;
    source.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_none_is_refused_at_the_start() {
    let directory = Directory::new();
    std::fs::create_dir_all(directory.path()).expect("a directory");
    let path = directory.path().join("empty.pem");
    std::fs::write(&path, "").expect("a file");
    let path = path.to_str().expect("text");
    let settings = settings(&directory, &["--tls-cert", path, "--tls-key", path]);
    let server = colstats_service::server::Server::open(settings).await.expect("its port is free");
    let refused = server.run(std::future::pending()).await.expect_err("no certificate");
    assert_eq!(refused.kind, Kind::Invalid);
    assert!(refused.message.contains("certificate"), "{refused}");
}
