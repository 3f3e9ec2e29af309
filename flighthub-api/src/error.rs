//! Why a call did not bring what it was meant to.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::HeaderMap;

use crate::code::{CodeKind, ErrorCode};
use crate::outcome::WriteOutcome;
use crate::request::InvalidArgument;
use crate::secret::MASK;
use crate::transport::{TransportError, TransportErrorKind};
use crate::wire::DecodeError;

/// Why a call did not bring what it was meant to.
///
/// Its text says which operation it was, what happened, what is known about the effect of a write, and what to do next. It
/// holds no secret and no URL. For programs there are [`kind`](Self::kind), the predicates and the accessors.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: Cow<'static, str>,
    outcome: Option<WriteOutcome>,
    status: Option<u16>,
    code: Option<ErrorCode>,
    detail: Cow<'static, str>,
    message: Option<String>,
    request_id: Option<String>,
    json_path: Option<String>,
    retry_after: Option<Duration>,
    attempts: u32,
    elapsed: Duration,
    answer: Option<(HeaderMap, String)>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What sort of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client was set up wrongly: key, address, TLS, proxy.
    Configuration,
    /// An argument cannot be sent. Nothing has left.
    InvalidArgument,
    /// The handle is read-only, and the operation is not. Nothing has left.
    ReadOnly,
    /// The operation needs a project, and the handle has none. Nothing has left.
    NoProject,
    /// The call cannot run here: a blocking call inside an async runtime, or an async one outside tokio. Nothing has left.
    Runtime,
    /// No connection, or a broken one.
    Connection,
    /// It took too long.
    Timeout,
    /// The answer is larger than allowed.
    TooLarge,
    /// An HTTP status that is no success, without a business code.
    Http,
    /// A business code other than 0, in an answer of any HTTP status.
    Code,
    /// The answer is a page or a text: something other than the API answered.
    NotTheApi,
    /// The installation does not have this operation: HTTP 404 without the API's envelope.
    NotDeployed,
    /// The answer cannot be read as what the operation promises.
    Decode,
    /// The answer is a success whose content says that nothing was done.
    Failed,
    /// The pages of a list repeat themselves or do not end.
    Paging,
}

