//! Which bucket and key a request means: by its path, or by its host and path.

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

use crate::world::World;

/// Bucket and key, unescaped; what comes after the bucket in the path may be empty.
pub(super) fn located(host: &str, path: &str) -> (String, String) {
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    let path = path.strip_prefix('/').unwrap_or(&path);
    if let Some(bucket) = bucket_of(host) {
        return (bucket.to_owned(), path.to_owned());
    }
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (bucket.to_owned(), key.to_owned())
}

/// The bucket in front of a host name, whatever the name is.
pub(super) fn bucket_of(host: &str) -> Option<&str> {
    let (bucket, rest) = host.split_at_checked(World::BUCKET.len())?;
    (bucket == World::BUCKET && rest.starts_with('.')).then_some(bucket)
}

/// Both ways for the S3 adapter.
pub(super) struct EitherWay;

impl S3Host for EitherWay {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let address = VirtualHost::new(host);
        Ok(match bucket_of(host) {
            Some(bucket) => address.with_bucket(bucket),
            None => address,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_addressing() {
        for (host, path, bucket, key) in [
            ("127.0.0.1:9000", "/flighthub-sim/a/b%20c.kmz", "flighthub-sim", "a/b c.kmz"),
            ("flighthub-sim.localhost:9000", "/a/b%20c.kmz", "flighthub-sim", "a/b c.kmz"),
            ("flighthub-sim.oss-cn-hangzhou.localhost", "/a", "flighthub-sim", "a"),
            ("flighthub-simulated.localhost", "/other/a", "other", "a"),
            ("localhost", "/flighthub-sim", "flighthub-sim", ""),
            ("localhost", "/", "", ""),
        ] {
            assert_eq!(located(host, path), (bucket.to_owned(), key.to_owned()), "{host}{path}");
        }
    }
}
