use std::path::{Path, PathBuf};

use flighthub_api::{Language, Region};

use super::settings::{Flags, resolve_in};
use super::*;

/// `{"exp":1767323045,"organization_uuid":"org-1"}`, and a signature that no text may repeat.
const KEY: &str =
    "eyJhbGciOiJIUzUxMiJ9.eyJleHAiOjE3NjczMjMwNDUsIm9yZ2FuaXphdGlvbl91dWlkIjoib3JnLTEifQ.FHCANARY";

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.path("config/flighthub/config.toml")
    }

    /// Writes the file with the profiles as it has to be.
    fn with(self, text: &str) -> Self {
        permissions::private_folder(self.config().parent().unwrap()).unwrap();
        flighthub_workflows::files::write(&self.config(), text.as_bytes()).unwrap();
        self
    }

    fn key_file(&self) -> String {
        let path = self.path("key.txt");
        flighthub_workflows::files::write(&path, KEY.as_bytes()).unwrap();
        path.display().to_string()
    }

    fn resolve(&self, flags: &Flags, variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        resolve_in(flags, Surroundings::of_test(self.0.path(), variables))
    }

    fn refused(&self, flags: &Flags, variables: &[(&str, &str)]) -> String {
        let error = self.resolve(flags, variables).unwrap_err();
        let text = format!("{} | {}", error.text, error.help);
        assert!(!text.contains("FHCANARY"), "{text}");
        text
    }
}

fn of(settings: &Settings, setting: &str) -> Option<(String, String)> {
    let origin = settings.origins.iter().find(|origin| origin.setting == setting)?;
    Some((origin.value.clone(), origin.source.clone()))
}

/// Every setting, by every way in which it can be set.
#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_profile() {
    let home = Home::new();
    let ca = home.path("ca.pem");
    std::fs::write(&ca, "-----BEGIN CERTIFICATE-----\n").unwrap();
    let ca = ca.to_str().unwrap();
    let home = home.with(&format!(
        "default_profile = \"north\"\n[profiles.north]\nregion = \"eu\"\nproject = \"p\"\nlanguage = \"zh\"\nca_file = '{ca}'\n\
         proxy = \"http://p\"\nhost_header = \"p\"\nread_only = false\nrth_ceiling_m = 100\nallow_http = true\nstate_dir = \"s\"\nkey = \"{KEY}\"\n"
    ));
    let path = home.config().display().to_string();
    let settings = home.resolve(&Flags::default(), &[]).unwrap();
    assert_eq!(settings.profile.as_deref(), Some("north"));
    assert_eq!(settings.region().unwrap(), Region::Europe);
    assert_eq!(settings.language, Language::Chinese);
    assert_eq!((settings.rth_ceiling, settings.allow_http), (Some(100.0), true));
    assert_eq!(settings.certificates.len(), 1);
    assert_eq!(settings.state_dir, home.path("config/flighthub/s"));
    assert_eq!(settings.token().unwrap().organization(), Some("org-1"));
    assert_eq!(of(&settings, "project"), Some(("p".into(), format!("{path}:4 (project)"))));
    assert_eq!(of(&settings, "key"), Some(("***".into(), format!("{path}:13 (key)"))));

    let variables = [
        ("FLIGHTHUB_URL", "https://e.example"),
        ("FLIGHTHUB_PROJECT", "e"),
        ("FLIGHTHUB_LANGUAGE", "en"),
        ("FLIGHTHUB_PROXY", "http://e"),
        ("FLIGHTHUB_HOST_HEADER", "e"),
        ("FLIGHTHUB_RTH_CEILING_M", "90.5"),
        ("FLIGHTHUB_ALLOW_HTTP", "0"),
        ("FLIGHTHUB_STATE_DIR", "/e"),
        ("FLIGHTHUB_TOKEN", "opaque-key"),
    ];
    let settings = home.resolve(&Flags::default(), &variables).unwrap();
    assert_eq!(settings.region().unwrap(), Region::on_premises("https://e.example"));
    assert_eq!((settings.language, settings.allow_http), (Language::English, false));
    assert_eq!((settings.rth_ceiling, settings.project.as_deref()), (Some(90.5), Some("e")));
    assert_eq!(settings.state_dir, Path::new("/e"));
    for (variable, _) in variables {
        assert!(settings.origins.iter().any(|origin| origin.source == variable), "{variable}");
    }
    assert!(settings.notes.is_empty(), "{:?}", settings.notes);

    let flags = Flags {
        profile: Some("north".into()),
        region: Some("us".into()),
        project: Some("f".into()),
        language: Some("zh".into()),
        proxy: Some("http://f".into()),
        host_header: Some("f".into()),
        rth_ceiling_m: Some(80.0),
        allow_http: true,
        state_dir: Some("/f".into()),
        key_file: Some(home.key_file().into()),
        ..Flags::default()
    };
    let settings = home.resolve(&flags, &variables).unwrap();
    assert_eq!(settings.region().unwrap(), Region::UnitedStates);
    for setting in SETTINGS.iter().filter(|setting| {
        !["url", "ca_file", "keyring", "key_file", "read_only", "key"].contains(&setting.name)
    }) {
        let (_, source) = of(&settings, setting.name).unwrap_or_else(|| panic!("{}", setting.name));
        assert_eq!(Some(source.as_str()), setting.flag, "{}", setting.name);
    }
    assert_eq!(of(&settings, "key").unwrap().1, "--key-file");
    assert_eq!(settings.token().unwrap().organization(), Some("org-1"));
}

