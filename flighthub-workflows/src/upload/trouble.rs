//! What goes wrong between us and a storage, in words that hold no secret.

use std::error::Error as StdError;
use std::fmt;

use flighthub_api::Secret;

use crate::choose::printable;
use crate::{Error, ErrorKind};

/// So many characters of a secret are taken for the secret.
const SHOWN: usize = 16;

/// Why a request to a storage failed.
///
/// The text of a storage's answer is not kept: Amazon repeats a session token that it refuses.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// No connection.
    NoConnection(String),
    /// The connection broke.
    Broken(String),
    /// Nothing moved any more.
    Stalled,
    /// The storage said no.
    Refused { status: u16, code: String, message: String },
    /// The answer cannot be used.
    Odd(String),
}

impl Trouble {
    /// What is to be found in the sources of an error.
    pub(super) fn of(error: &object_store::Error) -> Self {
        let mut next: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(error) = next {
            if let Some(trouble) = error.downcast_ref::<Self>() {
                return trouble.clone();
            }
            next = error.source();
        }
        Self::Odd("the answer of the storage cannot be used".to_owned())
    }

    /// A refusal, from the XML of an answer.
    pub(super) fn refused(status: u16, body: &str) -> Self {
        let field = |name: &str| element(body, name).map(printable).unwrap_or_default();
        let message = match element(body, "Token-0") {
            // It may stand in the message too.
            Some(token) if !token.is_empty() => {
                element(body, "Message").unwrap_or_default().replace(token, "***")
            }
            _ => element(body, "Message").unwrap_or_default().to_owned(),
        };
        Self::Refused { status, code: field("Code"), message: printable(&message) }
    }

    /// The same without the texts that the caller knows to be secret, wherever the storage repeated them.
    pub(super) fn without(mut self, secrets: &[&Secret]) -> Self {
        let texts = match &mut self {
            Self::NoConnection(why) | Self::Broken(why) | Self::Odd(why) => vec![why],
            Self::Refused { code, message, .. } => vec![code, message],
            Self::Stalled => Vec::new(),
        };
        for text in texts {
            for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
                // `printable` may have cut it off: its beginning betrays it too.
                let beginning: String = secret.expose().chars().take(SHOWN).collect();
                if text.contains(&beginning) {
                    "it repeats a secret, which is not shown".clone_into(text);
                }
            }
        }
        self
    }

    /// Whether the same may be sent again: the storage or the line failed, not the request.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::NoConnection(_) | Self::Broken(_) | Self::Stalled => true,
            Self::Refused { status, code, .. } => {
                matches!(status, 408 | 429 | 500..=599)
                    || matches!(code.as_str(), "RequestTimeout" | "SlowDown" | "InternalError")
            }
            Self::Odd(_) => false,
        }
    }

    /// Whether the credentials have ended.
    pub(super) fn is_expired(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if matches!(
            code.as_str(),
            "ExpiredToken" | "ExpiredTokenException" | "SecurityTokenExpired" | "TokenRefreshRequired"
        ))
    }

    /// The error of an upload, with the object and what to do next.
    pub(super) fn into_error(self, key: &str) -> Error {
        let help = self.help();
        let text = format!("upload of `{}`: {self}", shown(key));
        Error::new(ErrorKind::Storage, text, help).with_source(self)
    }

    fn help(&self) -> String {
        let text = match self {
            Self::NoConnection(_) => {
                "Check that this network lets you reach the storage, which is another host than the API; a proxy may be needed."
            }
            Self::Broken(_) | Self::Stalled => {
                "Nothing is stored half. Try again; on a slow line, allow a longer silence."
            }
            _ if self.is_expired() => {
                "The credentials for uploads have ended. Begin again: new ones are asked for."
            }
            Self::Refused { code, .. } => match code.as_str() {
                "RequestTimeTooSkewed" | "RequestExpired" => {
                    "Set the clock of this computer: signatures hold for minutes."
                }
                "SignatureDoesNotMatch" | "AuthorizationHeaderMalformed" => {
                    "A proxy that changes requests can cause this; so can a region that the service does not name."
                }
                "EntityTooLarge" | "QuotaExceeded" => {
                    "The storage takes no more, or nothing that large."
                }
                "AccessDenied" | "InvalidAccessKeyId" => {
                    "The credentials allow uploads below their prefix only. If this is so for every upload, the key's owner may have lost rights."
                }
                _ if self.is_passing() => "The storage has troubles of its own. Try again later.",
                _ => "The storage refuses the upload; its code says why.",
            },
            Self::Odd(_) => {
                "Something between here and the storage answers in its place, or it speaks another protocol."
            }
        };
        text.to_owned()
    }
}

/// Whether an upload failed because its credentials have ended.
pub(crate) fn is_expired(error: &Error) -> bool {
    error.source().and_then(|source| source.downcast_ref()).is_some_and(Trouble::is_expired)
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConnection(why) => write!(f, "no connection to the storage: {why}"),
            Self::Broken(why) => write!(f, "the connection to the storage broke: {why}"),
            Self::Stalled => f.write_str("the storage fell silent"),
            Self::Refused { status, code, message } => {
                write!(f, "the storage refuses it with HTTP {status}")?;
                match (code.as_str(), message.as_str()) {
                    ("", _) => Ok(()),
                    (code, "") => write!(f, " ({code})"),
                    (code, message) => write!(f, " ({code}: {message})"),
                }
            }
            Self::Odd(why) => f.write_str(why),
        }
    }
}

impl StdError for Trouble {}

/// The key of an object; of a long one its end, which is what people know it by.
pub(super) fn shown(key: &str) -> String {
    match key.rsplit_once('/') {
        Some((_, name)) if key.chars().count() > 80 => format!("…/{}", printable(name)),
        _ => printable(key),
    }
}

/// The text of the first element of a name. Enough for the flat answers of storages; what is not well formed is just not found.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_object_and_the_remedy_but_no_token() {
        let body = "<?xml version=\"1.0\"?><Error><Code>InvalidToken</Code><Message>The token FHCANARY is malformed.</Message><Token-0>FHCANARY</Token-0></Error>";
        let trouble = Trouble::refused(400, body);
        assert!(!trouble.is_passing() && !trouble.is_expired());
        let error = trouble.into_error("p/a.jpg");
        assert_eq!(
            error.to_string(),
            "upload of `p/a.jpg`: the storage refuses it with HTTP 400 (InvalidToken: The token *** is malformed.)"
        );
        assert!(!format!("{error:?}{}", error.help()).contains("FHCANARY"));

        let body = "<Error><Code>Odd</Code><Message>FHCANARY is no key</Message></Error>";
        let trouble = Trouble::refused(403, body).without(&[&Secret::new("FHCANARY")]);
        assert!(!trouble.to_string().contains("FHCANARY"), "{trouble}");
    }

    #[test]
    fn what_passes_and_what_has_ended() {
        for (status, code, is_passing, is_expired) in [
            (503, "SlowDown", true, false),
            (500, "", true, false),
            (429, "", true, false),
            (400, "RequestTimeout", true, false),
            (400, "ExpiredToken", false, true),
            (403, "SecurityTokenExpired", false, true),
            (403, "AccessDenied", false, false),
            (302, "", false, false),
        ] {
            let trouble = Trouble::refused(status, &format!("<Error><Code>{code}</Code></Error>"));
            assert_eq!((trouble.is_passing(), trouble.is_expired()), (is_passing, is_expired));
        }
    }
}
