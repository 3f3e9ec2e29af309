//! What stands at an address, and whether it takes the key.

use std::error::Error as StdError;
use std::io;

use flighthub_api::{Client, ErrorKind, List, Region, v1};
use reqwest::Url;

use super::brief;
use super::report::{Answer, Finding, PlaceReport, Severity, finding};

/// What came of asking a place for the projects of the key.
pub(super) struct Asked {
    pub(super) report: PlaceReport,
    pub(super) finding: Option<Finding>,
    /// The client and what it listed, when the key was taken.
    pub(super) open: Option<(Client, List<v1::Project>)>,
}

/// The name of a place: that of the region, or the address without a user's name, password or query.
pub(super) fn name(region: &Region) -> String {
    match region {
        Region::China => "cn".to_owned(),
        Region::UnitedStates => "us".to_owned(),
        Region::Europe => "eu".to_owned(),
        other => match Url::parse(other.url().trim()) {
            Ok(url) => {
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                let path = url.path().trim_end_matches('/');
                let host = url.host_str().unwrap_or_default();
                crate::choose::printable(&format!("{}://{host}{port}{path}", url.scheme()))
            }
            Err(_) => "(an address that cannot be read)".to_owned(),
        },
    }
}

/// Whether it is the web console, which answers every path with a page.
pub(super) fn is_web_console(region: &Region) -> bool {
    let host = Url::parse(region.url().trim())
        .ok()
        .and_then(|url| url.host_str().map(|host| host.trim_end_matches('.').to_ascii_lowercase()));
    matches!(host.as_deref(), Some("fh.dji.com" | "www.fh.dji.com"))
}

/// An address that no client can be made for. Nothing was sent.
pub(super) fn unusable(region: &Region, error: &flighthub_api::Error) -> Asked {
    let about = name(region);
    let found = if is_web_console(region) {
        let seen = "fh.dji.com is the web console: it answers every call with a page";
        let remedy = "Give the region that the key was made in (`eu`, `us` or `cn`), or the address of the private installation.";
        finding(Severity::Error, "web-console-address", &about, seen, remedy)
    } else {
        finding(
            Severity::Error,
            "address-unusable",
            &about,
            brief(error),
            "Correct the address or the setup.",
        )
    };
    let report = PlaceReport { name: about, answer: Answer::NotAsked, clock_offset_seconds: None };
    Asked { report, finding: Some(found), open: None }
}

/// Asks a place for the projects of the key: the one call that tells whether the key is valid there. (The system status does not: it lets
/// every key pass.)
pub(super) async fn ask(region: &Region, client: Client, has_key: bool) -> Asked {
    let result = client.all_projects().await;
    let mut report = PlaceReport {
        name: name(region),
        answer: Answer::AcceptsKey,
        clock_offset_seconds: client.clock_offset_seconds(),
    };
    let error = match result {
        Ok(projects) if has_key => {
            return Asked { report, finding: None, open: Some((client, projects)) };
        }
        Ok(_) => {
            report.answer = Answer::IsThere;
            return Asked { report, finding: None, open: None };
        }
        Err(error) => error,
    };
    if error.is_auth() {
        report.answer = if has_key { Answer::RefusesKey } else { Answer::IsThere };
        return Asked { report, finding: None, open: None };
    }
    let (answer, name, remedy) = meaning(&error);
    report.answer = answer;
    let finding = finding(Severity::Error, name, &report.name, brief(&error), remedy);
    Asked { report, finding: Some(finding), open: None }
}

const WHICH_ADDRESS: &str = "Check the address. The API of the public cloud is at es-flight-api-cn, -us or -eu.djigate.com, that of a \
                             private installation usually at port 30812, without /openapi at the end.";

/// What an error says about the place.
fn meaning(error: &flighthub_api::Error) -> (Answer, &'static str, &'static str) {
    match error.kind() {
        _ if error.is_rate_limited() => (
            Answer::Error,
            "rate-limited",
            "Wait a minute, then ask again, and let other programs with this key call less often.",
        ),
        ErrorKind::NotTheApi => (Answer::NotTheApi, "not-the-api", WHICH_ADDRESS),
        ErrorKind::NotDeployed => (Answer::NotTheApi, "no-api-at-path", WHICH_ADDRESS),
        ErrorKind::Http if matches!(error.http_status(), Some(300..=399)) => (
            Answer::NotTheApi,
            "redirected",
            "Check the address: whether it is https, and whether a login page of the network stands before it.",
        ),
        ErrorKind::Http if matches!(error.http_status(), Some(407)) => {
            (Answer::Unreachable, "proxy-failed", PROXY)
        }
        ErrorKind::Connection | ErrorKind::Timeout | ErrorKind::Configuration => {
            unreachable_by(error)
        }
        _ => (
            Answer::Error,
            "service-error",
            "Try again later. When it stays, give the request id to DJI's support.",
        ),
    }
}

