//! What a player needs, by the service that carries the picture.

use std::fmt;

use flighthub_api::v1::LivePlayback;
use flighthub_api::{Secret, Timestamp};
use reqwest::Url;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::choose::printable;

/// What a player needs, by the service that carries the picture.
///
/// The `url` of the API is not always a URL, and it always holds the token to join with: so what lets in is a [`Secret`], and serialised as
/// `***`. [`Playback::exposed`] writes it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "service", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Playback {
    /// WebRTC by WHEP: POST an SDP offer (`application/sdp`) to the address. Private installations with SRS.
    Whep {
        /// Where to.
        url: Secret,
    },
    /// HTTP Live Streaming: a playlist for any player.
    Hls {
        /// The playlist.
        url: Secret,
    },
    /// Volcengine RTC (public cloud, seen live): join the room with that vendor's SDK.
    Volc {
        /// Application.
        app_id: String,
        /// Room.
        room_id: String,
        /// The user to join as.
        user_id: String,
        /// The token to join with, percent-decoded.
        token: Secret,
    },
    /// Agora RTC: join the channel with that vendor's SDK. The form of its address is not known for certain; both claimed ones are read.
    Agora {
        /// Application, if it is told.
        app_id: Option<String>,
        /// Channel.
        channel: String,
        /// The user to join as.
        uid: String,
        /// The token to join with.
        token: Secret,
    },
    /// RTMP or RTSP: most players and recorders take the address as it is.
    Stream {
        /// `rtmp`, `rtmps`, `rtsp`, `rtsps`.
        protocol: String,
        /// The address.
        url: Secret,
    },
    /// A service that this version does not know, or an address that is not in its form.
    Unknown {
        /// What the API calls it.
        url_type: Option<String>,
        /// What the API calls the address.
        address: Secret,
    },
}

impl Playback {
    /// Reads the address by its form and by what the API says it is. Nothing is lost: what is in no known form stays whole.
    #[must_use]
    pub fn read(url: &Secret, url_type: Option<&str>) -> Self {
        let text = url.expose().trim();
        let kind = url_type.unwrap_or_default().trim().to_ascii_lowercase();
        let known = match kind.as_str() {
            "volc" => volc(text),
            "agora" => agora(text),
            // The type is left out by some gateways.
            "" => volc(text).or_else(|| agora(text)),
            _ => None,
        };
        known.or_else(|| by_scheme(text)).unwrap_or_else(|| Self::Unknown {
            url_type: url_type.map(printable),
            address: url.clone(),
        })
    }

    /// The word for the service: `whep`, `hls`, `volc`, `agora`, `stream`, `unknown`.
    #[must_use]
    pub fn service(&self) -> &'static str {
        match self {
            Self::Whep { .. } => "whep",
            Self::Hls { .. } => "hls",
            Self::Volc { .. } => "volc",
            Self::Agora { .. } => "agora",
            Self::Stream { .. } => "stream",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// How to play it, for people.
    #[must_use]
    pub fn how(&self) -> &'static str {
        match self {
            Self::Whep { .. } => "WebRTC: give the address to a player that speaks WHEP.",
            Self::Hls { .. } => "Give the address to any video player.",
            Self::Volc { .. } => {
                "Join the room with the RTC SDK of Volcengine; no ordinary player plays it."
            }
            Self::Agora { .. } => {
                "Join the channel with the RTC SDK of Agora; no ordinary player plays it."
            }
            Self::Stream { .. } => "Give the address to a video player or recorder.",
            Self::Unknown { .. } => {
                "This version does not know the service; its name and the address are as the API gave them."
            }
        }
    }

    /// The same as JSON with the secrets written out: whoever sees it can watch. Ask the person first.
    #[must_use]
    pub fn exposed(&self) -> Value {
        let mut object = match serde_json::to_value(self) {
            Ok(Value::Object(object)) => object,
            _ => Map::new(),
        };
        let (field, secret) = match self {
            Self::Whep { url } | Self::Hls { url } | Self::Stream { url, .. } => ("url", url),
            Self::Volc { token, .. } | Self::Agora { token, .. } => ("token", token),
            Self::Unknown { address, .. } => ("address", address),
        };
        object.insert(field.to_owned(), json!(secret.expose()));
        Value::Object(object)
    }
}

/// The fields of a `volc` address: a bare query, one with a question mark, or the query of a URL.
fn volc(text: &str) -> Option<Playback> {
    let query = Query::of(text);
    Some(Playback::Volc {
        app_id: printable(&query.get("app_id")?),
        room_id: printable(&query.get("room_id")?),
        user_id: printable(&query.get("user_id")?),
        token: Secret::new(query.get("token")?),
    })
}

