//! The signatures of Alibaba's own libraries, in the header: version 1 (`OSS id:signature`) and 4 (`OSS4-HMAC-SHA256 …`).

use http::header::{AUTHORIZATION, DATE, HOST, HeaderMap};
use http::request::Parts;
use jiff::fmt::rfc2822::DateTimeParser;

use super::signature::{self, Pair};
use super::{address, refused, text_of};
use crate::reply::Reply;

/// How far the clock of a client may be off, in seconds of real time.
const SKEW: u64 = 900;
/// Query parameters that version 1 signs, beside those that begin with `response-`.
const SUB_RESOURCES: &[&str] = &[
    "acl",
    "append",
    "cors",
    "delete",
    "lifecycle",
    "location",
    "objectMeta",
    "partNumber",
    "policy",
    "position",
    "restore",
    "security-token",
    "stat",
    "symlink",
    "tagging",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "x-oss-process",
];

/// Who says to have signed a request, and with what.
#[derive(Debug)]
pub(super) struct Claim {
    /// The access key id.
    pub(super) id: String,
    version: Version,
    signature: String,
}

#[derive(Debug)]
enum Version {
    One,
    /// Day, region, product and end of the scope, and the headers that are signed beyond the usual ones.
    Four {
        scope: Vec<String>,
        additional: Vec<String>,
    },
}

/// Reads the header of a request; nothing when it speaks another language.
pub(super) fn claim(headers: &HeaderMap) -> Option<Result<Claim, Reply>> {
    let text = text_of(headers, AUTHORIZATION.as_str())?;
    let claim = if let Some(rest) = text.strip_prefix("OSS4-HMAC-SHA256 ") {
        version_4(rest)
    } else {
        let (id, signature) = text.strip_prefix("OSS ")?.split_once(':').unwrap_or_default();
        let known = !id.is_empty();
        known.then(|| Claim {
            id: id.trim().to_owned(),
            version: Version::One,
            signature: signature.trim().to_owned(),
        })
    };
    let wrong =
        || refused(400, "InvalidArgument", "The Authorization header is not as OSS wants it", &[]);
    Some(claim.ok_or_else(wrong))
}

fn version_4(text: &str) -> Option<Claim> {
    let field = |name: &str| {
        text.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let mut credential = field("Credential")?.split('/').map(str::to_owned);
    let id = credential.next()?;
    let scope: Vec<String> = credential.collect();
    let additional = field("AdditionalHeaders").unwrap_or_default().split(';');
    let additional =
        additional.filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect();
    let usual = matches!(&scope[..], [_, _, product, end] if product == "oss" && end == "aliyun_v4_request");
    usual.then_some(Claim {
        id,
        version: Version::Four { scope, additional },
        signature: field("Signature")?.to_owned(),
    })
}

impl Claim {
    /// Whether the request is signed with this secret, not too long ago.
    pub(super) fn check(
        &self,
        secret: &str,
        head: &Parts,
        pairs: &[Pair],
        now: jiff::Timestamp,
    ) -> Result<(), Reply> {
        let sent_at = sent_at(&head.headers).ok_or_else(|| {
            refused(403, "AccessDenied", "OSS needs a valid Date or x-oss-date header", &[])
        })?;
        if now.duration_since(sent_at).unsigned_abs().as_secs() > SKEW {
            let message =
                "The difference between the request time and the current time is too large.";
            return Err(refused(403, "RequestTimeTooSkewed", message, &[]));
        }
        let signature = match &self.version {
            Version::One => {
                signature::base64(&signature::hmac_sha1(secret.as_bytes(), &text_1(head, pairs)))
            }
            Version::Four { scope, additional } => {
                let parts: Vec<&str> = scope.iter().map(String::as_str).collect();
                let key = signature::scoped_key(&format!("aliyun_v4{secret}"), &parts);
                let text = text_4(head, pairs, &scope.join("/"), additional);
                signature::hex(&signature::hmac_sha256(&key, &text))
            }
        };
        if signature == self.signature {
            Ok(())
        } else {
            let message = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
            Err(refused(403, "SignatureDoesNotMatch", message, &[]))
        }
    }
}

fn sent_at(headers: &HeaderMap) -> Option<jiff::Timestamp> {
    let text = text_of(headers, "x-oss-date").or_else(|| text_of(headers, DATE.as_str()))?;
    let basic = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text);
    match basic {
        Ok(time) => Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()),
        Err(_) => DateTimeParser::new().parse_timestamp(text).ok(),
    }
}

/// The vendor's headers, sorted.
fn vendor(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let mut found: Vec<_> = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-oss-"))
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default().trim()))
        .collect();
    found.sort_unstable();
    found
}

