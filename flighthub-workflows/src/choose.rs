//! Which thing people mean by an id or a name.

use crate::{Error, ErrorKind, Result};

/// Most candidates that an error names.
const MOST_CANDIDATES: usize = 10;

/// Something with an id and perhaps a name.
pub trait Named {
    /// Id that is unique: a UUID, a serial number.
    fn id(&self) -> &str;
    /// Name that people gave, perhaps empty. Several things may have the same.
    fn name(&self) -> &str;
}

impl Named for flighthub_api::v1::Project {
    fn id(&self) -> &str {
        self.uuid.as_str()
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// The one that is meant: by its id, else by its name, else by its name without regard to capitals, else by a part of the name that only one
/// has. `what` is the word for such a thing, such as `project`.
///
/// # Errors
///
/// [`ErrorKind::NotFound`] and [`ErrorKind::Ambiguous`], both with the candidates.
pub fn choose<'a, T: Named>(what: &str, wanted: &str, among: &'a [T]) -> Result<&'a T> {
    let wanted = wanted.trim();
    if wanted.is_empty() {
        let text = format!("the {what} has no name");
        return Err(Error::new(ErrorKind::InvalidInput, text, "Give its id or its name."));
    }
    let low = wanted.to_lowercase();
    let rules: [&dyn Fn(&T) -> bool; 4] = [
        &|item| item.id().eq_ignore_ascii_case(wanted),
        &|item| item.name() == wanted,
        &|item| item.name().to_lowercase() == low,
        &|item| item.name().to_lowercase().contains(&low),
    ];
    for rule in rules {
        let fitting: Vec<&T> = among.iter().filter(|item| rule(item)).collect();
        match fitting.as_slice() {
            [] => {}
            [one] => return Ok(one),
            several => {
                let text = format!(
                    "{what} `{wanted}` fits {}: {}",
                    several.len(),
                    candidates(several.iter().copied())
                );
                return Err(Error::new(
                    ErrorKind::Ambiguous,
                    text,
                    "Give the id instead of the name.",
                ));
            }
        }
    }
    let text = format!("there is no {what} `{wanted}`");
    let help = if among.is_empty() {
        format!("The list of {what}s is empty; `flighthub doctor` says why that can be.")
    } else {
        format!("There are: {}.", candidates(among.iter()))
    };
    Err(Error::new(ErrorKind::NotFound, text, help))
}

/// Names with ids, for people.
fn candidates<'a, T: Named + 'a>(items: impl ExactSizeIterator<Item = &'a T>) -> String {
    let rest = items.len().saturating_sub(MOST_CANDIDATES);
    let mut words: Vec<String> = items
        .take(MOST_CANDIDATES)
        .map(|item| match item.name() {
            "" => item.id().to_owned(),
            name => format!("{} ({})", printable(name), item.id()),
        })
        .collect();
    if rest > 0 {
        words.push(format!("and {rest} more"));
    }
    words.join(", ")
}

/// A text of other people for an error message: without control characters, and not too long.
#[must_use]
pub fn printable(text: &str) -> String {
    const MOST: usize = 80;
    let mut short: String = text
        .chars()
        .map(|c| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c })
        .take(MOST)
        .collect();
    if text.chars().count() > MOST {
        short.push('…');
    }
    short
}

/// Marks that change the direction of text, and characters without width: they make one name look like another.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing(&'static str, &'static str);

    impl Named for Thing {
        fn id(&self) -> &str {
            self.0
        }

        fn name(&self) -> &str {
            self.1
        }
    }

    const THINGS: [Thing; 4] = [
        Thing("A1", "North"),
        Thing("B2", "north gate"),
        Thing("C3", "South"),
        Thing("D4", "South"),
    ];

    fn id(wanted: &str) -> std::result::Result<&'static str, String> {
        match choose("dock", wanted, &THINGS) {
            Ok(thing) => Ok(thing.0),
            Err(error) => Err(format!("{error} {}", error.help())),
        }
    }

    #[test]
    fn ids_come_before_names_and_whole_names_before_parts() {
        assert_eq!(id("a1"), Ok("A1"));
        assert_eq!(id("North"), Ok("A1"));
        assert_eq!(id("NORTH"), Ok("A1"));
        assert_eq!(id(" gate "), Ok("B2"));
        assert_eq!(
            id("South"),
            Err("dock `South` fits 2: South (C3), South (D4) Give the id instead of the name."
                .into())
        );
        assert_eq!(
            id("West"),
            Err("there is no dock `West` There are: North (A1), north gate (B2), South (C3), South (D4).".into())
        );
    }

    #[test]
    fn names_of_other_people_cannot_steer_a_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}c"), "a\u{fffd}[31mb\u{fffd}c");
        assert_eq!(printable(&"x".repeat(100)).chars().count(), 81);
    }
}
