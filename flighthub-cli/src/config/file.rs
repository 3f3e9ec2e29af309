//! The file with the profiles.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flighthub_api::Secret;
use toml_edit::{Document, Item, TableLike, Value};

use super::table::{Kind, Setting, nearest};
use super::{ConfigError, Surroundings, permissions};

/// The file with the profiles, as it was found.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Where it is, or would be.
    pub(crate) path: PathBuf,
    /// Whether it is there.
    pub(crate) is_there: bool,
    /// The profile that counts when none is named.
    pub(crate) default_profile: Option<String>,
    /// The profiles by their names.
    pub(crate) profiles: BTreeMap<String, Profile>,
    /// Its text.
    pub(super) text: Secret,
}

/// A profile.
#[derive(Debug, Clone, Default)]
pub(crate) struct Profile {
    entries: BTreeMap<&'static str, Entry>,
}

/// A setting in a profile.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) text: Secret,
    pub(crate) line: usize,
}

impl Profile {
    pub(crate) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// A setting as text; a key is `***`.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let setting = Setting::named(name)?;
        let entry = self.get(name)?;
        Some(match setting.kind {
            Kind::Secret => "***".to_owned(),
            _ => entry.text.expose().to_owned(),
        })
    }
}

impl File {
    /// Where the file is: where a flag or the environment says, else in the platform's folder.
    pub(crate) fn place(
        flag: Option<&Path>,
        around: &Surroundings,
    ) -> Result<PathBuf, ConfigError> {
        if let Some(path) = flag {
            return Ok(path.to_owned());
        }
        if let Some(text) = around.variable("FLIGHTHUB_CONFIG") {
            return Ok(around.path(text.expose(), None));
        }
        let folder = around.config_dir.as_ref().ok_or_else(|| {
            ConfigError::new(
                "there is no folder for settings: this user has no home folder",
                "Set HOME, or give a file with --config.",
            )
        })?;
        Ok(folder.join("flighthub").join("config.toml"))
    }

    /// Reads the file. One that is not there is empty, unless somebody named it.
    pub(crate) fn open(flag: Option<&Path>, around: &Surroundings) -> Result<Self, ConfigError> {
        let path = Self::place(flag, around)?;
        let is_named = flag.is_some() || around.variable("FLIGHTHUB_CONFIG").is_some();
        let mut file = match std::fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_named => {
                return Ok(Self {
                    path,
                    is_there: false,
                    default_profile: None,
                    profiles: BTreeMap::new(),
                    text: Secret::new(""),
                });
            }
            Err(error) => {
                return Err(ConfigError::new(
                    format!("{}: the configuration cannot be read: {error}", path.display()),
                    "Check the path, or make it: flighthub config init.",
                ));
            }
        };
        permissions::check_file(&path, &file)?;
        if !is_named && let Some(folder) = path.parent() {
            permissions::check_folder(folder)?;
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| {
            ConfigError::new(format!("{}: {error}", path.display()), "It has to be text.")
        })?;
        Self::parse(path, Secret::new(text))
    }

    /// Reads the text of a file.
    pub(super) fn parse(path: PathBuf, text: Secret) -> Result<Self, ConfigError> {
        let reader = Reader { path: &path, text: text.expose() };
        let (default_profile, profiles) = reader.read()?;
        Ok(Self { is_there: true, default_profile, profiles, path, text })
    }
}

/// Reads with places for errors. No error repeats what stands in the file: it may be a key.
struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

type Read = (Option<String>, BTreeMap<String, Profile>);