#[test]
fn what_the_table_says_is_what_there_is() {
    let page = include_str!("mod.rs");
    for setting in SETTINGS {
        let row = page.lines().find(|line| line.contains(&format!("| `{}`", setting.name)));
        let row = row.unwrap_or_else(|| panic!("{} is not in the table", setting.name));
        for word in setting.flag.iter().chain(&setting.variable) {
            // The key has no flag but that for standard input.
            assert!(row.contains(&format!("`{word}`")), "{row}");
        }
        let help = include_str!("../verbs/config.rs");
        assert!(help.lines().any(|line| line.starts_with(&format!("  {}", setting.name))));
    }
}

#[test]
fn a_profile_that_only_reads_stays_so() {
    let home = Home::new().with("[profiles.default]\nread_only = true\n");
    let settings = home.resolve(&Flags::default(), &[("FLIGHTHUB_READ_ONLY", "0")]).unwrap();
    assert!(settings.read_only);
    let home = Home::new().with("[profiles.default]\nread_only = false\n");
    assert!(home.resolve(&Flags::default(), &[("FLIGHTHUB_READ_ONLY", "1")]).unwrap().read_only);
    let flags = Flags { read_only: true, ..Flags::default() };
    assert!(home.resolve(&flags, &[("FLIGHTHUB_READ_ONLY", "0")]).unwrap().read_only);
}

#[test]
fn a_named_profile_says_what_the_environment_takes_from_it() {
    let home = Home::new().with(&format!("[profiles.north]\nregion = \"eu\"\nkey = \"{KEY}\"\n"));
    let flags = Flags { profile: Some("north".into()), ..Flags::default() };
    let variables = [("FLIGHTHUB_TOKEN", KEY), ("FLIGHTHUB_PROJECT", "x")];
    let settings = home.resolve(&flags, &variables).unwrap();
    assert_eq!(settings.notes, ["FLIGHTHUB_TOKEN overrules the key of profile north"]);
}

#[test]
fn without_anything_there_is_a_remedy() {
    let home = Home::new();
    let settings = home.resolve(&Flags::default(), &[]).unwrap();
    assert_eq!(settings.profile, None);
    assert!(settings.region().unwrap_err().help.contains("--region"));
    assert!(settings.token().unwrap_err().help.contains("FLIGHTHUB_TOKEN"));
    assert_eq!(settings.state_dir, home.path("state/flighthub"));
}

