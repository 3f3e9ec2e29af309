//! How often a key may call.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use flighthub_api::Timestamp;
use http::HeaderValue;
use http::header::RETRY_AFTER;
use serde::{Deserialize, Serialize};

use crate::reply::Reply;

/// The business code of too many calls.
const TOO_OFTEN: i64 = 210_429;
/// Keys that are counted at a time; more start anew.
const MOST_KEYS: usize = 10_000;

/// How often a key may call. DJI has published no figures, so by default there is no limit.
///
/// So many requests are free, and they come back evenly over so many seconds. The seconds are those of the **virtual** clock, so that a
/// script repeats itself exactly: at a speed of 0 nothing comes back before [`Sim::advance`](crate::Sim::advance), at 60 ten seconds are a
/// sixth of a real one.
///
/// ```
/// use std::time::Duration;
/// use flighthub_api::{Client, Region, RetryPolicy};
/// use flighthub_sim::{RateLimit, Sim};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sim = Sim::builder().rate_limit(RateLimit::new(1, 10.0)).start().await?;
/// let region = Region::on_premises(sim.url());
/// let client = Client::builder(region, sim.token()).retry(RetryPolicy::never()).build()?;
/// client.projects().list().await?;
/// assert!(client.projects().list().await.unwrap_err().is_rate_limited());
/// sim.advance(Duration::from_secs(10));
/// client.projects().list().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", try_from = "Form")]
#[non_exhaustive]
pub struct RateLimit {
    /// Requests that a key has free.
    pub requests: u32,
    /// Virtual seconds in which they come back.
    pub per_seconds: f64,
    /// How one too many is answered.
    pub answer: TooOften,
    /// The header `Retry-After` of a refusal: seconds. Without, those until the next request is free, rounded up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

/// A limit as it is written, before it is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Form {
    requests: u32,
    per_seconds: f64,
    #[serde(default)]
    answer: TooOften,
    #[serde(default)]
    retry_after: Option<u32>,
}

impl TryFrom<Form> for RateLimit {
    type Error = &'static str;

    fn try_from(form: Form) -> Result<Self, &'static str> {
        let Form { requests, per_seconds, answer, retry_after } = form;
        let limit = Self { requests, per_seconds, answer, retry_after };
        limit.check().map(|()| limit)
    }
}

impl RateLimit {
    /// So many requests in so many virtual seconds, answered by HTTP 429 beyond that.
    #[must_use]
    pub const fn new(requests: u32, per_seconds: f64) -> Self {
        Self { requests, per_seconds, answer: TooOften::Http429, retry_after: None }
    }

    /// Whether there can be such a limit.
    ///
    /// # Errors
    ///
    /// Names the field and the remedy.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        if self.requests == 0 {
            return Err("`requests`: has to be 1 or more; leave the limit out for none");
        }
        if !self.per_seconds.is_finite() || self.per_seconds <= 0.0 {
            return Err("`per-seconds`: has to be more than 0");
        }
        Ok(())
    }

    /// The same, answered otherwise.
    #[must_use]
    pub const fn answer(mut self, answer: TooOften) -> Self {
        self.answer = answer;
        self
    }

    /// The same with a `Retry-After` of its own.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

/// How a call too many is answered. Both forms have been seen or documented for FlightHub 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TooOften {
    /// HTTP 429 with `Retry-After` and the business code 210429.
    #[default]
    #[serde(rename = "http-429")]
    Http429,
    /// The business code 210429 inside HTTP 200, without the header.
    #[serde(rename = "code-210429")]
    Code210429,
}

/// The limit and what every key has left.
#[derive(Debug)]
pub(crate) struct Limiter {
    limit: RateLimit,
    /// By a hash, so that no key is kept.
    left: HashMap<u64, (f64, Timestamp)>,
}

impl From<RateLimit> for Limiter {
    fn from(limit: RateLimit) -> Self {
        Self { limit, left: HashMap::new() }
    }
}

