//! Generator of the FlightHub 2 client: OpenAPI text in, Rust files out.
//!
//! ```text
//! Source ─ load ─► Document ─ lint ─► (problems | clean) ─ lower ─► ir::Api ─ emit ─► OutputFile
//! ```
//!
//! Every arrow is a pure function. Nothing here reads a file, and all problems of a spec come back at once.

pub mod diag;
pub mod emit;
mod facts;
mod format;
pub mod ir;
pub mod lint;
pub mod load;
pub mod lower;
pub mod names;
pub mod refs;
mod report;
mod shape;

pub use diag::{Diagnostic, Diagnostics};
pub use ir::Api;

/// A spec document as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Path to show in messages; its stem gives the name of the module (`flighthub-v1.yaml`: `v1`).
    pub name: String,
    /// YAML.
    pub text: String,
}

/// A generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Relative to the root of the workspace, with `/`.
    pub path: String,
    /// Content.
    pub text: String,
}

/// Reads and checks a spec.
///
/// # Errors
///
/// All problems that the spec has.
pub fn lint(sources: &[Source]) -> Result<Api, Diagnostics> {
    let [source] = sources else {
        let file = sources.get(1).map_or("spec", |source| &source.name);
        let message = format!("{} documents were given", sources.len());
        let help = "give exactly one spec document";
        let at = (file, (1, 1), String::new());
        return Err(Diagnostic::new("one-document", at, message, help).into());
    };
    let document = load::load(source)?;
    lint::lint(&document).or(())?;
    lower::lower(&document)
}

/// Everything that is generated from a spec.
///
/// # Errors
///
/// All problems that the spec has; then nothing is generated.
pub fn generate(sources: &[Source]) -> Result<Vec<OutputFile>, Diagnostics> {
    emit::emit(&lint(sources)?)
}
