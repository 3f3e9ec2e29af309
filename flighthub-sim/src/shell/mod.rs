//! The shell around the worlds: sockets, connections, and what a request goes through.

mod api;
pub(crate) mod control;
mod unknown;

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::reply::Reply;
use crate::sim::Shared;

pub(crate) use control::deed;

/// On every reply: the version of the simulator, so that nobody takes it for the real one.
pub(crate) const SIMULATOR: HeaderName = HeaderName::from_static("x-flighthub-simulator");
/// Longest request body of an API call.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Where the simulator's own endpoints begin. No path of the API begins so.
const CONTROL: &str = "/__sim/";

/// What a body is, whether it is there already or made while it is sent.
pub(crate) type Body = BoxBody<Bytes, std::io::Error>;

/// What answers on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The gateway of a region, by its place in the list of regions.
    Gateway(usize),
}

/// A port that is listened on.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) listener: TcpListener,
    pub(crate) role: Role,
}

/// Serves all ports until it is told to stop. Connections that are still open then end with it.
pub(crate) async fn serve(shared: Arc<Shared>, ports: Vec<Port>, stop: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    for Port { listener, role } in ports {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
            continue;
        };
        tasks.spawn(accept(Arc::clone(&shared), listener, role));
    }
    let mut stop = stop;
    // An error means that the sender is gone, which is the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn accept(shared: Arc<Shared>, listener: tokio::net::TcpListener, role: Role) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection(Arc::clone(&shared), stream, peer, role));
                }
                // Out of file descriptors, or a peer that went at once: others may still come.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(shared: Arc<Shared>, stream: TcpStream, peer: SocketAddr, role: Role) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(control::Peer(peer));
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(respond(&shared, role, request).await) }
    });
    // An error of a connection concerns its peer alone.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn respond(shared: &Shared, role: Role, request: Request<Incoming>) -> Response<Body> {
    let Role::Gateway(region) = role;
    let (head, body) = request.into_parts();
    let reply = match Limited::new(body, MOST_BYTES).collect().await {
        Ok(body) => {
            let body = body.to_bytes();
            answer(shared, region, &head, &body)
        }
        Err(_) => Reply::empty(413),
    };
    into_response(reply)
}

/// The reply of a gateway's port: of its API, or of the simulator's own endpoints.
fn answer(shared: &Shared, region: usize, head: &Parts, body: &[u8]) -> Reply {
    let path = head.uri.path();
    match path.strip_prefix(CONTROL).or((path == CONTROL.trim_end_matches('/')).then_some("")) {
        Some(path) => control::answer(shared, region, head, path, body),
        None => api::answer(shared, region, head, body),
    }
}

/// A recorded request once more, in this process.
///
/// # Errors
///
/// When the port is none that a record can play.
pub(crate) fn again(
    shared: &Shared,
    port: &str,
    region: usize,
    mut head: Parts,
    body: &[u8],
) -> Result<(), String> {
    match port {
        "api" | "control" => {
            let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            head.extensions.insert(control::Peer(here));
            answer(shared, region, &head, body);
            Ok(())
        }
        _ => Err(format!("requests to the port `{port}` cannot be played again")),
    }
}

/// A reply as hyper sends it, marked as simulated.
pub(crate) fn into_response(reply: Reply) -> Response<Body> {
    let body = Full::from(reply.body).map_err(|never| match never {}).boxed();
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().extend(reply.headers);
    response.headers_mut().insert(SIMULATOR, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
    response
}

pub(crate) fn to_text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned())
}
