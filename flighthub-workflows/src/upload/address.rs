//! Where a bucket is: in the path of an address, or in front of its host.

use std::net::IpAddr;

use flighthub_api::v1::StorageProvider;
use reqwest::Url;

use super::access::StorageAccess;
use super::options::UploadOptions;
use crate::choose::printable;
use crate::{Error, ErrorKind, Result};

/// The address of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// Scheme, host and port, without a slash at the end. Where `in_host` is set the host begins with the bucket.
    pub(super) endpoint: String,
    /// Whether the bucket stands in the host instead of the path.
    pub(super) in_host: bool,
    /// The region of signatures.
    pub(super) region: String,
    pub(super) is_https: bool,
    /// The host and port, when they are this machine by their name. Resolvers do not all know names below `localhost`.
    pub(super) local_name: Option<(String, u16)>,
    pub(super) is_local: bool,
}

impl Address {
    pub(super) fn of(access: &StorageAccess, options: &UploadOptions) -> Result<Self> {
        check_bucket(&access.bucket)?;
        let url = parsed(&access.endpoint)?;
        let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        let kind = HostKind::of(&host);
        let is_https = url.scheme() == "https";
        if !is_https && !options.allow_plain_http && kind == HostKind::Public {
            return Err(refuse(
                format!("the service wants an upload to `{}` over plain http", printable(&host)),
                "Everybody on the way could read it. If that network is your own, allow plain http for storages.",
            ));
        }
        let in_host = wants_bucket_in_host(access, &host, kind);
        let authority = match (in_host, host.starts_with(&format!("{}.", access.bucket))) {
            (true, false) => format!("{}.{host}", access.bucket),
            _ => host.clone(),
        };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let local_name = (kind == HostKind::LocalName)
            .then(|| (authority.clone(), url.port_or_known_default().unwrap_or(80)));
        Ok(Self {
            endpoint: format!("{}://{authority}{port}", url.scheme()),
            in_host,
            region: access
                .region
                .clone()
                .or_else(|| region_in(&host))
                .unwrap_or_else(|| "us-east-1".to_owned()),
            is_https,
            local_name,
            is_local: matches!(kind, HostKind::LocalName | HostKind::LocalAddress),
        })
    }
}

/// What a host is, as far as that can be seen from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HostKind {
    /// `localhost`, or a name below it.
    LocalName,
    /// An address of this machine.
    LocalAddress,
    /// An address of a private network.
    PrivateAddress,
    /// Any other name or address.
    Public,
}

impl HostKind {
    fn of(host: &str) -> Self {
        if host == "localhost" || host.ends_with(".localhost") {
            return Self::LocalName;
        }
        match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(address) if address.is_loopback() => Self::LocalAddress,
            Ok(IpAddr::V4(address)) if address.is_private() || address.is_link_local() => {
                Self::PrivateAddress
            }
            Ok(IpAddr::V6(address))
                if address.is_unique_local() || address.is_unicast_link_local() =>
            {
                Self::PrivateAddress
            }
            _ => Self::Public,
        }
    }
}

/// Whether a host is this machine.
pub(super) fn is_local(host: &str) -> bool {
    matches!(HostKind::of(host), HostKind::LocalName | HostKind::LocalAddress)
}

/// OSS takes nothing else where its endpoint is a name, and Amazon prefers it; others may have no such names. Addresses cannot have a bucket
/// in front, nor can certificates of Amazon cover a bucket with a dot.
fn wants_bucket_in_host(access: &StorageAccess, host: &str, kind: HostKind) -> bool {
    let is_address =
        host.starts_with('[') || host.parse::<IpAddr>().is_ok() || kind == HostKind::LocalAddress;
    if is_address || host == "localhost" {
        return false;
    }
    if host.starts_with(&format!("{}.", access.bucket)) {
        return true;
    }
    match access.provider {
        StorageProvider::Ali => true,
        StorageProvider::Minio => false,
        _ => {
            host.ends_with(".aliyuncs.com") || (is_of_amazon(host) && !access.bucket.contains('.'))
        }
    }
}

fn is_of_amazon(host: &str) -> bool {
    host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn")
}

/// The region that the host of a vendor names: `s3.eu-central-1.amazonaws.com`, `oss-cn-hangzhou.aliyuncs.com`.
fn region_in(host: &str) -> Option<String> {
    let labels: Vec<&str> = host.split('.').collect();
    if is_of_amazon(host) {
        let at = labels.iter().position(|label| *label == "s3")?;
        let region = labels.get(at + 1..)?.iter().find(|label| **label != "dualstack")?;
        return (*region != "amazonaws").then(|| (*region).to_owned());
    }
    let oss = labels.iter().find(|label| label.starts_with("oss-"))?;
    Some(oss.trim_end_matches("-internal").to_owned())
}

