//! The shell around the worlds: sockets, connections, and what a request goes through.

mod api;
mod bomb;
pub(crate) mod control;
mod faults;
mod pages;
pub(crate) mod played;
pub(crate) mod quirk;
mod unknown;
mod wire;

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, HOST};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::faults::{Arrival, FaultKind, FaultPort};
use crate::journal::Seen;
use crate::reply::Reply;
use crate::sim::Shared;
use crate::storage;
use wire::{Link, Step};

pub(crate) use control::deed;

/// On every reply: the version of the simulator, so that nobody takes it for the real one.
pub(crate) const SIMULATOR: HeaderName = HeaderName::from_static("x-flighthub-simulator");
/// Longest request body of an API call.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Longest head of a request.
const MOST_HEAD: usize = 64 * 1024;
/// How long a peer may take over the head of a request, and over each further part of its body.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the virtual clock runs on when nobody asks, in real time.
const EVERY: Duration = Duration::from_millis(100);
/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;
/// Where the simulator's own endpoints begin. No path of the API begins so.
const CONTROL: &str = "/__sim/";

/// What a body is, whether it is there already or made while it is sent.
pub(crate) type Body = BoxBody<Bytes, std::io::Error>;

/// What answers on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The gateway of a region, by its place in the list of regions.
    Gateway(usize),
    /// The web console: a page for whatever is asked.
    Console,
    /// The object storage of all regions.
    Storage,
    /// The other origin that redirects lead to.
    Elsewhere,
}

impl Role {
    /// The port and region in the terms of faults; none where no faults are played.
    pub(crate) const fn place(self) -> Option<(FaultPort, usize)> {
        match self {
            Self::Gateway(region) => Some((FaultPort::Api, region)),
            Self::Storage => Some((FaultPort::Storage, 0)),
            Self::Console | Self::Elsewhere => None,
        }
    }

    /// The port and region in the terms of the journal.
    const fn written(self) -> (&'static str, usize) {
        match self {
            Self::Gateway(region) => ("api", region),
            Self::Storage => ("storage", 0),
            Self::Console => ("console", 0),
            Self::Elsewhere => ("elsewhere", 0),
        }
    }
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
    tasks.spawn(keep_up(Arc::clone(&shared)));
    let mut stop = stop;
    // An error means that the sender is gone, which is the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Lets the virtual clock run while nobody asks, so that whoever asks next does not wait for all of it.
async fn keep_up(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(EVERY).await;
        drop(shared.state());
    }
}

