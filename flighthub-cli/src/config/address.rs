//! The address of an installation.

use flighthub_api::Region;

use super::ConfigError;

/// A region by `cn`, `us`, `eu`, or the address of a private installation.
///
/// # Errors
///
/// What would lead astray: the web console, an address that holds a password, plain http over a network.
pub(super) fn region(text: &str, source: &str, allow_http: bool) -> Result<Region, ConfigError> {
    let wrong = |problem: &str, help: &str| ConfigError::new(format!("{source}: {problem}"), help);
    let region: Region = text.parse().map_err(|_| {
        // Without `://` it is no address that could hold a password.
        let text = crate::out::text::line(text);
        wrong(
            &format!("`{text}` is no region and no address"),
            "Regions are cn, us and eu; the address of a private installation begins with https://.",
        )
    })?;
    let Region::OnPremises(url) = &region else { return Ok(region) };
    let uri: http::Uri = url.parse().map_err(|_| {
        wrong("the address cannot be read", "Write it such as https://flighthub.example.com.")
    })?;
    let authority = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
    if authority.contains('@') {
        return Err(wrong(
            "the address holds a user name or password",
            "Leave it out; the key is all that is needed.",
        ));
    }
    let host = uri.host().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    if host == "fh.dji.com" || host.ends_with(".fh.dji.com") {
        return Err(wrong(
            "fh.dji.com is the web console and answers every call with a page",
            "Use --region eu, us or cn: where the organization of the key is.",
        ));
    }
    match uri.scheme_str() {
        Some("https") => Ok(region),
        Some("http") if allow_http || is_loopback(&host) => Ok(region),
        Some("http") => Err(wrong(
            "plain http would send the key readable over the network",
            "Use https, or --allow-http (`allow_http = true` in the profile) if the network is your own.",
        )),
        _ => Err(wrong(
            "the address begins with neither https:// nor http://",
            "Write it such as https://flighthub.example.com.",
        )),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let parsed: Result<std::net::IpAddr, _> = address.parse();
    host == "localhost" || parsed.is_ok_and(|address| address.is_loopback())
}
