//! Texts of other people, made harmless for a terminal.
//!
//! A name that somebody gave in FlightHub can hold anything: escape sequences that recolour, retitle or clear a terminal, line breaks that
//! fake a line of ours, marks that turn the direction of text. In a table and in messages they become visible signs.

use std::borrow::Cow;

/// Whether a character could steer a terminal or make one text look like another: control characters (C0, C1, DEL), line and paragraph
/// separators, marks of direction, characters without width, tags, and what is invisible besides.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// A text in one line, with a visible sign in place of whatever [`is_unsafe`].
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    replaced(text, is_unsafe)
}

/// A text whose line breaks and tabs stay.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    replaced(text, |c| is_unsafe(c) && !matches!(c, '\n' | '\t'))
}

/// A text whose line breaks stay, however they are written, and tabs.
pub(crate) fn breaks(text: &str) -> Cow<'_, str> {
    replaced(text, |c| is_unsafe(c) && !matches!(c, '\n' | '\r' | '\t'))
}

fn replaced(text: &str, is_bad: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_bad) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_bad(c) { sign(c) } else { c }).collect())
}

/// The picture of a control character, as Unicode has them, and else the sign of what cannot be shown.
fn sign(c: char) -> char {
    match u32::from(c) {
        code @ 0..0x20 => char::from_u32(0x2400 + code).unwrap_or('\u{fffd}'),
        0x7f => '\u{2421}',
        _ => '\u{fffd}',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_a_terminal_or_fakes_a_line() {
        for (text, shown) in [
            ("North gate", "North gate"),
            ("Prüfung 北 🚁", "Prüfung 北 🚁"),
            ("\u{1b}[2Jgone", "␛[2Jgone"),
            ("\u{1b}]0;title\u{7}", "␛]0;title␇"),
            ("\u{9b}31mred", "\u{fffd}31mred"),
            ("a\r\nok  done", "a␍␊ok  done"),
            ("a\tb\u{7f}", "a␉b␡"),
            ("gate\u{202e}gnp.exe", "gate\u{fffd}gnp.exe"),
            ("a\u{2028}b\u{200b}c\u{feff}\u{e0041}", "a\u{fffd}b\u{fffd}c\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(line(text), shown, "{text:?}");
        }
        assert_eq!(lines("a\nb\tc\u{1b}"), "a\nb\tc␛");
    }
}
