//! Why nothing could be written.

use std::fmt;
use std::io;

/// Why nothing could be written.
#[derive(Debug)]
pub(crate) enum OutError {
    /// The filter is no jq program. Nothing was sent or done.
    Filter(String),
    /// The filter does not fit what it got.
    Filtering(String),
    /// GeoJSON of what has no place.
    NoPlace,
    /// The value is not what JSON can say.
    Serialise(String),
    /// The disk is full, or the like.
    Write(io::Error),
}

impl OutError {
    pub(crate) fn serialise(error: serde_json::Error) -> Self {
        Self::Serialise(error.to_string())
    }

    /// Whether the command line is what has to change.
    pub(crate) const fn is_usage(&self) -> bool {
        matches!(self, Self::Filter(_) | Self::Filtering(_) | Self::NoPlace)
    }

    /// What to do next.
    pub(crate) const fn help(&self) -> &'static str {
        match self {
            Self::Filter(_) => {
                "Filters are those of jq, such as --jq '.[].name'; see https://jqlang.org/manual."
            }
            Self::Filtering(_) => "Look at the whole output first: -o json, without --jq.",
            Self::NoPlace => "Choose another format, such as -o json.",
            Self::Serialise(_) => "This is a mistake of the program; -o json may still work.",
            Self::Write(_) => "Check where the output goes: a full disk, a closed file.",
        }
    }
}

impl fmt::Display for OutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter(problem) => write!(f, "--jq: {problem}"),
            Self::Filtering(problem) => {
                write!(f, "--jq failed on the output: {}", shortened(problem))
            }
            Self::NoPlace => {
                f.write_str("nothing here has a place: no latitude and longitude, and no geometry")
            }
            Self::Serialise(problem) => write!(f, "the output cannot be written: {problem}"),
            Self::Write(error) => write!(f, "the output cannot be written: {error}"),
        }
    }
}

impl std::error::Error for OutError {}

/// The text of a filter's problem, which may hold all of the output, from both of its ends.
fn shortened(problem: &str) -> String {
    const EACH: usize = 120;
    let length = problem.chars().count();
    if length <= 2 * EACH {
        return problem.to_owned();
    }
    let head = problem.chars().take(EACH);
    let tail = problem.chars().skip(length - EACH);
    head.chain(" … ".chars()).chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_with_a_filter_does_not_repeat_the_whole_output() {
        let problem = format!("cannot index {} with \"nme\"", "x".repeat(5_000));
        let said = OutError::Filtering(problem).to_string();
        assert!(said.chars().count() < 300, "{said}");
        assert!(said.contains("cannot index x") && said.ends_with("with \"nme\""), "{said}");
    }
}