impl Error {
    /// An error that arose before anything was sent.
    pub(crate) fn local(kind: ErrorKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: Cow::Borrowed(""),
            outcome: None,
            status: None,
            code: None,
            detail: detail.into(),
            message: None,
            request_id: None,
            json_path: None,
            retry_after: None,
            attempts: 0,
            elapsed: Duration::ZERO,
            answer: None,
            source: None,
        }))
    }

    pub(crate) fn invalid_argument(error: InvalidArgument) -> Self {
        Self::local(ErrorKind::InvalidArgument, error.to_string()).with_source(error)
    }

    pub(crate) fn transport(error: TransportError) -> Self {
        let kind = match error.kind() {
            TransportErrorKind::NotSent | TransportErrorKind::MaybeSent => ErrorKind::Connection,
            TransportErrorKind::Impossible => ErrorKind::Configuration,
            TransportErrorKind::TimedOut => ErrorKind::Timeout,
            TransportErrorKind::TooLarge => ErrorKind::TooLarge,
        };
        let (reason, source) = error.into_parts();
        let mut error = Self::local(kind, reason);
        error.0.source = source;
        error
    }

    /// Data that cannot be read, or that is not there.
    pub(crate) fn decode(error: &DecodeError, absent: bool) -> Self {
        // The path may hold keys of the server's choice.
        let path = tame(error.path(), "");
        let mut result = if absent {
            Self::local(
                ErrorKind::Decode,
                "the answer is a success without the data that is promised",
            )
        } else {
            Self::local(ErrorKind::Decode, format!("the answer is not as promised at `{path}`"))
                .with_message(tame(error.message(), ""))
        };
        result.0.json_path = Some(path);
        result
    }

    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    pub(crate) fn with_operation(mut self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.0.operation = operation.into();
        self
    }

    pub(crate) fn with_outcome(mut self, outcome: Option<WriteOutcome>) -> Self {
        self.0.outcome = outcome;
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_code(mut self, code: ErrorCode) -> Self {
        self.0.code = Some(code);
        self
    }

    pub(crate) fn with_message(mut self, message: String) -> Self {
        self.0.message = Some(message).filter(|message| !message.is_empty());
        self
    }

    pub(crate) fn with_request_id(mut self, id: String) -> Self {
        self.0.request_id = Some(id);
        self
    }

    pub(crate) fn with_json_path(mut self, path: impl Into<String>) -> Self {
        self.0.json_path = Some(path.into());
        self
    }

    pub(crate) fn with_retry_after(mut self, pause: Option<Duration>) -> Self {
        self.0.retry_after = pause;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_elapsed(mut self, elapsed: Duration) -> Self {
        self.0.elapsed = elapsed;
        self
    }

    pub(crate) fn with_answer(mut self, headers: HeaderMap, body: String) -> Self {
        self.0.answer = Some((headers, body));
        self
    }

    /// What sort of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Id of the operation (`task.create`), or method and path of a raw call. Empty for errors of the client's setup.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// HTTP status of the answer, if there was one.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        self.0.status
    }

    /// Business code of the answer, if there was one.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        self.0.code
    }

    /// What the service said about it, or what is wrong with a value. Untrusted text: control characters are gone and its
    /// length is limited, nothing else is known about it.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The request id that was sent with the last attempt: what DJI's support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// JSON path, within `data`, of the value that could not be read.
    #[must_use]
    pub fn json_path(&self) -> Option<&str> {
        self.0.json_path.as_deref()
    }

    /// How long the server asks to wait before the next call.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many times a request was attempted.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the call took, with all attempts and all waiting.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// The headers of the answer, if there was a whole one.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.answer.as_ref().map(|(headers, _)| headers)
    }

    /// The whole body of the answer as it came, if there was one. Untrusted text that may hold secrets: nothing else of the error
    /// shows it.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.0.answer.as_ref().map(|(_, body)| body.as_str())
    }

    /// What is known about the effect of a write. `None` for a read.
    #[must_use]
    pub fn outcome(&self) -> Option<WriteOutcome> {
        self.0.outcome
    }

    /// A write that had no effect, for certain.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.0.outcome == Some(WriteOutcome::Refused)
    }

    /// A write of which nobody knows whether it had an effect. Never repeat it unseen: read the state first.
    #[must_use]
    pub fn is_indeterminate(&self) -> bool {
        self.0.outcome == Some(WriteOutcome::Indeterminate)
    }

    /// It took too long.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// No connection, or a broken one.
    #[must_use]
    pub fn is_connection(&self) -> bool {
        self.0.kind == ErrorKind::Connection
    }

    /// The key is missing, wrong, expired, or of another region.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        self.code_kind() == Some(CodeKind::Authentication)
            || self.0.code == Some(NO_KEY)
            || self.0.status == Some(401)
    }

    /// The key may not do this. Offline devices are known to be answered with it too.
    #[must_use]
    pub fn is_permission(&self) -> bool {
        self.code_kind() == Some(CodeKind::Permission) || self.0.status == Some(403)
    }

    /// What the call names does not exist. An operation that the installation does not have is
    /// [`is_not_deployed`](Self::is_not_deployed) instead.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.code_kind() == Some(CodeKind::NotFound)
            || self.0.status == Some(404) && self.0.kind == ErrorKind::Code
    }

    /// Too many calls. See [`retry_after`](Self::retry_after).
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.code_kind() == Some(CodeKind::RateLimit)
            || self.0.code == Some(TOO_OFTEN)
            || self.0.status == Some(429)
    }

    /// It does not exist yet: ask again later.
    #[must_use]
    pub fn is_not_ready(&self) -> bool {
        self.code_kind() == Some(CodeKind::NotReady)
    }

    /// The device is offline.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.0.code == Some(OFFLINE)
    }

    /// The answer cannot be read as what the operation promises. See [`json_path`](Self::json_path).
    #[must_use]
    pub fn is_decode(&self) -> bool {
        self.0.kind == ErrorKind::Decode
    }

    /// Something other than the API answered, such as the web console or a login page.
    #[must_use]
    pub fn is_not_the_api(&self) -> bool {
        self.0.kind == ErrorKind::NotTheApi
    }

    /// The installation does not have this operation.
    #[must_use]
    pub fn is_not_deployed(&self) -> bool {
        self.0.kind == ErrorKind::NotDeployed
    }

    /// An argument cannot be sent.
    #[must_use]
    pub fn is_invalid_argument(&self) -> bool {
        self.0.kind == ErrorKind::InvalidArgument
    }

    /// The handle is read-only, and the operation is not.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.0.kind == ErrorKind::ReadOnly
    }

    fn code_kind(&self) -> Option<CodeKind> {
        self.0.code.map(ErrorCode::kind)
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self.0.kind {
            ErrorKind::Configuration => "Correct the client's setup.",
            ErrorKind::InvalidArgument => "Correct the argument.",
            ErrorKind::ReadOnly => "Use the handle without `.read_only()`.",
            ErrorKind::NoProject => {
                "Use `client.project(uuid)`; `project.list` names the projects that the key can see."
            }
            ErrorKind::Paging => "Take the pages one by one with `project.list`.",
            ErrorKind::NotTheApi => {
                "Check the address: the API of the public cloud is at es-flight-api-cn, -us or -eu.djigate.com, \
                 that of a private installation usually at port 30812."
            }
            ErrorKind::NotDeployed => {
                "Check the address and the edition: some operations, such as the stream converters, exist in \
                 private clouds only."
            }
            ErrorKind::Failed => "See the content of the answer for the reason.",
            _ if self.is_indeterminate() => {
                "Read the state first, such as the list of tasks or the device, and repeat the call only when \
                 it shows no effect."
            }
            ErrorKind::Runtime => {
                "Use the async client inside a tokio runtime, and the blocking one outside."
            }
            ErrorKind::Code => {
                let remedy = self.0.code.and_then(ErrorCode::remedy);
                remedy.filter(|remedy| !remedy.is_empty()).unwrap_or_else(|| self.status_help())
            }
            ErrorKind::Http => self.status_help(),
            ErrorKind::Connection => {
                "Check the address, the network, the proxy, and the certificate of a private installation."
            }
            ErrorKind::Timeout => {
                "Try again later, or allow more time with `CallOptions::timeout`."
            }
            ErrorKind::TooLarge => {
                "Ask for less, or allow more with `max_response_bytes` on the builder."
            }
            ErrorKind::Decode => {
                "Report the JSON path to the project; `client.raw` gives the answer as text meanwhile."
            }
        }
    }

    fn status_help(&self) -> &'static str {
        match self.0.status {
            _ if self.is_rate_limited() => "Wait, then call less often.",
            _ if self.is_auth() => {
                "Check the key: whether it is whole, not expired, and of this region."
            }
            _ if self.is_permission() => {
                "Check that the person who made the key is a member of the project and that the key includes \
                 this module; offline devices are answered like this too."
            }
            Some(300..=399) => {
                "Check the address: redirects are never followed, because they would carry the key along."
            }
            Some(500..) => "Try again later.",
            _ => "Look the code up in the documentation, and give the request id to DJI's support.",
        }
    }
}

