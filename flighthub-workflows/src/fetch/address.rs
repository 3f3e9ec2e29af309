//! Where files are fetched from, and where not.
//!
//! The service names the addresses, so whoever can influence its answers chooses them. An address must not turn this machine into a way
//! into the network around it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

use super::error::FetchError;

/// What an IP address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Realm {
    /// The public internet.
    Public,
    /// This machine or a network that is not public: only when it is allowed.
    Private,
    /// What no file can sensibly come from, such as the metadata services of clouds: never.
    Never,
}

/// The realm of an IP address. Addresses of IPv6 that stand for one of IPv4 are judged as that one.
pub(super) fn realm(address: IpAddr) -> Realm {
    match address {
        IpAddr::V4(address) => realm_v4(address),
        IpAddr::V6(address) => realm_v6(address),
    }
}

fn realm_v4(address: Ipv4Addr) -> Realm {
    match address.octets() {
        // The metadata service of one cloud is within the addresses for carriers.
        [100, 100, 100, 200] => Realm::Never,
        [10 | 127, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => {
            Realm::Private
        }
        // This network; link-local; IETF; documentation; relays; benchmarks; multicast, reserved and broadcast.
        [0, ..]
        | [169, 254, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [224..=255, ..] => Realm::Never,
        _ => Realm::Public,
    }
}

fn realm_v6(address: Ipv6Addr) -> Realm {
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        realm_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Realm::Private,
        // IPv4 in IPv6: mapped, translated, NAT64, 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => embedded(high, low),
        // A metadata service within the local addresses.
        [0xfd00, 0x0ec2, ..] => Realm::Never,
        // Unique local addresses.
        [0xfc00..=0xfdff, ..] => Realm::Private,
        // Tunnels and other uses of the IETF; documentation.
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Realm::Never,
        // The public addresses are all within one eighth.
        [0x2000..=0x3fff, ..] => Realm::Public,
        _ => Realm::Never,
    }
}

/// What a connection may lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Rule {
    pub(super) public: bool,
    pub(super) private: bool,
}

impl Rule {
    pub(super) fn allows(self, address: IpAddr) -> bool {
        match realm(address) {
            Realm::Public => self.public,
            Realm::Private => self.private,
            Realm::Never => false,
        }
    }
}

/// What the user allowed.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowed {
    /// Private networks, and this machine.
    pub(super) private: bool,
    /// Unsecured connections to the public internet.
    pub(super) plain_http: bool,
    /// Hosts that may be private and unsecured.
    pub(super) hosts: Vec<String>,
}

/// An address that something may be fetched from, if its name resolves to what the rule allows.
#[derive(Clone)]
pub(super) struct Checked {
    pub(super) url: Url,
    pub(super) rule: Rule,
    /// Whether it can only be this machine: no proxy leads there.
    pub(super) is_loopback: bool,
}

/// Checks an address that the service named.
///
/// # Errors
///
/// When nothing is fetched from there. The text holds no part of the address but its scheme and host.
pub(super) fn check(text: &str, allowed: &Allowed) -> Result<Checked, FetchError> {
    if text.trim().is_empty() {
        return Err(FetchError::address(
            "the service names no address for it",
            "The file may not be there yet; look again later.",
        ));
    }
    let url = Url::parse(text.trim()).map_err(|_| {
        let help = "The service's answer is odd; look at it with `flighthub call`.";
        FetchError::address("what the service names as address is none", help)
    })?;
    checked(url, allowed, true)
}

/// Checks where a storage sends us. It may not lead into a private network that the first address was not in.
pub(super) fn check_hop(
    url: Url,
    from: &Checked,
    allowed: &Allowed,
) -> Result<Checked, FetchError> {
    let stays = url.host_str() == from.url.host_str();
    if from.url.scheme() == "https" && url.scheme() != "https" {
        return Err(refused(&url, "it leads from a secured connection to an unsecured one"));
    }
    checked(url, allowed, stays)
}

fn checked(mut url: Url, allowed: &Allowed, may_be_private: bool) -> Result<Checked, FetchError> {
    url.set_fragment(None);
    let secured = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return Err(refused(&url, "only https is fetched from")),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused(&url, "it holds a user name"));
    }
    let Some(host) = url.host_str() else {
        return Err(refused(&url, "it names no host"));
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host.is_empty() {
        return Err(refused(&url, "it names no host"));
    }
    let bare = host.trim_matches(['[', ']']);
    let is_named = allowed.hosts.iter().any(|own| own == bare);
    let private = is_named || (may_be_private && allowed.private);
    let rule = Rule { public: is_named || secured || allowed.plain_http, private };
    if !rule.public && !rule.private {
        return Err(refused(&url, "the connection would not be secured"));
    }
    // The parser has settled every way of writing an IP address: decimal, octal, hexadecimal, short.
    let literal: Option<IpAddr> = bare.parse().ok();
    let is_local_name = ["localhost", "local", "internal", "home.arpa"]
        .iter()
        .any(|end| host == *end || host.strip_suffix(end).is_some_and(|rest| rest.ends_with('.')));
    match literal {
        Some(address) if !rule.allows(address) => return Err(refused(&url, why(address, rule))),
        None if is_local_name && !private => return Err(refused(&url, PRIVATE)),
        _ => {}
    }
    let is_loopback = literal.map_or(host == "localhost", |address| address.is_loopback());
    Ok(Checked { url, rule, is_loopback })
}