const PROXY: &str = "Check the proxy (HTTPS_PROXY, HTTP_PROXY, or the setting): its address, whether it wants a password, and whether it \
                     lets this host through; NO_PROXY names hosts that go without.";

/// Why there was no connection, as the errors below the client's tell it.
fn unreachable_by(error: &flighthub_api::Error) -> (Answer, &'static str, &'static str) {
    let mut texts = String::new();
    let mut kinds = Vec::new();
    let mut source = error.source();
    while let Some(below) = source {
        texts.push('\n');
        texts.push_str(&below.to_string().to_lowercase());
        kinds.extend(below.downcast_ref::<io::Error>().map(io::Error::kind));
        source = below.source();
    }
    let (name, remedy) = reason(&texts, &kinds, error.kind() == ErrorKind::Timeout);
    (Answer::Unreachable, name, remedy)
}

fn reason(texts: &str, kinds: &[io::ErrorKind], timed_out: bool) -> (&'static str, &'static str) {
    let says = |words: &[&str]| words.iter().any(|word| texts.contains(word));
    if says(&["tunnel", "proxy", "socks"]) {
        return ("proxy-failed", PROXY);
    }
    if says(&[
        "dns error",
        "failed to lookup address",
        "name or service not known",
        "nodename nor servname",
        "no such host",
    ]) {
        return (
            "host-unknown",
            "Check the spelling of the address, and whether this machine can resolve names (DNS) and is on the network.",
        );
    }
    if says(&["certificate", "unknownissuer", "self-signed", "self signed"]) {
        return (
            "certificate-not-trusted",
            "For a private installation give its certificate authority. If it is the public cloud, something on the way opens the \
             connection (an inspecting proxy): trust its certificate, or ask for an exception. See also the clock of this machine.",
        );
    }
    if says(&[
        "tls",
        "ssl",
        "handshake",
        "corrupt message",
        "invalidcontenttype",
        "fatal alert",
        "protocol version",
    ]) {
        return (
            "tls-failed",
            "Check scheme and port: https is spoken to a port that perhaps speaks plain http, as private installations do at 30812.",
        );
    }
    if kinds.contains(&io::ErrorKind::ConnectionRefused) {
        return (
            "connection-refused",
            "Check address and port, and whether the installation runs; a firewall or a proxy that is down answers like this too.",
        );
    }
    if timed_out
        || kinds.contains(&io::ErrorKind::TimedOut)
        || says(&["timed out", "deadline has elapsed", "no answer within"])
    {
        return (
            "connection-timed-out",
            "Check the network and the firewall: whether this machine may reach the address, perhaps only through a proxy.",
        );
    }
    (
        "connection-broken",
        "Check the network, the proxy and the port: the connection ends before an answer comes.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_read_from_what_the_layers_below_say() {
        use io::ErrorKind as Io;
        for (texts, kinds, expected) in [
            (
                "client error (connect)\ndns error\nfailed to lookup address information: name or service not known",
                vec![],
                "host-unknown",
            ),
            (
                "tcp connect error\nconnection refused (os error 111)",
                vec![Io::ConnectionRefused],
                "connection-refused",
            ),
            (
                "invalid peer certificate: unknownissuer",
                vec![Io::InvalidData],
                "certificate-not-trusted",
            ),
            (
                "received corrupt message of type invalidcontenttype",
                vec![Io::InvalidData],
                "tls-failed",
            ),
            ("tunnel error: unsuccessful", vec![], "proxy-failed"),
            ("operation timed out", vec![], "connection-timed-out"),
            ("connection reset by peer", vec![Io::ConnectionReset], "connection-broken"),
        ] {
            assert_eq!(reason(texts, &kinds, false).0, expected, "{texts}");
        }
    }

    #[test]
    fn a_place_is_named_without_what_may_be_secret() {
        assert_eq!(name(&Region::Europe), "eu");
        let odd = Region::on_premises("https://user:FHCANARY@fh.example.com:30812/x/?key=FHCANARY");
        assert_eq!(name(&odd), "https://fh.example.com:30812/x");
        assert_eq!(name(&Region::on_premises("::")), "(an address that cannot be read)");
        assert!(is_web_console(&Region::on_premises("https://FH.DJI.com./")));
    }
}
