//! Where a FlightHub 2 stands.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;

use crate::error::{Error, ErrorKind, tame};

/// Where the FlightHub 2 of the organization stands. A key is valid in its own region only.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Region {
    /// Public cloud, mainland China.
    China,
    /// Public cloud, United States: what the documentation calls overseas.
    UnitedStates,
    /// Public cloud, Europe.
    Europe,
    /// A private installation at this address, such as `https://flighthub.example.com` or `http://192.0.2.7:30812`. A path
    /// in front of `/openapi` is kept. Plain http to another machine must be allowed on the builder.
    OnPremises(String),
}

impl Region {
    /// A private installation at this address.
    pub fn on_premises(url: impl Into<String>) -> Self {
        Self::OnPremises(url.into())
    }

    /// The address of the API, without the `/openapi` path.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::China => "https://es-flight-api-cn.djigate.com",
            Self::UnitedStates => "https://es-flight-api-us.djigate.com",
            Self::Europe => "https://es-flight-api-eu.djigate.com",
            Self::OnPremises(url) => url,
        }
    }
}

impl fmt::Debug for Region {
    /// An address is shown without a password or query that does not belong into it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::China => f.write_str("China"),
            Self::UnitedStates => f.write_str("UnitedStates"),
            Self::Europe => f.write_str("Europe"),
            Self::OnPremises(url) => f.debug_tuple("OnPremises").field(&tame(url, "")).finish(),
        }
    }
}

impl FromStr for Region {
    type Err = Error;

    /// Reads `cn`, `us`, `eu`, or the address of a private installation.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text.trim().to_ascii_lowercase().as_str() {
            "cn" | "china" => Ok(Self::China),
            "us" | "united-states" => Ok(Self::UnitedStates),
            "eu" | "europe" => Ok(Self::Europe),
            _ if text.contains("://") => Ok(Self::on_premises(text.trim())),
            _ => Err(refuse(
                "a region is `cn`, `us`, `eu`, or the address of a private installation that begins with https://",
            )),
        }
    }
}

/// A checked address: scheme, host, port and path prefix, without a slash at the end.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    text: String,
    host: String,
    port: u16,
    https: bool,
    loopback: bool,
}

impl BaseUrl {
    pub(crate) fn new(region: &Region, plain_http_allowed: bool) -> Result<Self, Error> {
        let url = Url::parse(region.url().trim()).map_err(|_| {
            refuse("the address of the installation cannot be read; write it with scheme and host, such as https://flighthub.example.com")
        })?;
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => {
                return Err(refuse(
                    "the address of the installation must begin with https:// (or http://, see `allow_plain_http`)",
                ));
            }
        };
        let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        if host == "fh.dji.com" || host == "www.fh.dji.com" {
            return Err(refuse(
                "fh.dji.com is the web console and answers every call with a page; use Region::Europe, Region::UnitedStates or \
                 Region::China, whichever the key was made in",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse(
                "the address of the installation holds a user name or password; leave it out, the key is all that is needed",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse(
                "the address of the installation holds a query or fragment (`?`, `#`); leave it out",
            ));
        }
        let prefix = url.path().trim_end_matches('/');
        if prefix.contains("/openapi") {
            return Err(refuse(
                "the address of the installation ends before /openapi; leave that part out",
            ));
        }
        let loopback = is_loopback(&host);
        if !(https || loopback || plain_http_allowed) {
            return Err(refuse(
                "plain http would send the key readable over the network; use https, or call `allow_plain_http` on the builder if the \
                 network is your own",
            ));
        }
        // Without query and fragment the path stands last.
        let origin = url.as_str().strip_suffix(url.path()).unwrap_or_else(|| url.as_str());
        let text = format!("{origin}{prefix}");
        let port = url.port_or_known_default().unwrap_or_default();
        Ok(Self { text, host, port, https, loopback })
    }

    /// The whole address of a path (and query) of the API.
    pub(crate) fn join(&self, path: &str, query: Option<&str>) -> String {
        let mut url = String::with_capacity(
            self.text.len() + path.len() + query.map_or(0, |query| query.len() + 1),
        );
        url.push_str(&self.text);
        url.push_str(path);
        if let Some(query) = query {
            url.push('?');
            url.push_str(query);
        }
        url
    }

    /// Without brackets.
    pub(crate) fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) const fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    pub(crate) const fn is_https(&self) -> bool {
        self.https
    }

    pub(crate) const fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn refuse(problem: &'static str) -> Error {
    Error::local(ErrorKind::Configuration, problem)
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(url: &str) -> Result<String, String> {
        BaseUrl::new(&Region::on_premises(url), false)
            .map(|base| base.join("/openapi/v0.1/project", Some("page=1")))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_region_has_an_address() {
        for region in [Region::China, Region::UnitedStates, Region::Europe] {
            assert_eq!(format!("{:?}", BaseUrl::new(&region, false).unwrap()), region.url());
        }
        assert_eq!("eu".parse::<Region>().unwrap(), Region::Europe);
        assert_eq!(
            "https://a.example".parse::<Region>().unwrap(),
            Region::on_premises("https://a.example")
        );
        assert!("moon".parse::<Region>().is_err());
    }

    #[test]
    fn an_address_shows_no_password() {
        let region = Region::on_premises("https://user:FHCANARY@a.example/x?key=FHCANARY");
        assert_eq!(format!("{region:?}"), r#"OnPremises("https://***@a.example/x?***")"#);
        assert_eq!(format!("{:?}", Region::Europe), "Europe");
    }

    #[test]
    fn a_path_prefix_is_kept() {
        assert_eq!(
            base("https://a.example").unwrap(),
            "https://a.example/openapi/v0.1/project?page=1"
        );
        assert_eq!(
            base(" https://a.example:8443/fh2/ ").unwrap(),
            "https://a.example:8443/fh2/openapi/v0.1/project?page=1"
        );
        assert_eq!(
            base("http://[::1]:30812").unwrap(),
            "http://[::1]:30812/openapi/v0.1/project?page=1"
        );
        assert_eq!(
            base("http://127.0.0.1:30812").unwrap(),
            "http://127.0.0.1:30812/openapi/v0.1/project?page=1"
        );
        assert!(base("http://localhost:1").is_ok());
    }

    #[test]
    fn addresses_that_would_leak_or_lead_astray_are_refused() {
        for (url, says) in [
            ("http://192.0.2.7:30812", "plain http"),
            ("http://localhost.example", "plain http"),
            ("http://127.0.0.1.example", "plain http"),
            ("https://fh.dji.com", "web console"),
            ("https://FH.dji.com./organization", "web console"),
            ("https://user:FHCANARY@a.example", "user name or password"),
            ("https://FHCANARY@a.example", "user name or password"),
            ("https://a.example/?key=FHCANARY", "query"),
            ("https://a.example/#FHCANARY", "fragment"),
            ("https://a.example/openapi/v0.1", "before /openapi"),
            ("ftp://a.example", "https://"),
            ("a.example", "cannot be read"),
            ("", "cannot be read"),
        ] {
            let error = base(url).unwrap_err();
            assert!(error.contains(says), "{url}: {error}");
            assert!(!error.contains("FHCANARY"), "{error}");
        }
        assert!(BaseUrl::new(&Region::on_premises("http://192.0.2.7:30812"), true).is_ok());
    }
}
