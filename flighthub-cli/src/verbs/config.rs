//! `flighthub config`: profiles, and where every setting comes from.

use std::path::Path;

use clap::Subcommand;
use flighthub_api::Secret;
use serde::Serialize;

use crate::config::edit::Editor;
use crate::config::{
    self, ConfigError, File, KeyPlace, Setting, Settings, Surroundings, keyring, permissions,
};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Column;

/// Profiles: where FlightHub is, with which key, and what is allowed
///
/// A setting comes from the first of these that has it: the flag, the environment, the profile, the default. `region` and `url` are one
/// setting in two forms; `read_only` holds when any of them says so. A key is never an argument and is never shown.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

const AFTER: &str = "\
Settings of a profile:
  region         --region         FLIGHTHUB_REGION         cn, us or eu
  url            --url            FLIGHTHUB_URL            address of a private installation
  key            --key-stdin      FLIGHTHUB_TOKEN          organization key
  key_file       --key-file       FLIGHTHUB_KEY_FILE       file with the key
  keyring                                                  true: the key is in the keyring of the system
  project        --project        FLIGHTHUB_PROJECT        project by name or UUID
  language       --language       FLIGHTHUB_LANGUAGE       en or zh
  ca_file        --ca-file        FLIGHTHUB_CA_FILE        further certificate authorities (PEM)
  proxy          --proxy          FLIGHTHUB_PROXY          address of a proxy
  host_header    --host-header    FLIGHTHUB_HOST_HEADER    Host header, behind a gateway
  read_only      --read-only      FLIGHTHUB_READ_ONLY      true: refuses everything that is not a read
  rth_ceiling_m  --rth-ceiling    FLIGHTHUB_RTH_CEILING_M  highest return height that is allowed there, in metres
  allow_http     --allow-http     FLIGHTHUB_ALLOW_HTTP     true: the key may go over plain http
  state_dir      --state-dir      FLIGHTHUB_STATE_DIR      folder for what has to outlive the program
The profile itself: --profile, FLIGHTHUB_PROFILE, `config use`. The file: --config, FLIGHTHUB_CONFIG.

Examples:
  flighthub config init north --region eu --key-stdin < key.txt
  flighthub config set rth_ceiling_m 120 --profile north
  flighthub config show
  flighthub config check";

#[derive(Debug, Subcommand)]
enum Command {
    /// Show every setting and where it comes from; the key is masked
    Show,
    /// Make a profile from the global options
    ///
    /// The key comes from standard input with --key-stdin and is kept in the file, which only you can read, or in the keyring of the
    /// system with --keyring. With --key-file the profile remembers where the file is.
    Init {
        /// Name of the profile
        #[arg(default_value = "default")]
        name: String,
        /// Keep the key of --key-stdin in the keyring of the system
        #[arg(long, requires = "key_stdin")]
        keyring: bool,
        /// Replace what the profile has already
        #[arg(long)]
        force: bool,
    },
    /// Set a setting of a profile; a key is read from standard input
    Set {
        /// The setting, such as region
        setting: String,
        /// Its value; none for `key`, which is read from standard input
        value: Option<String>,
        /// Keep the key in the keyring of the system
        #[arg(long)]
        keyring: bool,
    },
    /// Take a setting out of a profile
    Unset {
        /// The setting, such as project
        setting: String,
    },
    /// List the profiles
    List,
    /// Make a profile the one that counts when none is named
    Use {
        /// Name of the profile
        name: String,
    },
    /// Show where the file with the profiles is
    Path,
    /// Check the file, its permissions, the environment and the key, without connecting
    Check,
}

/// Does it.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    match args.command {
        Command::Show => show(context),
        Command::Init { name, keyring, force } => init(context, &name, keyring, force),
        Command::Set { setting, value, keyring } => set(context, &setting, value, keyring),
        Command::Unset { setting } => unset(context, &setting),
        Command::List => list(context),
        Command::Use { name } => make_default(context, &name),
        Command::Path => path(context),
        Command::Check => check(context),
    }
}

/// A setting, its value and where that comes from.
#[derive(Serialize)]
struct Shown {
    setting: &'static str,
    value: String,
    source: String,
}

