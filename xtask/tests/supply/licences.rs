//! Which licences are allowed, by the lists in `deny.toml`.

use std::collections::BTreeSet;

use toml::{Table, Value};

/// The lists of `deny.toml`.
pub(crate) struct Rules {
    allow: Vec<String>,
    exceptions: Vec<(String, Vec<String>)>,
}

impl Rules {
    pub(crate) fn read(deny: &str) -> Self {
        let deny: Table = deny.parse().unwrap();
        let licences = &deny["licenses"];
        let exceptions = licences["exceptions"].as_array().unwrap();
        let exception =
            |entry: &Value| (entry["crate"].as_str().unwrap().to_owned(), texts(&entry["allow"]));
        Self {
            allow: texts(&licences["allow"]),
            exceptions: exceptions.iter().map(exception).collect(),
        }
    }

    /// What a package may have.
    pub(crate) fn of(&self, package: &str) -> BTreeSet<&str> {
        let extra = self.exceptions.iter().filter(|(name, _)| name == package);
        let extra = extra.flat_map(|(_, licences)| licences);
        self.allow.iter().chain(extra).map(String::as_str).collect()
    }
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Whether an SPDX expression can be met by these licences.
pub(crate) fn allowed(expression: &str, licences: &BTreeSet<&str>) -> bool {
    // Before 2018 "or" was written as a stroke.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let met = any(&mut words, licences);
    met && words.next().is_none()
}

type Words<'a, 'b> = &'a mut std::iter::Peekable<std::str::SplitWhitespace<'b>>;

fn any(words: Words<'_, '_>, licences: &BTreeSet<&str>) -> bool {
    let mut met = all(words, licences);
    while words.next_if_eq(&"OR").is_some() {
        met |= all(words, licences);
    }
    met
}

fn all(words: Words<'_, '_>, licences: &BTreeSet<&str>) -> bool {
    let mut met = one(words, licences);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, licences);
    }
    met
}

fn one(words: Words<'_, '_>, licences: &BTreeSet<&str>) -> bool {
    match words.next() {
        Some("(") => {
            let met = any(words, licences);
            let closed = words.next() == Some(")");
            met && closed
        }
        Some(licence) if words.next_if_eq(&"WITH").is_some() => {
            let exception = words.next().unwrap_or_default();
            licences.contains(format!("{licence} WITH {exception}").as_str())
        }
        Some(licence) => licences.contains(licence),
        None => false,
    }
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    let mit = BTreeSet::from(["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"]);
    for met in [
        "MIT",
        "GPL-3.0 OR MIT",
        "MIT/Apache-2.0",
        "ISC AND (Apache-2.0 OR MIT)",
        "ISC AND MIT OR GPL-3.0",
        "(GPL-3.0 AND ISC) OR MIT",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0",
    ] {
        assert!(allowed(met, &mit), "{met}");
    }
    for refused in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT OR ISC) AND GPL-3.0",
        "Apache-2.0",
        "Apache-2.0 WITH Classpath-exception-2.0",
        "MIT MIT",
        "(MIT",
    ] {
        assert!(!allowed(refused, &mit), "{refused}");
    }
}
