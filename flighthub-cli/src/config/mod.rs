//! Profiles, environment and key.

use std::path::PathBuf;

use flighthub_api::{Language, Region, Token};

use crate::args::GlobalArgs;

/// Everything that a client needs to know, from flags, environment and profile.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Name of the profile.
    pub(crate) profile: String,
    /// Where FlightHub stands.
    pub(crate) region: Region,
    /// The organization key.
    pub(crate) token: Token,
    /// Project by name or UUID.
    pub(crate) project: Option<String>,
    /// Language of messages.
    pub(crate) language: Language,
    /// Whether plain http to another machine is allowed.
    pub(crate) allow_http: bool,
    /// Further certificate authorities, PEM.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// Proxy.
    pub(crate) proxy: Option<String>,
    /// Host header.
    pub(crate) host_header: Option<String>,
    /// Whether everything but reads is refused.
    pub(crate) read_only: bool,
    /// Ceiling of the return height in metres.
    pub(crate) rth_ceiling: Option<f64>,
    /// Folder for what has to outlive the program.
    pub(crate) state_dir: PathBuf,
}

/// Why there are no settings.
#[derive(Debug)]
pub(crate) struct ConfigError {
    /// What is wrong.
    pub(crate) text: String,
    /// What to do.
    pub(crate) help: String,
}

/// Settings from flags, environment and profile.
pub(crate) fn resolve(args: &GlobalArgs) -> Result<Settings, ConfigError> {
    let wrong = |text: String, help: &str| ConfigError { text, help: help.to_owned() };
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let key = variable("FLIGHTHUB_TOKEN")
        .ok_or_else(|| wrong("there is no key".to_owned(), "Set FLIGHTHUB_TOKEN."))?;
    let token = Token::opaque(&key).map_err(|error| wrong(error.to_string(), "Copy it again."))?;
    let region = args
        .url
        .clone()
        .or_else(|| args.region.clone())
        .or_else(|| variable("FLIGHTHUB_URL"))
        .or_else(|| variable("FLIGHTHUB_REGION"))
        .ok_or_else(|| wrong("there is no region".to_owned(), "Give --region or --url."))?;
    Ok(Settings {
        profile: "default".to_owned(),
        region: region.parse().map_err(|error: flighthub_api::Error| {
            wrong(error.to_string(), "Give --region or --url.")
        })?,
        token,
        project: args.project.clone().or_else(|| variable("FLIGHTHUB_PROJECT")),
        language: Language::English,
        allow_http: false,
        certificates: Vec::new(),
        proxy: None,
        host_header: None,
        read_only: args.read_only,
        rth_ceiling: None,
        state_dir: std::env::temp_dir(),
    })
}

impl Settings {
    /// Those of a simulator inside the program. Nothing else is read.
    pub(crate) fn simulated(
        url: &str,
        key: &str,
        project: String,
        state_dir: PathBuf,
        args: &GlobalArgs,
    ) -> Result<Self, crate::failure::Failure> {
        Ok(Self {
            profile: "simulated".to_owned(),
            region: Region::on_premises(url),
            token: Token::opaque(key)?,
            project: Some(project),
            language: Language::English,
            allow_http: true,
            certificates: Vec::new(),
            proxy: None,
            host_header: None,
            read_only: args.read_only,
            rth_ceiling: None,
            state_dir,
        })
    }
}
