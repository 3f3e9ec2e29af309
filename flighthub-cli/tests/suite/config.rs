//! Profiles: who can read them, what counts, and that no key is shown.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Ended, Program};

/// `{"exp":1767323045,"organization_uuid":"org-1"}`, with a signature that no text may repeat.
const KEY: &str =
    "eyJhbGciOiJIUzUxMiJ9.eyJleHAiOjE3NjczMjMwNDUsIm9yZ2FuaXphdGlvbl91dWlkIjoib3JnLTEifQ.FHCANARY";

fn file(program: &Program) -> PathBuf {
    program.home.path().join(".config/flighthub/config.toml")
}

/// A program with a profile that has a key.
fn program() -> Program {
    let program = Program::new();
    let init =
        ["config", "init", "north", "--region", "eu", "--project", "Atlantic", "--key-stdin"];
    clean(program.run_with_input(&init, KEY).exits(0).says("profile north is in"));
    program
}

/// Nothing shows the key.
fn clean(ended: Ended) -> Ended {
    assert!(!ended.out.contains("FHCANARY") && !ended.err.contains("FHCANARY"), "{ended:?}");
    ended
}

/// The value of a setting, and where it comes from.
fn shown(ended: &Ended, setting: &str) -> (String, String) {
    let rows: Vec<Value> = serde_json::from_str(&ended.out).unwrap();
    let row = rows.iter().find(|row| row["setting"] == setting).unwrap();
    let text = |name: &str| row[name].as_str().unwrap().to_owned();
    (text("value"), text("source"))
}

#[test]
fn a_profile_is_made_changed_and_shown_without_its_key() {
    let program = program();
    let written = std::fs::read_to_string(file(&program)).unwrap();
    assert!(written.contains("default_profile = \"north\"") && written.contains(KEY), "{written}");
    let ended = clean(program.run(&["config", "show"]).exits(0));
    assert_eq!(shown(&ended, "key").0, "***");
    assert_eq!(shown(&ended, "region").0, "eu");
    assert!(shown(&ended, "project").1.contains("config.toml:"));
    assert_eq!(shown(&ended, "rth_ceiling_m"), ("not checked".into(), "default".into()));

    program.run(&["config", "set", "rth_ceiling_m", "120"]).exits(0);
    program.run(&["config", "set", "url", "https://flighthub.example.com"]).exits(0);
    program.run(&["config", "unset", "project"]).exits(0);
    let ended = clean(program.run(&["config", "show"]).exits(0));
    assert_eq!(shown(&ended, "url").0, "https://flighthub.example.com");
    assert_eq!(shown(&ended, "rth_ceiling_m").0, "120");
    assert_eq!(shown(&ended, "project").1, "default");
    let list = clean(program.run(&["config", "list", "-o", "csv"]).exits(0));
    assert_eq!(
        list.out,
        "name,is_default,place,key,project,read_only\r\nnorth,true,https://flighthub.example.com,in the file,,false\r\n"
    );
    for format in ["table", "yaml", "json", "ndjson"] {
        clean(program.run(&["config", "show", "-o", format]).exits(0));
        clean(program.run(&["config", "check", "-o", format]).exits(0));
    }
}

#[test]
fn the_flag_counts_before_the_environment_and_that_before_the_profile() {
    let program = program();
    let seen = |program: &Program, args: &[&str]| {
        let args: Vec<&str> = ["config", "show"].iter().chain(args).copied().collect();
        shown(&clean(program.run(&args).exits(0)), "project")
    };
    assert!(seen(&program, &[]).1.ends_with("(project)"));
    let program = program.with("FLIGHTHUB_PROJECT", "from the environment");
    assert_eq!(seen(&program, &[]), ("from the environment".into(), "FLIGHTHUB_PROJECT".into()));
    assert_eq!(seen(&program, &["--project", "x"]), ("x".into(), "--project".into()));
    let ended = program.run(&["config", "show", "--profile", "north"]).exits(0);
    ended.says("FLIGHTHUB_PROJECT overrules the project of profile north");
}