#[test]
fn two_places_at_one_level_are_an_error() {
    let home = Home::new();
    let token = [("FLIGHTHUB_TOKEN", KEY), ("FLIGHTHUB_KEY_FILE", "k")];
    assert!(
        home.refused(&Flags::default(), &token).contains("FLIGHTHUB_TOKEN and FLIGHTHUB_KEY_FILE")
    );
    let place = [("FLIGHTHUB_REGION", "eu"), ("FLIGHTHUB_URL", "https://a.example")];
    assert!(home.refused(&Flags::default(), &place).contains("FLIGHTHUB_REGION and FLIGHTHUB_URL"));
    let home = Home::new().with(&format!("[profiles.default]\nkey = \"{KEY}\"\nkeyring = true\n"));
    assert!(home.refused(&Flags::default(), &[]).contains("both say where the key is"));
    // At different levels the first counts.
    assert!(home.resolve(&Flags::default(), &[("FLIGHTHUB_TOKEN", KEY)]).is_ok());
}

#[test]
fn what_is_wrong_in_the_file_is_told_with_its_line_and_without_its_text() {
    for (text, says) in [
        (
            "[profiles.a]\nregoin = \"eu\"\n",
            ":2: there is no setting `regoin` | Did you mean region?",
        ),
        ("[profiles.a]\nrth-ceiling-m = 1\n", "Did you mean rth_ceiling_m?"),
        ("[profiles.a]\nxyz = 1\n", "Settings are: region, url"),
        ("region = \"eu\"\n", ":1: there is no key `region` here | region belongs into a profile"),
        ("[profile.a]\n", "Did you mean profiles?"),
        ("[profiles.a]\nread_only = \"yes\"\n", ":2: read_only is true or false"),
        ("[profiles.a]\nrth_ceiling_m = \"high\"\n", ":2: rth_ceiling_m is a number"),
        ("[profiles.a]\nproject = 1\n", ":2: project is a text"),
        ("profiles = 1\n", ":1: profiles are tables"),
        ("[profiles]\na = 1\n", ":2: a profile is a table"),
        ("default_profile = 1\n", ":1: default_profile is the name"),
        ("default_profile = \"b\"\n[profiles.north]\n", "has no profile `b`"),
        ("default_profile = \"nort\"\n[profiles.north]\n", "Did you mean north?"),
        ("[profiles.a]\nkey = FHCANARY\n", ":2: this is not TOML"),
        ("[profiles.a]\nkey = \"FHCANARY\nregion = \"eu\"\n", "this is not TOML"),
        ("[profiles.a]\nkey = [\"FHCANARY\"]\n", ":2: key is a text"),
        ("[profiles.a]\nregion = \"eu\"\nregion = \"us\"\n", ":3: this is not TOML"),
    ] {
        let home = Home::new().with(text);
        let said = home.refused(&Flags::default(), &[]);
        assert!(said.contains(says), "{text}: {said}");
    }
}

#[test]
fn wrong_values_are_told_with_their_source() {
    let home = Home::new();
    for (variable, value, says) in [
        ("FLIGHTHUB_REGION", "moon", "Regions are cn, us and eu"),
        ("FLIGHTHUB_URL", "https://fh.dji.com", "is the web console"),
        ("FLIGHTHUB_URL", "https://FH.DJI.com./organization", "is the web console"),
        ("FLIGHTHUB_URL", "https://user:FHCANARY@a.example", "user name or password"),
        ("FLIGHTHUB_URL", "http://192.0.2.7:30812", "plain http"),
        ("FLIGHTHUB_URL", "ftp://a.example", "begins with neither"),
        ("FLIGHTHUB_LANGUAGE", "de", "speaks en and zh"),
        ("FLIGHTHUB_READ_ONLY", "maybe", "true or false"),
        ("FLIGHTHUB_RTH_CEILING_M", "-5", "above 0"),
        ("FLIGHTHUB_RTH_CEILING_M", "inf", "above 0"),
        ("FLIGHTHUB_CA_FILE", "/nowhere.pem", "cannot"),
        ("FLIGHTHUB_PROFILE", "north", "config init"),
    ] {
        let said = home.refused(&Flags::default(), &[(variable, value)]);
        let says_so = said.contains(says) || (says == "cannot" && said.contains("nowhere.pem"));
        assert!(said.starts_with(variable) && says_so, "{variable}={value}: {said}");
    }
    let home = Home::new();
    let allowed = [("FLIGHTHUB_URL", "http://192.0.2.7:30812"), ("FLIGHTHUB_ALLOW_HTTP", "1")];
    assert!(home.resolve(&Flags::default(), &allowed).is_ok());
    for url in ["http://127.0.0.1:8300", "http://[::1]:1", "http://localhost"] {
        assert!(home.resolve(&Flags::default(), &[("FLIGHTHUB_URL", url)]).is_ok(), "{url}");
    }
}

