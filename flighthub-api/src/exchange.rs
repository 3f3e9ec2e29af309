//! One call: attempts, pauses, limits and deadlines. Nothing here is generic: bytes go out, text comes back.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use http::header::{ACCEPT, CONTENT_TYPE, DATE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use tracing::Instrument;

use crate::clock::{BoxFuture, Clock, race};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::operation::{Method, OperationInfo, Retry, RiskLevel};
use crate::options::CallOptions;
use crate::outcome::{Failure, WriteOutcome, hinted_pause, judge};
use crate::region::BaseUrl;
use crate::reply::Answered;
use crate::request::{InvalidArgument, RequestParts};
use crate::retry::{Budget, RetryPolicy};
use crate::token::Token;
use crate::trace;
use crate::transport::{
    Connection, Transport, TransportError, TransportErrorKind, TransportReply, TransportRequest,
};

const X_USER_TOKEN: HeaderName = HeaderName::from_static("x-user-token");
const X_PROJECT_UUID: HeaderName = HeaderName::from_static("x-project-uuid");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_LANGUAGE: HeaderName = HeaderName::from_static("x-language");

const HEX: [u8; 16] = *b"0123456789abcdef";

/// What all clones of a client share.
pub(crate) struct Core {
    pub(crate) base: BaseUrl,
    pub(crate) token: Token,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether the transport or the clock is ours, which both live in tokio.
    pub(crate) needs_tokio: bool,
    pub(crate) random: Mutex<fastrand::Rng>,
    pub(crate) policy: RetryPolicy,
    pub(crate) budget: Budget,
    /// The `Date` of the last answer that had one, and the date here when it came.
    pub(crate) last_date: Mutex<Option<(HeaderValue, SystemTime)>>,
    pub(crate) limits: Limits,
    pub(crate) timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) options: CallOptions,
    pub(crate) max_response_bytes: usize,
    pub(crate) user_agent: HeaderValue,
    pub(crate) host: Option<HeaderValue>,
}

/// What a call is, as far as its handling depends on it.
pub(crate) struct Facts {
    pub(crate) operation: Cow<'static, str>,
    /// The template of the path; nothing for what this crate does not describe.
    pub(crate) path: Option<&'static str>,
    /// Whether its failure leaves the question whether it had an effect.
    pub(crate) write: bool,
    /// Whether it may be repeated after its bytes have left.
    pub(crate) repeatable: bool,
    /// Whether it may be repeated when no connection was established.
    pub(crate) retry_unsent: bool,
}

impl Facts {
    pub(crate) fn of(info: &'static OperationInfo) -> Self {
        // The spec's word alone is not enough: a repetition is harmless only if it is a GET too.
        let repeatable = info.retry == Retry::Safe && info.method == Method::Get;
        Self {
            operation: Cow::Borrowed(info.id),
            path: Some(info.path),
            write: info.risk > RiskLevel::Read && !repeatable,
            repeatable,
            retry_unsent: true,
        }
    }

    /// Puts the name and, for a write, the outcome to an error that arose before anything was sent.
    pub(crate) fn unsent(&self, error: Error) -> Error {
        error
            .with_operation(self.operation.clone())
            .with_outcome(self.write.then_some(WriteOutcome::Refused))
    }
}

#[cfg(feature = "blocking")]
impl Facts {
    /// Puts the name and, for a write, the outcome to an error that arose when the request may have been sent.
    pub(crate) fn lost(&self, error: Error) -> Error {
        error
            .with_operation(self.operation.clone())
            .with_outcome(self.write.then_some(WriteOutcome::Indeterminate))
    }
}

/// A call that is ready to go.
pub(crate) struct Prepared {
    pub(crate) core: Arc<Core>,
    pub(crate) facts: Facts,
    pub(crate) parts: RequestParts,
    pub(crate) project: Option<HeaderValue>,
    pub(crate) options: CallOptions,
}

/// Runs a call, or hands on why it could not be prepared.
pub(crate) fn run(
    prepared: Result<Prepared, Error>,
) -> BoxFuture<'static, Result<Answered, Error>> {
    match prepared {
        Err(error) => Box::pin(std::future::ready(Err(error))),
        Ok(prepared) => Box::pin(async move {
            let span = trace::call(&prepared.facts);
            let result = prepared.exchange().instrument(span.clone()).await;
            if let Err(error) = &result {
                trace::failed(&span, error);
            }
            result
        }),
    }
}

