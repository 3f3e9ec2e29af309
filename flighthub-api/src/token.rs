//! The organization key.

use std::fmt;

use http::HeaderValue;
use serde::Deserialize;

use crate::error::{Error, ErrorKind};
use crate::secret::Secret;
use crate::timestamp::Timestamp;

/// The organization key, as FlightHub 2 shows it under Organization Settings, FlightHub Sync (or OpenAPI).
///
/// It belongs to the person who made it, and reaches the projects that this person is a member of. It is never shown: not
/// by `Debug`, not in errors, and the header that carries it is marked as sensitive.
#[derive(Clone)]
pub struct Token {
    secret: Secret,
    header: HeaderValue,
    claims: Claims,
}

/// What a key says about itself. Nothing here is checked: only the service can do that.
#[derive(Clone, Default, Deserialize)]
struct Claims {
    #[serde(default)]
    exp: Option<i64>,
    #[serde(default)]
    organization_uuid: Option<String>,
}

impl Token {
    /// A key as it was copied. White space and quotes around it are dropped.
    ///
    /// # Errors
    ///
    /// When it is none: empty, pasted with `Bearer `, an old-style key, or not a JSON Web Token. The error says which, and
    /// never repeats the text.
    pub fn new(text: impl AsRef<str>) -> Result<Self, Error> {
        let text = trim(text.as_ref());
        let token = Self::opaque(text)?;
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(refuse(
                "this is an old-style organization key (64 hex digits), which only the former API took; make a new key in \
                 FlightHub 2 under Organization Settings, FlightHub Sync (or OpenAPI), and copy it whole",
            ));
        }
        if !is_jwt(text) {
            return Err(refuse(
                "this is no organization key: a key is a JSON Web Token, three parts of letters, digits, `-` and `_`, joined by \
                 dots; copy it whole",
            ));
        }
        Ok(token)
    }

    /// A key of some other form, for private clouds and simulators that hand out such. Only what an HTTP header cannot carry
    /// is refused.
    ///
    /// # Errors
    ///
    /// When it is empty, was pasted with `Bearer `, or has characters other than visible ASCII.
    pub fn opaque(text: impl AsRef<str>) -> Result<Self, Error> {
        let text = trim(text.as_ref());
        if text.is_empty() {
            return Err(refuse("the organization key is empty"));
        }
        if text.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("bearer"))
            && !text[6..].starts_with(|c: char| c.is_ascii_alphanumeric())
        {
            return Err(refuse(
                "the organization key was pasted with `Bearer `; give the key alone, FlightHub takes it in a header of its own",
            ));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refuse(
                "the organization key holds a space, a line break or a character that is not ASCII; copy it again as one piece",
            ));
        }
        let mut header = HeaderValue::from_str(text)
            .map_err(|_| refuse("the organization key cannot be put into an HTTP header"))?;
        header.set_sensitive(true);
        let claims = text
            .split('.')
            .nth(1)
            .and_then(base64url)
            .and_then(|json| serde_json::from_slice(&json).ok());
        Ok(Self { secret: Secret::new(text), header, claims: claims.unwrap_or_default() })
    }

    /// When the key says that it expires.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.claims.exp.and_then(Timestamp::from_unix_seconds)
    }

    /// The organization that the key says it is for.
    #[must_use]
    pub fn organization(&self) -> Option<&str> {
        self.claims.organization_uuid.as_deref().filter(|uuid| !uuid.is_empty())
    }

    /// The header value, marked as sensitive.
    pub(crate) const fn header(&self) -> &HeaderValue {
        &self.header
    }

    pub(crate) fn expose(&self) -> &str {
        self.secret.expose()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

impl TryFrom<&str> for Token {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl TryFrom<&String> for Token {
    type Error = Error;

    fn try_from(text: &String) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl TryFrom<String> for Token {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl TryFrom<Result<Self, Error>> for Token {
    type Error = Error;

    /// So that a key made by [`Token::opaque`] can be handed on as it is.
    fn try_from(token: Result<Self, Error>) -> Result<Self, Error> {
        token
    }
}

impl TryFrom<&Secret> for Token {
    type Error = Error;

    fn try_from(secret: &Secret) -> Result<Self, Error> {
        Self::new(secret.expose())
    }
}

impl TryFrom<Secret> for Token {
    type Error = Error;

    fn try_from(secret: Secret) -> Result<Self, Error> {
        Self::new(secret.expose())
    }
}

fn refuse(problem: &'static str) -> Error {
    Error::local(ErrorKind::Configuration, problem)
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '\'' | '`' | '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' | '\u{feff}'
            )
    })
}

fn is_jwt(text: &str) -> bool {
    let mut parts = 0;
    let clean = text.split('.').all(|part| {
        parts += 1;
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    });
    clean && parts == 3
}

fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"alg":"HS512"}` . `{"exp":1767323045,"organization_uuid":"org-1","sub":"fh2"}` . FHCANARY
    const KEY: &str = "eyJhbGciOiJIUzUxMiJ9.eyJleHAiOjE3NjczMjMwNDUsIm9yZ2FuaXphdGlvbl91dWlkIjoib3JnLTEiLCJzdWIiOiJmaDIifQ.FHCANARY";

    #[test]
    fn white_space_and_quotes_around_a_key_are_dropped() {
        for text in [
            KEY.to_owned(),
            format!(" {KEY}\r\n"),
            format!("\"{KEY}\""),
            format!("'{KEY}' "),
            format!("\u{201c}{KEY}\u{201d}"),
        ] {
            assert_eq!(Token::new(&text).unwrap().expose(), KEY, "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_explained_and_not_repeated() {
        let old = "0123456789abcdef".repeat(4);
        for (text, says) in [
            ("", "empty"),
            (" \n", "empty"),
            (&format!("Bearer {KEY}"), "pasted with `Bearer `"),
            (&format!("bearer\t{KEY}"), "pasted with `Bearer `"),
            (&format!("BEARER: {KEY}"), "pasted with `Bearer `"),
            (&old, "old-style"),
            ("FHCANARY", "JSON Web Token"),
            ("FHCANARY.x", "JSON Web Token"),
            ("FHCANARY..x", "JSON Web Token"),
            ("FHCANARY\n.x.y", "line break"),
            ("FHCANARYé.x.y", "not ASCII"),
            ("FHCANARY\u{0}.x.y", "copy it again"),
        ] {
            let error = Token::new(text).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(says), "{text:?}: {shown}");
            assert!(!shown.contains("FHCANARY") && !shown.contains(&old), "{shown}");
        }
        assert!(Token::opaque("simulated-key").is_ok());
        assert!(Token::new("bearerish.x.y").is_ok(), "a key may begin with these letters");
    }

    #[test]
    fn a_key_tells_its_claims_but_not_itself() {
        let token = Token::new(KEY).unwrap();
        assert_eq!(token.expires_at(), Timestamp::from_unix_seconds(1_767_323_045));
        assert_eq!(token.organization(), Some("org-1"));
        assert!(token.header().is_sensitive());
        assert_eq!(format!("{token:?} {:?}", token.header()), "Token(***) Sensitive");
    }
}
