//! A reply before it goes over the wire.

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue};

/// A reply: status, headers and the whole body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers, in order, without `Content-Length` and `Date`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A reply without a body.
    #[must_use]
    pub const fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A reply with a JSON text.
    #[must_use]
    pub fn json(status: u16, text: impl Into<Vec<u8>>) -> Self {
        Self::empty(status).with_type("application/json; charset=utf-8").with_body(text)
    }

    /// The same with another body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The same with a header more.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    fn with_type(self, kind: &'static str) -> Self {
        self.with(CONTENT_TYPE, HeaderValue::from_static(kind))
    }
}
