//! What can be said about a key before it is sent.

use std::time::Duration;

use flighthub_api::{Timestamp, Token};

use super::report::{Finding, KeyKind, KeyReport, Severity, finding};

/// A key that expires sooner is worth a word.
const SOON: Duration = Duration::from_secs(30 * 86_400);

const MAKE_ONE: &str = "Make a new key in FlightHub 2 under My Organization, Organization Settings, FlightHub Sync (or OpenAPI), and \
                        copy it whole.";

/// What was found out about a key, and the key if it can be sent.
pub(super) struct Looked {
    pub(super) report: KeyReport,
    pub(super) findings: Vec<Finding>,
    pub(super) token: Option<Token>,
}

/// Looks at the text that is meant to be a key. `opaque` tells whether keys of another form may exist, as in private clouds.
pub(super) fn look(raw: &str, now: Timestamp, opaque: bool) -> Looked {
    let mut looked = Looked {
        report: KeyReport {
            kind: KeyKind::Missing,
            organization: None,
            expires_at: None,
            repaired: false,
        },
        findings: Vec::new(),
        token: None,
    };
    let text = looked.tidy(raw);
    if text.is_empty() {
        looked.error("key-missing", "there is no key", MAKE_ONE);
        return looked;
    }
    looked.report.kind = KeyKind::Other;
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        looked.report.kind = KeyKind::OldStyle;
        let seen = "the key is 64 hexadecimal digits: a key of the former FlightHub Sync API, which this API does not take";
        looked.error("key-old-style", seen, MAKE_ONE);
        return looked;
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let seen = "the key holds characters that are not ASCII, perhaps invisible ones from a document or chat";
        looked.error(
            "key-with-odd-characters",
            seen,
            "Copy the key again from FlightHub 2, as one piece.",
        );
        return looked;
    }
    match Token::new(&text) {
        Ok(token) => looked.claims(token, now),
        Err(_) => {
            let seen = "the key is no JSON Web Token (three parts joined by dots), as all keys of the public cloud are";
            looked.token = Token::opaque(&text).ok().filter(|_| opaque);
            let severity = if opaque { Severity::Warning } else { Severity::Error };
            looked.add(severity, "key-not-a-token", seen, "Check that the key was copied whole. If the installation really hands out such keys, nothing is wrong.");
        }
    }
    looked
}

impl Looked {
    fn add(
        &mut self,
        severity: Severity,
        name: &'static str,
        seen: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.findings.push(finding(severity, name, "key", seen, remedy));
    }

    fn error(&mut self, name: &'static str, seen: &str, remedy: &str) {
        self.add(Severity::Error, name, seen, remedy);
    }

    /// The key without what was pasted along with it. What is dropped is said.
    fn tidy(&mut self, raw: &str) -> String {
        const STORE: &str = "Store the key alone. What follows was found with the repaired key.";
        // White space around it, such as the line end of a file, is everyday.
        let mut text = raw.trim_matches(is_blank);
        loop {
            let before = text;
            if let Some(rest) = without_prefix(text, "x-user-token") {
                let seen = "the key was pasted with the name of its header before it";
                self.error("key-with-header-name", seen, STORE);
                text = rest;
            }
            if let Some(rest) = without_prefix(text, "bearer") {
                let seen = "the key was pasted with `Bearer ` before it; FlightHub takes it in a header of its own, without that word";
                self.error("key-with-bearer", seen, STORE);
                text = rest;
            }
            let bare = text.trim_matches(is_quote);
            if bare.len() < text.len() {
                let seen = "the key has quotes around it; they are dropped here, but other programs send them along";
                self.add(Severity::Warning, "key-with-quotes", seen, STORE);
                text = bare;
            }
            text = text.trim_matches(is_blank);
            if text.len() == before.len() {
                break;
            }
            self.report.repaired = true;
        }
        if !text.contains(char::is_whitespace) {
            return text.to_owned();
        }
        let seen = "there is white space inside the key: it was copied in lines";
        self.error("key-with-line-breaks", seen, STORE);
        self.report.repaired = true;
        text.split_whitespace().collect()
    }