/// The endpoint, which may be a bare host.
fn parsed(endpoint: &str) -> Result<Url> {
    let whole =
        if endpoint.contains("://") { endpoint.to_owned() } else { format!("https://{endpoint}") };
    let odd = |what: &str| {
        refuse(
            format!("the address of the storage that the service names {what}"),
            "No upload can begin there. On a private installation, check the address of its storage.",
        )
    };
    let url = Url::parse(&whole).map_err(|_| odd("cannot be read"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(odd("is none of http or https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(odd("holds a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() || url.path() != "/" {
        return Err(odd("has a path or query"));
    }
    Ok(url)
}

/// The name is going to stand in an address.
fn check_bucket(bucket: &str) -> Result<()> {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if bucket.bytes().all(letters) && !bucket.starts_with('.') && !bucket.contains("..") {
        return Ok(());
    }
    Err(refuse(
        format!("`{}` cannot be the name of a bucket", printable(bucket)),
        "The service answers in a form that this version does not know.",
    ))
}

fn refuse(text: String, help: &str) -> Error {
    Error::new(ErrorKind::Address, text, help)
}

#[cfg(test)]
mod tests {
    use flighthub_api::Secret;

    use super::*;

    fn access(provider: &str, endpoint: &str, bucket: &str) -> StorageAccess {
        StorageAccess {
            provider: StorageProvider::from(provider.to_owned()),
            endpoint: endpoint.to_owned(),
            bucket: bucket.to_owned(),
            region: None,
            prefix: "p".to_owned(),
            key_id: Secret::new("id"),
            key_secret: Secret::new("FHCANARY"),
            session_token: Secret::new("FHCANARY"),
            expires_at: None,
        }
    }

    fn address(provider: &str, endpoint: &str, bucket: &str) -> Result<Address> {
        Address::of(&access(provider, endpoint, bucket), &UploadOptions::new())
    }

    #[test]
    fn the_bucket_stands_where_the_provider_wants_it() {
        for (provider, endpoint, expected, in_host, region) in [
            (
                "aws",
                "https://s3.eu-central-1.amazonaws.com",
                "https://b.s3.eu-central-1.amazonaws.com",
                true,
                "eu-central-1",
            ),
            (
                "aws",
                "https://s3.dualstack.us-west-2.amazonaws.com/",
                "https://b.s3.dualstack.us-west-2.amazonaws.com",
                true,
                "us-west-2",
            ),
            ("aws", "s3.amazonaws.com", "https://b.s3.amazonaws.com", true, "us-east-1"),
            (
                "aws",
                "https://b.s3.eu-central-1.amazonaws.com",
                "https://b.s3.eu-central-1.amazonaws.com",
                true,
                "eu-central-1",
            ),
            (
                "aws",
                "https://storage.example.com",
                "https://storage.example.com",
                false,
                "us-east-1",
            ),
            (
                "ali",
                "https://oss-cn-hangzhou.aliyuncs.com",
                "https://b.oss-cn-hangzhou.aliyuncs.com",
                true,
                "oss-cn-hangzhou",
            ),
            (
                "ali",
                "oss-cn-beijing-internal.aliyuncs.com",
                "https://b.oss-cn-beijing-internal.aliyuncs.com",
                true,
                "oss-cn-beijing",
            ),
            (
                "",
                "https://s3.oss-cn-hangzhou.aliyuncs.com",
                "https://b.s3.oss-cn-hangzhou.aliyuncs.com",
                true,
                "oss-cn-hangzhou",
            ),
            ("ali", "http://127.0.0.1:9000", "http://127.0.0.1:9000", false, "us-east-1"),
            (
                "ali",
                "http://oss-cn-hangzhou.localhost:9000",
                "http://b.oss-cn-hangzhou.localhost:9000",
                true,
                "oss-cn-hangzhou",
            ),
            ("minio", "http://192.168.0.7:9000", "http://192.168.0.7:9000", false, "us-east-1"),
            ("minio", "http://[fd00::1]:9000", "http://[fd00::1]:9000", false, "us-east-1"),
            ("minio", "https://minio.example.com", "https://minio.example.com", false, "us-east-1"),
        ] {
            let found = address(provider, endpoint, "b").unwrap();
            assert_eq!(
                (found.endpoint.as_str(), found.in_host, found.region.as_str()),
                (expected, in_host, region),
                "{provider} {endpoint}"
            );
        }
        let dotted = address("aws", "https://s3.eu-central-1.amazonaws.com", "a.b").unwrap();
        assert!(!dotted.in_host, "no certificate covers it");
    }

    #[test]
    fn addresses_that_would_leak_or_lead_astray_are_refused() {
        for (endpoint, bucket, says) in [
            ("http://minio.example.com:9000", "b", "over plain http"),
            ("http://192.0.2.7", "b", "over plain http"),
            ("http://localhost.example.com", "b", "over plain http"),
            ("ftp://192.168.0.7", "b", "none of http or https"),
            ("https://u:FHCANARY@a.example", "b", "user name or password"),
            ("https://a.example/x", "b", "path or query"),
            ("https://a.example?k=FHCANARY", "b", "path or query"),
            ("https://", "b", "cannot be read"),
            ("https://a.example", "b/../c", "name of a bucket"),
            ("https://a.example", "evil.example#", "name of a bucket"),
        ] {
            let error = address("minio", endpoint, bucket).unwrap_err();
            assert!(error.to_string().contains(says), "{endpoint}: {error}");
            assert!(!format!("{error} {error:?} {}", error.help()).contains("FHCANARY"));
        }
        let open = UploadOptions::new().with_plain_http();
        let access = access("minio", "http://minio.example.com:9000", "b");
        assert!(Address::of(&access, &open).is_ok());
    }
}
