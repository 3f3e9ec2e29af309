//! Help texts of operations, from the description of the API.

use flighthub_api::catalog::Entry;
use flighthub_api::{Evidence, OperationInfo, RiskLevel, ScopeKind};

/// Markdown as a terminal shows it: paragraphs on one line each, so that they are wrapped to its width; lists and code stay.
pub(crate) fn paragraphs(markdown: &str) -> String {
    let mut text = String::new();
    let mut goes_on = false;
    for line in markdown.trim().lines() {
        let line = line.trim_end();
        let starts_anew = line.is_empty() || is_item(line) || line.starts_with([' ', '|', '#']);
        if !text.is_empty() {
            text.push(if goes_on && !starts_anew { ' ' } else { '\n' });
        }
        text.push_str(&plain(line));
        goes_on = !line.is_empty() && !line.starts_with(['|', '#']);
    }
    text
}

fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("- ")
        || line.starts_with("* ")
        || digits.len() < line.len() && digits.starts_with(". ")
}

/// A line without the marks of Markdown that mean nothing on a terminal.
fn plain(line: &str) -> String {
    line.trim_start_matches("# ").replace("**", "")
}

/// The long help of an operation.
pub(crate) fn long(info: &OperationInfo, entry: &Entry) -> String {
    let mut text = format!("{}.\n\n{}\n", info.summary, paragraphs(&entry.description));
    text += &format!("\nRisk: {}.", risk(info.risk));
    if let Some(cost) = info.cost {
        text += &format!(" {cost}.");
    }
    text += match info.scope {
        ScopeKind::Organization => "\nProject: none; it concerns the organization.",
        ScopeKind::Project => "\nProject: needed (--project).",
        ScopeKind::Either => "\nProject: sent along when one is given (--project).",
    };
    text += &format!("\nCall: {} {} ({})", info.method, info.path, info.id);
    text += &format!(
        "\nKnown by: path {}, request {}, response {}.",
        evidence(info.evidence_of_path),
        evidence(info.evidence_of_request),
        evidence(info.evidence_of_response)
    );
    if let Some(page) = &entry.documentation {
        text += &format!("\nDocumentation: {}", page.url);
    }
    text
}

/// What a risk means.
pub(crate) const fn risk(risk: RiskLevel) -> &'static str {
    match risk {
        RiskLevel::Read => "read; it changes nothing",
        RiskLevel::Write => "write; it changes something that can be changed again",
        RiskLevel::Dangerous => {
            "dangerous; it can move an aircraft or dock, take control from a person, or destroys for good, and needs a confirmation"
        }
    }
}

/// How a fact is known.
pub(crate) const fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Seed => "an example of the documentation",
        Evidence::Live => "a real reply",
        Evidence::Doc => "the documentation",
        Evidence::Client => "public code of a client",
        Evidence::Other => "another generation of the API",
        Evidence::Guess => "a guess",
    }
}

#[cfg(test)]
mod tests {
    use super::paragraphs;

    #[test]
    fn paragraphs_are_joined_and_lists_stay() {
        let text = "One **line**\nand more.\n\n1. a\n   b\n2. c\n- d\n\nEnd";
        assert_eq!(paragraphs(text), "One line and more.\n\n1. a\n   b\n2. c\n- d\n\nEnd");
    }
}
