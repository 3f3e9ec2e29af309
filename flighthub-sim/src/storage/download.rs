//! Addresses that the API signed: `GET` and `HEAD` without any other credentials, whole or in part.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use flighthub_api::Timestamp;
use http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HOST, HeaderMap, HeaderName,
    HeaderValue, LAST_MODIFIED,
};
use http::request::Parts;
use hyper::body::{Frame, SizeHint};
use jiff::fmt::rfc2822::DateTimePrinter;

use super::signature::{self, Pair};
use super::{address, refused, text_of, value_of};
use crate::reply::Reply;
use crate::sim::State;
use crate::world::World;
use crate::world::store::{Content, Object};

/// Bytes that are made and sent at a time.
const CHUNK: u64 = 64 << 10;
/// Longest life of an address: a week.
const MOST_SECONDS: u64 = 604_800;

/// The answer to a request with a signed address.
pub(super) struct Answer {
    /// The place of the world that signed it, in the list of regions.
    pub(super) region: usize,
    pub(super) reply: Reply,
    /// The body, when there is an object to send.
    pub(super) stretch: Option<Stretch>,
}

/// A refusal, and when there is none what to send.
type Outcome = Result<(Reply, Stretch), Reply>;

/// Answers a request whose address this simulator signed; nothing for any other.
pub(super) fn answer(
    state: &State,
    head: &Parts,
    pairs: &[Pair],
    notes: &mut Vec<String>,
) -> Option<Answer> {
    let path = head.uri.path();
    let (region, checked) = if let Some(credential) = value_of(pairs, "X-Amz-Credential") {
        let id = credential.split('/').next().unwrap_or_default();
        let mut gateways = state.gateways.iter();
        let region = gateways.position(|gateway| gateway.world.store.signs(id))?;
        let world = &state.gateways.get(region)?.world;
        (region, presigned(world, head, pairs))
    } else {
        let key = value_of(pairs, "auth_key")?;
        // The key names nobody, so every world is asked.
        let mut asked = state.gateways.iter().map(|gateway| network(&gateway.world, path, key));
        let region = asked.position(|checked| checked.is_ok()).unwrap_or(0);
        (region, network(&state.gateways.get(region)?.world, path, key))
    };
    let world = &state.gateways.get(region)?.world;
    let outcome = checked.and_then(|()| match head.method.as_str() {
        "GET" => found(world, head),
        "HEAD" => {
            notes.push("HEAD with an address that is signed for GET: S3 and OSS refuse it".into());
            found(world, head)
        }
        _ => Err(mismatch()),
    });
    Some(match outcome {
        Ok((reply, stretch)) => Answer { region, reply, stretch: Some(stretch) },
        Err(reply) => Answer { region, reply, stretch: None },
    })
}

fn mismatch() -> Reply {
    refused(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Send the address unchanged, to the same host.",
        &[],
    )
}

fn expired(expires: Timestamp, now: Timestamp) -> Reply {
    let (expires, now) = (expires.to_string(), now.to_string());
    let more = [("Expires", expires.as_str()), ("ServerTime", now.as_str())];
    refused(403, "AccessDenied", "Request has expired", &more)
}

/// Checks an address in the form of S3, in virtual time.
fn presigned(world: &World, head: &Parts, pairs: &[Pair]) -> Result<(), Reply> {
    let incomplete = |name: &str| {
        let message = format!("Query-string authentication needs a good {name} parameter");
        refused(400, "AuthorizationQueryParametersError", &message, &[])
    };
    let text = |name: &str| value_of(pairs, name).ok_or_else(|| incomplete(name));
    let signed_at = moment(text("X-Amz-Date")?).ok_or_else(|| incomplete("X-Amz-Date"))?;
    let seconds = text("X-Amz-Expires")?.parse().ok().filter(|seconds| *seconds <= MOST_SECONDS);
    let seconds = seconds.ok_or_else(|| incomplete("X-Amz-Expires"))?;
    let signature = text("X-Amz-Signature")?;
    let rest: Vec<Pair> =
        pairs.iter().filter(|pair| pair.0 != "X-Amz-Signature").cloned().collect();
    let host = text_of(&head.headers, HOST.as_str()).unwrap_or_default();
    let path = percent_encoding::percent_decode_str(head.uri.path()).decode_utf8_lossy();
    let expires = signed_at.saturating_add(std::time::Duration::from_secs(seconds));
    if world.now() > expires {
        return Err(expired(expires, world.now()));
    }
    if world.store.presigned(host, &path, &rest).as_deref() == Some(signature) {
        Ok(())
    } else {
        Err(mismatch())
    }
}