impl Reader<'_> {
    fn read(&self) -> Result<Read, ConfigError> {
        let document: Document<&str> = Document::parse(self.text).map_err(|error| {
            let problem = format!("this is not TOML: {}", error.message());
            self.wrong(error.span(), &problem, "Texts stand in quotes: region = \"eu\".")
        })?;
        let (mut default_profile, mut profiles) = (None, BTreeMap::new());
        for (name, item) in document.iter() {
            let span = document.key(name).and_then(toml_edit::Key::span).or_else(|| item.span());
            match name {
                "default_profile" => {
                    let text = item.as_str().ok_or_else(|| {
                        self.wrong(
                            span,
                            "default_profile is the name of a profile",
                            "Write default_profile = \"NAME\".",
                        )
                    })?;
                    default_profile = Some(text.to_owned());
                }
                "profiles" => {
                    let table = item.as_table_like().ok_or_else(|| {
                        self.wrong(span, "profiles are tables", "Write [profiles.NAME].")
                    })?;
                    for (name, item) in table.iter() {
                        let inner = item.as_table_like().ok_or_else(|| {
                            self.wrong(
                                item.span(),
                                "a profile is a table",
                                "Write [profiles.NAME].",
                            )
                        })?;
                        profiles.insert(name.to_owned(), self.profile(inner)?);
                    }
                }
                _ => return Err(self.unknown(name, span)),
            }
        }
        Ok((default_profile, profiles))
    }

    fn profile(&self, table: &dyn TableLike) -> Result<Profile, ConfigError> {
        let mut entries = BTreeMap::new();
        for (name, item) in table.iter() {
            let span = table.key(name).and_then(toml_edit::Key::span).or_else(|| item.span());
            let Some(setting) = Setting::named(name) else {
                let near = Setting::nearest(name);
                let help = match near {
                    Some(near) => format!("Did you mean {near}?"),
                    None => format!("Settings are: {}.", known()),
                };
                return Err(self.wrong(
                    span,
                    &format!("there is no setting `{}`", crate::out::text::line(name)),
                    &help,
                ));
            };
            let text = self.entry(setting, item, span.clone())?;
            let line = self.line(span);
            entries.insert(setting.name, Entry { text, line });
        }
        Ok(Profile { entries })
    }

    fn entry(
        &self,
        setting: &Setting,
        item: &Item,
        span: Option<std::ops::Range<usize>>,
    ) -> Result<Secret, ConfigError> {
        let name = setting.name;
        let text = match (setting.kind, item.as_value()) {
            (Kind::Text | Kind::Path | Kind::Secret, Some(Value::String(text))) => {
                text.value().clone()
            }
            (Kind::Truth, Some(Value::Boolean(truth))) => truth.value().to_string(),
            (Kind::Metres, Some(Value::Integer(number))) => number.value().to_string(),
            (Kind::Metres, Some(Value::Float(number))) => number.value().to_string(),
            (Kind::Truth, _) => {
                return Err(self.wrong(
                    span,
                    &format!("{name} is true or false"),
                    &format!("Write {name} = true."),
                ));
            }
            (Kind::Metres, _) => {
                return Err(self.wrong(
                    span,
                    &format!("{name} is a number"),
                    &format!("Write {name} = 120."),
                ));
            }
            _ => {
                return Err(self.wrong(
                    span,
                    &format!("{name} is a text"),
                    &format!("Write {name} = \"…\"."),
                ));
            }
        };
        Ok(Secret::new(text))
    }

    fn unknown(&self, name: &str, span: Option<std::ops::Range<usize>>) -> ConfigError {
        let help = if Setting::named(name).is_some() {
            format!("{name} belongs into a profile: write it below a line [profiles.NAME].")
        } else {
            match nearest(name, ["default_profile", "profiles"].into_iter()) {
                Some(near) => format!("Did you mean {near}?"),
                None => "At the top there are default_profile and [profiles.NAME].".to_owned(),
            }
        };
        self.wrong(span, &format!("there is no key `{}` here", crate::out::text::line(name)), &help)
    }

    fn wrong(
        &self,
        span: Option<std::ops::Range<usize>>,
        problem: &str,
        help: &str,
    ) -> ConfigError {
        let place = format!("{}:{}", self.path.display(), self.line(span));
        ConfigError::new(format!("{place}: {problem}"), help)
    }

    fn line(&self, span: Option<std::ops::Range<usize>>) -> usize {
        let begin = span.map_or(0, |span| span.start);
        self.text.bytes().take(begin).filter(|byte| *byte == b'\n').count() + 1
    }
}

fn known() -> String {
    super::SETTINGS.iter().map(|setting| setting.name).collect::<Vec<_>>().join(", ")
}