impl Prepared {
    async fn exchange(mut self) -> Result<Answered, Error> {
        let core = Arc::clone(&self.core);
        if core.needs_tokio && tokio::runtime::Handle::try_current().is_err() {
            let error = Error::local(
                ErrorKind::Runtime,
                "the async client runs inside a tokio runtime, and there is none",
            );
            return Err(self.facts.unsent(error));
        }
        let started = core.clock.now();
        let timeout = self.options.timeout.unwrap_or(core.timeout);
        let attempt_timeout = self.options.attempt_timeout.unwrap_or(core.attempt_timeout);
        let given_id = self.given_request_id()?;
        let deadline = Deadline { at: started.checked_add(timeout), timeout };
        let mut connection =
            if self.facts.repeatable { Connection::Pooled } else { Connection::Fresh };
        let mut body = self.parts.body.take();
        let has_body = body.is_some();
        let mut attempts = 0;
        let mut spent = None;
        loop {
            let slot = self.start(&deadline, attempts).await?;
            attempts += 1;
            let id = given_id.clone().unwrap_or_else(|| core.request_id());
            let request_id = id.to_str().unwrap_or_default();
            let span = trace::attempt(&core, &self.facts, &self.parts, attempts, request_id);
            let may_repeat = attempts < core.policy.attempts
                && (self.facts.repeatable || self.facts.retry_unsent);
            let request = TransportRequest {
                method: self.parts.method,
                url: core.base.join(&self.parts.path, self.parts.query.as_deref()),
                headers: self.headers(&id, has_body),
                body: if may_repeat { body.clone() } else { body.take() },
                connection,
                max_response_bytes: core.max_response_bytes,
            };
            let patience = deadline.left(core.clock.now()).min(attempt_timeout);
            let sending = core.transport.send(request).instrument(span.clone());
            let result = race(sending, core.clock.sleep(patience)).await;
            drop(slot);
            let failure = match core.read(result, patience) {
                Ok((status, headers, text)) => {
                    trace::outcome(&span, Ok(status));
                    core.budget.refill(spent);
                    return Ok(Answered {
                        operation: self.facts.operation,
                        write: self.facts.write,
                        status,
                        request_id: id,
                        attempts,
                        elapsed: core.clock.now().saturating_duration_since(started),
                        headers,
                        text,
                    });
                }
                Err(failure) => failure,
            };
            // When a server goes away, all its idle connections are stale: the next one would fail as well.
            if failure.error.http_status().is_none() {
                connection = Connection::Fresh;
            }
            trace::outcome(&span, Err(&failure.error));
            drop(span);
            match self.pause(&failure, attempts, &deadline) {
                Some((pause, cost)) => {
                    tracing::debug!(attempt = attempts, error = ?failure.error.kind(), ?pause, "trying again");
                    spent = Some(cost);
                    core.clock.sleep(pause).await;
                }
                None => {
                    let outcome = self.facts.write.then_some(failure.outcome);
                    let error =
                        failure.error.with_operation(self.facts.operation).with_outcome(outcome);
                    let id = id.to_str().unwrap_or_default().to_owned();
                    return Err(error
                        .with_request_id(id)
                        .with_attempts(attempts)
                        .with_elapsed(core.clock.now().saturating_duration_since(started)));
                }
            }
        }
    }