#[test]
fn profiles_are_told_apart() {
    let program = program();
    program.run(&["config", "init", "south", "--region", "us"]).exits(0).says("it has no key yet");
    program.run(&["config", "init", "south", "--region", "cn"]).exits(2).says("there is a profile");
    program.run(&["config", "use", "sout"]).exits(3).says("Did you mean south?");
    program.run(&["config", "use", "south"]).exits(0);
    let ended = program.run(&["config", "show"]).exits(0);
    assert_eq!(
        (shown(&ended, "region").0, shown(&ended, "key").0),
        ("us".into(), "not set".into())
    );
    let ended = program.run(&["config", "show", "--profile", "north"]).exits(0);
    assert_eq!(shown(&ended, "region").0, "eu");
    program.run(&["config", "show", "--profile", "norht"]).exits(3).says("Did you mean north?");
    program.run(&["config", "init", "a b", "--region", "eu"]).exits(2).says("letters, digits");
}

#[test]
fn a_key_is_never_an_argument() {
    let program = program();
    let before = std::fs::read(file(&program)).unwrap();
    clean(
        program
            .run(&["config", "set", "key", KEY])
            .exits(2)
            .says("does not belong on the command line"),
    );
    clean(program.run_with_input(&["config", "set", "key"], "FHCANARY").exits(0));
    assert_ne!(std::fs::read(file(&program)).unwrap(), before);
    // It is looked at when it is used.
    clean(program.run(&["config", "check"]).exits(3));
    clean(program.run(&["project", "list"]).exits(3).says("JSON Web Token"));
}

#[test]
fn wrong_changes_change_nothing() {
    let program = program();
    let before = std::fs::read(file(&program)).unwrap();
    for (args, exit, says) in [
        (&["config", "set", "regoin", "eu"][..], 2, "Did you mean region?"),
        (&["config", "set", "region", "moon"], 3, "Regions are cn, us and eu"),
        (&["config", "set", "url", "https://fh.dji.com"], 3, "web console"),
        (&["config", "set", "rth_ceiling_m", "high"], 3, "such as 120"),
        (&["config", "set", "project"], 2, "needs a value"),
        (&["config", "init", "west"], 2, "--region"),
        (&["config", "unset", "project", "--profile", "west"], 3, "has no profile `west`"),
    ] {
        clean(program.run(args).exits(exit).says(says));
        assert_eq!(std::fs::read(file(&program)).unwrap(), before, "{args:?}");
    }
}

#[cfg(unix)]
#[test]
fn what_others_can_read_is_refused_with_what_to_type() {
    use std::os::unix::fs::PermissionsExt as _;
    let program = program();
    let path = file(&program);
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let remedy = format!("chmod 600 '{}'", path.display());
    clean(program.run(&["project", "list"]).exits(3).says(&remedy));
    clean(program.run(&["config", "set", "project", "x"]).exits(3).says(&remedy));
    let check = clean(program.run(&["config", "check"]).exits(3));
    assert!(check.out.contains("chmod 600"), "{check:?}");
    // What needs no settings goes on.
    program.run(&["config", "path"]).exits(0);
    program.run(&["schema", "task.get"]).exits(0);
    let key = program.file("key", KEY);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let empty = Program::new();
    let args = ["project", "list", "--region", "eu", "--key-file", &key];
    clean(empty.run(&args).exits(3).says("chmod 600"));
}

#[test]
fn mistakes_in_the_file_are_told_with_their_line() {
    let program = program();
    let text = std::fs::read_to_string(file(&program)).unwrap();
    std::fs::write(file(&program), text.replace("region", "regoin")).unwrap();
    let ended = clean(program.run(&["project", "list"]).exits(3).says("Did you mean region?"));
    assert!(ended.err.contains("config.toml:"), "{ended:?}");
}

#[test]
fn misspelt_variables_are_found() {
    let program = program().with("FLIGHTHUB_REGOIN", "eu");
    let ended = program.run(&["config", "check", "-o", "table"]).exits(3);
    assert!(ended.out.contains("Did you mean FLIGHTHUB_REGION?"), "{ended:?}");
}