impl Limiter {
    /// Counts a call of a key; the refusal when it is one too many.
    pub(crate) fn count(&mut self, key: &[u8], now: Timestamp) -> Option<Reply> {
        let most = f64::from(self.limit.requests);
        // A limit that was not checked: nothing comes back.
        let per_second = most / self.limit.per_seconds;
        let per_second = if per_second.is_finite() && per_second > 0.0 { per_second } else { 0.0 };
        if self.left.len() >= MOST_KEYS {
            self.left.clear();
        }
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let (left, since) = self.left.entry(hasher.finish()).or_insert((most, now));
        let passed = now.duration_since(since);
        *left = passed.as_secs_f64().mul_add(per_second, *left).min(most);
        *since = now;
        // What comes back in parts may miss a whole one by a rounding error.
        if *left >= 1.0 - 1e-9 {
            *left -= 1.0;
            return None;
        }
        let wait = if per_second > 0.0 { (1.0 - *left) / per_second } else { 1.0 };
        let seconds = self.limit.retry_after.map_or(wait.ceil(), f64::from);
        Some(self.refusal(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)))
    }

    fn refusal(&self, wait: Duration) -> Reply {
        let body = format!(r#"{{"code":{TOO_OFTEN},"message":"too many requests"}}"#);
        match self.limit.answer {
            TooOften::Code210429 => Reply::json(200, body),
            TooOften::Http429 => {
                Reply::json(429, body).with(RETRY_AFTER, HeaderValue::from(wait.as_secs()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;

    #[test]
    fn what_is_used_comes_back_evenly() {
        let start = World::demo(1).now();
        let at = |seconds: f64| start.saturating_add(Duration::from_secs_f64(seconds));
        let mut limiter = Limiter::from(RateLimit::new(2, 10.0));
        let mut passes = |key: &str, seconds| limiter.count(key.as_bytes(), at(seconds)).is_none();
        assert!(passes("a", 0.0) && passes("a", 0.0) && !passes("a", 0.0));
        assert!(passes("b", 0.0), "every key has its own");
        assert!(!passes("a", 4.9) && passes("a", 5.0) && !passes("a", 5.0));
        assert!(
            passes("a", 100.0) && passes("a", 100.0) && !passes("a", 100.0),
            "never more than 2"
        );
    }

    #[test]
    fn a_limit_is_read_from_text_and_has_to_make_sense() {
        let read = serde_json::from_str::<RateLimit>;
        let limit = RateLimit::new(10, 1.5).answer(TooOften::Code210429).retry_after(3);
        let text = r#"{"requests":10,"per-seconds":1.5,"answer":"code-210429","retry-after":3}"#;
        assert_eq!(read(text).ok(), Some(limit.clone()));
        assert_eq!(serde_json::to_string(&limit).ok().as_deref(), Some(text));
        assert_eq!(
            read(r#"{"requests": 10, "per-seconds": 1}"#).ok(),
            Some(RateLimit::new(10, 1.0))
        );
        for (text, named) in [
            (r#"{"requests": 0, "per-seconds": 1}"#, "`requests`"),
            (r#"{"requests": 1, "per-seconds": 0}"#, "`per-seconds`"),
            (r#"{"requests": 1}"#, "`per-seconds`"),
            (r#"{"requests": 1, "per-seconds": 1, "answer": "429"}"#, "`http-429`"),
            (r#"{"requests": 1, "per-seconds": 1, "burst": 2}"#, "`burst`"),
        ] {
            let error = read(text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(named), "{text}: {error}");
        }
    }

    #[test]
    fn a_refusal_says_when_to_come_again() {
        let now = World::demo(1).now();
        let refusal = |limit: RateLimit| {
            let mut limiter = Limiter::from(limit);
            limiter.count(b"a", now);
            let reply = limiter.count(b"a", now).unwrap_or_default();
            let wait = reply.headers.iter().find(|(name, _)| name == RETRY_AFTER);
            (reply.status, wait.map(|(_, value)| value.clone()))
        };
        assert_eq!(refusal(RateLimit::new(1, 2.5)), (429, Some(3.into())));
        assert_eq!(refusal(RateLimit::new(1, 2.5).retry_after(7)), (429, Some(7.into())));
        assert_eq!(refusal(RateLimit::new(1, 2.5).answer(TooOften::Code210429)), (200, None));
        assert_eq!(refusal(RateLimit::new(1, 0.0)), (429, Some(1.into())));
    }
}