fn show(context: &Context) -> Result<Exit, Failure> {
    let settings = config::resolve(&context.args().flags())?;
    let mut rows = vec![Shown {
        setting: "profile",
        value: settings.profile.clone().unwrap_or_else(|| "none".to_owned()),
        source: file_of(context)?.path.display().to_string(),
    }];
    let name = |setting: &Setting| setting.name;
    for setting in config::SETTINGS.iter().map(name) {
        let origin = settings.origins.iter().find(|origin| origin.setting == setting);
        match origin {
            Some(origin) => rows.push(Shown {
                setting,
                value: origin.value.clone(),
                source: origin.source.clone(),
            }),
            None => rows.extend(default(setting, &settings)),
        }
    }
    const COLUMNS: [Column; 3] =
        [Column::id("SETTING", "setting"), Column::new("VALUE", "value"), Column::new("SOURCE", "source")];
    context.out().rows(&COLUMNS, rows)?;
    for note in &settings.notes {
        context.note(note);
    }
    Ok(Exit::Ok)
}

/// What holds when nothing says anything; nothing for what is another form of a setting.
fn default(setting: &'static str, settings: &Settings) -> Option<Shown> {
    let value = match setting {
        "region" if settings.region().is_err() => "not set",
        "key" if settings.key.is_none() => "not set",
        "project" => "not set",
        "language" => "en",
        "read_only" | "allow_http" => "false",
        "rth_ceiling_m" => "not checked",
        "state_dir" => {
            let value = settings.state_dir.display().to_string();
            return Some(Shown { setting, value, source: "default".to_owned() });
        }
        _ => return None,
    };
    Some(Shown { setting, value: value.to_owned(), source: "default".to_owned() })
}

fn file_of(context: &Context) -> Result<File, ConfigError> {
    File::open(context.args().config.as_deref(), &Surroundings::of_process())
}

fn editor(context: &Context) -> Result<Editor, ConfigError> {
    Editor::open(context.args().config.as_deref(), Surroundings::of_process())
}

/// The profile that is edited: the one that is named, else the one that counts.
fn edited(context: &Context) -> Result<String, Failure> {
    let flags = context.args();
    if let Some(name) = &flags.profile {
        return Ok(name.clone());
    }
    let around = Surroundings::of_process();
    if let Some(name) = around.variable("FLIGHTHUB_PROFILE") {
        return Ok(name.expose().to_owned());
    }
    let path = File::place(flags.config.as_deref(), &around)?;
    if !path.exists() {
        return Ok("default".to_owned());
    }
    Ok(file_of(context)?.default_profile.unwrap_or_else(|| "default".to_owned()))
}

fn init(context: &Context, name: &str, in_keyring: bool, force: bool) -> Result<Exit, Failure> {
    let flags = context.args();
    check_name(name)?;
    let around = Surroundings::of_process();
    let mut editor = editor(context)?;
    if editor.has(name) && !force {
        return Err(Failure::usage(
            format!("there is a profile `{name}` already"),
            format!("Change it: flighthub config set … --profile {name}. Replace what is given here: --force."),
        ));
    }
    let is_first = editor.is_empty();
    let path = |path: &Path| std::path::absolute(path).map(|path| path.display().to_string());
    let mut given: Vec<(&str, Option<String>)> = vec![
        ("region", flags.region.clone()),
        ("url", flags.url.clone()),
        ("project", flags.project.clone()),
        ("language", flags.language.clone()),
        ("proxy", flags.proxy.clone()),
        ("host_header", flags.host_header.clone()),
        ("read_only", flags.read_only.then(|| "true".to_owned())),
        ("allow_http", flags.allow_http.then(|| "true".to_owned())),
        ("rth_ceiling_m", flags.rth_ceiling.map(|metres| metres.to_string())),
    ];
    for (setting, file) in
        [("key_file", &flags.key_file), ("ca_file", &flags.ca_file), ("state_dir", &flags.state_dir)]
    {
        // The profile is used from other folders too.
        let file = file.as_deref().map(path).transpose().map_err(|error| {
            Failure::usage(format!("{setting}: {error}"), "Give the whole path.")
        })?;
        given.push((setting, file));
    }
    if flags.region.is_none() && flags.url.is_none() && !editor.has(name) {
        return Err(Failure::usage(
            "a profile says where FlightHub is",
            "Give --region eu, us or cn (where the key was made), or --url for a private installation.",
        ));
    }
    for (setting, text) in given {
        if let (Some(setting), Some(text)) = (Setting::named(setting), text) {
            unset_other_forms(&mut editor, name, setting)?;
            editor.set(name, setting, &Secret::new(text))?;
        }
    }
    if flags.key_stdin {
        keep_key(&mut editor, name, &around.stdin()?, in_keyring)?;
    }
    if is_first {
        editor.make_default(name)?;
    }
    let path = editor.save(name)?;
    context.note(format!("profile {name} is in {}", path.display()));
    let settings = config::resolve(&of_profile(context, name))?;
    if settings.key.is_none() {
        context.note(format!(
            "it has no key yet: flighthub config set key --profile {name} < FILE"
        ));
    }
    Ok(Exit::Ok)
}