const NO_KEY: ErrorCode = ErrorCode::new(200_401);
const TOO_OFTEN: ErrorCode = ErrorCode::new(210_429);
const OFFLINE: ErrorCode = ErrorCode::new(212_015);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if !inner.operation.is_empty() {
            write!(f, "{}: ", inner.operation)?;
        }
        f.write_str(&inner.detail)?;
        if let Some(message) = &inner.message {
            write!(f, ": \u{201c}{message}\u{201d}")?;
        }
        let mut facts = Vec::new();
        facts.extend(inner.status.map(|status| format!("HTTP {status}")));
        facts.extend(inner.request_id.as_ref().map(|id| format!("request id {id}")));
        facts.extend((inner.attempts > 1).then(|| format!("{} attempts", inner.attempts)));
        facts.extend(
            inner.retry_after.map(|pause| format!("the server asks to wait {} s", pause.as_secs())),
        );
        if !facts.is_empty() {
            write!(f, " [{}]", facts.join(", "))?;
        }
        f.write_str(match inner.outcome {
            Some(WriteOutcome::Refused) => ". Nothing was done.",
            Some(WriteOutcome::Indeterminate) => ". Whether it was done is unknown.",
            None => ".",
        })?;
        // Errors of the client's setup and of arguments say what to do themselves.
        if matches!(inner.kind, ErrorKind::Configuration | ErrorKind::InvalidArgument) {
            return Ok(());
        }
        write!(f, " Next: {}", self.help())
    }
}

impl fmt::Debug for Error {
    /// The text of `Display` and the kind, because this is what people see when `main` returns an error. `{:#?}` shows the
    /// parts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if !f.alternate() {
            return write!(f, "{self} ({:?})", inner.kind);
        }
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("operation", &inner.operation)
            .field("outcome", &inner.outcome)
            .field("http_status", &inner.status)
            .field("code", &inner.code)
            .field("detail", &inner.detail)
            .field("message", &inner.message)
            .field("request_id", &inner.request_id)
            .field("json_path", &inner.json_path)
            .field("retry_after", &inner.retry_after)
            .field("attempts", &inner.attempts)
            .field("source", &inner.source.as_ref().map(ToString::to_string))
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

const LONGEST_MESSAGE: usize = 300;

