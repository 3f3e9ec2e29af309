//! What must not be shown of requests and replies: by the names of fields, headers and parameters, and by what looks like a key.
//!
//! The text is scanned, not parsed: a body that was cut, or is no good JSON at all, is masked just as well.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use flighthub_api::catalog::Catalogue;
use serde_json::Value;

/// What stands in place of a secret.
pub(crate) const MASK: &str = "***";

/// Fields that are secret wherever they appear. A test holds them against everything that the description of the API calls sensitive.
const FIELDS: &[&str] = &[
    "access_key_secret",
    "callback_param",
    "device_password",
    "download_url",
    "original_url",
    "password",
    "preview_url",
    "secret",
    "secret_access_key",
    "security_token",
    "session_token",
    "token",
    "url",
    "x-user-token",
];

/// Parameters of queries and forms that are secret wherever they appear, in lower case.
const PARAMETERS: &[&str] = &[
    "access_token",
    "auth_key",
    "key",
    "password",
    "secret",
    "security-token",
    "security_token",
    "session_token",
    "sig",
    "sign",
    "signature",
    "token",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-signature",
    "x-oss-credential",
    "x-oss-security-token",
    "x-oss-signature",
    "x-user-token",
];

/// Fields that are secret in some operations only: those that the catalogue calls sensitive there.
fn fields_of(operation: &str) -> Option<&'static BTreeSet<String>> {
    static FIELDS_OF: OnceLock<BTreeMap<String, BTreeSet<String>>> = OnceLock::new();
    let all = FIELDS_OF.get_or_init(|| {
        let catalogue = Catalogue::v1();
        let names = |entry: &flighthub_api::catalog::Entry| {
            let mut names = BTreeSet::new();
            collect(catalogue, &entry.arguments, &mut names, 0);
            (entry.id.clone(), names)
        };
        catalogue.operations.iter().map(names).filter(|(_, names)| !names.is_empty()).collect()
    });
    all.get(operation)
}

/// The names of sensitive properties below a schema, other spellings included.
fn collect(catalogue: &Catalogue, schema: &Value, names: &mut BTreeSet<String>, depth: usize) {
    // Deeper than any request; the description has no schema that contains itself.
    if depth > 20 {
        return;
    }
    let schema = catalogue.resolve(schema);
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let sensitive = |schema: &Value| schema.get("x-sensitive") == Some(&Value::Bool(true));
        if sensitive(property) || sensitive(catalogue.resolve(property)) {
            names.insert(name.clone());
            let others = property.get("x-aliases").and_then(Value::as_array);
            names.extend(others.into_iter().flatten().filter_map(Value::as_str).map(Into::into));
        }
        collect(catalogue, property, names, depth + 1);
    }
    let parts =
        ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
    for part in parts.flatten().chain(schema.get("items")) {
        collect(catalogue, part, names, depth + 1);
    }
}

/// Says what stands in place of a secret. It is given the secret.
pub(crate) type StandIn<'s> = dyn FnMut(&str) -> String + 's;

/// A body with its secrets masked.
pub(crate) fn body(bytes: &[u8], operation: Option<&str>) -> String {
    body_with(bytes, operation, &mut |_| MASK.to_owned())
}

/// A body with something else in place of its secrets.
pub(crate) fn body_with(
    bytes: &[u8],
    operation: Option<&str>,
    stand_in: &mut StandIn<'_>,
) -> String {
    let text = String::from_utf8_lossy(bytes);
    if matches!(text.trim_start().bytes().next(), Some(b'{' | b'[' | b'"')) {
        let own = operation.and_then(fields_of);
        Scanner { text: &text, at: 0, own, out: String::with_capacity(text.len()), stand_in }.run()
    } else {
        free_text(&text, stand_in)
    }
}

/// A path, a query or any other text with its secrets masked.
pub(crate) fn text(text: &str) -> String {
    text_with(text, &mut |_| MASK.to_owned())
}

/// The same with something else in place of the secrets.
pub(crate) fn text_with(text: &str, stand_in: &mut StandIn<'_>) -> String {
    free_text(text, stand_in)
}