/// The flags of a profile alone.
fn of_profile(context: &Context, name: &str) -> config::Flags {
    config::Flags {
        config: context.args().config.clone(),
        profile: Some(name.to_owned()),
        ..config::Flags::default()
    }
}

/// Names that fit into a command line and a table of TOML as they are.
fn check_name(name: &str) -> Result<(), Failure> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(fits) && !name.starts_with('-') {
        return Ok(());
    }
    Err(Failure::usage(
        "a profile has a name of letters, digits, `-` and `_`",
        "Choose another, such as north.",
    ))
}

/// Region and address, and the places of a key, are one setting in several forms.
fn unset_other_forms(editor: &mut Editor, profile: &str, setting: &Setting) -> Result<(), Failure> {
    const FORMS: [&[&str]; 2] = [&["region", "url"], &["key", "key_file", "keyring"]];
    if !editor.has(profile) {
        return Ok(());
    }
    for forms in FORMS.iter().filter(|forms| forms.contains(&setting.name)) {
        for other in forms.iter().filter(|other| **other != setting.name) {
            if let Some(other) = Setting::named(other) {
                editor.unset(profile, other)?;
            }
        }
    }
    Ok(())
}

/// Keeps a key in the file or in the keyring, once it is known to be one.
fn keep_key(editor: &mut Editor, profile: &str, key: &Secret, in_keyring: bool) -> Result<(), Failure> {
    let text = Secret::new(key.expose().trim());
    let (name, value) = if in_keyring {
        keyring::write(profile, &text)?;
        ("keyring", Secret::new("true"))
    } else {
        ("key", text)
    };
    let Some(setting) = Setting::named(name) else { return Ok(()) };
    unset_other_forms(editor, profile, setting)?;
    Ok(editor.set(profile, setting, &value)?)
}

fn setting_of(name: &str) -> Result<&'static Setting, Failure> {
    Setting::named(name).ok_or_else(|| {
        let help = match Setting::nearest(name) {
            Some(near) => format!("Did you mean {near}?"),
            None => "`flighthub config --help` lists them.".to_owned(),
        };
        Failure::usage(format!("there is no setting `{}`", crate::out::text::line(name)), help)
    })
}

fn set(
    context: &Context,
    name: &str,
    value: Option<String>,
    in_keyring: bool,
) -> Result<Exit, Failure> {
    let setting = setting_of(name)?;
    let profile = edited(context)?;
    check_name(&profile)?;
    let mut editor = editor(context)?;
    if setting.name == "key" {
        if value.is_some() {
            return Err(Failure::usage(
                "a key does not belong on the command line: other programs and the shell's history can read it there",
                "Leave it out and give it on standard input: flighthub config set key < FILE. If that was your real key, make a new one.",
            ));
        }
        let key = Surroundings::of_process().stdin()?;
        keep_key(&mut editor, &profile, &key, in_keyring)?;
    } else {
        let Some(value) = value else {
            return Err(Failure::usage(
                format!("{name} needs a value"),
                format!("It is {}.", setting.about),
            ));
        };
        unset_other_forms(&mut editor, &profile, setting)?;
        editor.set(&profile, setting, &Secret::new(value))?;
    }
    let path = editor.save(&profile)?;
    context.note(format!("{name} of profile {profile} is set in {}", path.display()));
    Ok(Exit::Ok)
}

fn unset(context: &Context, name: &str) -> Result<Exit, Failure> {
    let setting = setting_of(name)?;
    let profile = edited(context)?;
    let mut editor = editor(context)?;
    if setting.name == "keyring" {
        keyring::forget(&profile)?;
    }
    let was_there = editor.unset(&profile, setting)?;
    if was_there {
        editor.save(&profile)?;
    }
    let said = if was_there { "is taken out" } else { "was not there" };
    context.note(format!("{name} of profile {profile} {said}"));
    Ok(Exit::Ok)
}

fn make_default(context: &Context, name: &str) -> Result<Exit, Failure> {
    let mut editor = editor(context)?;
    editor.make_default(name)?;
    editor.save(name)?;
    context.note(format!("profile {name} counts when none is named"));
    Ok(Exit::Ok)
}

/// A profile in the list.
#[derive(Serialize)]
struct Listed {
    name: String,
    is_default: bool,
    place: Option<String>,
    key: &'static str,
    project: Option<String>,
    read_only: bool,
}