/// What version 1 signs.
fn text_1(head: &Parts, pairs: &[Pair]) -> String {
    let value = |name: &str| text_of(&head.headers, name).unwrap_or_default();
    let date = text_of(&head.headers, DATE.as_str()).unwrap_or_else(|| value("x-oss-date"));
    let (bucket, key) = address::located(value(HOST.as_str()), head.uri.path());
    let mut query: Vec<String> = pairs
        .iter()
        .filter(|(name, _)| SUB_RESOURCES.contains(&name.as_str()) || name.starts_with("response-"))
        .map(
            |(name, value)| if value.is_empty() { name.clone() } else { format!("{name}={value}") },
        )
        .collect();
    query.sort_unstable();
    let mark = if query.is_empty() { "" } else { "?" };
    let vendor: String =
        vendor(&head.headers).iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    format!(
        "{}\n{}\n{}\n{date}\n{vendor}/{bucket}/{key}{mark}{}",
        head.method,
        value("content-md5"),
        value("content-type"),
        query.join("&")
    )
}

/// What version 4 signs.
fn text_4(head: &Parts, pairs: &[Pair], scope: &str, additional: &[String]) -> String {
    let value = |name: &str| text_of(&head.headers, name).unwrap_or_default();
    let (bucket, key) = address::located(value(HOST.as_str()), head.uri.path());
    let mut query: Vec<_> = pairs
        .iter()
        .map(|(name, value)| (signature::escaped(name), signature::escaped(value)))
        .collect();
    query.sort();
    let query: Vec<String> = query
        .into_iter()
        .map(|(name, value)| if value.is_empty() { name } else { format!("{name}={value}") })
        .collect();
    let mut headers = vendor(&head.headers);
    let more =
        ["content-md5", "content-type"].into_iter().chain(additional.iter().map(String::as_str));
    headers.extend(more.filter_map(|name| Some((name, text_of(&head.headers, name)?.trim()))));
    headers.sort_unstable();
    headers.dedup();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let request = format!(
        "{}\n{}\n{}\n{headers}\n{}\n{}",
        head.method,
        signature::escaped_path(&format!("/{bucket}/{key}")),
        query.join("&"),
        additional.join(";"),
        value("x-oss-content-sha256"),
    );
    let digest = signature::hex(&signature::sha256(request.as_bytes()));
    format!("OSS4-HMAC-SHA256\n{}\n{scope}\n{digest}", value("x-oss-date"))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::storage::pairs_of;

    fn head(request: http::request::Builder) -> Parts {
        request.body(()).unwrap().into_parts().0
    }

    /// The example of the vendor's libraries.
    #[test]
    fn version_4_as_the_vendor_signs() {
        let head = head(
            Request::put("/bucket/1234%2B-/123/1.txt?param1=value1&%2Bparam1=value3&%7Cparam1=value4&%2Bparam2=&%7Cparam2=&param2=")
                .header("host", "127.0.0.1")
                .header("x-oss-head1", "value")
                .header("abc", "value")
                .header("ZAbc", "value")
                .header("XYZ", "value")
                .header("content-type", "text/plain")
                .header("x-oss-content-sha256", "UNSIGNED-PAYLOAD")
                .header("x-oss-date", "20231216T162057Z")
                .header("authorization", "OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,Signature=e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe"),
        );
        let claim = claim(&head.headers).unwrap().unwrap();
        assert_eq!(claim.id, "ak");
        let pairs = pairs_of(head.uri.query().unwrap());
        let at = |seconds| jiff::Timestamp::from_second(seconds).unwrap();
        claim.check("sk", &head, &pairs, at(1_702_743_657)).unwrap();
        assert_eq!(claim.check("other", &head, &pairs, at(1_702_743_657)).unwrap_err().status, 403);
        let late = claim.check("sk", &head, &pairs, at(1_702_743_657 + 901)).unwrap_err();
        assert!(String::from_utf8(late.body).unwrap().contains("RequestTimeTooSkewed"));
    }

    /// The example of the vendor's documentation of version 1.
    #[test]
    fn version_1_as_the_vendor_signs() {
        let head = head(
            Request::put("/oss-example/nelson")
                .header("host", "127.0.0.1")
                .header("content-md5", "ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM=")
                .header("content-type", "text/html")
                .header("date", "Thu, 17 Nov 2005 18:49:58 GMT")
                .header("x-oss-meta-author", "foo@bar.com")
                .header("x-oss-magic", "abracadabra")
                .header("authorization", "OSS 44CF9590006BF252F707:26NBxoKdsyly4EDv6inkoDft/yA="),
        );
        let claim = claim(&head.headers).unwrap().unwrap();
        let at = jiff::Timestamp::from_second(1_132_253_398).unwrap();
        claim.check("OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV", &head, &[], at).unwrap();
    }

    #[test]
    fn other_headers_are_none_of_its_business() {
        let of = |text: &str| claim(&head(Request::get("/").header("authorization", text)).headers);
        assert!(of("AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request").is_none());
        assert!(
            of("OSS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request,Signature=0").unwrap().is_err()
        );
        assert!(of("OSS nothing").unwrap().is_err());
        assert!(claim(&HeaderMap::new()).is_none());
    }
}
