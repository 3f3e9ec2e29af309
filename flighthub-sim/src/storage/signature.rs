//! What signatures are made of: digests, chains of keys, and the addresses that the simulator signs itself.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// All but the characters that a URL never has to escape.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The same for a path of several segments.
const ESCAPED_PATH: &AsciiSet = &ESCAPED.remove(b'/');

/// Name and value of a query parameter, unescaped.
pub(crate) type Pair = (String, String);

pub(crate) fn md5(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn hmac_sha1(key: &[u8], text: &str) -> [u8; 20] {
    // A key of this algorithm may have any length.
    Hmac::<Sha1>::new_from_slice(key)
        .map_or([0; 20], |mac| mac.chain_update(text).finalize().into_bytes().into())
}

pub(crate) fn hmac_sha256(key: &[u8], text: &str) -> [u8; 32] {
    // A key of this algorithm may have any length.
    Hmac::<Sha256>::new_from_slice(key)
        .map_or([0; 32], |mac| mac.chain_update(text).finalize().into_bytes().into())
}

/// The key of a scope: of the secret with its prefix, then of each part in turn.
pub(crate) fn scoped_key(secret: &str, scope: &[&str]) -> [u8; 32] {
    let mut key = [0; 32];
    for (place, part) in scope.iter().enumerate() {
        key = hmac_sha256(if place == 0 { secret.as_bytes() } else { &key }, part);
    }
    key
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// With the standard alphabet and padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| usize::from(chunk.get(index).copied().unwrap_or(0));
        let bits = (at(0) << 16) | (at(1) << 8) | at(2);
        for index in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * index)) & 63];
            text.push(if index <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

/// A path as it stands in an address.
pub(crate) fn escaped_path(path: &str) -> String {
    utf8_percent_encode(path, ESCAPED_PATH).to_string()
}

/// A name or value as it stands in a query.
pub(crate) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// A query in the order and spelling that is signed.
pub(crate) fn canonical_query(pairs: &[Pair]) -> String {
    let mut pairs: Vec<_> =
        pairs.iter().map(|(name, value)| (escaped(name), escaped(value))).collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// The signature of an address for `GET` with signature version 4, over its host, its path (unescaped) and its query without the
/// signature itself. Date and scope are those of the query; nothing when it has none.
pub(crate) fn presigned(secret: &str, host: &str, path: &str, pairs: &[Pair]) -> Option<String> {
    let value = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str());
    let date = value("X-Amz-Date")?;
    let (_, scope) = value("X-Amz-Credential")?.split_once('/')?;
    let request = format!(
        "GET\n{}\n{}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD",
        escaped_path(path),
        canonical_query(pairs)
    );
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&sha256(request.as_bytes())));
    let key = scoped_key(&format!("AWS4{secret}"), &scope.split('/').collect::<Vec<_>>());
    Some(hex(&hmac_sha256(&key, &text)))
}

/// The signature of an address as content networks want it: over the path as it is sent, the moment of expiry in Unix seconds and a
/// random text.
pub(crate) fn network(secret: &str, path: &str, expires: &str, random: &str) -> String {
    hex(&md5(format!("{path}-{expires}-{random}-0-{secret}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded() {
        for (text, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(text.as_bytes()), coded);
        }
        assert_eq!(base64(&[0xfb, 0xff]), "+/8=");
    }

    /// The example of Amazon's documentation of signed addresses.
    #[test]
    fn signed_as_amazon_does() {
        let pairs: Vec<Pair> = [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"),
            ("X-Amz-Date", "20130524T000000Z"),
            ("X-Amz-Expires", "86400"),
            ("X-Amz-SignedHeaders", "host"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        assert_eq!(
            presigned(secret, "examplebucket.s3.amazonaws.com", "/test.txt", &pairs).as_deref(),
            Some("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
        );
        assert_eq!(presigned(secret, "host", "/test.txt", &pairs[..2]), None, "no date");
    }
}
