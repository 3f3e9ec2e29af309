//! A reply as plain data, between the world that words it and the wire that sends it.

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue};

/// As the gateway names its replies.
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A reply before it is on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers in their order, without those of the connection and without `Content-Length`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A reply without headers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// A reply without headers and body.
    #[must_use]
    pub const fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A reply of JSON text.
    #[must_use]
    pub fn json(status: u16, text: impl Into<Vec<u8>>) -> Self {
        Self::new(status, text).with(CONTENT_TYPE, JSON)
    }

    /// The same with another body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The same with one header more.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same with one header set; other values of that header are gone.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.with(name, value)
    }

    /// The first value of a header, if it is plain text.
    #[must_use]
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(other, _)| other == name)?;
        value.to_str().ok()
    }
}
