//! What an answer means: a success, or which error, and for a write whether it had an effect.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use crate::code::{ErrorCode, WriteEffect};
use crate::envelope::{self, Envelope};
use crate::error::{Error, ErrorKind, tame};
use crate::retry::retry_after;

/// What is known about the effect of a write that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WriteOutcome {
    /// It had none, for certain.
    Refused,
    /// Nobody knows. Read the state before doing anything else; never repeat it unseen.
    Indeterminate,
}

/// Why an attempt failed, and whether another one is worth while.
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// What it would mean for a write.
    pub(crate) outcome: WriteOutcome,
    /// Whether it may pass by itself.
    pub(crate) transient: bool,
    /// Whether nothing has left, for certain.
    pub(crate) unsent: bool,
}

impl Failure {
    fn of(error: Error, outcome: WriteOutcome) -> Self {
        Self { error, outcome, transient: false, unsent: false }
    }
}

/// Whether an answer is a success.
///
/// The law, from `operations.md`: refused are answers that are definite, that is 4xx with a business code and codes that the
/// table marks as refused. Indeterminate are 3xx, 408, 5xx, what cannot be read, codes that the table marks as open, and
/// codes that it does not know.
pub(crate) fn judge(
    status: u16,
    headers: &HeaderMap,
    text: &str,
    token: &str,
    wall: SystemTime,
) -> Result<(), Failure> {
    let success = matches!(status, 200..=299);
    if success && envelope::begins_as_success(text) {
        return Ok(());
    }
    // Of several, the longest: whoever added one wants at least that.
    let hint = headers
        .get_all(http::header::RETRY_AFTER)
        .iter()
        .filter_map(|value| retry_after(value.to_str().ok()?, wall))
        .max();
    let html = is_html(headers, text);
    let envelope = if html { None } else { Some(Envelope::read(text)) };
    let mut failure = match &envelope {
        Some(Ok(envelope)) if envelope.code.0 != 0 => {
            let code = ErrorCode::new(envelope.code.0);
            by_code(status, code, tame(&envelope.message(), token))
        }
        Some(Ok(_)) if success => return Ok(()),
        _ if success && html => not_the_api("the answer is a web page"),
        Some(Err(_)) if success => without_frame(text, token),
        _ => by_status(
            status,
            html,
            matches!(&envelope, Some(Ok(_))) || text.trim_start().starts_with('{'),
        ),
    };
    failure.error = failure.error.with_status(status).with_retry_after(hint);
    Err(failure)
}

fn by_code(status: u16, code: ErrorCode, message: String) -> Failure {
    let detail = match code.entry() {
        Some(entry) => {
            format!("code {code} {} ({})", entry.name, entry.meaning.trim_end_matches('.'))
        }
        None => format!("code {code}"),
    };
    let error = Error::local(ErrorKind::Code, detail)
        .with_code(code)
        .with_message(message)
        .with_status(status);
    let rate_limited = error.is_rate_limited();
    let outcome = match status {
        // A call that was turned away for being one too many was not looked at.
        0..=499 if rate_limited => WriteOutcome::Refused,
        300..=399 | 408 | 500.. => WriteOutcome::Indeterminate,
        _ => match (code.entry().map(|entry| entry.write), status) {
            (Some(WriteEffect::Refused), _) | (None, 400..=499) => WriteOutcome::Refused,
            (Some(WriteEffect::Unknown) | None, _) => WriteOutcome::Indeterminate,
        },
    };
    let transient = rate_limited || code.may_repeat_read() || is_transient(status);
    Failure { transient, ..Failure::of(error, outcome) }
}

fn by_status(status: u16, html: bool, json: bool) -> Failure {
    let outcome = if status == 429 { WriteOutcome::Refused } else { WriteOutcome::Indeterminate };
    let transient = is_transient(status);
    let error = match status {
        300..=399 => {
            Error::local(ErrorKind::Http, "the answer is a redirect, which is not followed")
        }
        404 if !json && !html => {
            Error::local(ErrorKind::NotDeployed, "the installation does not have this operation")
        }
        400..=499 if html && !transient => {
            Error::local(ErrorKind::NotTheApi, "the answer is a web page")
        }
        _ => Error::local(ErrorKind::Http, format!("HTTP status {status} without a business code")),
    };
    Failure { transient, ..Failure::of(error, outcome) }
}

fn not_the_api(detail: &'static str) -> Failure {
    Failure::of(Error::local(ErrorKind::NotTheApi, detail), WriteOutcome::Indeterminate)
}

/// A success status without the frame that belongs to it.
fn without_frame(text: &str, token: &str) -> Failure {
    let text = text.trim_start();
    if !(text.is_empty() || text.starts_with('{')) {
        return not_the_api("the answer is not of the API's form");
    }
    let problem = envelope::data(text).err();
    let error = match &problem {
        Some(problem) if !text.is_empty() => {
            Error::local(ErrorKind::Decode, "the frame of the answer cannot be read")
                .with_message(tame(problem.message(), token))
        }
        _ => Error::local(ErrorKind::Decode, "the answer is empty"),
    };
    let path = problem.as_ref().map_or(".", |problem| problem.path());
    Failure::of(error.with_json_path(tame(path, token)), WriteOutcome::Indeterminate)
}

/// HTTP statuses that may pass by themselves.
const fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

fn is_html(headers: &HeaderMap, text: &str) -> bool {
    let declared = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    declared.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
        && !text.trim_start().starts_with('{')
        || text.trim_start().starts_with('<')
}

/// The pause that a failure asks for, no longer than the policy allows. `None` when it asks for more.
pub(crate) fn hinted_pause(failure: &Failure, longest: Duration) -> Option<Duration> {
    match failure.error.retry_after() {
        Some(pause) if pause > longest => None,
        hint => Some(hint.unwrap_or(Duration::ZERO)),
    }
}
