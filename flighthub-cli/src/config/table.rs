//! The settings, as data.

/// What a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Path,
    Truth,
    Metres,
    /// A text that nothing shows.
    Secret,
}

/// A setting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// Its key in a profile.
    pub(crate) name: &'static str,
    /// Its flag.
    pub(crate) flag: Option<&'static str>,
    /// Its variable in the environment.
    pub(crate) variable: Option<&'static str>,
    /// What it holds.
    pub(crate) kind: Kind,
    /// What it says.
    pub(crate) about: &'static str,
}

const fn setting(
    name: &'static str,
    flag: Option<&'static str>,
    variable: Option<&'static str>,
    kind: Kind,
    about: &'static str,
) -> Setting {
    Setting { name, flag, variable, kind, about }
}

/// All settings of a profile.
pub(crate) const SETTINGS: [Setting; 14] = [
    setting(
        "region",
        Some("--region"),
        Some("FLIGHTHUB_REGION"),
        Kind::Text,
        "cn, us or eu: where the key was made",
    ),
    setting(
        "url",
        Some("--url"),
        Some("FLIGHTHUB_URL"),
        Kind::Text,
        "address of a private installation",
    ),
    setting("key", None, Some("FLIGHTHUB_TOKEN"), Kind::Secret, "organization key"),
    setting(
        "key_file",
        Some("--key-file"),
        Some("FLIGHTHUB_KEY_FILE"),
        Kind::Path,
        "file with the organization key",
    ),
    setting("keyring", None, None, Kind::Truth, "whether the key is in the keyring of the system"),
    setting(
        "project",
        Some("--project"),
        Some("FLIGHTHUB_PROJECT"),
        Kind::Text,
        "project by name or UUID",
    ),
    setting(
        "language",
        Some("--language"),
        Some("FLIGHTHUB_LANGUAGE"),
        Kind::Text,
        "en or zh: language of messages of FlightHub",
    ),
    setting(
        "ca_file",
        Some("--ca-file"),
        Some("FLIGHTHUB_CA_FILE"),
        Kind::Path,
        "further certificate authorities (PEM)",
    ),
    setting("proxy", Some("--proxy"), Some("FLIGHTHUB_PROXY"), Kind::Text, "address of a proxy"),
    setting(
        "host_header",
        Some("--host-header"),
        Some("FLIGHTHUB_HOST_HEADER"),
        Kind::Text,
        "Host header, behind a gateway",
    ),
    setting(
        "read_only",
        Some("--read-only"),
        Some("FLIGHTHUB_READ_ONLY"),
        Kind::Truth,
        "refuses everything that is not a read",
    ),
    setting(
        "rth_ceiling_m",
        Some("--rth-ceiling"),
        Some("FLIGHTHUB_RTH_CEILING_M"),
        Kind::Metres,
        "highest return height that is allowed there, in metres",
    ),
    setting(
        "allow_http",
        Some("--allow-http"),
        Some("FLIGHTHUB_ALLOW_HTTP"),
        Kind::Truth,
        "lets the key go over plain http to another machine",
    ),
    setting(
        "state_dir",
        Some("--state-dir"),
        Some("FLIGHTHUB_STATE_DIR"),
        Kind::Path,
        "folder for what has to outlive the program",
    ),
];

/// Variables that are no settings of a profile.
pub(crate) const OTHER_VARIABLES: [&str; 3] =
    ["FLIGHTHUB_CONFIG", "FLIGHTHUB_OUTPUT", "FLIGHTHUB_PROFILE"];

impl Setting {
    /// The setting of a name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }

    /// The setting whose name is most like this one.
    pub(crate) fn nearest(name: &str) -> Option<&'static str> {
        nearest(name, SETTINGS.iter().map(|setting| setting.name))
    }
}

/// The name that is most like another, if any is much like it.
pub(crate) fn nearest<'a>(name: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let low = name.to_lowercase().replace('-', "_");
    among
        .map(|known| (strsim::jaro_winkler(&low, &known.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}