/// Makes a text of the server fit to be shown: one line of limited length, without control or direction characters, without
/// the key, and with URLs cut before their query and without a user's name and password. URLs are also found in JSON text,
/// where slashes and ampersands may be escaped.
pub(crate) fn tame(text: &str, token: &str) -> String {
    let text =
        if token.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(text.replace(token, MASK)) };
    let mut tame = String::new();
    let mut length = 0;
    // Where in a URL: 0 outside, 1 in the slashes before the host, 2 in the host, 3 in the path, 4 behind the question mark.
    let mut url = 0;
    // Where in the tamed text the host begins, which may be a user's name and password.
    let mut host = (0, 0);
    for (at, c) in text.char_indices() {
        let ends_url =
            c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '<' | '>' | '`');
        match c {
            _ if ends_url => url = 0,
            ':' if url == 0 && begins_address(&text[at + 1..]) => url = 1,
            '/' | '\\' if url == 1 => {}
            '/' | '\\' if url == 2 => url = 3,
            '@' if url == 2 => {
                tame.truncate(host.0);
                tame.push_str(MASK);
                length = host.1 + 3;
            }
            '?' | '#' if matches!(url, 1..=3) => {
                url = 4;
                tame.push(c);
                tame.push_str(MASK);
                length += 4;
                continue;
            }
            _ if url == 1 => (url, host) = (2, (tame.len(), length)),
            _ => {}
        }
        if url == 4 {
            continue;
        }
        let c = if c.is_whitespace() || c.is_control() { ' ' } else { c };
        if is_invisible(c) || c == ' ' && (tame.is_empty() || tame.ends_with(' ')) {
            continue;
        }
        if length >= LONGEST_MESSAGE {
            tame.push('…');
            break;
        }
        tame.push(c);
        length += 1;
    }
    tame.truncate(tame.trim_end().len());
    tame
}

/// Whether what follows a colon makes it a URL's: two slashes, each perhaps behind a backslash.
fn begins_address(rest: &str) -> bool {
    let slash =
        |rest: &'_ str| rest.strip_prefix('\\').unwrap_or(rest).strip_prefix('/').map(str::len);
    slash(rest).is_some_and(|left| slash(&rest[rest.len() - left..]).is_some())
}

/// Characters that turn the direction of text around or take no place.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_the_server_are_tamed() {
        for (text, shown) in [
            ("device  is\r\n offline\u{7}\u{1b}[31m ", "device is offline [31m"),
            ("\u{202e}evil\u{200b}", "evil"),
            ("key FHCANARY is wrong", "key *** is wrong"),
            (
                "see https://h.example/a?Signature=FHSIGN&x=1, then",
                "see https://h.example/a?*** then",
            ),
            (
                "(http://h.example/#FHSIGN) \"https://h.example?FHSIGN\" why?",
                "(http://h.example/#*** \"https://h.example?***\" why?",
            ),
            ("what? no", "what? no"),
            ("", ""),
            // As JSON text, where `&` and `/` may be written as escapes.
            (
                r#"{"url":"https://h.example/a?Expires=1\u0026Signature=FHSIGN","b":1}"#,
                r#"{"url":"https://h.example/a?***","b":1}"#,
            ),
            (
                r#"{"url":"https:\/\/h.example\/a?Signature=FHSIGN|FHSIGN"}"#,
                r#"{"url":"https:\/\/h.example\/a?***"}"#,
            ),
            (
                "bad rtmp://user:FHPASS@h.example/live, sorry",
                "bad rtmp://***@h.example/live, sorry",
            ),
            (r"rtmp:\/\/user:FH@PASS@h.example\/a@b", r"rtmp:\/\/***@h.example\/a@b"),
            ("mail a@b.example", "mail a@b.example"),
        ] {
            assert_eq!(tame(text, "FHCANARY"), shown, "{text:?}");
        }
        let long = tame(&"ü".repeat(5000), "");
        assert_eq!(long.chars().count(), LONGEST_MESSAGE + 1);
    }

    #[test]
    fn debug_begins_with_the_text_that_people_need() {
        let error = Error::local(ErrorKind::Code, "code 7")
            .with_operation("task.create")
            .with_outcome(Some(WriteOutcome::Refused));
        assert_eq!(format!("{error:?}"), format!("{error} (Code)"));
        assert!(format!("{error:#?}").starts_with("Error {\n    kind: Code,"), "{error:#?}");
    }

    #[test]
    fn a_path_made_of_the_server_s_keys_is_tamed() {
        let text = "{\"\\u001b[31mevil\\n\":{\"id\":null}}";
        let error = crate::wire::decode::<
            std::collections::BTreeMap<String, std::collections::BTreeMap<String, i64>>,
        >(text)
        .unwrap_err();
        let error = Error::decode(&error, false);
        assert!(!error.to_string().contains(char::is_control), "{error:?}");
        assert_eq!(error.json_path(), Some("\u{2026}.id"));
    }

    #[test]
    fn errors_are_small_and_can_travel() {
        fn travels<T: Send + Sync + 'static>() {}
        travels::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
