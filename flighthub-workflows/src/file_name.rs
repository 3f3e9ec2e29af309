//! Names of files and folders that are made of what the service says: safe on every system, and unable to lead anywhere.

use std::collections::HashMap;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// What a text is called of which nothing is left.
pub(crate) const UNNAMED: &str = "unnamed";
/// Most bytes of a part of a path: room for endings of ours, and for the paths of Windows.
const MOST_BYTES: usize = 120;
/// Most bytes of an ending that is kept when a name is cut.
const MOST_ENDING: usize = 16;
/// What a name ends with that belongs to files on their way.
const OURS: [&str; 3] = [".part", ".part.json", ".part.json.new"];
/// Names that mean a device on Windows, with any ending; and files that its folders are steered by.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
const STEERING: [&str; 3] = ["desktop.ini", "autorun.inf", "thumbs.db"];

/// A part of a path: a text of the service without anything that a file system or a person could misread.
pub(crate) fn part(text: &str) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    let tame: String = composed.chars().map(|c| if is_bad(c) { '_' } else { c }).collect();
    let trimmed = tame.trim_matches(is_edge);
    let mut name = cut(trimmed, MOST_BYTES).trim_end_matches(is_edge).to_owned();
    // A dot hides a file, a dash makes it an option, a tilde a home.
    if let Some(first @ ('.' | '-' | '~')) = name.chars().next() {
        name.replace_range(..first.len_utf8(), "_");
    }
    if name.trim_matches(['_', '.', ' ']).is_empty() {
        return UNNAMED.to_owned();
    }
    // Windows drops it.
    if name.ends_with('.') {
        name.pop();
        name.push('_');
    }
    let low = folded(&name);
    if is_reserved(&low) {
        name.insert(0, '_');
    }
    if OURS.iter().any(|end| low.ends_with(end)) {
        name.push('_');
    }
    name
}

/// The name of a file and its ending. Some rows have the ending in the name as well.
pub(crate) fn file(name: &str, suffix: &str) -> String {
    let suffix = suffix.trim();
    let dotted = match suffix {
        "" => String::new(),
        suffix if suffix.starts_with('.') => suffix.to_owned(),
        suffix => format!(".{suffix}"),
    };
    if folded(name).ends_with(&folded(&dotted)) {
        part(name)
    } else {
        part(&format!("{name}{dotted}"))
    }
}

/// A name with something before its ending.
pub(crate) fn with_mark(name: &str, mark: &str) -> String {
    let (stem, ending) = split(name);
    let room = MOST_BYTES.saturating_sub(ending.len() + mark.len() + 1);
    format!("{}_{mark}{ending}", head(stem, room).trim_end_matches(is_edge))
}

/// What two paths have in common that some file system takes for the same.
pub(crate) fn folded(text: &str) -> String {
    let once = |text: &str| {
        let plain = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
        plain.to_uppercase().to_lowercase()
    };
    once(&once(text))
}

/// Windows drops spaces at the end, and nobody sees them at the beginning.
const fn is_edge(c: char) -> bool {
    c == ' '
}

/// What cannot stand in a name on some system, and what nobody sees.
fn is_bad(c: char) -> bool {
    c.is_control()
        || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
        // Other whitespace than the plain one.
        || (c != ' ' && c.is_whitespace())
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffd}' | '\u{e000}'..='\u{f8ff}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
        // No characters at all.
        || u32::from(c) & 0xfffe == 0xfffe
}

fn is_reserved(low: &str) -> bool {
    let stem = low.split('.').next().unwrap_or_default().trim_end();
    let is_port = ["com", "lpt"].iter().any(|port| {
        stem.strip_prefix(port).is_some_and(|rest| {
            let mut digits = rest.chars();
            digits.next().is_some_and(|c| c.is_ascii_digit()) && digits.next().is_none()
        })
    });
    is_port || RESERVED.contains(&stem) || STEERING.contains(&low)
}

/// The stem and the ending with its dot.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= MOST_ENDING => name.split_at(at),
        _ => (name, ""),
    }
}

/// A name of at most so many bytes, which keeps its ending.
fn cut(name: &str, most: usize) -> String {
    if name.len() <= most {
        return name.to_owned();
    }
    let (stem, ending) = split(name);
    format!("{}{ending}", head(stem, most.saturating_sub(ending.len())))
}