#[test]
fn what_is_no_key_is_told_with_its_place_and_not_repeated() {
    let home = Home::new();
    let old = "0123456789abcdef".repeat(4);
    for (place, value, key, says) in [
        ("FLIGHTHUB_REGION", "eu", "FHCANARY", "JSON Web Token"),
        ("FLIGHTHUB_REGION", "eu", old.as_str(), "old-style"),
        ("FLIGHTHUB_URL", "https://a.example", old.as_str(), "old-style"),
        ("FLIGHTHUB_URL", "https://a.example", "FHCANARY with blanks", "space"),
    ] {
        let settings = home.resolve(&Flags::default(), &[(place, value), ("FLIGHTHUB_TOKEN", key)]);
        let error = settings.unwrap().token().unwrap_err();
        assert!(error.text.starts_with("FLIGHTHUB_TOKEN: "), "{error}");
        assert!(error.text.contains(says), "{error}");
        assert!(!format!("{error:?}").contains("FHCANARY") && !error.text.contains(&old));
    }
}

#[test]
fn settings_show_no_key() {
    let home = Home::new().with(&format!("[profiles.default]\nregion = \"eu\"\nkey = \"{KEY}\"\n"));
    let settings = home.resolve(&Flags::default(), &[]).unwrap();
    let file = File::open(None, &Surroundings::of_test(home.0.path(), &[])).unwrap();
    let shown = format!("{settings:?} {file:?} {:?}", settings.token().unwrap());
    assert!(!shown.contains("FHCANARY"), "{shown}");
}

#[cfg(unix)]
#[test]
fn what_others_can_read_is_refused_with_what_to_type() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let home = Home::new().with("[profiles.default]\nregion = \"eu\"\n");
    let path = home.config();
    for bits in [0o644, 0o640, 0o602] {
        mode(&path, bits);
        let said = home.refused(&Flags::default(), &[]);
        assert!(said.contains(&format!("chmod 600 '{}'", path.display())), "{said}");
        // Also when it is named.
        let flags = Flags { config: Some(path.clone()), ..Flags::default() };
        assert!(home.refused(&flags, &[]).contains("chmod 600"));
    }
    mode(&path, 0o600);
    let folder = path.parent().unwrap();
    mode(folder, 0o755);
    let said = home.refused(&Flags::default(), &[]);
    assert!(said.contains(&format!("chmod 700 '{}'", folder.display())), "{said}");
    mode(folder, 0o700);
    assert!(home.resolve(&Flags::default(), &[]).is_ok());

    let key = home.key_file();
    mode(Path::new(&key), 0o644);
    let settings = home.resolve(&Flags::default(), &[("FLIGHTHUB_KEY_FILE", &key)]).unwrap();
    let error = settings.token().unwrap_err();
    assert!(error.help.contains("chmod 600"), "{error:?}");
    mode(Path::new(&key), 0o400);
    assert!(settings.token().is_ok());
}

#[test]
fn a_file_that_was_named_has_to_be_there() {
    let home = Home::new();
    let flags = Flags { config: Some(home.path("none.toml")), ..Flags::default() };
    assert!(home.refused(&flags, &[]).contains("none.toml"));
    assert!(
        home.refused(&Flags::default(), &[("FLIGHTHUB_CONFIG", "~/none.toml")])
            .contains("none.toml")
    );
}