/// The query of a request. Of the queries of signed addresses only what is known to be harmless is shown.
pub(crate) fn query(query: &str, is_storage: bool) -> String {
    const HARMLESS: &[&str] = &[
        "delimiter",
        "list-type",
        "max-keys",
        "partnumber",
        "prefix",
        "uploadid",
        "uploads",
        "x-amz-algorithm",
        "x-amz-date",
        "x-amz-expires",
        "x-amz-signedheaders",
        "x-id",
    ];
    if !is_storage {
        return text(query);
    }
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if !value.is_empty() => {
            let shown = HARMLESS.contains(&name.to_ascii_lowercase().as_str());
            if shown { pair.to_owned() } else { format!("{name}={MASK}") }
        }
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Goes through JSON text once and copies everything but secrets.
struct Scanner<'t, 's> {
    text: &'t str,
    at: usize,
    own: Option<&'t BTreeSet<String>>,
    out: String,
    stand_in: &'t mut StandIn<'s>,
}

impl<'t> Scanner<'t, '_> {
    fn run(mut self) -> String {
        // Of every open object or array: whether all of it is secret.
        let mut open: Vec<bool> = Vec::new();
        let mut secret = false;
        while let Some(byte) = self.text.as_bytes().get(self.at).copied() {
            let inside = open.last().copied().unwrap_or(false);
            match byte {
                b'"' => {
                    let string = self.string();
                    if self.is_key() {
                        self.value(string, false);
                        secret = inside || self.is_secret(string);
                    } else {
                        self.value(string, secret || inside);
                        secret = false;
                    }
                }
                b'{' | b'[' => {
                    open.push(inside || secret);
                    secret = false;
                    self.copy(1);
                }
                b'}' | b']' => {
                    open.pop();
                    secret = false;
                    self.copy(1);
                }
                b',' => {
                    secret = false;
                    self.copy(1);
                }
                b'0'..=b'9' | b'-' if secret || inside => {
                    let rest = self.text.get(self.at..).unwrap_or_default();
                    let end = rest.find([',', '}', ']', ' ', '\n', '\r', '\t']);
                    let number = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
                    self.at += number.len();
                    self.replace(number);
                    secret = false;
                }
                _ => {
                    let next = self.text.get(self.at..).and_then(|rest| rest.chars().next());
                    self.copy(next.map_or(1, char::len_utf8));
                }
            }
        }
        self.out
    }

    fn copy(&mut self, bytes: usize) {
        self.out.push_str(self.text.get(self.at..self.at + bytes).unwrap_or_default());
        self.at += bytes;
    }

    /// The string that begins here, with its quotes; without the last one when the text ends first.
    fn string(&mut self) -> &'t str {
        let text = self.text;
        let begin = self.at;
        let mut escaped = false;
        let rest = text.as_bytes().get(begin + 1..).unwrap_or_default();
        let end = rest.iter().position(|byte| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        });
        self.at = end.map_or(text.len(), |end| begin + end + 2);
        text.get(begin..self.at).unwrap_or_default()
    }

    /// Whether the string that was just read is the name of a field.
    fn is_key(&self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        rest.trim_start().starts_with(':')
    }

    fn is_secret(&self, key: &str) -> bool {
        let key = unquoted(key).to_ascii_lowercase();
        FIELDS.contains(&key.as_str()) || self.own.is_some_and(|own| own.contains(&key))
    }

    /// Copies the text of a value, or what stands in its place.
    fn value(&mut self, string: &str, secret: bool) {
        let plain = unquoted(string);
        if secret && !plain.is_empty() {
            self.replace(&plain);
        } else if has_secrets(&plain) {
            let shown = free_text(&plain, self.stand_in);
            self.out.push_str(&quoted(&shown));
        } else {
            self.out.push_str(string);
        }
    }

    fn replace(&mut self, secret: &str) {
        let shown = (self.stand_in)(secret);
        self.out.push_str(&quoted(&shown));
    }
}

/// What a JSON string says. One that was cut says what is left of it.
fn unquoted(string: &str) -> Cow<'_, str> {
    let inner = string.strip_prefix('"').unwrap_or(string);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    if !inner.contains('\\') {
        return inner.into();
    }
    let read = serde_json::from_str::<String>(string);
    read.map_or_else(|_| inner.to_owned().into(), Cow::Owned)
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_else(|_| format!("\"{MASK}\""))
}

/// Whether [`free_text`] would find something: cheap, as nearly every text has nothing.
fn has_secrets(text: &str) -> bool {
    text.contains('=') || text.contains("eyJ") || text.contains('@')
}

/// Masks what looks like a secret in text of no known form: values of parameters, passwords in URLs, keys.
fn free_text(text: &str, stand_in: &mut StandIn<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(token) = leading_key(rest) {
            out.push_str(&stand_in(token));
            rest = rest.get(token.len()..).unwrap_or_default();
            continue;
        }
        let end = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        // A key may follow letters without a gap, as in `Bearer%20eyJ…`.
        let name = match key_within(rest, name) {
            Some(at) => name.get(..at).unwrap_or_default(),
            None => name,
        };
        if name.is_empty() {
            let next = rest.chars().next().map_or(1, char::len_utf8);
            out.push_str(rest.get(..next).unwrap_or_default());
            rest = rest.get(next..).unwrap_or_default();
            // `//account:password@host`
            if let Some(login) = out.ends_with("//").then(|| login(rest)).flatten() {
                out.push_str(&stand_in(login));
                rest = rest.get(login.len()..).unwrap_or_default();
            }
            continue;
        }
        out.push_str(name);
        rest = rest.get(name.len()..).unwrap_or_default();
        let value = rest.strip_prefix('=').map(|rest| {
            let end = rest.find(|c: char| "&;,#\"'<> \r\n\t".contains(c)).unwrap_or(rest.len());
            rest.get(..end).unwrap_or_default()
        });
        let is_secret = || PARAMETERS.contains(&name.to_ascii_lowercase().as_str());
        if let Some(value) = value.filter(|value| !value.is_empty() && is_secret()) {
            out.push('=');
            out.push_str(&stand_in(value));
            rest = rest.get(1 + value.len()..).unwrap_or_default();
        }
    }
    out
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// The JSON web token that the text begins with.
fn leading_key(text: &str) -> Option<&str> {
    if !text.starts_with("eyJ") {
        return None;
    }
    let end = text.find(|c: char| !is_of_name(c) && c != '.').unwrap_or(text.len());
    let token = text.get(..end)?;
    (token.matches('.').count() >= 2).then_some(token)
}

