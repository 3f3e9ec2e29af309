//! Private installations with a certificate authority of their own, over real TLS on loopback.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![allow(clippy::print_stdout, reason = "figures of the proof")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flighthub_api::{Client, ErrorKind, Region};
use flighthub_sim::contract::Proxy;
use flighthub_tests::wire;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

const KEY: &str = "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJmaDIifQ.simulated-key";

/// A server whose certificate an authority of its own has signed.
struct Server {
    port: u16,
    authority: String,
    requests: Arc<AtomicUsize>,
}

async fn serve() -> Server {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Of the same name as what it signs, OpenSSL would take that for signed by itself.
    params.distinguished_name.push(DnType::CommonName, "An authority of its own");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            if stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                seen.fetch_add(1, Ordering::SeqCst);
                let body = r#"{"code":0,"message":""}"#;
                let length = body.len();
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    Server { port, authority: authority.pem(), requests }
}

fn region(server: &Server) -> Region {
    Region::on_premises(format!("https://localhost:{}", server.port))
}

#[tokio::test]
async fn a_private_authority_is_trusted_when_it_is_given() {
    let server = serve().await;
    let authority = server.authority.clone();
    let client = Client::builder(region(&server), KEY).certificate_authority(authority);
    client.build().unwrap().system().status().await.unwrap();
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_unknown_authority_gets_no_request() {
    let server = serve().await;
    let client = Client::new(region(&server), KEY).unwrap();
    let error = client.system().status().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
    assert_eq!(server.requests.load(Ordering::SeqCst), 0, "the key stays here");
}

/// `cargo xtask features` builds the example `private_installation` with each kind of TLS, and names the programs here: in one
/// build they would share their cryptography.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs programs: cargo xtask features"]
async fn each_kind_of_tls_works_alone() {
    let programs = std::env::var("FLIGHTHUB_TLS_PROGRAMS").unwrap();
    assert!(programs.contains("rustls=") && programs.contains("rustls-ring="), "{programs}");
    for program in programs.split(';') {
        let (kind, path) = program.split_once('=').unwrap();
        let (server, other) = (serve().await, serve().await);
        let run = |authority: &str| {
            let file = std::env::temp_dir().join(format!("fh-{kind}-{}.pem", server.port));
            std::fs::write(&file, authority).unwrap();
            let mut command = std::process::Command::new(path);
            command.arg(format!("https://localhost:{}", server.port)).arg(&file);
            let output = command.env("FLIGHTHUB_TOKEN", KEY).output().unwrap();
            std::fs::remove_file(&file).unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            (output.status.success(), said)
        };
        let (trusted, said) = run(&server.authority);
        let mut all = said.clone();
        assert_eq!(trusted, kind != "none", "{kind}: {said}");
        assert_eq!(said.contains("built without TLS"), kind == "none", "{said}");
        let calls = server.requests.load(Ordering::SeqCst);
        assert_eq!(calls, usize::from(trusted), "{kind}");
        let (foreign, said) = run(&other.authority);
        all += &said;
        assert!(!foreign, "{kind} trusts anyone");
        assert_eq!(server.requests.load(Ordering::SeqCst), calls, "{kind}: {said}");
        println!("figure TLS alone | {kind} | calls = {calls}");
        let panics = all.matches("panicked").count();
        println!("figure TLS alone | {kind} | panics = {panics}");
        assert_eq!(panics, 0, "{kind}: {all}");
    }
}

#[test]
fn what_is_no_certificate_is_refused_at_once() {
    let region = Region::on_premises("https://flighthub.example.com");
    for pem in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"]
    {
        let error = Client::builder(region.clone(), KEY).certificate_authority(pem).build();
        let error = error.map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{pem:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_proxy_hands_on_over_tls_to_those_that_it_trusts() {
    let server = serve().await;
    let target = format!("https://localhost:{}", server.port);
    let status = |proxy: &Proxy| {
        let headers = [("x-user-token", KEY)];
        wire::call(proxy.url(), "GET", "/openapi/v0.1/system_status", &headers, None).unwrap()
    };
    let proxy = Proxy::before(&target).start_blocking().unwrap();
    let answer = status(&proxy);
    assert_eq!(
        (answer.status, server.requests.load(Ordering::SeqCst)),
        (502, 0),
        "the key stays here"
    );
    assert!(answer.text().contains("certificate"), "{}", answer.text());

    let authority = server.authority.clone();
    let proxy = Proxy::before(&target).certificate_authority(authority).start_blocking().unwrap();
    let answer = status(&proxy);
    assert_eq!((answer.status, answer.text().as_str()), (200, r#"{"code":0,"message":""}"#));
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
    let found = proxy.stop().unwrap().findings;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].finding.place, "header/content-type");

    let no_certificate = Proxy::before(&target).certificate_authority("none").start_blocking();
    assert!(no_certificate.unwrap_err().to_string().contains("no PEM"));
}
