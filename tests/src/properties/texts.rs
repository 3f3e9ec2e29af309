//! Keys, times and addresses.

use flighthub_api::{
    BoxFuture, Clock, Region, Secret, Timestamp, Token, Transport, TransportError, TransportReply,
    TransportRequest,
};
use flighthub_workflows::Run;
use flighthub_workflows::doctor::{Doctor, examine};
use flighthub_workflows::fetch::Fetcher;
use flighthub_workflows::routes::check_name;
use url::{Host, Url};

use super::{Bytes, Held};
use crate::exchange::at_once;

/// A key as somebody pasted it.
///
/// Whatever it is, it is taken or refused with a reason, and is never shown.
pub fn key(input: &[u8]) -> Held {
    let text = String::from_utf8_lossy(input).into_owned();
    // Short texts are part of many words.
    let is_telling = text.trim().len() >= 24 && !text.contains(' ');
    let shows = |words: &str| is_telling && words.contains(text.trim());
    for token in [Token::new(&text), Token::opaque(&text)] {
        match token {
            Ok(token) => {
                let _ = (token.expires_at(), token.organization());
                if format!("{token:?}") != "Token(***)" {
                    return Err("the key is shown".to_owned());
                }
            }
            Err(error) if shows(&format!("{error} {error:?}")) => {
                return Err(format!("the key is shown: {error}"));
            }
            Err(_) => {}
        }
    }
    let doctor = Doctor::new(Secret::new(text.as_str()))
        .with_candidates([Region::Europe])
        .with_setup(|builder| builder.transport(Closed).clock(Standing(std::time::Instant::now())));
    let report = at_once(examine(&doctor, &Run::quiet()));
    let shown = format!("{report:?} {}", serde_json::to_string(&report).unwrap_or_default());
    if shows(&shown) { Err(format!("the key is shown: {shown}")) } else { Ok(()) }
}

/// Every key is refused.
struct Closed;

impl Transport for Closed {
    fn send(&self, _: TransportRequest) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        let body = r#"{"code":200401,"message":"unauthorized"}"#;
        Box::pin(std::future::ready(Ok(TransportReply::new(401, body))))
    }
}

/// Nobody waits.
struct Standing(std::time::Instant);

impl Clock for Standing {
    fn now(&self) -> std::time::Instant {
        self.0
    }

    fn wall(&self) -> std::time::SystemTime {
        std::time::SystemTime::UNIX_EPOCH
    }

    fn sleep(&self, _: std::time::Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}

/// A time. Eight bytes: a count; the rest: a time as text.
///
/// What is read is written so that it is read as the same.
pub fn times(input: &[u8]) -> Held {
    let mut input = Bytes(input);
    let count = i64::from_le_bytes(std::array::from_fn(|_| input.byte()));
    let made = [
        Timestamp::from_unix_seconds(count),
        Timestamp::from_unix_millis(count),
        Timestamp::from_unix_micros(count),
        input.text().parse::<Timestamp>().ok(),
    ];
    for time in made.into_iter().flatten() {
        let written = time.to_string();
        match written.parse::<Timestamp>() {
            Ok(read) if read == time && is_same_zone(read, time) => {}
            other => return Err(format!("{written} is read as {other:?}")),
        }
        let pause = std::time::Duration::from_secs(count.unsigned_abs());
        let (later, earlier) = (time.saturating_add(pause), time.saturating_sub(pause));
        if later < time
            || earlier > time
            || later.duration_since(&earlier) < later.duration_since(&time)
        {
            return Err(format!("{written}: {earlier} and {later} are out of order"));
        }
        let turned = time.with_offset_seconds(i32::try_from(count % 100_000).unwrap_or_default());
        if turned.is_some_and(|turned| turned != time) {
            return Err(format!("{written} is another time in another zone"));
        }
    }
    Ok(())
}

/// RFC 3339 writes a zone in whole minutes.
fn is_same_zone(one: Timestamp, other: Timestamp) -> bool {
    one.offset_seconds().abs_diff(other.offset_seconds()) < 60
}

/// An address that an answer names, and a name for a route.
///
/// What would be fetched is https at a public host; refusing shows nothing of the signature.
pub fn addresses(input: &[u8]) -> Held {
    thread_local! {
        static FETCHER: Fetcher = Fetcher::builder().build();
    }
    let text = String::from_utf8_lossy(input).into_owned();
    let checked = FETCHER.with(|fetcher| fetcher.check(&Secret::new(text.as_str())));
    match checked {
        Ok(()) => {
            let url = Url::parse(&text).map_err(|error| format!("{text} is taken: {error}"))?;
            let is_inner = match url.host() {
                Some(Host::Ipv4(address)) => {
                    address.is_private()
                        || address.is_loopback()
                        || address.is_link_local()
                        || address.is_unspecified()
                }
                Some(Host::Ipv6(address)) => {
                    let mapped = address.to_ipv4_mapped();
                    address.is_loopback()
                        || address.is_unspecified()
                        || address.is_unique_local()
                        || address.is_unicast_link_local()
                        || mapped
                            .is_some_and(|address| address.is_private() || address.is_loopback())
                }
                Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
                None => true,
            };
            if url.scheme() != "https" || is_inner || !url.username().is_empty() {
                return Err(format!("{text} would be fetched"));
            }
        }
        Err(error) => {
            let query = text.split_once('?').map_or("", |(_, query)| query);
            if query.len() >= 24 && format!("{error} {error:?}").contains(query) {
                return Err(format!("the query is shown: {error}"));
            }
        }
    }
    match check_name(&text) {
        Ok(()) if text.contains(['/', '\\', '\0']) || text.chars().any(char::is_control) => {
            Err(format!("{text:?} counts as a name"))
        }
        _ => Ok(()),
    }
}