#[test]
fn changes_keep_comments_and_are_checked_before_they_are_written() {
    use super::edit::Editor;
    use flighthub_api::Secret;
    let text = "# mine\ndefault_profile = \"a\" # this one\n\n[profiles.a] # north\nregion = \"eu\" # Europe\n# last\n";
    let home = Home::new().with(text);
    let around = || Surroundings::of_test(home.0.path(), &[("FLIGHTHUB_REGION", "moon")]);
    let setting = |name| Setting::named(name).unwrap();
    let mut editor = Editor::open(None, around()).unwrap();
    editor.set("a", setting("region"), &Secret::new("us")).unwrap();
    editor.set("a", setting("rth_ceiling_m"), &Secret::new("120")).unwrap();
    editor.set("b", setting("read_only"), &Secret::new("yes")).unwrap();
    editor.make_default("b").unwrap();
    assert!(editor.unset("c", setting("region")).is_err());
    editor.save("a").unwrap();
    let written = std::fs::read_to_string(home.config()).unwrap();
    insta::assert_snapshot!(written);

    for (name, value) in [
        ("region", "moon"),
        ("url", "https://fh.dji.com"),
        ("language", "de"),
        ("ca_file", "/nowhere"),
    ] {
        let mut editor = Editor::open(None, around()).unwrap();
        editor.unset("a", setting("region")).unwrap();
        editor.set("a", setting(name), &Secret::new(value)).unwrap();
        assert!(editor.save("a").is_err(), "{name}");
    }
    let mut editor = Editor::open(None, around()).unwrap();
    assert!(editor.set("a", setting("read_only"), &Secret::new("perhaps")).is_err());
    assert!(editor.set("a", setting("project"), &Secret::new(" ")).is_err());
    drop(editor);
    assert_eq!(std::fs::read_to_string(home.config()).unwrap(), written);
}

#[cfg(unix)]
#[test]
fn a_new_file_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    use super::edit::Editor;
    let home = Home::new();
    let mut editor = Editor::open(None, Surroundings::of_test(home.0.path(), &[])).unwrap();
    let key = flighthub_api::Secret::new(KEY);
    editor.set("a", Setting::named("key").unwrap(), &key).unwrap();
    editor.save("a").unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.config()), 0o600);
    assert_eq!(mode(home.config().parent().unwrap()), 0o700);
}

#[test]
fn misspelt_variables_are_noticed() {
    let variables = [
        ("FLIGHTHUB_REGOIN", "eu"),
        ("FLIGHTHUB_TOKEN", "x"),
        ("FLIGHTHUB_TOKEN_US", "x"),
        ("FLIGHTHUB_PROFILE", "a"),
        ("FLIGHTHUB_CONSOLE", "x"),
    ];
    let around = Surroundings::of_test(Path::new("/"), &variables);
    let found = unknown_variables(&around);
    assert_eq!(found, [("FLIGHTHUB_REGOIN".to_owned(), Some("FLIGHTHUB_REGION"))]);
}

#[cfg(not(feature = "keyring"))]
#[test]
fn a_keyring_that_is_not_there_is_an_error_and_nothing_else_is_tried() {
    let home = Home::new().with("[profiles.default]\nregion = \"eu\"\nkeyring = true\n");
    let error = home.resolve(&Flags::default(), &[]).unwrap().token().unwrap_err();
    assert!(error.help.contains("--features keyring") && error.help.contains("Nothing else"));
    assert!(keyring::write("default", &flighthub_api::Secret::new(KEY)).is_err());
}

/// Whatever this machine's keyring is like, it does not have this one.
#[cfg(feature = "keyring")]
#[test]
fn a_key_that_the_keyring_has_not_is_an_error_and_nothing_else_is_tried() {
    let home = Home::new().with(
        "default_profile = \"of-no-one\"\n[profiles.of-no-one]\nregion = \"eu\"\nkeyring = true\n",
    );
    let error = home.resolve(&Flags::default(), &[]).unwrap().token().unwrap_err();
    assert!(error.text.contains("keyring of the system"), "{error}");
    assert!(error.help.contains("Nothing else was tried"), "{error:?}");
}