/// The first bytes of a text, as whole characters.
fn head(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Which paths are given to whom, so that no two get the same on any file system.
#[derive(Debug, Default)]
pub(crate) struct Given(HashMap<String, String>);

impl Given {
    /// Notes that a path belongs to an id.
    pub(crate) fn note(&mut self, path: &str, id: &str) {
        self.0.insert(folded(path), id.to_owned());
    }

    /// Whether nobody else has a path.
    pub(crate) fn is_free(&self, path: &str, id: &str) -> bool {
        self.0.get(&folded(path)).is_none_or(|owner| owner == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_the_folder_or_means_a_device() {
        for (text, expected) in [
            ("DJI_20260101080012_0001_W", "DJI_20260101080012_0001_W"),
            ("North fence, 3 a.m.", "North fence, 3 a.m_"),
            ("Průzkum 北 🚁", "Průzkum 北 🚁"),
            ("../../etc/passwd", "_._.._etc_passwd"),
            ("..", "unnamed"),
            (".", "unnamed"),
            ("", "unnamed"),
            ("   ", "unnamed"),
            ("...", "unnamed"),
            ("///", "unnamed"),
            ("C:\\Windows\\x", "C__Windows_x"),
            ("\\\\host\\share", "__host_share"),
            ("a\0b\nc\rd\u{1b}[31m", "a_b_c_d_[31m"),
            ("photo\u{202e}gpj.exe", "photo_gpj.exe"),
            ("a\u{200b}b\u{feff}c\u{ad}d", "a_b_c_d"),
            ("x:stream", "x_stream"),
            ("what?*<>|\"", "what______"),
            ("CON", "_CON"),
            ("con.jpeg", "_con.jpeg"),
            ("NUL .txt", "_NUL .txt"),
            ("COM1", "_COM1"),
            ("com¹.jpg", "_com¹.jpg"),
            ("LPT9.tar.gz", "_LPT9.tar.gz"),
            ("COM10", "COM10"),
            ("CONSOLE", "CONSOLE"),
            ("ＣＯＮ", "_ＣＯＮ"),
            ("conin$", "_conin$"),
            ("Desktop.ini", "_Desktop.ini"),
            (".hidden", "_hidden"),
            ("-rf", "_rf"),
            ("~root", "_root"),
            (" spaced ", "spaced"),
            ("trailing.", "trailing_"),
            ("trailing. . .", "trailing. . _"),
            ("a.part", "a.part_"),
            ("a.PART.json", "a.PART.json_"),
            ("e\u{301}te\u{301}", "été"),
            ("\u{10ffff}", "unnamed"),
            ("a\u{a0}b\u{3000}c\u{2028}d", "a_b_c_d"),
        ] {
            assert_eq!(part(text), expected, "{text:?}");
            // What is safe stays as it is.
            assert_eq!(part(expected), expected, "{text:?}");
        }
    }

    #[test]
    fn long_names_are_cut_and_keep_their_ending() {
        let name = file(&"x".repeat(500), ".jpeg");
        assert_eq!((name.len(), name.ends_with("x.jpeg")), (MOST_BYTES, true));
        let name = file(&"ž".repeat(500), ".jpeg");
        assert!(name.len() <= MOST_BYTES && name.ends_with("ž.jpeg"), "{name}");
        let name = part(&format!("a.{}", "y".repeat(500)));
        assert_eq!(name.len(), MOST_BYTES);
        let marked = with_mark(&file(&"x".repeat(500), ".jpeg"), "0f6d1c9a");
        assert_eq!((marked.len(), marked.ends_with("x_0f6d1c9a.jpeg")), (MOST_BYTES, true));
    }

    #[test]
    fn an_ending_is_there_once() {
        for (name, suffix, expected) in [
            ("a", ".jpeg", "a.jpeg"),
            ("a", "jpeg", "a.jpeg"),
            ("a.JPEG", ".jpeg", "a.JPEG"),
            ("a.jpeg", "", "a.jpeg"),
            ("x.DAT", ".DAT", "x.DAT"),
            ("a", ".tar/../../x", "a.tar_.._.._x"),
            ("", ".jpeg", "_jpeg"),
            ("Remote-Control", "", "Remote-Control"),
        ] {
            assert_eq!(file(name, suffix), expected);
        }
    }

    #[test]
    fn names_that_some_file_system_takes_for_the_same_are_told() {
        let same = ["É.jpeg", "é.JPEG", "E\u{301}.jpeg", "e\u{301}.jpeg"];
        assert!(same.iter().all(|name| folded(name) == folded(same[0])));
        for (one, other) in
            [("ﬁ", "FI"), ("ß", "SS"), ("ſ", "s"), ("Ω", "Ω"), ("K", "k"), ("ẞ", "ss")]
        {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        let mut given = Given::default();
        given.note("a/X.jpeg", "1");
        assert!(given.is_free("a/x.jpeg", "1"));
        assert!(!given.is_free("A/x.JPEG", "2"));
        assert!(given.is_free("b/x.jpeg", "2"));
    }

    proptest::proptest! {
        #[test]
        fn every_text_becomes_one_plain_part(text in "\\PC*|[\\x00-\\x7f]{0,40}|.{0,40}") {
            let name = part(&text);
            proptest::prop_assert!(!name.is_empty() && name.len() <= MOST_BYTES + 2);
            proptest::prop_assert!(!name.contains(['/', '\\', ':', '\0']));
            proptest::prop_assert!(name != "." && name != ".." && !name.ends_with(['.', ' ']));
            proptest::prop_assert_eq!(part(&name), name.clone());
            let path = std::path::Path::new(&name);
            let normal = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
            proptest::prop_assert!(normal && path.components().count() == 1);
        }
    }
}