/// Where a JSON web token begins inside of the name that the text begins with.
fn key_within(text: &str, name: &str) -> Option<usize> {
    let places = name.match_indices("eyJ").map(|(at, _)| at).filter(|at| *at > 0);
    places.take(8).find(|at| text.get(*at..).and_then(leading_key).is_some())
}

/// Account and password that the rest of a URL begins with.
fn login(text: &str) -> Option<&str> {
    let end = text.find(|c: char| "/?#\"'<> @".contains(c))?;
    let login = text.get(..end)?;
    (text.get(end..)?.starts_with('@') && login.contains(':')).then_some(login)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        body(text.as_bytes(), None)
    }

    #[test]
    fn secrets_are_masked_and_nothing_else_changes() {
        for (given, shown) in [
            (
                r#"{"code": 0, "data":{"name":"a b","url":"rtmp://h/key"}}"#,
                r#"{"code": 0, "data":{"name":"a b","url":"***"}}"#,
            ),
            (
                r#"{"url":null,"password":"","secret":12.5e3}"#,
                r#"{"url":null,"password":"","secret":"***"}"#,
            ),
            (r#"{"url":["a",{"b":"c"}],"d":"e"}"#, r#"{"url":["***",{"b":"***"}],"d":"e"}"#),
            (r#"{"pass\u0077ord":"x\"y","n":[1,2]}"#, r#"{"pass\u0077ord":"***","n":[1,2]}"#),
            (r#"{"Password" : "x"}"#, r#"{"Password" : "***"}"#),
            (r#"["password","plain"]"#, r#"["password","plain"]"#),
            // Cut, or no JSON at all.
            (r#"{"security_token":"abc"#, r#"{"security_token":"***""#),
            (r#"{"a":"#, r#"{"a":"#),
            ("a=1&password=x y&b=2", "a=1&password=*** y&b=2"),
            // Inside of other texts.
            (
                r#"{"m":"see https://h/p?X-Amz-Signature=abc&x=1"}"#,
                r#"{"m":"see https://h/p?X-Amz-Signature=***&x=1"}"#,
            ),
            (r#"{"m":"rtsp://me:pw@10.0.0.1/1"}"#, r#"{"m":"rtsp://***@10.0.0.1/1"}"#),
            (r#"{"m":"key eyJhbGciOi.eyJh.c2ln!"}"#, r#"{"m":"key ***!"}"#),
            (r#"{"eyJhbGciOi.eyJh.c2ln": 1}"#, r#"{"***": 1}"#),
            ("a/Bearer%20eyJhbGciOi.eyJh.c2ln/b", "a/Bearer%20***/b"),
            ("xeyJ-eyJhbGciOi.eyJh.c2ln", "x***"),
            (r#"{"m":"ä=ö @ eyJ"}"#, r#"{"m":"ä=ö @ eyJ"}"#),
            ("", ""),
        ] {
            assert_eq!(masked(given), shown, "{given}");
        }
    }

    #[test]
    fn some_fields_are_secret_in_one_operation_only() {
        let text = r#"{"account":"a@example.com"}"#;
        assert_eq!(body(text.as_bytes(), Some("project.add_members")), text);
        assert_eq!(body(text.as_bytes(), Some("device.calibrate_rtk")), r#"{"account":"***"}"#);
    }

    #[test]
    fn queries_of_signed_addresses_show_only_what_is_harmless() {
        assert_eq!(
            query("prefix=a&X-Amz-Signature=b&other=c&list", true),
            "prefix=a&X-Amz-Signature=***&other=***&list"
        );
        assert_eq!(query("sn=7CTX&token=b", false), "sn=7CTX&token=***");
    }

    /// The lists above know every property that the description of the API calls sensitive.
    #[test]
    fn everything_sensitive_is_known() {
        let spec = include_str!("../../spec/flighthub-v1.yaml");
        let lines: Vec<&str> = spec.lines().collect();
        let indent = |line: &str| line.len() - line.trim_start().len();
        let mut found = 0;
        for (index, line) in lines.iter().enumerate() {
            if line.trim() != "x-sensitive: true" {
                continue;
            }
            let owner =
                lines[..index].iter().rev().find(|other| indent(other) < indent(line)).unwrap();
            let name = owner.trim().trim_end_matches(':');
            // A type of its own is found under the names of the fields that have it.
            if name != "CallbackParam" && name != "account" {
                assert!(FIELDS.contains(&name), "{name}");
            }
            found += 1;
        }
        assert!(found >= 15, "{found}");
        assert!(fields_of("openmodel.upload_callback").is_none_or(|names| !names.is_empty()));
        assert!(fields_of("device.calibrate_rtk").unwrap().contains("password"));
    }
}