fn list(context: &Context) -> Result<Exit, Failure> {
    let file = file_of(context)?;
    let default = file.default_profile.clone().unwrap_or_else(|| "default".to_owned());
    let rows = file.profiles.iter().map(|(name, profile)| Listed {
        name: name.clone(),
        is_default: *name == default,
        place: profile.text("region").or_else(|| profile.text("url")),
        key: match () {
            () if profile.get("key").is_some() => "in the file",
            () if profile.get("key_file").is_some() => "key_file",
            () if profile.text("keyring").as_deref() == Some("true") => "keyring",
            () => "none",
        },
        project: profile.text("project"),
        read_only: profile.text("read_only").as_deref() == Some("true"),
    });
    const COLUMNS: [Column; 6] = [
        Column::id("NAME", "name"),
        Column::new("DEFAULT", "is_default"),
        Column::new("PLACE", "place"),
        Column::new("KEY", "key"),
        Column::new("PROJECT", "project"),
        Column::new("READ ONLY", "read_only"),
    ];
    context.out().rows(&COLUMNS, rows)?;
    if file.profiles.is_empty() {
        context.note("there is no profile yet: flighthub config init --region eu --key-stdin < FILE");
    }
    Ok(Exit::Ok)
}

/// Where the file is.
#[derive(Serialize)]
struct Place {
    path: String,
    exists: bool,
}

fn path(context: &Context) -> Result<Exit, Failure> {
    let around = Surroundings::of_process();
    let path = File::place(context.args().config.as_deref(), &around)?;
    // Not opened: one that is open to others can be found too.
    let exists = path.exists();
    match context.out().is_table() {
        true => context.out().text(&path.display().to_string())?,
        false => context.out().value(&Place { path: path.display().to_string(), exists })?,
    }
    Ok(Exit::Ok)
}

/// What was looked at.
#[derive(Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    finding: String,
    remedy: String,
}

impl Finding {
    fn good(check: &'static str, finding: impl Into<String>) -> Self {
        Self { check, ok: true, finding: finding.into(), remedy: String::new() }
    }

    fn bad(check: &'static str, error: ConfigError) -> Self {
        Self { check, ok: false, finding: error.text, remedy: error.help }
    }
}

fn check(context: &Context) -> Result<Exit, Failure> {
    let around = Surroundings::of_process();
    let mut findings = Vec::new();
    let path = File::place(context.args().config.as_deref(), &around)?;
    findings.push(match File::open(context.args().config.as_deref(), &around) {
        Ok(file) if file.is_there => {
            let profiles = file.profiles.len();
            Finding::good("file", format!("{}: {profiles} profile(s), yours alone", path.display()))
        }
        Ok(_) => Finding::good("file", format!("{} is not there, and need not be", path.display())),
        Err(error) => Finding::bad("file", error),
    });
    for (name, near) in config::unknown_variables(&around) {
        let remedy = near.map_or_else(|| "Take it out.".to_owned(), |near| format!("Did you mean {near}?"));
        findings.push(Finding::bad(
            "environment",
            ConfigError::new(format!("{name} means nothing"), remedy),
        ));
    }
    match config::resolve(&context.args().flags()) {
        // The file's own trouble is told already.
        Err(_) if findings.iter().any(|finding| finding.check == "file" && !finding.ok) => {}
        Err(error) => findings.push(Finding::bad("settings", error)),
        Ok(settings) => look_at(&settings, &mut findings),
    }
    let is_good = findings.iter().all(|finding| finding.ok);
    const COLUMNS: [Column; 4] = [
        Column::id("CHECK", "check"),
        Column::new("OK", "ok"),
        Column::new("FINDING", "finding"),
        Column::new("REMEDY", "remedy"),
    ];
    context.out().rows(&COLUMNS, findings)?;
    Ok(if is_good { Exit::Ok } else { Exit::Config })
}

fn look_at(settings: &Settings, findings: &mut Vec<Finding>) {
    findings.push(match settings.region() {
        Ok(region) => Finding::good("place", region.url()),
        Err(error) => Finding::bad("place", error),
    });
    findings.push(match &settings.key {
        // It can be read once, and a command wants it.
        Some(KeyPlace::Stdin) => Finding::good("key", "standard input"),
        _ => match settings.token() {
            Ok(token) => {
                let place = settings.key.as_ref().map(KeyPlace::describe).unwrap_or_default();
                let end = token.expires_at().map(|end| format!(", until {end}"));
                Finding::good("key", format!("{place}{}", end.unwrap_or_default()))
            }
            Err(error) => Finding::bad("key", error),
        },
    });
    if settings.state_dir.exists() {
        findings.push(match permissions::check_folder(&settings.state_dir) {
            Ok(()) => Finding::good("state", format!("{}: yours alone", settings.state_dir.display())),
            Err(error) => Finding::bad("state", error),
        });
    }
}
