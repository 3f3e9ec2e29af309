//! Settings from flags, environment and profile.

use std::path::PathBuf;

use flighthub_api::{Language, Region, Secret, Token};

use super::file::{File, Profile};
use super::key::KeyPlace;
use super::table::nearest;
use super::{ConfigError, SETTINGS, Setting, Surroundings, address};

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    /// `--config`
    pub(crate) config: Option<PathBuf>,
    /// `--profile`
    pub(crate) profile: Option<String>,
    /// `--region`
    pub(crate) region: Option<String>,
    /// `--url`
    pub(crate) url: Option<String>,
    /// `--key-stdin`
    pub(crate) key_stdin: bool,
    /// `--key-file`
    pub(crate) key_file: Option<PathBuf>,
    /// `--project`
    pub(crate) project: Option<String>,
    /// `--language`
    pub(crate) language: Option<String>,
    /// `--ca-file`
    pub(crate) ca_file: Option<PathBuf>,
    /// `--proxy`
    pub(crate) proxy: Option<String>,
    /// `--host-header`
    pub(crate) host_header: Option<String>,
    /// `--read-only`
    pub(crate) read_only: bool,
    /// `--rth-ceiling`, in metres.
    pub(crate) rth_ceiling_m: Option<f64>,
    /// `--allow-http`
    pub(crate) allow_http: bool,
    /// `--state-dir`
    pub(crate) state_dir: Option<PathBuf>,
}

impl Flags {
    fn get(&self, name: &str) -> Option<Secret> {
        let path =
            |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let truth = |truth: bool| truth.then(|| "true".to_owned());
        let text = match name {
            "region" => self.region.clone(),
            "url" => self.url.clone(),
            "key_file" => path(&self.key_file),
            "project" => self.project.clone(),
            "language" => self.language.clone(),
            "ca_file" => path(&self.ca_file),
            "proxy" => self.proxy.clone(),
            "host_header" => self.host_header.clone(),
            "read_only" => truth(self.read_only),
            "rth_ceiling_m" => self.rth_ceiling_m.map(|metres| metres.to_string()),
            "allow_http" => truth(self.allow_http),
            "state_dir" => path(&self.state_dir),
            _ => None,
        };
        text.map(Secret::new)
    }
}

/// Everything that a command needs to know before it starts.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Name of the profile; `None` when there is none.
    pub(crate) profile: Option<String>,
    /// Project by name or UUID.
    pub(crate) project: Option<String>,
    /// Language of the messages of FlightHub.
    pub(crate) language: Language,
    /// Whether plain http to another machine is allowed.
    pub(crate) allow_http: bool,
    /// Further certificate authorities (PEM).
    pub(crate) certificates: Vec<Vec<u8>>,
    /// Address of a proxy.
    pub(crate) proxy: Option<String>,
    /// Host header.
    pub(crate) host_header: Option<String>,
    /// Whether everything that is not a read is refused.
    pub(crate) read_only: bool,
    /// Highest return height that is allowed there, in metres; `None` is "not checked".
    pub(crate) rth_ceiling: Option<f64>,
    /// Folder for what has to outlive the program. It may not be there yet: see [`super::permissions::private_folder`].
    pub(crate) state_dir: PathBuf,
    /// What people should know before they wonder.
    pub(crate) notes: Vec<String>,
    /// Where every value comes from, for `config show`.
    pub(crate) origins: Vec<Origin>,
    /// Where the key is.
    pub(crate) key: Option<KeyPlace>,
    region: Option<Region>,
    around: Surroundings,
}

/// A setting, what it is, and where that comes from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// The setting.
    pub(crate) setting: &'static str,
    /// Its value; a key is not shown.
    pub(crate) value: String,
    /// Where it comes from.
    pub(crate) source: String,
}

impl Settings {
    /// Those of a simulator inside the program. Neither environment nor profiles count, only these.
    #[cfg(feature = "sim")]
    pub(crate) fn simulated(
        url: &str,
        key: &str,
        project: String,
        state_dir: PathBuf,
        flags: &Flags,
    ) -> Self {
        Self {
            profile: None,
            project: Some(project),
            language: Language::English,
            allow_http: false,
            certificates: Vec::new(),
            proxy: None,
            host_header: None,
            read_only: flags.read_only,
            rth_ceiling: flags.rth_ceiling_m,
            state_dir,
            notes: Vec::new(),
            origins: Vec::new(),
            key: Some(KeyPlace::Simulator(Secret::new(key))),
            region: Some(Region::on_premises(url)),
            around: Surroundings::nothing(),
        }
    }

