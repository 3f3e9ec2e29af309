//! The core of `deny.toml`, from `Cargo.lock` and what cargo knows: it needs no further tool and no network.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use toml::Table;

use crate::licences::{Rules, allowed};
use crate::{cargo, read, root};

/// Of these there is one version.
const HTTP_STACK: [&str; 17] = [
    "aws-lc-rs",
    "h2",
    "http",
    "http-body",
    "http-body-util",
    "httparse",
    "hyper",
    "hyper-rustls",
    "hyper-util",
    "reqwest",
    "ring",
    "rustls",
    "rustls-webpki",
    "tokio",
    "tokio-rustls",
    "tower",
    "url",
];
/// How the source of a package from a registry begins; `deny.toml` says from which.
const REGISTRY: &str = "registry+";

/// A package of `Cargo.lock`.
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: bool,
}

fn locked(lock: &str) -> Vec<Locked> {
    let lock: Table = lock.parse().unwrap();
    let text = |package: &toml::Value, key: &str| {
        package.get(key).and_then(toml::Value::as_str).map(str::to_owned)
    };
    let packages = lock["package"].as_array().unwrap();
    let locked = |package| Locked {
        name: text(package, "name").unwrap(),
        version: text(package, "version").unwrap(),
        source: text(package, "source"),
        checksum: text(package, "checksum").is_some(),
    };
    packages.iter().map(locked).collect()
}

/// What is wrong with the versions of the HTTP stack.
fn second_versions(packages: &[Locked]) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages.iter().filter(|package| HTTP_STACK.contains(&package.name.as_str())) {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    for core in ["http", "hyper", "reqwest", "rustls", "tokio"] {
        assert!(versions.contains_key(core), "no {core} in Cargo.lock: are these the names?");
    }
    versions.retain(|_, versions| versions.len() > 1);
    versions.iter().map(|(name, versions)| format!("{name}: {}", versions.join(", "))).collect()
}

/// The packages that come from elsewhere than the registry.
fn strangers(packages: &[Locked], ours: &BTreeSet<String>) -> Vec<String> {
    let strange = |package: &&Locked| match &package.source {
        None => !ours.contains(&package.name),
        Some(source) => !source.starts_with(REGISTRY) || !package.checksum,
    };
    packages.iter().filter(strange).map(|package| package.name.clone()).collect()
}

fn metadata() -> Value {
    let host = cargo("-vV");
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let text = cargo(&format!("metadata --locked --format-version 1 --filter-platform {host}"));
    serde_json::from_str(&text).unwrap()
}

fn packages(metadata: &Value) -> &Vec<Value> {
    metadata["packages"].as_array().unwrap()
}

/// The names of the packages of the workspace.
fn ours(metadata: &Value) -> BTreeSet<String> {
    let ours = packages(metadata).iter().filter(|package| package["source"].is_null());
    ours.map(|package| package["name"].as_str().unwrap().to_owned()).collect()
}

/// The names of what a package is built of.
fn built_of(package: &str, features: &str) -> BTreeSet<String> {
    let tree = cargo(&format!(
        "tree --locked -p {package} {features} --edges normal,build --prefix none --format {{p}}"
    ));
    tree.lines().filter_map(|line| line.split(' ').next().map(str::to_owned)).collect()
}

#[test]
fn the_http_stack_is_there_once() {
    let lock = read("Cargo.lock");
    let twice = second_versions(&locked(&lock));
    assert_eq!(twice, Vec::<String>::new(), "see which dependency can be moved");
    println!("figure Supply chain | second versions in the HTTP stack | count = {}", twice.len());

    let second = "[[package]]\nname = \"hyper\"\nversion = \"0.14.32\"\n";
    assert_eq!(second_versions(&locked(&format!("{lock}\n{second}"))).len(), 1);
}

#[test]
fn all_dependencies_come_from_the_registry() {
    let lock = read("Cargo.lock");
    let ours = ours(&metadata());
    let packages = locked(&lock);
    let strange = strangers(&packages, &ours);
    println!(
        "figure Supply chain | packages from elsewhere than the registry | count = {}",
        strange.len()
    );
    assert_eq!(strange, Vec::<String>::new(), "released versions only");
    println!("figure Supply chain | packages locked | count = {}", packages.len());

    for source in ["", "source = \"git+https://example.com/x#1\"\n", "source = \"registry+x\"\n"] {
        let strange = format!("{lock}\n[[package]]\nname = \"stranger\"\nversion = \"1.0.0\"\n");
        let strange = format!("{strange}{source}");
        assert_eq!(strangers(&locked(&strange), &ours), ["stranger"], "{source}");
    }
}

#[test]
fn licences_are_among_the_allowed() {
    let rules = Rules::read(&read("deny.toml"));
    let metadata = metadata();
    let mut refused = Vec::new();
    for package in packages(&metadata) {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or_default();
        if !allowed(licence, &rules.of(name)) {
            refused.push(format!("{name}: {licence:?}"));
        }
    }
    assert_eq!(refused, Vec::<String>::new(), "not among the licences of deny.toml");
    println!("figure Supply chain | licences not allowed | count = {}", refused.len());
}

