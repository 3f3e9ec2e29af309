//! Changes to the file with the profiles. Comments and order stay, and the file is there whole or not at all.

use std::path::{Path, PathBuf};

use flighthub_api::Secret;
use toml_edit::{DocumentMut, Item, Table, value};

use super::settings::{Flags, missing, resolve_from};
use super::table::{Kind, Setting};
use super::{ConfigError, File, Surroundings, permissions};

/// The file with the profiles, to be changed.
pub(crate) struct Editor {
    path: PathBuf,
    document: DocumentMut,
    around: Surroundings,
    /// Whether it lies in the program's own folder.
    is_own: bool,
}

impl Editor {
    /// Opens the file, or begins one.
    ///
    /// # Errors
    ///
    /// When it is there and cannot be read, is open to others, or is wrong already.
    pub(crate) fn open(flag: Option<&Path>, around: Surroundings) -> Result<Self, ConfigError> {
        let path = File::place(flag, &around)?;
        let is_own = flag.is_none() && around.variable("FLIGHTHUB_CONFIG").is_none();
        let text = match path.try_exists() {
            Ok(false) => Secret::new(""),
            _ => File::open(flag, &around)?.text,
        };
        let document = text.expose().parse().map_err(|_| {
            ConfigError::new(format!("{}: this is not TOML", path.display()), "Correct it first.")
        })?;
        Ok(Self { path, document, around, is_own })
    }

    /// Whether there is such a profile.
    pub(crate) fn has(&self, profile: &str) -> bool {
        self.profiles().is_some_and(|profiles| profiles.contains_key(profile))
    }

    /// Whether there is any profile.
    pub(crate) fn is_empty(&self) -> bool {
        self.profiles().is_none_or(toml_edit::TableLike::is_empty)
    }

    fn profiles(&self) -> Option<&dyn toml_edit::TableLike> {
        self.document.get("profiles").and_then(Item::as_table_like)
    }

    /// Sets a setting of a profile, which is made when it is not there. `text` is as people write it.
    ///
    /// # Errors
    ///
    /// When the setting does not take it.
    pub(crate) fn set(
        &mut self,
        profile: &str,
        setting: &Setting,
        text: &Secret,
    ) -> Result<(), ConfigError> {
        let item = item(setting, text.expose().trim())?;
        let path = self.path.display().to_string();
        let profiles = self.document.entry("profiles").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let odd =
            || ConfigError::new(format!("{path}: profiles are tables"), "Write [profiles.NAME].");
        let profiles = profiles.as_table_like_mut().ok_or_else(odd)?;
        let entry = profiles.entry(profile).or_insert(Item::Table(Table::new()));
        let table = entry.as_table_like_mut().ok_or_else(odd)?;
        match table.get_mut(setting.name).and_then(Item::as_value_mut) {
            // With the comment behind the old value.
            Some(old) => {
                let mut new = item;
                *new.decor_mut() = old.decor().clone();
                *old = new;
            }
            None => {
                table.insert(setting.name, value(item));
            }
        }
        Ok(())
    }

    /// Takes a setting out of a profile; `false` when it was not there.
    ///
    /// # Errors
    ///
    /// When there is no such profile.
    pub(crate) fn unset(&mut self, profile: &str, setting: &Setting) -> Result<bool, ConfigError> {
        self.check_profile(profile)?;
        let profiles = self.document.get_mut("profiles").and_then(Item::as_table_like_mut);
        let table = profiles.and_then(|profiles| profiles.get_mut(profile)?.as_table_like_mut());
        Ok(table.and_then(|table| table.remove(setting.name)).is_some())
    }

    /// Makes a profile the one that counts when none is named.
    ///
    /// # Errors
    ///
    /// When there is no such profile.
    pub(crate) fn make_default(&mut self, profile: &str) -> Result<(), ConfigError> {
        self.check_profile(profile)?;
        match self.document.get_mut("default_profile").and_then(Item::as_value_mut) {
            Some(old) => {
                let decor = old.decor().clone();
                *old = profile.into();
                *old.decor_mut() = decor;
            }
            None => {
                self.document.insert("default_profile", value(profile));
            }
        }
        Ok(())
    }

    fn check_profile(&self, profile: &str) -> Result<(), ConfigError> {
        if self.has(profile) {
            return Ok(());
        }
        let file = File::parse(self.path.clone(), Secret::new(self.document.to_string()))?;
        Err(missing(profile, "--profile", &file))
    }

    /// Writes the file, readable by its owner alone, when the profile can be used as it is now. Answers where.
    ///
    /// # Errors
    ///
    /// When a value is wrong, or the file cannot be written.
    pub(crate) fn save(self, profile: &str) -> Result<PathBuf, ConfigError> {
        let text = Secret::new(self.document.to_string());
        let file = File::parse(self.path.clone(), text.clone())?;
        let flags = Flags { profile: Some(profile.to_owned()), ..Flags::default() };
        resolve_from(&flags, self.around.without_variables(), &file)?;
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            permissions::private_folder(folder).map_err(|error| {
                ConfigError::new(
                    format!("{}: the folder cannot be made: {error}", folder.display()),
                    "Check the path.",
                )
            })?;
            if self.is_own {
                permissions::check_folder(folder)?;
            }
        }
        flighthub_workflows::files::write(&self.path, text.expose().as_bytes())
            .map_err(|error| ConfigError::new(error.to_string(), error.help()))?;
        Ok(self.path)
    }
}

/// A value of the right type.
fn item(setting: &Setting, text: &str) -> Result<toml_edit::Value, ConfigError> {
    let name = setting.name;
    let wrong = |what: &str, example: &str| {
        ConfigError::new(format!("{name} is {what}"), format!("Write it such as {example}."))
    };
    if text.is_empty() {
        let help = format!("To take it out: flighthub config unset {name}.");
        return Err(ConfigError::new(format!("{name} has no value"), help));
    }
    match setting.kind {
        Kind::Truth => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true.into()),
            "false" | "no" | "off" | "0" => Ok(false.into()),
            _ => Err(wrong("true or false", "true")),
        },
        Kind::Metres => {
            let metres: f64 = text.parse().map_err(|_| wrong("a number of metres", "120"))?;
            // Whole metres as people write them.
            match text.parse::<i64>() {
                Ok(whole) => Ok(whole.into()),
                Err(_) => Ok(metres.into()),
            }
        }
        Kind::Text | Kind::Path | Kind::Secret => Ok(text.into()),
    }
}