    /// Where FlightHub is.
    ///
    /// # Errors
    ///
    /// When nothing says so.
    pub(crate) fn region(&self) -> Result<Region, ConfigError> {
        self.region.clone().ok_or_else(|| {
            ConfigError::new(
                "nothing says where FlightHub is",
                "Give --region eu, us or cn (where the key was made), FLIGHTHUB_REGION, or a profile: flighthub config init.",
            )
        })
    }

    /// The text that is meant to be the organization key, unchecked: for the doctor, who says what is wrong with it. It is read now; standard
    /// input can be read once.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or others could read it too.
    pub(crate) fn raw_key(&self) -> Result<Option<Secret>, ConfigError> {
        self.key.as_ref().map(|place| place.text(&self.around)).transpose()
    }

    /// The organization key. It is read now; standard input can be read once.
    ///
    /// # Errors
    ///
    /// When there is none, it cannot be read, others could read it too, or it is no key.
    pub(crate) fn token(&self) -> Result<Token, ConfigError> {
        let place = self.key.as_ref().ok_or_else(|| {
            ConfigError::new(
                "there is no organization key",
                "Set FLIGHTHUB_TOKEN, give --key-file or --key-stdin, or make a profile: flighthub config init.",
            )
        })?;
        place.read(self.region.as_ref(), &self.around)
    }
}

/// Settings from the flags, and the environment, files and folders of this process.
///
/// # Errors
///
/// When a file cannot be read or is open to others, a setting is unknown, or a value is wrong: with the place of it.
pub(crate) fn resolve(flags: &Flags) -> Result<Settings, ConfigError> {
    resolve_in(flags, Surroundings::of_process())
}

/// The same in other surroundings.
///
/// # Errors
///
/// As [`resolve`].
pub(crate) fn resolve_in(flags: &Flags, around: Surroundings) -> Result<Settings, ConfigError> {
    let file = File::open(flags.config.as_deref(), &around)?;
    resolve_from(flags, around, &file)
}

/// The same from a file that was read.
pub(super) fn resolve_from(
    flags: &Flags,
    around: Surroundings,
    file: &File,
) -> Result<Settings, ConfigError> {
    let (name, profile) = chosen(flags, &around, file)?;
    let mut finder = Finder {
        flags,
        around: &around,
        file,
        profile,
        name: name.as_deref(),
        origins: Vec::new(),
    };
    let allow_http = finder.truth("allow_http")?;
    let region = finder.region(allow_http)?;
    let key = finder.key()?;
    let language = finder.language()?;
    let ca_file = finder.path("ca_file");
    let certificates = match &ca_file {
        Some((path, source)) => vec![certificate(path, source)?],
        None => Vec::new(),
    };
    let state_dir = match (finder.path("state_dir"), &around.state_dir) {
        (Some((path, _)), _) => path,
        (None, Some(folder)) => folder.join("flighthub"),
        (None, None) => {
            return Err(ConfigError::new(
                "there is no folder for states: this user has no home folder",
                "Set HOME, or give a folder with --state-dir.",
            ));
        }
    };
    let project = finder.text("project");
    let proxy = finder.text("proxy");
    let host_header = finder.text("host_header");
    let read_only = finder.truth("read_only")?;
    let rth_ceiling = finder.metres("rth_ceiling_m")?;
    let notes = finder.notes(key.as_ref());
    let origins = finder.origins;
    Ok(Settings {
        profile: name,
        project,
        language,
        allow_http,
        certificates,
        proxy,
        host_header,
        read_only,
        rth_ceiling,
        state_dir,
        notes,
        origins,
        key,
        region,
        around,
    })
}

/// The profile that counts.
fn chosen<'a>(
    flags: &Flags,
    around: &Surroundings,
    file: &'a File,
) -> Result<(Option<String>, Option<&'a Profile>), ConfigError> {
    let variable = around.variable("FLIGHTHUB_PROFILE").map(|name| name.expose().to_owned());
    let named = [
        (flags.profile.clone(), "--profile"),
        (variable, "FLIGHTHUB_PROFILE"),
        (file.default_profile.clone(), "default_profile"),
    ];
    for (name, source) in named {
        let Some(name) = name else { continue };
        let Some(profile) = file.profiles.get(&name) else {
            return Err(missing(&name, source, file));
        };
        return Ok((Some(name), Some(profile)));
    }
    let profile = file.profiles.get("default");
    Ok((profile.map(|_| "default".to_owned()), profile))
}

