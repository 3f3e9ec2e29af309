//! Answers with what is known about them.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;

use crate::envelope;
use crate::error::Error;
use crate::operation::Operation;
use crate::outcome::WriteOutcome;
use crate::wire::{self, DecodeError};

/// A success as it came: an envelope with code 0.
pub(crate) struct Answered {
    pub(crate) operation: Cow<'static, str>,
    pub(crate) write: bool,
    pub(crate) status: u16,
    pub(crate) request_id: HeaderValue,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answered {
    /// The typed answer. A write whose answer does not hold what was promised is indeterminate: it may have been done.
    pub(crate) fn read<O: Operation>(self) -> Result<Reply<O::Output>, Error> {
        let decode = || envelope::decode::<O::Output>(&self.text);
        let output = match if self.write { wire::promised(decode) } else { decode() } {
            Ok(output) => output,
            Err(error) => return Err(self.broken(&error)),
        };
        match O::failure(&output) {
            None => Ok(Reply { output, answered: self }),
            Some(reason) => Err(self.failed(reason)),
        }
    }

    pub(crate) fn broken(&self, error: &DecodeError) -> Error {
        let absent = envelope::data(&self.text).is_ok_and(|data| data == "null");
        self.describe(Error::decode(error, absent))
            .with_outcome(self.write.then_some(WriteOutcome::Indeterminate))
    }

    pub(crate) fn failed(&self, reason: &str) -> Error {
        let error = Error::local(
            crate::ErrorKind::Failed,
            format!("the answer is a success, but says that nothing was done: {reason}"),
        );
        self.describe(error).with_outcome(self.write.then_some(WriteOutcome::Refused))
    }

    /// The request id that was sent: visible ASCII, and so always a text.
    fn request_id(&self) -> &str {
        self.request_id.to_str().unwrap_or_default()
    }

    fn describe(&self, error: Error) -> Error {
        error
            .with_operation(self.operation.clone())
            .with_status(self.status)
            .with_request_id(self.request_id().to_owned())
            .with_attempts(self.attempts)
            .with_elapsed(self.elapsed)
            .with_answer(self.headers.clone(), self.text.clone())
    }
}

/// An answer with what is known about it.
///
/// `Debug` shows the typed answer, not the text.
pub struct Reply<T> {
    output: T,
    answered: Answered,
}

impl<T> Reply<T> {
    /// What was answered.
    #[must_use]
    pub const fn output(&self) -> &T {
        &self.output
    }

    /// What was answered, alone.
    #[must_use]
    pub fn into_output(self) -> T {
        self.output
    }

    /// HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.answered.status
    }

    /// The request id that was sent.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.answered.request_id()
    }

    /// How many times the request was attempted.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.answered.attempts
    }

    /// How long it took, with all attempts and all waiting.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.answered.elapsed
    }

    /// The headers that came.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.answered.headers
    }

    /// The whole body as it came. It may hold secrets, such as signed addresses and upload credentials.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.answered.text
    }
}

impl<T: fmt::Debug> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("output", &self.output)
            .field("status", &self.status())
            .field("request_id", &self.request_id())
            .field("attempts", &self.attempts())
            .field("elapsed", &self.elapsed())
            .finish_non_exhaustive()
    }
}

/// A success whose data was left as text: of raw calls and of calls whose operation is known at run time only.
///
/// `Debug` does not show the text.
pub struct RawReply(Answered);

impl RawReply {
    pub(crate) const fn new(answered: Answered) -> Self {
        Self(answered)
    }

    /// The JSON text of `data`, `null` when there is none. It may hold secrets.
    #[must_use]
    pub fn data(&self) -> &str {
        envelope::data(&self.0.text).unwrap_or("null")
    }

    /// Whether the data holds what a write promises, and does not say that nothing was done.
    #[cfg(feature = "catalog")]
    pub(crate) fn check(&self, operation: &crate::v1::AnyOperation) -> Result<(), Error> {
        let checked = wire::promised(|| operation.check_output(self.data()));
        checked.map_err(|error| self.0.broken(&error))?;
        operation.failure(self.data()).map_or(Ok(()), |reason| Err(self.0.failed(reason)))
    }

    /// Reads `data`, with the same patience as typed calls.
    ///
    /// # Errors
    ///
    /// When it cannot be read; the error has the JSON path.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        wire::decode(self.data()).map_err(|error| self.0.broken(&error))
    }

    /// HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.0.status
    }

    /// The request id that was sent.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.0.request_id()
    }

    /// How many times the request was attempted.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long it took, with all attempts and all waiting.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// The headers that came.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The whole body as it came. It may hold secrets.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.0.text
    }
}

impl fmt::Debug for RawReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawReply")
            .field("operation", &self.0.operation)
            .field("status", &self.status())
            .field("request_id", &self.request_id())
            .field("attempts", &self.attempts())
            .field("elapsed", &self.elapsed())
            .finish_non_exhaustive()
    }
}
