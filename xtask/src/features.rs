//! `cargo xtask features`: every meaningful combination of features compiles, and each kind of TLS works alone.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::chores::cargo;
use crate::tree::Problem;

/// The kinds of TLS.
const TLS: [&str; 3] = ["rustls", "rustls-ring", "native-tls"];
/// The other features of the client that change its code. `server` includes `catalog`.
const CLIENT: [&str; 6] = ["blocking", "catalog", "server", "testing", "jiff", "chrono"];
/// The other crates, with the features that are tried alone, beside none and all.
const OTHERS: [(&str, &[&str]); 4] = [
    ("flighthub-cli", &["keyring", "picture", "sim"]),
    ("flighthub-kmz", &[]),
    ("flighthub-sim", &["contract", "demo", "events", "tls"]),
    ("flighthub-workflows", &["picture", "rustls", "upload"]),
];
/// An example that makes one call over TLS.
const PROGRAM: &str = "private_installation";

/// Checks all combinations, or with `quick` those of TLS, and runs each kind of TLS. Goes on after a failure.
pub(crate) fn features(root: &Path, quick: bool, out: &mut dyn Write) -> Result<u8, Problem> {
    let mut failed = Vec::new();
    let sets = sets(quick);
    for (package, features) in &sets {
        if features.iter().any(|feature| feature == "native-tls") && !has_openssl() {
            writeln!(
                out,
                "── skipped: {package} with {features:?}; the headers of OpenSSL are not here"
            )?;
            continue;
        }
        let features = features.join(",");
        writeln!(out, "── {package} --no-default-features --features {features:?}")?;
        let flags =
            if features.is_empty() { String::new() } else { format!("--features {features}") };
        // As clippy, because flags for rustc would build all dependencies anew.
        let arguments =
            format!("clippy --quiet -p {package} --no-default-features {flags} -- -D warnings");
        if cargo(root, &arguments, "")? != 0 {
            failed.push(format!("{package} with {features:?}"));
        }
    }
    writeln!(out, "figure Features | combinations checked | count = {}", sets.len())?;
    writeln!(out, "figure Features | combinations that fail | count = {}", failed.len())?;
    failed.extend(run_each_tls(root, out)?);
    if failed.is_empty() {
        writeln!(out, "── every combination compiles, and every kind of TLS works alone")?;
        return Ok(0);
    }
    writeln!(out, "── failed:\n   {}", failed.join("\n   "))?;
    Ok(1)
}

/// Packages with features.
fn sets(quick: bool) -> Vec<(&'static str, Vec<String>)> {
    let mut sets = Vec::new();
    for tls in subsets(&TLS) {
        sets.push(("flighthub-api", tls));
    }
    if quick {
        return sets;
    }
    for features in subsets(&CLIENT) {
        // With `server`, `catalog` is on anyway.
        if features.iter().any(|one| one == "server") && features.iter().any(|one| one == "catalog")
        {
            continue;
        }
        for tls in [None, Some("rustls")] {
            let mut features = features.clone();
            features.extend(tls.map(str::to_owned));
            if !sets.iter().any(|(_, known)| *known == features) {
                sets.push(("flighthub-api", features));
            }
        }
    }
    for (package, features) in OTHERS {
        sets.push((package, Vec::new()));
        sets.extend(features.iter().map(|one| (package, vec![(*one).to_owned()])));
        if features.len() > 1 {
            sets.push((package, features.iter().map(|one| (*one).to_owned()).collect()));
        }
    }
    sets
}

/// All subsets, the empty one first.
fn subsets(all: &[&str]) -> Vec<Vec<String>> {
    (0..1_usize << all.len())
        .map(|mask| {
            let chosen = all.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1);
            chosen.map(|(_, feature)| (*feature).to_owned()).collect()
        })
        .collect()
}

/// Builds a program with each kind of TLS alone, and lets a test run them against a server.
fn run_each_tls(root: &Path, out: &mut dyn Write) -> Result<Vec<String>, Problem> {
    let mut failed = Vec::new();
    let mut programs = Vec::new();
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    for kind in TLS.into_iter().chain(["none"]) {
        if kind == "native-tls" && !has_openssl() {
            writeln!(
                out,
                "figure TLS alone | {kind} | calls = not measured (no headers of OpenSSL)"
            )?;
            continue;
        }
        writeln!(out, "── example {PROGRAM} with {kind} alone")?;
        let feature = if kind == "none" { "" } else { kind };
        let build = format!(
            "build --quiet -p flighthub-api --example {PROGRAM} --no-default-features --features={feature}"
        );
        if cargo(root, &build, "")? != 0 {
            failed.push(format!("example {PROGRAM} with {kind}"));
            continue;
        }
        let suffix = env::consts::EXE_SUFFIX;
        let built = target.join(format!("debug/examples/{PROGRAM}{suffix}"));
        let kept = target.join(format!("debug/examples/{PROGRAM}-{kind}{suffix}"));
        fs::copy(&built, &kept)
            .map_err(|error| Problem(format!("cannot copy {}: {error}", built.display())))?;
        programs.push(format!("{kind}={}", kept.display()));
    }
    let variable = format!("FLIGHTHUB_TLS_PROGRAMS={}", programs.join(";"));
    let test = "test --quiet -p flighthub-tests --test tls -- --ignored --show-output each_kind";
    if cargo(root, test, &variable)? != 0 {
        failed.push("each kind of TLS alone".to_owned());
    }
    Ok(failed)
}

/// Whether `native-tls` can be built here: everywhere but on Linux without the headers.
fn has_openssl() -> bool {
    !cfg!(target_os = "linux")
        || env::var_os("OPENSSL_DIR").is_some()
        || Path::new("/usr/include/openssl/ssl.h").is_file()
}

#[cfg(test)]
mod tests {
    use super::{sets, subsets};

    #[test]
    fn all_meaningful_combinations_are_there() {
        assert_eq!(subsets(&["a", "b"]), [vec![], vec!["a"], vec!["b"], vec!["a", "b"]]);
        let all = sets(false);
        let of = |package: &str| all.iter().filter(|(of, _)| *of == package).count();
        // Eight of TLS; 48 of the others, each with and without `rustls`, less the two that are there already.
        assert_eq!((of("flighthub-api"), sets(true).len()), (8 + 2 * 48 - 2, 8));
        assert_eq!((of("flighthub-kmz"), of("flighthub-sim"), of("flighthub-cli")), (1, 6, 5));
    }
}