pub(super) fn missing(name: &str, source: &str, file: &File) -> ConfigError {
    let known: Vec<&str> = file.profiles.keys().map(String::as_str).collect();
    let help = match (nearest(name, known.iter().copied()), known.is_empty()) {
        (Some(near), _) => format!("Did you mean {near}?"),
        (None, false) => format!("There are: {}.", known.join(", ")),
        (None, true) => "There is none yet; make one: flighthub config init.".to_owned(),
    };
    ConfigError::new(format!("{source}: {} has no profile `{name}`", file.path.display()), help)
}

/// Finds settings, and remembers where.
struct Finder<'a> {
    flags: &'a Flags,
    around: &'a Surroundings,
    file: &'a File,
    profile: Option<&'a Profile>,
    name: Option<&'a str>,
    origins: Vec<Origin>,
}

/// A level of the precedence.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Flag,
    Environment,
    Profile,
}

const LEVELS: [Level; 3] = [Level::Flag, Level::Environment, Level::Profile];

impl Finder<'_> {
    /// A setting at a level, and how to call that.
    fn at(&self, level: Level, name: &'static str) -> Option<(Secret, String)> {
        let setting = Setting::named(name)?;
        match level {
            Level::Flag => Some((self.flags.get(name)?, setting.flag?.to_owned())),
            Level::Environment => {
                let variable = setting.variable?;
                Some((self.around.variable(variable)?.clone(), variable.to_owned()))
            }
            Level::Profile => {
                let entry = self.profile?.get(name)?;
                let place = format!("{}:{} ({name})", self.file.path.display(), entry.line);
                Some((entry.text.clone(), place))
            }
        }
    }

    fn find(&mut self, name: &'static str) -> Option<(String, String)> {
        let (text, source) = LEVELS.into_iter().find_map(|level| self.at(level, name))?;
        let text = text.expose().trim().to_owned();
        self.keep(name, &text, &source);
        Some((text, source))
    }

    fn keep(&mut self, setting: &'static str, value: &str, source: &str) {
        self.origins.push(Origin { setting, value: value.to_owned(), source: source.to_owned() });
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        self.find(name).map(|(text, _)| text)
    }

    fn path(&mut self, name: &'static str) -> Option<(PathBuf, String)> {
        let (text, source) = self.find(name)?;
        let folder = self.file.path.parent().filter(|_| self.is_of_profile(&source));
        Some((self.around.path(&text, folder), source))
    }

    /// Paths in the file begin at its folder, all others where the command was typed.
    fn is_of_profile(&self, source: &str) -> bool {
        source.starts_with(&*self.file.path.to_string_lossy())
    }

    /// True when any level says so: what was made safer on purpose stays so. `allow_http` is the other way around, and the first says it.
    fn truth(&mut self, name: &'static str) -> Result<bool, ConfigError> {
        let mut said = Vec::new();
        for level in LEVELS {
            if let Some((text, source)) = self.at(level, name) {
                said.push((truth(text.expose(), &source)?, source));
            }
        }
        let first = match name {
            "read_only" => said.iter().find(|(is, _)| *is).or_else(|| said.first()),
            _ => said.first(),
        };
        let Some((is, source)) = first.cloned() else { return Ok(false) };
        self.keep(name, &is.to_string(), &source);
        Ok(is)
    }

    fn metres(&mut self, name: &'static str) -> Result<Option<f64>, ConfigError> {
        let Some((text, source)) = self.find(name) else { return Ok(None) };
        let metres = text.parse().ok().filter(|metres: &f64| metres.is_finite() && *metres > 0.0);
        metres.map(Some).ok_or_else(|| {
            ConfigError::new(
                format!("{source}: a height in metres is a number above 0, not `{text}`"),
                "Write it such as 120.",
            )
        })
    }

    fn language(&mut self) -> Result<Language, ConfigError> {
        let Some((text, source)) = self.find("language") else { return Ok(Language::English) };
        match text.to_ascii_lowercase().as_str() {
            "en" | "english" => Ok(Language::English),
            "zh" | "chinese" => Ok(Language::Chinese),
            _ => Err(ConfigError::new(
                format!("{source}: there is no language `{text}`"),
                "FlightHub speaks en and zh.",
            )),
        }
    }

    /// Region and address are one setting: the first level that has either says where it is.
    fn region(&mut self, allow_http: bool) -> Result<Option<Region>, ConfigError> {
        for level in LEVELS {
            let found = match (self.at(level, "region"), self.at(level, "url")) {
                (Some((_, region)), Some((_, url))) => {
                    return Err(ConfigError::new(
                        format!("{region} and {url} both say where FlightHub is"),
                        "Leave one out.",
                    ));
                }
                (Some(found), None) => ("region", found),
                (None, Some(found)) => ("url", found),
                (None, None) => continue,
            };
            let (name, (text, source)) = found;
            let text = text.expose().trim();
            let region = address::region(text, &source, allow_http)?;
            self.keep(name, text, &source);
            return Ok(Some(region));
        }
        Ok(None)
    }

    /// The first level that has a key says where it is; two at one level are an error.
    fn key(&mut self) -> Result<Option<KeyPlace>, ConfigError> {
        for level in LEVELS {
            let mut found = Vec::new();
            if level == Level::Flag && self.flags.key_stdin {
                found.push((KeyPlace::Stdin, "--key-stdin".to_owned()));
            }
            if let Some((text, source)) = self.at(level, "key") {
                let place = match level {
                    Level::Profile => KeyPlace::Profile(text, source.clone()),
                    _ => KeyPlace::Environment(text),
                };
                found.push((place, source));
            }
            if let Some((path, source)) = self.at(level, "key_file") {
                let folder = self.file.path.parent().filter(|_| level == Level::Profile);
                let path = self.around.path(path.expose().trim(), folder);
                found.push((KeyPlace::File(path, source.clone()), source));
            }
            if let Some((text, source)) = self.at(level, "keyring")
                && truth(text.expose(), &source)?
            {
                let name = self.name.unwrap_or("default").to_owned();
                found.push((KeyPlace::Keyring(name), source));
            }
            if let [(_, one), (_, other), ..] = found.as_slice() {
                return Err(ConfigError::new(
                    format!("{one} and {other} both say where the key is"),
                    "Leave one out.",
                ));
            }
            if let Some((place, source)) = found.pop() {
                self.keep("key", "***", &source);
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// What a named profile has, and the environment overrules.
    fn notes(&self, key: Option<&KeyPlace>) -> Vec<String> {
        let mut notes = Vec::new();
        let (Some(_), Some(name), Some(profile)) = (&self.flags.profile, self.name, self.profile)
        else {
            return notes;
        };
        let overruled = |origin: &&Origin| origin.source.starts_with("FLIGHTHUB_");
        for origin in self.origins.iter().filter(overruled) {
            let is_there = match origin.setting {
                "key" => {
                    ["key", "key_file", "keyring"].iter().any(|name| profile.get(name).is_some())
                }
                "region" | "url" => profile.get("region").or_else(|| profile.get("url")).is_some(),
                other => profile.get(other).is_some(),
            };
            if is_there {
                notes.push(format!(
                    "{} overrules the {} of profile {name}",
                    origin.source, origin.setting
                ));
            }
        }
        if matches!(key, Some(KeyPlace::Stdin)) {
            notes.retain(|note| !note.contains(" the key "));
        }
        notes
    }
}

fn truth(text: &str, source: &str) -> Result<bool, ConfigError> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(ConfigError::new(format!("{source}: this is true or false"), "Write 1 or 0.")),
    }
}

