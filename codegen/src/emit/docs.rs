//! From the Markdown of a description to the lines of a doc comment.

/// Lines of at most `width` columns, as far as words allow: paragraphs and list items are wrapped, tables, headings,
/// quotations and fenced blocks keep their lines, and what rustdoc would take for a link or a tag is escaped.
pub(crate) fn lines(markdown: &str, width: usize) -> Vec<String> {
    let mut page = Page { width, lines: Vec::new(), open: None };
    let mut fenced = false;
    let mut in_list = false;
    for line in markdown.lines() {
        let text = line.trim();
        let indent = line.len() - line.trim_start().len();
        if text.starts_with("```") {
            page.flush();
            // A block without a language would be taken for Rust and compiled.
            let bare = !fenced && text == "```";
            page.lines.push(format!("{}{}", line.trim_end(), if bare { "text" } else { "" }));
            fenced = !fenced;
        } else if fenced {
            page.lines.push(line.trim_end().to_owned());
        } else if text.is_empty() {
            page.flush();
            page.lines.push(String::new());
        } else if text.starts_with(['|', '#', '>']) {
            page.flush();
            page.lines.push(format!("{:indent$}{}", "", escape(text)));
            in_list = false;
        } else if let Some(marker) = list_marker(text) {
            page.flush();
            page.open = Some(Paragraph {
                first: format!("{:indent$}{} ", "", &text[..marker]),
                others: indent + marker + 1,
                text: text[marker..].trim_start().to_owned(),
            });
            in_list = true;
        } else if let Some(paragraph) = &mut page.open {
            paragraph.text.push(' ');
            paragraph.text.push_str(text);
        } else {
            in_list &= indent > 0;
            let indent = if in_list { indent } else { 0 };
            let first = " ".repeat(indent);
            page.open = Some(Paragraph { first, others: indent, text: text.to_owned() });
        }
    }
    page.flush();
    page.lines.dedup_by(|next, last| next.is_empty() && last.is_empty());
    while page.lines.last().is_some_and(String::is_empty) {
        page.lines.pop();
    }
    if page.lines.first().is_some_and(String::is_empty) {
        page.lines.remove(0);
    }
    page.lines
}

/// A paragraph whose end has not come yet.
struct Paragraph {
    /// What stands before its first line.
    first: String,
    /// Indentation of its other lines.
    others: usize,
    text: String,
}

struct Page {
    width: usize,
    lines: Vec<String>,
    open: Option<Paragraph>,
}

impl Page {
    fn flush(&mut self) {
        let Some(paragraph) = self.open.take() else {
            return;
        };
        let mut line = paragraph.first;
        let (mut used, mut empty) = (line.chars().count(), true);
        let text = escape(&paragraph.text);
        let words: Vec<_> = text.split_whitespace().collect();
        for unit in units(&words) {
            let unit = unit.join(" ");
            let length = unit.chars().count();
            if !empty && used + 1 + length > self.width {
                let next = " ".repeat(paragraph.others);
                used = next.len();
                self.lines.push(std::mem::replace(&mut line, next));
                empty = true;
            }
            if !empty {
                line.push(' ');
                used += 1;
            }
            line.push_str(&unit);
            used += length;
            empty = false;
        }
        self.lines.push(line);
    }
}

/// Length of the marker when a line begins a list item.
fn list_marker(text: &str) -> Option<usize> {
    let marker = text.split_once(' ')?.0;
    is_list_marker(marker).then_some(marker.len())
}

fn is_list_marker(word: &str) -> bool {
    let number = word.strip_suffix(['.', ')']);
    matches!(word, "-" | "*" | "+")
        || number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Words, where a code span is one word and nothing that Markdown would read as a mark can begin a line.
fn units<'t>(words: &'t [&'t str]) -> Vec<&'t [&'t str]> {
    let (mut units, mut start, mut in_code) = (Vec::new(), 0, false);
    for (at, word) in words.iter().enumerate() {
        let structural = is_list_marker(word) || word.starts_with(['#', '>', '|', '=']);
        if at > start && !in_code && !structural {
            units.push(&words[start..at]);
            start = at;
        }
        in_code ^= word.bytes().filter(|byte| *byte == b'`').count() % 2 == 1;
    }
    units.push(&words[start..]);
    units
}

/// Brackets of [`link`], which no description holds: [`escape`] leaves them alone.
const LINK: [char; 2] = ['\u{E000}', '\u{E001}'];

/// A link to a generated item.
pub(crate) fn link(item: &str) -> String {
    format!("{}`{item}`{}", LINK[0], LINK[1])
}

/// Escapes what rustdoc would warn about, outside of code spans.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let taken = match letter {
            '`' => code_span(rest),
            '\\' => rest.chars().take(2).map(char::len_utf8).sum(),
            '[' => link_length(rest),
            '<' if is_address(&rest[1..]) => rest.find('>').map_or(0, |end| end + 1),
            'h' if is_address(rest) => {
                let end = rest.find(|c: char| c.is_whitespace() || "<>\"`|".contains(c));
                let url = rest[..end.unwrap_or(rest.len())]
                    .trim_end_matches(['.', ',', ';', ':', ')', '!', '?', '\'']);
                escaped.push_str(&format!("<{url}>"));
                rest = &rest[url.len()..];
                continue;
            }
            _ => 0,
        };
        let tag = |next: char| next.is_ascii_alphabetic() || next == '/' || next == '!';
        if taken > 0 {
            escaped.push_str(&rest[..taken]);
            rest = &rest[taken..];
            continue;
        }
        if matches!(letter, '[' | ']') || letter == '<' && rest[1..].starts_with(tag) {
            escaped.push('\\');
        }
        escaped.push(match letter {
            letter if letter == LINK[0] => '[',
            letter if letter == LINK[1] => ']',
            letter => letter,
        });
        rest = &rest[letter.len_utf8()..];
    }
    escaped
}

fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// Length of the code span that begins here; 0 when it has no end.
fn code_span(text: &str) -> usize {
    let marks = text.len() - text.trim_start_matches('`').len();
    text[marks..].find(&text[..marks]).map_or(0, |end| marks + end + marks)
}

/// Length of `[text](address)`; 0 when it is none.
fn link_length(text: &str) -> usize {
    let Some(middle) = text.find("](") else {
        return 0;
    };
    if text[1..middle].contains(['[', ']']) {
        return 0;
    }
    text[middle..].find(')').map_or(0, |end| middle + end + 1)
}

/// A text as a sentence: with a full stop when it has no end of its own.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    let ended = text.is_empty() || text.ends_with(['.', '!', '?', ':', '|']);
    if ended { text.to_owned() } else { format!("{text}.") }
}

/// A description with its further facts: on the same line while that is one paragraph.
pub(crate) fn with_notes(docs: &str, notes: &[String]) -> String {
    let docs = docs.trim();
    if notes.is_empty() {
        return docs.to_owned();
    }
    let notes = notes.iter().map(|note| sentence(note)).collect::<Vec<_>>().join(" ");
    let simple = !docs
        .lines()
        .any(|line| line.trim().is_empty() || line.trim_start().starts_with(['-', '*', '|', '`']));
    if simple { format!("{} {notes}", sentence(docs)) } else { format!("{docs}\n\n{notes}") }
}

/// The first sentence of a description, for places that only remind of it.
pub(crate) fn first_sentence(docs: &str) -> String {
    let paragraph = docs.trim().split("\n\n").next().unwrap_or_default();
    let paragraph = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let ends = paragraph.match_indices(". ").map(|(at, _)| at);
    let end = ends.into_iter().find(|&at| {
        paragraph[..at].matches('`').count() % 2 == 0 && !paragraph[..at].ends_with("e.g")
    });
    end.map_or_else(|| sentence(&paragraph), |at| paragraph[..=at].to_owned())
}

#[cfg(test)]
mod tests {
    use super::{escape, first_sentence, lines, with_notes};

    #[test]
    fn wraps_paragraphs_and_lists_and_keeps_blocks() {
        let markdown = "One two three\nfour five.\n\n- first item that is\n  long\n- second\n\n```\na [b]\n```\n\n| a | b |\n| - | - |\n";
        let expected = "One two three\nfour five.\n\n- first item\n  that is long\n- second\n\n```text\na [b]\n```\n\n| a | b |\n| - | - |";
        assert_eq!(lines(markdown, 14).join("\n"), expected);
    }

    #[test]
    fn never_begins_a_line_with_something_that_would_be_a_mark() {
        assert_eq!(lines("aaaa bbbb - cccc", 10), ["aaaa", "bbbb -", "cccc"]);
        assert_eq!(lines("aaaa 1. `a b c`", 7), ["aaaa 1.", "`a b c`"]);
    }

    #[test]
    fn escapes_what_rustdoc_would_misread() {
        for (given, expected) in [
            ("see https://example.com/a.", "see <https://example.com/a>."),
            ("(http://x.org)", "(<http://x.org>)"),
            ("<https://x.org>", "<https://x.org>"),
            ("[text](https://x.org)", "[text](https://x.org)"),
            ("[a, b]", r"\[a, b\]"),
            ("<key> and 1 < 2", r"\<key> and 1 < 2"),
            ("`[x] <y> https://z`", "`[x] <y> https://z`"),
            (r"\[done\]", r"\[done\]"),
        ] {
            assert_eq!(escape(given), expected);
        }
    }

    #[test]
    fn joins_notes_and_shortens() {
        assert_eq!(with_notes("Height", &["In m".to_owned()]), "Height. In m.");
        assert_eq!(with_notes("A.\n\nB.", &["In m.".to_owned()]), "A.\n\nB.\n\nIn m.");
        assert_eq!(first_sentence("Name of\nit. More."), "Name of it.");
    }
}