/// `20260101T080000Z`.
fn moment(text: &str) -> Option<Timestamp> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(Timestamp::from(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()))
}

/// Checks an address in the form of content networks: expiry, a random text, a user and a signature.
fn network(world: &World, path: &str, key: &str) -> Result<(), Reply> {
    let parts: Vec<&str> = key.split('-').collect();
    let [expires, random, "0", signature] = parts[..] else {
        return Err(mismatch());
    };
    let until = expires.parse().ok().and_then(Timestamp::from_unix_seconds).ok_or_else(mismatch)?;
    if world.store.network(path, expires, random) != signature {
        return Err(mismatch());
    }
    if world.now() > until { Err(expired(until, world.now())) } else { Ok(()) }
}

/// What stands for a good signature, and for who signed.
const SIGNED: &str = "{signed}";
const SIGNER: &str = "{signer}";

/// The query of an address without its secrets. A good signature is `{signed}`, any other `0`.
pub(super) fn unsigned(world: &World, head: &Parts, pairs: &[Pair]) -> String {
    const PLAIN: &[&str] =
        &["X-Amz-Algorithm", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"];
    let path = percent_encoding::percent_decode_str(head.uri.path()).decode_utf8_lossy();
    let host = text_of(&head.headers, HOST.as_str()).unwrap_or_default();
    let rest: Vec<Pair> =
        pairs.iter().filter(|pair| pair.0 != "X-Amz-Signature").cloned().collect();
    let told = |(name, value): &Pair| match name.as_str() {
        "X-Amz-Signature" => {
            let good = world.store.presigned(host, &path, &rest).as_ref() == Some(value);
            if good { SIGNED.to_owned() } else { "0".to_owned() }
        }
        "X-Amz-Credential" => {
            let scope = value.split_once('/').map_or("", |(_, scope)| scope);
            format!("{SIGNER}{}", signature::escaped(&format!("/{scope}")))
        }
        "auth_key" => match value.split('-').collect::<Vec<_>>()[..] {
            [expires, random, "0", signed] => {
                let good = world.store.network(head.uri.path(), expires, random) == signed;
                let (expires, random) = (signature::escaped(expires), signature::escaped(random));
                format!("{expires}-{random}-0-{}", if good { SIGNED } else { "0" })
            }
            _ => "0".to_owned(),
        },
        name if PLAIN.contains(&name) => signature::escaped(value),
        _ => "x".to_owned(),
    };
    let told = |pair: &Pair| format!("{}={}", signature::escaped(&pair.0), told(pair));
    pairs.iter().map(told).collect::<Vec<_>>().join("&")
}

/// Such a query with the secrets of this world in it.
pub(super) fn signed_again(world: &World, host: &str, path: &str, query: &str) -> String {
    let query = query.replace(SIGNER, world.store.signer_id());
    if !query.contains(SIGNED) {
        return query;
    }
    let pairs = super::pairs_of(&query);
    let rest: Vec<Pair> =
        pairs.iter().filter(|pair| pair.0 != "X-Amz-Signature").cloned().collect();
    let plain = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    let signed = match value_of(&pairs, "auth_key").map(|key| key.split('-').collect::<Vec<_>>()) {
        Some(parts) => match parts[..] {
            [expires, random, ..] => Some(world.store.network(path, expires, random)),
            _ => None,
        },
        None => world.store.presigned(host, &plain, &rest),
    };
    query.replace(SIGNED, &signed.unwrap_or_default())
}

/// The object of an address that is in order.
fn found(world: &World, head: &Parts) -> Outcome {
    let host = text_of(&head.headers, HOST.as_str()).unwrap_or_default();
    let (bucket, key) = address::located(host, head.uri.path());
    if bucket != World::BUCKET {
        return Err(refused(404, "NoSuchBucket", "The specified bucket does not exist", &[]));
    }
    let object = world.store.get(&key).ok_or_else(|| {
        refused(404, "NoSuchKey", "The specified key does not exist.", &[("Key", &key)])
    })?;
    sent(object, &key, &head.headers)
}

/// An object, or the part of it that is wanted.
fn sent(object: &Object, key: &str, headers: &HeaderMap) -> Outcome {
    let (etag, len) = (format!("\"{}\"", object.etag), object.content.len());
    let modified = http_date(object.stored_at);
    let names = |name: &str| {
        text_of(headers, name)
            .map(|list| list.split(',').any(|tag| tag.trim() == etag || tag.trim() == "*"))
    };
    if names("if-match") == Some(false) {
        let message = "At least one of the pre-conditions you specified did not hold";
        return Err(refused(412, "PreconditionFailed", message, &[("Condition", "If-Match")]));
    }
    if names("if-none-match") == Some(true) {
        return Err(with_text(Reply::empty(304), ETAG, &etag));
    }
    let current = text_of(headers, "if-range").is_none_or(|tag| tag == etag || tag == modified);
    let wanted = text_of(headers, "range").filter(|_| current).map(|range| stretch(range, len));
    let (status, from, to) = match wanted {
        Some(Wanted::Part(from, to)) => (206, from, to),
        Some(Wanted::Nothing) => {
            let length = len.to_string();
            let message = "The requested range is not satisfiable";
            let reply = refused(416, "InvalidRange", message, &[("ActualObjectSize", &length)]);
            return Err(with_text(reply, CONTENT_RANGE, &format!("bytes */{len}")));
        }
        // Several parts at once are an offer that need not be taken.
        Some(Wanted::Whole) | None => (200, 0, len),
    };
    let kind = object.content_type.as_deref().unwrap_or_else(|| type_of(key));
    let mut reply = Reply::empty(status).with(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    reply = with_text(reply, ETAG, &etag);
    reply = with_text(reply, LAST_MODIFIED, &modified);
    reply = with_text(reply, CONTENT_TYPE, kind);
    reply = with_text(reply, CONTENT_LENGTH, &(to - from).to_string());
    if status == 206 {
        let range = format!("bytes {from}-{}/{len}", to - 1);
        reply = with_text(reply, CONTENT_RANGE, &range);
    }
    Ok((reply, Stretch { content: object.content.clone(), at: from, end: to }))
}

fn with_text(reply: Reply, name: HeaderName, text: &str) -> Reply {
    match HeaderValue::from_str(text) {
        Ok(value) => reply.with(name, value),
        Err(_) => reply,
    }
}

fn http_date(moment: Timestamp) -> String {
    jiff::Timestamp::from_second(moment.unix_seconds())
        .ok()
        .and_then(|moment| DateTimePrinter::new().timestamp_to_rfc9110_string(&moment).ok())
        .unwrap_or_default()
}

/// What a range header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    /// From the first byte to the one after the last; never empty.
    Part(u64, u64),
    Nothing,
}

/// A range of an object of this length.
fn stretch(range: &str, len: u64) -> Wanted {
    let Some((from, to)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-'))
    else {
        return Wanted::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (number(from), number(to)) {
        (None, Some(last)) if from.trim().is_empty() => {
            if last == 0 || len == 0 {
                Wanted::Nothing
            } else {
                Wanted::Part(len.saturating_sub(last), len)
            }
        }
        (Some(from), None) if !to.trim().is_empty() || from >= len => {
            if to.trim().is_empty() {
                Wanted::Nothing
            } else {
                Wanted::Whole
            }
        }
        (Some(from), None) => Wanted::Part(from, len),
        (Some(from), Some(last)) if from > last => Wanted::Whole,
        (Some(from), Some(_)) if from >= len => Wanted::Nothing,
        (Some(from), Some(last)) => Wanted::Part(from, len.min(last.saturating_add(1))),
        _ => Wanted::Whole,
    }
}

fn type_of(key: &str) -> &'static str {
    let name = key.rsplit('/').next().unwrap_or(key);
    let suffix = name.rsplit_once('.').map(|(_, suffix)| suffix.to_ascii_lowercase());
    match suffix.as_deref() {
        Some("jpeg" | "jpg") => "image/jpeg",
        Some("png") => "image/png",
        Some("mp4") => "video/mp4",
        Some("kmz") => "application/vnd.google-earth.kmz",
        Some("zip") => "application/zip",
        _ => "application/octet-stream",
    }
}

/// A part of an object, made while it is sent.
pub(super) struct Stretch {
    content: Content,
    at: u64,
    end: u64,
}

impl hyper::body::Body for Stretch {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let most = CHUNK.min(self.end - self.at);
        if most == 0 {
            return Poll::Ready(None);
        }
        let bytes = self.content.read(self.at, usize::try_from(most).unwrap_or(usize::MAX));
        if bytes.is_empty() {
            let error = std::io::Error::other("the object is shorter than it says");
            return Poll::Ready(Some(Err(error)));
        }
        self.at += bytes.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(bytes.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.at == self.end
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.end - self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::store::DownloadForm;

    #[test]
    fn an_address_is_told_without_its_secrets_and_signed_again() {
        let mut world = World::demo(1);
        world.set_storage_endpoint("http://127.0.0.1:9");
        for form in [DownloadForm::Presigned, DownloadForm::Network] {
            world.set_download_form(form);
            let url = world.signed_url("media/a b.jpeg");
            let (path, query) =
                url.expose().strip_prefix("http://127.0.0.1:9").unwrap().split_once('?').unwrap();
            let told = |query: &str| {
                let request = http::Request::get(format!("{path}?{query}"));
                let (head, ()) =
                    request.header("host", "127.0.0.1:9").body(()).unwrap().into_parts();
                unsigned(&world, &head, &super::super::pairs_of(query))
            };
            let (good, bad) = (told(query), told(&format!("{query}0")));
            assert!(good.contains(SIGNED) && !good.contains(world.store.signer_id()), "{good}");
            assert!(!query.is_empty() && signed_again(&world, "127.0.0.1:9", path, &good) == query);
            assert!(!bad.contains(SIGNED), "{bad}");
            assert_eq!(told(&signed_again(&world, "127.0.0.1:9", path, &bad)), bad);
        }
    }

    #[test]
    fn ranges() {
        for (range, wanted) in [
            ("bytes=0-0", Wanted::Part(0, 1)),
            ("bytes=2-5", Wanted::Part(2, 6)),
            ("bytes=2-500", Wanted::Part(2, 10)),
            ("bytes=2-18446744073709551615", Wanted::Part(2, 10)),
            ("bytes=9-", Wanted::Part(9, 10)),
            ("bytes=-3", Wanted::Part(7, 10)),
            ("bytes=-30", Wanted::Part(0, 10)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=10-12", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-2", Wanted::Whole),
            ("bytes=0-1,4-5", Wanted::Whole),
            ("bytes=0-x", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("lines=0-1", Wanted::Whole),
        ] {
            assert_eq!(stretch(range, 10), wanted, "{range}");
        }
        assert_eq!(stretch("bytes=0-", 0), Wanted::Nothing);
    }

    #[test]
    fn times_as_addresses_write_them() {
        let time = moment("20260101T080000Z").unwrap();
        assert_eq!(time.to_string(), "2026-01-01T08:00:00Z");
        assert_eq!(http_date(time), "Thu, 01 Jan 2026 08:00:00 GMT");
        assert_eq!(moment("20260101"), None);
    }
}