/// Takes the connections of a port, as long as no fault closes it.
async fn accept(shared: Arc<Shared>, listener: tokio::net::TcpListener, role: Role) {
    let Ok(address) = listener.local_addr() else {
        return;
    };
    let mut listener = listener;
    let mut connections = JoinSet::new();
    let (close, closing) = watch::channel(());
    loop {
        // Made before the look at the faults, so that none is missed in between.
        let called = shared.doors.notified();
        if closed_until(&shared, role).is_some() {
            drop(listener);
            let _ = close.send(());
            listener = reopened(&shared, role, address).await;
            continue;
        }
        let mut called = pin!(called);
        loop {
            tokio::select! {
                () = &mut called => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        let serving = connection(Arc::clone(&shared), stream, peer, role, closing.clone());
                        connections.spawn(serving);
                    }
                    // Out of file descriptors, or a peer that went at once: others may still come.
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

fn closed_until(shared: &Shared, role: Role) -> Option<std::time::Instant> {
    let (port, region) = role.place()?;
    shared.state().faults.closed_until(port, region)
}

/// The port of a listener that has been dropped, once it may be open again. Until then it is held without being listened on, so that nobody
/// else gets it.
async fn reopened(shared: &Shared, role: Role, address: SocketAddr) -> tokio::net::TcpListener {
    let mut socket = bound(address).ok();
    // The connections go first: whoever waits for the port to be closed finds them closed too.
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    loop {
        let called = shared.doors.notified();
        if let Some((port, region)) = role.place() {
            shared.state().faults.has_closed(port, region);
        }
        if let Some(until) = closed_until(shared, role) {
            let _ = tokio::time::timeout_at(until.into(), called).await;
            continue;
        }
        // Taken by somebody else meanwhile: they may leave again.
        match socket.take().map_or_else(|| bound(address), Ok).and_then(|it| it.listen(BACKLOG)) {
            Ok(listener) => return listener,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

fn bound(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Serves a connection until it ends, or is taken over by a fault.
async fn connection(
    shared: Arc<Shared>,
    stream: TcpStream,
    peer: SocketAddr,
    role: Role,
    mut closing: watch::Receiver<()>,
) {
    closing.mark_unchanged();
    let _ = stream.set_nodelay(true);
    if let Some((port, region)) = role.place().filter(|_| shared.is_armed()) {
        let fault = shared.state().faults.connection(port, region);
        match fault.map(|fault| fault.kind) {
            Some(FaultKind::ConnectionSilence { for_ms }) => {
                let script = vec![Step::Deafness(for_ms.map(Duration::from_millis)), Step::Reset];
                return until_closed(&mut closing, wire::play(stream, script)).await;
            }
            Some(_) => return wire::reset(stream),
            None => {}
        }
    }
    let link = Arc::new(Link::default());
    let handle = Arc::clone(&link);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(control::Peer(peer));
        let (shared, link) = (Arc::clone(&shared), Arc::clone(&handle));
        async move {
            let exchange = Exchange { shared: &shared, role, link: &link };
            Ok::<_, Infallible>(exchange.respond(request).await)
        }
    });
    let mut serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(MOST_HEAD)
        // A peer that has said everything may still wait for the reply.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut open = true;
    let script = loop {
        tokio::select! {
            biased;
            // An error of a connection concerns its peer alone.
            _ = &mut serving => return,
            script = link.script() => break script,
            _ = closing.changed(), if open => {
                open = false;
                // The reply that is being made is still sent.
                std::pin::Pin::new(&mut serving).graceful_shutdown();
            }
        }
    };
    let stream = serving.into_parts().io.into_inner();
    until_closed(&mut closing, wire::play(stream, script)).await;
}

/// Runs to the end, or until the port is closed.
async fn until_closed(closing: &mut watch::Receiver<()>, run: impl Future<Output = ()>) {
    tokio::select! {
        () = run => {}
        _ = closing.changed() => {}
    }
}

/// A request on its way through the shell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange<'c> {
    pub(crate) shared: &'c Arc<Shared>,
    pub(crate) role: Role,
    link: &'c Link,
}

impl Exchange<'_> {
    async fn respond(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        if let Some(end) = self.link.ends() {
            return played::reused(self, end, head).await;
        }
        match played::due(self, &head) {
            Ok(None) => self.answer(head, body).await,
            Ok(Some(fault)) => played::play(self, fault, head, body).await,
            Err(reply) => into_response(reply),
        }
    }

    /// The reply as it would be without faults.
    async fn answer(&self, head: Parts, body: Incoming) -> Response<Body> {
        if self.role == Role::Storage {
            return storage::respond(self.shared, Request::from_parts(head, body)).await;
        }
        let body = match self.read(body).await {
            Ok(body) => body,
            Err(reply) => {
                self.write_down(&head, None, 0, Some(&reply));
                return self.turned_away(reply).await;
            }
        };
        let reply = match self.role {
            Role::Gateway(region) if is_control(&head) => {
                let reply = control::answer(self.shared, region, &head, &body);
                faults::settled(self.shared).await;
                reply
            }
            Role::Gateway(_) if is_console(&head) => self.console(&head, &body),
            Role::Gateway(region) => api::answer(self.shared, region, &head, &body),
            // The storage reads for itself.
            Role::Storage | Role::Console => self.console(&head, &body),
            Role::Elsewhere => self.arrived(&head, &body),
        };
        into_response(reply)
    }

    fn console(&self, head: &Parts, body: &Bytes) -> Reply {
        let reply = pages::console();
        self.write_down(head, None, body.len() as u64, Some(&reply));
        reply
    }

    /// Somebody followed a redirect. The reply looks like a success, so that only the list of arrivals tells.
    fn arrived(&self, head: &Parts, body: &Bytes) -> Reply {
        let reply = Reply::json(200, r#"{"code":0,"message":""}"#);
        self.write_down(head, None, body.len() as u64, Some(&reply));
        self.shared.state().elsewhere.arrive(Arrival {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            carried_key: head.headers.contains_key("x-user-token"),
            bytes: body.len() as u64,
        });
        reply
    }

    /// The body of a request.
    ///
    /// # Errors
    ///
    /// The reply to one that is too long, too slow, or breaks off.
    async fn read(&self, mut body: Incoming) -> Result<Bytes, Reply> {
        if body.is_end_stream() {
            return Ok(Bytes::new());
        }
        if body.size_hint().lower() > MOST_BYTES as u64 {
            return Err(Reply::empty(413));
        }
        let (mut first, mut more) = (Bytes::new(), BytesMut::new());
        loop {
            let frame = match timeout(PATIENCE, body.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(None) if more.is_empty() => return Ok(first),
                Ok(None) => return Ok(more.freeze()),
                Ok(Some(Err(_))) => return Err(Reply::empty(400)),
                Err(_) => return Err(Reply::empty(408)),
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if first.len() + more.len() + data.len() > MOST_BYTES {
                return Err(Reply::empty(413));
            }
            if first.is_empty() && more.is_empty() {
                first = data;
            } else {
                if more.is_empty() {
                    more.extend_from_slice(&std::mem::take(&mut first));
                }
                more.extend_from_slice(&data);
            }
        }
    }

    /// Reads a body that is not kept: how long it was.
    async fn count(&self, mut body: Incoming) -> u64 {
        let mut bytes = 0;
        while let Ok(Some(Ok(frame))) = timeout(PATIENCE, body.frame()).await {
            bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        bytes
    }

    /// Replies to a request that has not been read to its end. The peer may still be sending, so the connection ends, but only after the
    /// reply had time to arrive.
    async fn turned_away(&self, reply: Reply) -> Response<Body> {
        let (mut parts, _) = into_response(reply).into_parts();
        parts.headers.insert(CONNECTION, HeaderValue::from_static("close"));
        let head = wire::head(&parts, &[("content-length", "0")]);
        self.link.play(vec![Step::Send(head.into()), Step::Close]).await
    }

    /// Writes a request into the journal that the world was not asked about.
    fn write_down(&self, head: &Parts, body: Option<&[u8]>, bytes: u64, reply: Option<&Reply>) {
        let (port, region) = self.role.written();
        let operation = if port == "api" { api::operation(head) } else { None };
        let mut state = self.shared.state();
        let now = state.now();
        let fault = played::words(head);
        state.journal.write(
            now,
            &Seen {
                port,
                region,
                head,
                body,
                bytes,
                operation,
                notes: &[],
                fault,
                reply,
                again: None,
            },
        );
    }
}

/// Whether a gateway is asked by the name of the web console.
fn is_console(head: &Parts) -> bool {
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default();
    name.eq_ignore_ascii_case(pages::CONSOLE_HOST)
}

/// Whether a gateway is asked for the simulator's own endpoints.
fn is_control(head: &Parts) -> bool {
    let path = head.uri.path();
    path.starts_with(CONTROL) || path == CONTROL.trim_end_matches('/')
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
        "api" => {
            api::answer(shared, region, &head, body);
            Ok(())
        }
        "control" => {
            let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            head.extensions.insert(control::Peer(here));
            control::answer(shared, region, &head, body);
            Ok(())
        }
        _ => Err(format!("requests to the port `{port}` cannot be played again")),
    }
}

/// A reply as hyper sends it, marked as simulated.
pub(crate) fn into_response(reply: Reply) -> Response<Body> {
    let mut response = Response::new(full(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().reserve(reply.headers.len() + 2);
    response.headers_mut().extend(reply.headers);
    response.headers_mut().insert(SIMULATOR, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
    response
}

fn full(body: impl Into<Bytes>) -> Body {
    Full::from(body.into()).map_err(|never| match never {}).boxed()
}

pub(crate) fn to_text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned())
}
