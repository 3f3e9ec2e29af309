//! Posts what happens to a URL, as FlightHub 2 does when its console is set up to.
//!
//! `POST {"type": …, "data": …}` with the header `x-dji-signature`: HMAC-SHA256 of the body, keyed with the organization's token, in
//! hexadecimal. That the body is what is signed, and how it is written, is a guess: only the algorithm and the origin of the key are known.
//! Events go out one after the other, each once: two seconds, no retry, no redirect. The outcome is in the journal, on the port `events`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use flighthub_api::Secret;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::redirect::Policy;
use sha2::Sha256;

use crate::journal::Happening;
use crate::shell::to_text;
use crate::sim::Shared;
use crate::world::events::Event;

/// The header with the signature.
const SIGNATURE: &str = "x-dji-signature";
/// How long the receiver may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How often is looked for events, in real time.
const EVERY: Duration = Duration::from_millis(20);

/// Where events are posted to.
///
/// ```
/// use flighthub_sim::EventTarget;
///
/// assert!(EventTarget::new("http://127.0.0.1:9000/hook", "a secret").is_ok());
/// // Plain HTTP to elsewhere has to be meant.
/// assert!(EventTarget::new("http://hooks.example.com/", "a secret").is_err());
/// assert!(EventTarget::over_plain_http("http://hooks.example.com/", "a secret").is_ok());
/// ```
#[derive(Clone)]
pub struct EventTarget {
    url: reqwest::Url,
    token: Secret,
}

impl fmt::Debug for EventTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventTarget").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

/// Why events cannot be posted there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTargetError(String);

impl fmt::Display for EventTargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for EventTargetError {}

impl EventTarget {
    /// A URL of this machine, or an `https` one, and the token that the signatures are keyed with.
    ///
    /// # Errors
    ///
    /// When it is no such URL.
    pub fn new(url: &str, token: impl Into<Secret>) -> Result<Self, EventTargetError> {
        let target = Self::over_plain_http(url, token)?;
        if target.url.scheme() == "http" && !is_here(&target.url) {
            return Err(EventTargetError(
                "events go over plain http to this machine only: use https, or allow it".to_owned(),
            ));
        }
        Ok(target)
    }

    /// The same, and plain HTTP to other machines is meant.
    ///
    /// # Errors
    ///
    /// When it is no URL of `http` or `https`.
    pub fn over_plain_http(url: &str, token: impl Into<Secret>) -> Result<Self, EventTargetError> {
        let wrong =
            || EventTargetError("events need a URL such as http://127.0.0.1:9000/hook".to_owned());
        let url = reqwest::Url::parse(url).map_err(|_| wrong())?;
        match url.scheme() {
            "https" if cfg!(not(feature = "tls")) => Err(EventTargetError(
                "this simulator was built without TLS: build it with the feature `tls`".to_owned(),
            )),
            "http" | "https" if url.host_str().is_some() => Ok(Self { url, token: token.into() }),
            _ => Err(wrong()),
        }
    }
}

fn is_here(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Posts events until it is dropped.
pub(crate) async fn post(shared: Arc<Shared>, target: EventTarget) {
    let client =
        reqwest::Client::builder().redirect(Policy::none()).timeout(TIMEOUT).no_proxy().build();
    let Ok(client) = client else {
        note(&shared, 0, &target, "", Err("no HTTP client could be made".to_owned()));
        return;
    };
    loop {
        tokio::time::sleep(EVERY).await;
        for (region, event) in take(&shared) {
            let body = to_text(&event);
            let outcome = send(&client, &target, &body).await;
            note(&shared, region, &target, &body, outcome);
        }
    }
}

fn take(shared: &Shared) -> Vec<(usize, Event)> {
    let mut state = shared.state();
    let gateways = state.gateways.iter_mut().enumerate();
    let events = gateways.flat_map(|(region, gateway)| {
        gateway.world.take_events().into_iter().map(move |event| (region, event))
    });
    events.collect()
}

async fn send(client: &reqwest::Client, target: &EventTarget, body: &str) -> Result<u16, String> {
    let signature = signature(target.token.expose(), body.as_bytes());
    let reply = client
        .post(target.url.clone())
        .header("content-type", "application/json")
        .header(SIGNATURE, signature)
        .body(body.to_owned())
        .send()
        .await;
    // Without the URL, which may hold a secret.
    reply.map(|reply| reply.status().as_u16()).map_err(|error| match error.is_timeout() {
        true => "no reply within two seconds".to_owned(),
        false => format!("not delivered: {}", error.without_url()),
    })
}

fn note(
    shared: &Shared,
    region: usize,
    target: &EventTarget,
    body: &str,
    outcome: Result<u16, String>,
) {
    let mut state = shared.state();
    let now = state.now();
    let (status, notes) = match outcome {
        Ok(status) => (Some(status), Vec::new()),
        Err(problem) => (None, vec![problem]),
    };
    state.journal.note(
        now,
        Happening {
            port: "events",
            region,
            method: "POST",
            // Whoever knows the path of a webhook can often post to it.
            path: target.url.host_str().unwrap_or_default(),
            body: body.as_bytes(),
            notes,
            status,
        },
    );
}

/// HMAC-SHA256 in hexadecimal.
fn signature(token: &str, body: &[u8]) -> String {
    // A key may have any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(token.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second case of RFC 4231.
    #[test]
    fn signatures_are_hmac_sha256() {
        assert_eq!(
            signature("Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn only_urls_that_are_meant_are_taken() {
        for (url, good) in [
            ("http://localhost:1/x", true),
            ("http://[::1]:1/x", true),
            ("https://hooks.example.com/x", cfg!(feature = "tls")),
            ("http://10.0.0.1/x", false),
            ("http://localhost.example.com/", false),
            ("ftp://127.0.0.1/", false),
            ("hook", false),
        ] {
            assert_eq!(EventTarget::new(url, "t").is_ok(), good, "{url}");
        }
        let debug = format!("{:?}", EventTarget::new("http://127.0.0.1/k", "canary").unwrap());
        assert!(!debug.contains("canary") && !debug.contains("/k"), "{debug}");
    }
}