    fn claims(&mut self, token: Token, now: Timestamp) {
        self.report.kind = KeyKind::Token;
        self.report.organization = token.organization().map(crate::choose::printable);
        self.report.expires_at = token.expires_at();
        match token.expires_at() {
            None => {
                let seen = "the key does not tell when it expires; keys of the public cloud do";
                self.add(
                    Severity::Info,
                    "key-claims-unreadable",
                    seen,
                    "Check that the key was copied whole, its middle part too.",
                );
            }
            Some(end) if end <= now => {
                let seen = format!("the key expired at {end}, and it is {now} here");
                self.add(Severity::Error, "key-expired", seen, MAKE_ONE);
            }
            Some(end) if end <= now.saturating_add(SOON) => {
                let days = end.duration_since(&now).as_secs() / 86_400;
                let seen = format!("the key expires at {end}, in {days} days");
                self.add(Severity::Warning, "key-expires-soon", seen, MAKE_ONE);
            }
            Some(_) => {}
        }
        self.token = Some(token);
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}')
}

/// What follows a word and what separates it from the rest, if the text begins with these.
fn without_prefix<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len())?;
    let rest = text.get(word.len()..)?;
    let separated = rest.starts_with(|c: char| c.is_whitespace() || matches!(c, ':' | '='));
    (head.eq_ignore_ascii_case(word) && separated)
        .then(|| rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '=')))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"exp":1767323045,"organization_uuid":"org-1"}`
    const KEY: &str = "eyJhbGciOiJIUzUxMiJ9.eyJleHAiOjE3NjczMjMwNDUsIm9yZ2FuaXphdGlvbl91dWlkIjoib3JnLTEifQ.FHCANARY";

    fn names(raw: &str, now: i64) -> (Vec<&'static str>, Looked) {
        let looked = look(raw, Timestamp::from_unix_seconds(now).unwrap(), false);
        let shown = format!("{:?} {:?}", looked.findings, looked.report);
        assert!(!shown.contains("FHCANARY"), "{shown}");
        (looked.findings.iter().map(|finding| finding.name).collect(), looked)
    }

    #[test]
    fn what_was_pasted_along_is_named_and_dropped() {
        for (raw, expected, repaired) in [
            (format!(" {KEY}\r\n"), vec![], false),
            (format!("\"{KEY}\""), vec!["key-with-quotes"], true),
            (format!("Bearer {KEY}"), vec!["key-with-bearer"], true),
            (format!("'bearer: {KEY}'"), vec!["key-with-quotes", "key-with-bearer"], true),
            (format!("X-User-Token: {KEY}"), vec!["key-with-header-name"], true),
            (KEY.replace('.', ".\n"), vec!["key-with-line-breaks"], true),
        ] {
            let (found, looked) = names(&raw, 1_700_000_000);
            assert_eq!(found, expected, "{raw:?}");
            assert_eq!(looked.report.repaired, repaired, "{raw:?}");
            assert_eq!(looked.report.kind, KeyKind::Token);
            assert_eq!(looked.report.organization.as_deref(), Some("org-1"));
            assert!(looked.token.is_some());
        }
    }

    #[test]
    fn what_is_no_key_is_not_sent() {
        for (raw, expected) in [
            ("", "key-missing"),
            ("\"\"", "key-missing"),
            (&"0123456789abcdef".repeat(4), "key-old-style"),
            ("FHCANARY", "key-not-a-token"),
            ("FHCANARY\u{200b}.x.y", "key-with-odd-characters"),
        ] {
            let (found, looked) = names(raw, 1_700_000_000);
            assert_eq!(found.last(), Some(&expected), "{raw:?}");
            assert!(looked.token.is_none(), "{raw:?}");
        }
        let now = Timestamp::from_unix_seconds(1_700_000_000).unwrap();
        let looked = look("FHCANARY", now, true);
        assert!(looked.token.is_some(), "a private cloud may hand out others");
        assert_eq!(looked.findings.iter().map(|one| one.severity).max(), Some(Severity::Warning));
    }

    #[test]
    fn the_end_of_a_key_is_foreseen() {
        assert_eq!(names(KEY, 1_767_323_045).0, ["key-expired"]);
        assert_eq!(names(KEY, 1_767_323_045 - 29 * 86_400).0, ["key-expires-soon"]);
        assert!(names(KEY, 1_767_323_045 - 31 * 86_400).0.is_empty());
        assert_eq!(names("e30.e30.FHCANARY", 1_700_000_000).0, ["key-claims-unreadable"]);
    }
}
