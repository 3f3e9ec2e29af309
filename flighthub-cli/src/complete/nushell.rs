//! Nushell, which asks for records.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_complete::env::EnvCompleter;
use serde_json::json;

/// Nushell: an external completer that leaves other programs to the one before.
pub(super) struct Nushell;

impl EnvCompleter for Nushell {
    fn name(&self) -> &'static str {
        "nushell"
    }

    fn is(&self, name: &str) -> bool {
        name == "nushell" || name == "nu"
    }

    fn write_registration(
        &self,
        var: &str,
        _: &str,
        bin: &str,
        completer: &str,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        let script = r#"# Completions of BIN: save this as a file, and `source` it in config.nu.
let BIN_before = $env.config?.completions?.external?.completer?
$env.config.completions.external.enable = true
$env.config.completions.external.completer = {|spans|
    if $spans.0 == "BIN" {
        with-env { VAR: "nushell" } { ^COMPLETER -- ...$spans } | from json
    } else if $BIN_before != null {
        do $BIN_before $spans
    }
}
"#;
        let script = script.replace("BIN", bin).replace("VAR", var).replace("COMPLETER", completer);
        buf.write_all(script.as_bytes())
    }

    /// The last word is the one that was begun.
    fn write_complete(
        &self,
        command: &mut Command,
        words: Vec<OsString>,
        folder: Option<&Path>,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        let index = words.len().saturating_sub(1);
        let candidates = clap_complete::engine::complete(command, words, index, folder)?;
        let records: Vec<_> = candidates
            .iter()
            .map(|candidate| {
                let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
                json!({"value": candidate.get_value().to_string_lossy(), "description": help})
            })
            .collect();
        serde_json::to_writer(buf, &records).map_err(io::Error::other)
    }
}