/// The fields of an `agora` address: JSON text, or a query.
fn agora(text: &str) -> Option<Playback> {
    if let Ok(Value::Object(object)) = serde_json::from_str::<Value>(text) {
        let field = |names: [&str; 2]| {
            names.iter().find_map(|name| match object.get(*name)? {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            })
        };
        return Some(Playback::Agora {
            app_id: field(["app_id", "appId"]).map(|id| printable(&id)),
            channel: printable(&field(["channel_name", "channel"])?),
            uid: printable(&field(["uid", "user_id"])?),
            token: Secret::new(field(["token", "rtc_token"])?),
        });
    }
    let query = Query::of(text);
    Some(Playback::Agora {
        app_id: query.get("app_id").map(|id| printable(&id)),
        channel: printable(&query.get("channel").or_else(|| query.get("channel_name"))?),
        uid: printable(&query.get("uid")?),
        token: Secret::new(query.get("token")?),
    })
}

/// What a real URL is for. An address with `whep` in it is WHEP whatever the API calls it, as clients do.
fn by_scheme(text: &str) -> Option<Playback> {
    let url = Url::parse(text).ok().filter(Url::has_host)?;
    let secret = Secret::new(text);
    match url.scheme() {
        "http" | "https" if text.to_ascii_lowercase().contains("whep") => {
            Some(Playback::Whep { url: secret })
        }
        "http" | "https" if url.path().to_ascii_lowercase().ends_with(".m3u8") => {
            Some(Playback::Hls { url: secret })
        }
        protocol @ ("rtmp" | "rtmps" | "rtsp" | "rtsps") => {
            Some(Playback::Stream { protocol: protocol.to_owned(), url: secret })
        }
        _ => None,
    }
}

/// Fields joined by `&`, percent-encoded.
struct Query(Vec<(String, String)>);

impl Query {
    fn of(text: &str) -> Self {
        let query = match text.split_once('?') {
            Some((_, query)) => query,
            None => text,
        };
        let query = query.split('#').next().unwrap_or_default();
        // The parser of URLs decodes them. A plus is not always a blank here: tokens in base 64 come with bare ones.
        let plain = query.replace('+', "%2B");
        let pairs = Url::parse("http://query.invalid/")
            .map(|mut url| {
                url.set_query(Some(&plain));
                url.query_pairs()
                    .map(|(key, value)| (key.into_owned(), value.into_owned()))
                    .collect()
            })
            .unwrap_or_default();
        Self(pairs)
    }

    fn get(&self, name: &str) -> Option<String> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .filter(|value| !value.is_empty())
    }
}

/// When an address ends: as the API says, else by the request.
pub(super) fn expiry(playback: &LivePlayback, requested: Timestamp, now: Timestamp) -> Timestamp {
    // An end in the past is a clock that is wrong, here or there: then what was asked for counts.
    playback.expire_ts.filter(|end| *end > now).unwrap_or(requested)
}

impl fmt::Display for Playback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.service())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str, kind: Option<&str>) -> Playback {
        let playback = Playback::read(&Secret::new(url), kind);
        let shown = format!("{playback:?} {}", serde_json::to_string(&playback).unwrap());
        assert!(!shown.contains("FHCANARY"), "{shown}");
        assert!(playback.exposed().to_string().contains("FHCANARY"), "{}", playback.exposed());
        playback
    }

    #[test]
    fn every_known_form_is_read() {
        let volc =
            "app_id=A&expire_time=1779443600&room_id=R_81-0-0&token=FHCANARY%3D%3D&user_id=U";
        for (url, kind, expected) in [
            (volc, Some("volc"), "volc"),
            (volc, Some("VOLC"), "volc"),
            (volc, None, "volc"),
            (&format!("?{volc}"), Some("volc"), "volc"),
            (&format!("https://h.example.com/x?{volc}#y"), Some("volc"), "volc"),
            (
                r#"{"app_id":"A","channel_name":"C","token":"FHCANARY","uid":7}"#,
                Some("agora"),
                "agora",
            ),
            ("channel=C&sn=S&token=FHCANARY&uid=U", Some("agora"), "agora"),
            (
                "http://h.example.com:30806/rtc/v1/whep/?app=live&token=FHCANARY",
                Some("srs"),
                "whep",
            ),
            ("https://h.example.com/rtc/v1/whep/?token=FHCANARY", None, "whep"),
            ("https://h.example.com/live/x.m3u8?token=FHCANARY", Some("srs"), "hls"),
            ("rtmp://h.example.com/live/FHCANARY", Some("rtmp"), "stream"),
            ("quantum:room#FHCANARY", Some("quantum"), "unknown"),
            ("https://h.example.com/FHCANARY", Some("srs"), "unknown"),
            ("app_id=A&token=FHCANARY", Some("volc"), "unknown"),
            ("FHCANARY", None, "unknown"),
        ] {
            assert_eq!(read(url, kind).service(), expected, "{url}");
        }
        assert_eq!(read(volc, Some("volc")).exposed()["token"], "FHCANARY==");
        let plus = read(&volc.replace("%3D%3D", "+/="), Some("volc")).exposed();
        assert_eq!(plus["token"], "FHCANARY+/=");
    }
}