fn certificate(path: &std::path::Path, source: &str) -> Result<Vec<u8>, ConfigError> {
    let wrong = |problem: String| {
        ConfigError::new(
            format!("{source}: {}: {problem}", path.display()),
            "Give a file with certificates in PEM form.",
        )
    };
    let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    if !pem.windows(11).any(|part| part == b"-----BEGIN ") {
        return Err(wrong("there is no certificate in it".to_owned()));
    }
    Ok(pem)
}

/// Our variables that mean nothing, with what they may have been meant for.
pub(crate) fn unknown_variables(around: &Surroundings) -> Vec<(String, Option<&'static str>)> {
    let known = || {
        let settings = SETTINGS.iter().filter_map(|setting| setting.variable);
        settings.chain(super::table::OTHER_VARIABLES)
    };
    // Those of further regions are what the simulator prints.
    let is_of_region = |name: &str| {
        ["FLIGHTHUB_URL_", "FLIGHTHUB_TOKEN_"].iter().any(|prefix| name.starts_with(prefix))
    };
    around
        .names()
        .filter(|name| {
            !known().any(|known| known == *name)
                && !is_of_region(name)
                && *name != "FLIGHTHUB_CONSOLE"
        })
        .map(|name| (name.to_owned(), nearest(name, known())))
        .collect()
}
