//! From wire spellings to Rust names: casing, keywords, names that are taken.

use std::collections::HashMap;

/// Keywords that `r#` turns into names.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Keywords that stay keywords even behind `r#`.
const STUBBORN: &[&str] = &["self", "super", "crate", "Self", "_"];

/// Type names that generated files use with another meaning.
#[rustfmt::skip]
const TAKEN: &[&str] = &[
    "Accepted", "Answer", "AnyOperation", "Box", "Call", "Deserialize", "Deserializer", "Err",
    "ErrorCode", "Evidence", "From", "Handle", "IntEnum", "Into", "IntoIterator", "Iterator",
    "List", "Listing", "None", "Object", "Ok", "Operation", "OperationInfo", "Option", "Result",
    "Secret", "Sends", "Serialize", "Serializer", "Service", "Some", "String", "TextEnum",
    "Timestamp", "UnknownInt", "UnknownText", "Vec",
];

/// A field, argument, method or module name: `deviceSn` → `device_sn`, `type` → `r#type`, `2d` → `n2d`.
#[must_use]
pub fn snake(wire: &str) -> String {
    let name = guard_digit(join(wire, "_", str::to_ascii_lowercase), 'n');
    if KEYWORDS.contains(&name.as_str()) {
        format!("r#{name}")
    } else if STUBBORN.contains(&name.as_str()) {
        format!("{name}_")
    } else {
        name
    }
}

/// A type or variant name: `return_home` → `ReturnHome`, `WGS84` → `Wgs84`, `3d` → `N3d`.
#[must_use]
pub fn pascal(wire: &str) -> String {
    let name = guard_digit(join(wire, "", capitalised), 'N');
    if STUBBORN.contains(&name.as_str()) { format!("{name}_") } else { name }
}

/// A constant: `Dock2` → `DOCK_2`, `Matrice4TD` → `MATRICE_4TD`, `M30` → `M30`.
#[must_use]
pub fn screaming(wire: &str) -> String {
    let name = join(wire, "_", |word| {
        let letters = word.chars().take_while(char::is_ascii_alphabetic).count();
        let (head, tail) = word.split_at(letters);
        let gap = if letters >= 3 && !tail.is_empty() { "_" } else { "" };
        format!("{head}{gap}{tail}").to_ascii_uppercase()
    });
    guard_digit(name, 'N')
}

/// Whether generated files need this type name for something else.
#[must_use]
pub fn is_taken(name: &str) -> bool {
    TAKEN.contains(&name)
}

/// All pairs that got the same name: the name, where it was first, where it came again. An empty name collides with nothing
/// (it is a problem of its own).
#[must_use]
pub fn collisions<'a>(
    names: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Vec<(&'a str, &'a str, &'a str)> {
    let mut seen = HashMap::new();
    let mut found = Vec::new();
    for (name, origin) in names {
        match seen.get(name) {
            Some(first) => found.push((name, *first, origin)),
            None => {
                seen.insert(name, origin);
            }
        }
    }
    found
}

fn join(wire: &str, glue: &str, word: impl Fn(&str) -> String) -> String {
    words(wire).iter().map(|part| word(part)).collect::<Vec<_>>().join(glue)
}

fn guard_digit(name: String, prefix: char) -> String {
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("{prefix}{name}")
    } else {
        name
    }
}

fn capitalised(word: &str) -> String {
    let (head, tail) = word.split_at(word.len().min(1));
    format!("{}{}", head.to_ascii_uppercase(), tail.to_ascii_lowercase())
}

/// Splits at everything that is no ASCII letter or digit, and where the case says that a word begins: `deviceSn`, `HMSAlert`,
/// `Dock2Fpv`, but not `Matrice4TD`.
fn words(wire: &str) -> Vec<String> {
    let letters: Vec<char> = wire.chars().collect();
    let mut words = vec![String::new()];
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at)).copied().unwrap_or(' ');
        let lower_follows = letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        let begins = letter.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || (lower_follows && (before.is_ascii_uppercase() || before.is_ascii_digit())));
        if begins || !letter.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_ascii_alphanumeric()) {
            word.push(letter);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wire_spelling_has_one_name_per_casing() {
        let table = [
            ("task_uuid", "task_uuid", "TaskUuid", "TASK_UUID"),
            ("deviceSn", "device_sn", "DeviceSn", "DEVICE_SN"),
            ("task.set_status", "task_set_status", "TaskSetStatus", "TASK_SET_STATUS"),
            ("Task Management", "task_management", "TaskManagement", "TASK_MANAGEMENT"),
            ("RETURN_HOME", "return_home", "ReturnHome", "RETURN_HOME"),
            ("WGS84", "wgs84", "Wgs84", "WGS_84"),
            ("HMSAlert", "hms_alert", "HmsAlert", "HMS_ALERT"),
            ("Gb28181Option", "gb28181_option", "Gb28181Option", "GB28181_OPTION"),
            ("mapping_2d", "mapping_2d", "Mapping2d", "MAPPING_2D"),
            ("Dock2", "dock2", "Dock2", "DOCK_2"),
            ("Dock2Fpv", "dock2_fpv", "Dock2Fpv", "DOCK_2_FPV"),
            ("Matrice4TD", "matrice4td", "Matrice4td", "MATRICE_4TD"),
            ("M30", "m30", "M30", "M30"),
            ("81-0-0", "n81_0_0", "N8100", "N81_0_0"),
            ("2d", "n2d", "N2d", "N2D"),
            ("type", "r#type", "Type", "TYPE"),
            ("self", "self_", "Self_", "SELF"),
            ("gen", "r#gen", "Gen", "GEN"),
            ("模型", "", "", ""),
        ];
        for (wire, snake_case, pascal_case, screaming_case) in table {
            assert_eq!(snake(wire), snake_case, "snake of {wire}");
            assert_eq!(pascal(wire), pascal_case, "Pascal of {wire}");
            assert_eq!(screaming(wire), screaming_case, "SCREAMING of {wire}");
        }
    }

    #[test]
    fn a_name_that_comes_twice_is_found_with_both_origins() {
        let names = [("device_sn", "deviceSn"), ("name", "name"), ("device_sn", "device_sn")];
        assert_eq!(collisions(names), [("device_sn", "deviceSn", "device_sn")]);
        assert_eq!(collisions([("a", "a"), ("b", "b")]), []);
    }

    #[test]
    fn names_of_the_runtime_are_taken() {
        assert!(is_taken("Listing") && is_taken("Option") && !is_taken("Project"));
    }
}