/// Why a package does not keep to the lints of the workspace.
fn unlinted(manifest: &str) -> Option<&'static str> {
    let manifest: Table = manifest.parse().unwrap();
    let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace"));
    if inherits.and_then(toml::Value::as_bool) != Some(true) {
        return Some("has no `lints.workspace = true`");
    }
    None
}

#[test]
fn unsafe_code_is_forbidden_in_every_package() {
    let workspace: Table = read("Cargo.toml").parse().unwrap();
    assert_eq!(workspace["workspace"]["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    let metadata = metadata();
    let mut count = 0;
    for package in packages(&metadata).iter().filter(|package| package["source"].is_null()) {
        let path = package["manifest_path"].as_str().unwrap();
        assert_eq!(unlinted(&std::fs::read_to_string(path).unwrap()), None, "{path}");
        count += 1;
    }
    assert!(count >= 9, "only {count} packages");
    println!("figure Supply chain | our packages that forbid unsafe code | count = {count}");
    println!("figure Supply chain | our packages | count = {count}");

    assert!(unlinted("[package]\nname = \"x\"\n").is_some());
    assert!(unlinted("[lints.rust]\nunsafe_code = \"allow\"\n").is_some());
    assert!(root().join("deny.toml").is_file());
}

#[test]
fn each_kind_of_tls_brings_its_own_cryptography_only() {
    let kinds =
        ["aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "openssl-sys", "ring", "rustls"];
    let of = |features: &str| {
        let all = built_of("flighthub-api", features);
        assert!(all.contains("reqwest"), "{features}: {all:?}");
        let found: Vec<_> = kinds.into_iter().filter(|kind| all.contains(*kind)).collect();
        (found, all.len())
    };
    let (none, bare) = of("--no-default-features");
    assert_eq!(none, Vec::<&str>::new());
    let (default, with_aws) = of("");
    assert_eq!(default, ["aws-lc-rs", "aws-lc-sys", "rustls"]);
    let (ring, with_ring) = of("--no-default-features --features rustls-ring");
    assert_eq!(ring, ["ring", "rustls"]);
    for (features, count) in [("none", bare), ("rustls", with_aws), ("rustls-ring", with_ring)] {
        println!("figure Dependencies of the client | {features} | crates = {count}");
    }
}

#[test]
fn reasons_for_second_versions_are_not_outlived() {
    let deny: Table = read("deny.toml").parse().unwrap();
    let lock = locked(&read("Cargo.lock"));
    let skips = deny["bans"]["skip"].as_array().unwrap();
    for skip in skips {
        let spec = skip["crate"].as_str().unwrap();
        assert!(skip["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{spec}");
        let (name, version) = spec.split_once('@').unwrap();
        let is_it = |package: &&Locked| {
            package.name == name && package.version.starts_with(&format!("{version}."))
        };
        assert!(lock.iter().any(|package| is_it(&package)), "{spec} is gone: take it out");
    }
    println!("figure Supply chain | second versions with a reason | count = {}", skips.len());
}

/// Packages below one (what is built for it, not for its tests) that ask for a newer Rust than it does.
fn too_new(metadata: &Value, package: &Value) -> Vec<String> {
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let wanted = rust(package).unwrap();
    let mut seen = BTreeSet::new();
    let mut open = vec![&package["id"]];
    while let Some(id) = open.pop() {
        if !seen.insert(id.as_str().unwrap()) {
            continue;
        }
        let node = nodes.iter().find(|node| node["id"] == *id).unwrap();
        for below in node["deps"].as_array().unwrap() {
            let kinds = below["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| kind["kind"] != "dev") {
                open.push(&below["pkg"]);
            }
        }
    }
    let below = packages(metadata).iter().filter(|one| seen.contains(one["id"].as_str().unwrap()));
    let newer = below.filter(|one| rust(one) > Some(wanted));
    newer.map(|one| format!("{} {}", one["name"], one["rust_version"])).collect()
}

/// The oldest Rust that a package says it takes.
fn rust(package: &Value) -> Option<(u32, u32)> {
    let mut parts = package["rust_version"].as_str()?.split('.').map(|part| part.parse().unwrap());
    Some((parts.next()?, parts.next()?))
}

/// Whether the code itself keeps to its Rust is seen by clippy (`incompatible_msrv`); `cargo xtask msrv` builds with it.
#[test]
fn no_dependency_needs_a_newer_rust_than_its_package() {
    let mut metadata = metadata();
    let mut bad = Vec::new();
    for name in crate::PUBLISHED {
        let package = packages(&metadata).iter().find(|package| package["name"] == name).unwrap();
        let (major, minor) = rust(package).unwrap();
        bad.extend(too_new(&metadata, package).iter().map(|below| format!("{name}: {below}")));
        println!("figure Oldest Rust | {name} | version = {major}.{minor}");
    }
    println!("figure Oldest Rust | dependencies that need a newer one | count = {}", bad.len());
    assert_eq!(bad, Vec::<String>::new());

    // What is wanted is looked at: an older Rust would not do.
    let all = metadata["packages"].as_array_mut().unwrap();
    let client = all.iter_mut().find(|package| package["name"] == "flighthub-api").unwrap();
    client["rust_version"] = Value::from("1.56");
    let client = client.clone();
    assert!(!too_new(&metadata, &client).is_empty());
}