const PRIVATE: &str = "it is in a private network";

/// Why an IP address is not connected to.
pub(super) fn why(address: IpAddr, rule: Rule) -> &'static str {
    match realm(address) {
        Realm::Public if !rule.public => "the connection would not be secured",
        Realm::Public | Realm::Private => PRIVATE,
        Realm::Never => "it is an address that nothing is fetched from",
    }
}

/// The error about an address; it shows scheme and host.
pub(super) fn refused(url: &Url, why: &str) -> FetchError {
    let host = crate::choose::printable(url.host_str().unwrap_or("?"));
    let scheme = crate::choose::printable(url.scheme());
    let help = "Storages of a private installation have to be allowed \
                (`--allow-private-addresses`); otherwise do not trust this answer of the service.";
    FetchError::address(format!("nothing is fetched from {scheme}://{host}: {why}"), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(url: &str, allowed: &Allowed) -> Result<(), String> {
        check(url, allowed).map(|_| ()).map_err(|error| error.to_string())
    }

    #[test]
    fn addresses_of_private_networks_are_refused_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0x7f.1",
            "10.0.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.2.1",
            "[::]",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[::127.0.0.1]",
            "[64:ff9b::10.0.0.1]",
            "[64:ff9b:1::1]",
            "[2002:7f00:1::]",
            "[2001::1]",
            "[2001:db8::1]",
            "[fe80::1]",
            "[fec0::1]",
            "[fd00::1]",
            "[fc00::1]",
            "[ff02::1]",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "nas.local",
            "metadata.google.internal",
            "１２７.0.0.1",
            "127。0。0。1",
        ] {
            let url = format!("https://{host}/x?Signature=secret");
            let error = verdict(&url, &Allowed::default()).unwrap_err();
            assert!(error.starts_with("nothing is fetched from https://"), "{host}: {error}");
            assert!(!error.contains("secret") && !error.contains("/x"), "{error}");
        }
    }

    #[test]
    fn what_is_allowed_does_not_include_metadata_services() {
        let allowed = Allowed { private: true, ..Allowed::default() };
        for url in [
            "http://127.0.0.1:9000/x",
            "http://[::1]/x",
            "http://192.168.1.2:9000/x",
            "https://[fd12::1]/x",
            "http://minio.local/x",
            "https://8.8.8.8/x",
        ] {
            assert_eq!(verdict(url, &allowed), Ok(()), "{url}");
        }
        for url in [
            "http://169.254.169.254/latest",
            "http://[::ffff:169.254.169.254]/",
            "http://100.100.100.200/",
            "http://[fd00:ec2::254]/",
            "http://[fe80::1]/",
            "http://0.0.0.0/",
            "http://8.8.8.8/x",
        ] {
            assert!(verdict(url, &allowed).is_err(), "{url}");
        }
        let allowed = Allowed { hosts: vec!["10.0.0.7".into()], ..Allowed::default() };
        assert_eq!(verdict("http://10.0.0.7/x", &allowed), Ok(()));
        assert!(verdict("http://10.0.0.8/x", &allowed).is_err());
        let allowed = Allowed { hosts: vec!["fd12::1".into()], ..Allowed::default() };
        assert_eq!(verdict("http://[fd12::1]:9000/x", &allowed), Ok(()));
    }

    #[test]
    fn only_secured_addresses_without_a_user_are_fetched_from() {
        let strict = Allowed::default();
        for url in [
            "https://storage.example.com/a/b?X-Amz-Signature=1",
            "https://8.8.8.8/x",
            "https://[64:ff9b::8.8.8.8]/x",
            "https://[2606:4700::1]/x#fragment",
        ] {
            assert_eq!(verdict(url, &strict), Ok(()), "{url}");
        }
        for url in [
            "",
            " ",
            "/",
            "//storage.example.com/x",
            "http://storage.example.com/x",
            "ftp://storage.example.com/x",
            "file:///etc/passwd",
            "data:text/plain,x",
            "https://user:pass@storage.example.com/x",
        ] {
            let error = verdict(url, &strict).unwrap_err();
            assert!(!error.contains("pass"), "{error}");
        }
        let plain = Allowed { plain_http: true, ..Allowed::default() };
        assert_eq!(verdict("http://storage.example.com/x", &plain), Ok(()));
        assert!(verdict("http://127.0.0.1/x", &plain).is_err());
    }

    #[test]
    fn a_storage_cannot_send_us_into_a_private_network() {
        let allowed = Allowed { private: true, ..Allowed::default() };
        let hop = |from: &str, to: &str| {
            let from = check(from, &allowed).unwrap();
            check_hop(Url::parse(to).unwrap(), &from, &allowed).map(|_| ()).is_ok()
        };
        assert!(hop("https://a.example.com/1", "https://b.example.com/2"));
        assert!(hop("http://10.0.0.1/1", "http://10.0.0.1:81/2"));
        assert!(!hop("https://a.example.com/1", "https://127.0.0.1/2"));
        assert!(!hop("http://10.0.0.1/1", "http://10.0.0.2/2"));
        assert!(!hop("https://a.example.com/1", "http://a.example.com/2"));
        assert!(!hop("https://a.example.com/1", "file:///etc/passwd"));
    }
}