    /// Waits for a place and for the rate limit, no longer than the call may take.
    async fn start(
        &self,
        deadline: &Deadline,
        attempts: u32,
    ) -> Result<Option<tokio::sync::SemaphorePermit<'_>>, Error> {
        let core = &self.core;
        let too_late = |detail: String| {
            Err(self.facts.unsent(Error::local(ErrorKind::Timeout, detail)).with_attempts(attempts))
        };
        let slot = match core.limits.try_slot() {
            Some(slot) => slot,
            None => {
                match race(core.limits.slot(), core.clock.sleep(deadline.left(core.clock.now())))
                    .await
                {
                    Some(slot) => slot,
                    None => {
                        return too_late(format!(
                            "no place among the calls under way within {:?}",
                            deadline.timeout
                        ));
                    }
                }
            }
        };
        let now = core.clock.now();
        match core.limits.reserve(now, deadline.at.map(|at| at.saturating_duration_since(now))) {
            Some(Duration::ZERO) => {}
            Some(wait) => core.clock.sleep(wait).await,
            None => {
                return too_late(format!(
                    "the client's own rate limit would hold the call back beyond its {:?}",
                    deadline.timeout
                ));
            }
        }
        if deadline.left(core.clock.now()).is_zero() {
            return too_late(format!("the {:?} that the call may take are over", deadline.timeout));
        }
        Ok(slot)
    }

    /// How long to wait before another attempt, and what it costs. `None` when there is to be none.
    fn pause(
        &self,
        failure: &Failure,
        attempts: u32,
        deadline: &Deadline,
    ) -> Option<(Duration, u32)> {
        let core = &self.core;
        let repeatable = self.facts.repeatable || failure.unsent && self.facts.retry_unsent;
        if !repeatable || !failure.transient || attempts >= core.policy.attempts {
            return None;
        }
        let hint = hinted_pause(failure, core.policy.longest_hint)?;
        let chance = core.random.lock().unwrap_or_else(PoisonError::into_inner).f64();
        let pause = core.policy.pause(attempts, chance).max(hint);
        if deadline.at.is_some() && pause >= deadline.left(core.clock.now()) {
            return None;
        }
        core.budget.spend(failure.error.is_timeout()).map(|cost| (pause, cost))
    }

    fn given_request_id(&self) -> Result<Option<HeaderValue>, Error> {
        let Some(id) = &self.options.request_id else {
            return Ok(None);
        };
        match HeaderValue::from_str(id) {
            Ok(value)
                if !id.is_empty()
                    && id.len() <= 128
                    && id.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(Some(value))
            }
            _ => {
                let error = InvalidArgument::new(
                    "request_id",
                    "is no request id; give up to 128 visible ASCII characters, such as a UUID",
                );
                Err(self.facts.unsent(Error::invalid_argument(error)))
            }
        }
    }

    fn headers(&self, id: &HeaderValue, has_body: bool) -> HeaderMap {
        let core = &self.core;
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(X_USER_TOKEN, core.token.header().clone());
        headers.insert(X_REQUEST_ID, id.clone());
        if let Some(project) = &self.project {
            headers.insert(X_PROJECT_UUID, project.clone());
        }
        headers.insert(
            X_LANGUAGE,
            HeaderValue::from_static(self.options.language.unwrap_or_default().as_str()),
        );
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, core.user_agent.clone());
        if has_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(host) = &core.host {
            headers.insert(HOST, host.clone());
        }
        headers
    }
}

impl Core {
    /// What came of an attempt.
    fn read(
        &self,
        result: Option<Result<TransportReply, TransportError>>,
        patience: Duration,
    ) -> Result<(u16, HeaderMap, String), Failure> {
        let reply = match result {
            Some(Ok(reply)) => reply,
            Some(Err(error)) => return Err(lost(error)),
            None => {
                return Err(lost(TransportError::timed_out(format!(
                    "no answer within {patience:?}"
                ))));
            }
        };
        // A bad byte in a name or message is no reason to lose the rest.
        let mut text = String::from_utf8(Vec::from(reply.body))
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        if text.starts_with('\u{feff}') {
            text.remove(0);
        }
        let (token, wall) = (self.token.expose(), self.clock.wall());
        if let Some(date) = reply.headers.get(DATE) {
            let mut last = self.last_date.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some((date.clone(), wall));
        }
        match judge(reply.status, &reply.headers, &text, token, wall) {
            Ok(()) => Ok((reply.status, reply.headers, text)),
            Err(mut failure) => {
                failure.error = failure.error.with_answer(reply.headers, text);
                Err(failure)
            }
        }
    }

    /// A fresh UUID, version 4.
    fn request_id(&self) -> HeaderValue {
        let mut bytes =
            self.random.lock().unwrap_or_else(PoisonError::into_inner).u128(..).to_be_bytes();
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (index, byte) in bytes.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                at += 1;
            }
            text[at] = HEX[usize::from(byte >> 4)];
            text[at + 1] = HEX[usize::from(byte & 0x0f)];
            at += 2;
        }
        HeaderValue::from_bytes(&text)
            .unwrap_or(HeaderValue::from_static("00000000-0000-4000-8000-000000000000"))
    }
}

/// What a failure of the transport means.
fn lost(error: TransportError) -> Failure {
    let kind = error.kind();
    let unsent = error.was_not_sent();
    Failure {
        error: Error::transport(error),
        outcome: if unsent { WriteOutcome::Refused } else { WriteOutcome::Indeterminate },
        transient: !matches!(kind, TransportErrorKind::Impossible | TransportErrorKind::TooLarge),
        unsent,
    }
}

/// When the whole call has to be over.
struct Deadline {
    at: Option<Instant>,
    timeout: Duration,
}

impl Deadline {
    fn left(&self, now: Instant) -> Duration {
        self.at.map_or(Duration::MAX, |at| at.saturating_duration_since(now))
    }
}
