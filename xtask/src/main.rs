//! Chores of the workspace: `cargo xtask codegen [--check] | lint | ci | features | msrv | demo | bench | proof`.
//!
//! This program links the generator and nothing else of ours, so that it builds also while generated code is broken.

mod chores;
mod cost;
mod features;
mod figures;
mod goals;
mod msrv;
mod proof;
mod tree;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <chore>

  codegen          generate the client, its contract tests and docs/coverage.md from spec/
  codegen --check  write nothing; say what `codegen` would change, and fail when that is anything
  lint             check spec/ and say everything that is wrong with it
  ci               all checks that a change has to pass: fmt, codegen --check, clippy, doc, test
  features         check every meaningful combination of features, and run each kind of TLS alone
  features --tls   the same for the combinations of TLS only
  msrv             check every published package with the oldest Rust that it says it takes
  demo             generate, then build the fresh client and fly it in the simulator
  bench [NAME…]    run the benchmarks (or those named), print their tables and keep the figures in docs/proof.md
  cost NAME        measure what something costs: generator, versus, build or program
  proof [NAME…]    run everything that gives a figure (or what is named) and write docs/proof.md
  proof --write    measure nothing; write docs/proof.md from the kept figures and docs/proof/goals.yaml
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = chores::root();
    let out = &mut io::stdout();
    let result = match arguments.as_slice() {
        ["codegen"] => chores::codegen(&root, out),
        ["codegen", "--check"] => chores::check(&root, out),
        ["lint"] => chores::lint(&root, out),
        ["ci"] => chores::ci(&root, out),
        ["demo"] => chores::demo(&root, out),
        ["cost", name] => cost::run(&root, name, out),
        ["proof", "--write"] => proof::write(&root, out),
        ["proof", names @ ..] => proof::measure(&root, names, proof::Which::All, out),
        ["bench", names @ ..] => proof::measure(&root, names, proof::Which::Benchmarks, out),
        ["features"] => features::features(&root, false, out),
        ["features", "--tls"] => features::features(&root, true, out),
        ["msrv"] => msrv::msrv(&root, out),
        ["help" | "--help" | "-h"] => {
            out.write_all(USAGE.as_bytes()).map(|()| 0).map_err(Into::into)
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}
