//! What settings are found in: environment, folders, standard input.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use flighthub_api::Secret;

use super::ConfigError;

/// Longest key that is read, in bytes.
const LONGEST_KEY: u64 = 64 * 1024;

/// What settings are found in. Tests make their own.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    variables: BTreeMap<String, Secret>,
    /// Folder of the user.
    pub(crate) home: Option<PathBuf>,
    /// Folder for the settings of all programs.
    pub(crate) config_dir: Option<PathBuf>,
    /// Folder for the states of all programs.
    pub(crate) state_dir: Option<PathBuf>,
}

impl Surroundings {
    /// Those of this process.
    pub(crate) fn of_process() -> Self {
        let known = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            let name = name.into_string().ok().filter(|name| name.starts_with("FLIGHTHUB_"))?;
            // What is no Unicode is not what anybody meant, and the setting that it belongs to says so.
            Some((name, Secret::new(value.to_string_lossy())))
        };
        let folders = etcetera::choose_base_strategy().ok();
        Self {
            variables: std::env::vars_os().filter_map(known).collect(),
            home: folders.as_ref().map(|folders| folders.home_dir().to_owned()),
            config_dir: folders.as_ref().map(|folders| folders.config_dir()),
            // Windows has no such folder; its cache folder is the one that stays on the machine.
            state_dir: folders
                .map(|folders| folders.state_dir().unwrap_or_else(|| folders.cache_dir())),
        }
    }

    /// The same folders without variables.
    pub(super) fn without_variables(&self) -> Self {
        Self { variables: BTreeMap::new(), ..self.clone() }
    }

    /// No variables and no folders.
    #[cfg_attr(not(feature = "sim"), allow(dead_code, reason = "only a simulator has it"))]
    pub(super) const fn nothing() -> Self {
        Self { variables: BTreeMap::new(), home: None, config_dir: None, state_dir: None }
    }

    /// Surroundings of a test: everything in one folder, and these variables.
    #[cfg(test)]
    pub(crate) fn of_test(folder: &Path, variables: &[(&str, &str)]) -> Self {
        Self {
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Secret::new(*value)))
                .collect(),
            home: Some(folder.to_owned()),
            config_dir: Some(folder.join("config")),
            state_dir: Some(folder.join("state")),
        }
    }

    /// A variable; an empty one is none.
    pub(crate) fn variable(&self, name: &str) -> Option<&Secret> {
        self.variables.get(name).filter(|value| !value.expose().trim().is_empty())
    }

    /// The names of our variables that are set.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    /// A path as people write it: `~/` is the folder of the user, and a relative one begins at the folder.
    pub(crate) fn path(&self, text: &str, folder: Option<&Path>) -> PathBuf {
        match (text.strip_prefix("~/"), &self.home, folder) {
            (Some(rest), Some(home), _) => home.join(rest),
            (_, _, Some(folder)) => folder.join(text),
            _ => PathBuf::from(text),
        }
    }

    /// The key from standard input.
    pub(crate) fn stdin(&self) -> Result<Secret, ConfigError> {
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            return Err(ConfigError::new(
                "the key is read from standard input, which is a terminal, where it would be seen",
                "Give it by a pipe or from a file: `pass show flighthub | flighthub …`, or `flighthub … < FILE`.",
            ));
        }
        let mut text = String::new();
        stdin.lock().take(LONGEST_KEY).read_to_string(&mut text).map_err(|error| {
            ConfigError::new(
                format!("the key cannot be read from standard input: {error}"),
                "Pipe the key alone, as text.",
            )
        })?;
        Ok(Secret::new(text))
    }
}

/// A key from a file.
pub(crate) fn read_key(file: &Path) -> Result<Secret, ConfigError> {
    let wrong = |problem: &dyn std::fmt::Display| {
        ConfigError::new(
            format!("{}: the key cannot be read: {problem}", file.display()),
            "The file holds the organization key and nothing else.",
        )
    };
    let opened = std::fs::File::open(file).map_err(|error| wrong(&error))?;
    super::permissions::check_file(file, &opened)?;
    let mut text = String::new();
    opened.take(LONGEST_KEY).read_to_string(&mut text).map_err(|error| wrong(&error))?;
    Ok(Secret::new(text))
}
