//! A server that answers byte by byte what an attack wants, over plain or secured connections, and keeps what it was sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use flighthub_api::{Client, ClientBuilder, Region, RetryPolicy, Token};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The key of all attacks: whoever finds this text has found the key.
pub(crate) const KEY: &str = "FHCANARY-key-0000";

/// An answer: bytes, and what follows them.
#[derive(Clone, Default)]
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    /// Sent again and again until nobody takes it.
    pub(crate) endless: Vec<u8>,
}

impl From<Vec<u8>> for Answer {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, endless: Vec::new() }
    }
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

/// The server; it ends with the test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    /// The authority that signed its certificate, if it has one.
    pub(crate) authority: Option<String>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    /// Answers everything alike, in clear.
    pub(crate) async fn start(answer: impl Into<Answer>) -> Self {
        let answer = answer.into();
        Self::on("127.0.0.1", move |_, _| answer.clone()).await
    }

    /// Answers by the number of the request, from 0, and its text, on this address.
    pub(crate) async fn on(
        host: &str,
        answer: impl Fn(usize, &str) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::serve(host, None, answer).await
    }

    /// The same over a secured connection, as `localhost`.
    pub(crate) async fn secured(
        answer: impl Fn(usize, &str) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let (acceptor, authority) = certificate();
        let mut server = Self::serve("127.0.0.1", Some(acceptor), answer).await;
        server.authority = Some(authority);
        server
    }

    async fn serve(
        host: &str,
        tls: Option<TlsAcceptor>,
        answer: impl Fn(usize, &str) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((host, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let (answer, seen) = (Arc::new(answer), Arc::clone(&requests));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, seen, tls) = (Arc::clone(&answer), Arc::clone(&seen), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => one(stream, &*answer, &seen).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                one(stream, &*answer, &seen).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, requests, authority: None, serving }
    }

    /// The requests so far, heads and bodies.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Scheme, host and port.
    pub(crate) fn url(&self) -> String {
        match &self.authority {
            None => format!("http://{}", self.address),
            Some(_) => format!("https://localhost:{}", self.address.port()),
        }
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        let builder = Client::builder(Region::on_premises(self.url()), Token::opaque(KEY))
            .no_proxy()
            .no_rate_limit()
            .retry(RetryPolicy::never());
        match &self.authority {
            None => builder,
            Some(pem) => builder.certificate_authority(pem.clone()),
        }
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().unwrap()
    }
}

/// One request on a connection, and its answer.
async fn one(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &(impl Fn(usize, &str) -> Answer + ?Sized),
    seen: &Mutex<Vec<String>>,
) {
    let mut bytes = Vec::new();
    while !is_whole(&bytes) {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(text.clone());
        seen.len() - 1
    };
    let Answer { bytes, endless } = answer(number, &text);
    if stream.write_all(&bytes).await.is_ok() && !endless.is_empty() {
        while stream.write_all(&endless).await.is_ok() {}
    }
    let _ = stream.shutdown().await;
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    bytes.len() >= end + 4 + length.unwrap_or(0)
}

fn certificate() -> (TlsAcceptor, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
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
    (TlsAcceptor::from(Arc::new(config)), authority.pem())
}

/// A whole answer.
pub(crate) fn reply(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A whole answer of the API.
pub(crate) fn json(body: &str) -> Vec<u8> {
    reply("200 OK", "content-type: application/json\r\n", body.as_bytes())
}
