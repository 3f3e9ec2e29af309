//! Lines of code, counted in texts: no blank lines, no comments, no tests.

use std::fs;
use std::path::Path;

use crate::tree::Problem;

/// Lines of code of a Rust file as rustfmt writes it: without blank lines, lines that are only comments, and what stands under
/// `#[cfg(test)]` at the left edge.
pub(super) fn code(text: &str) -> usize {
    let (mut count, mut testing) = (0, false);
    for line in text.lines() {
        if line == "#[cfg(test)]" {
            testing = true;
        } else if testing {
            // The tests end with the bracket at the left edge, or with the line that names their file.
            testing = !(line == "}" || (line.starts_with("mod ") && line.ends_with(';')));
        } else if is_code(line) {
            count += 1;
        }
    }
    count
}

fn is_code(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with("//")
}

/// Lines of code of the items at the left edge whose first line passes a test, as the generator writes them: attributes and
/// brackets count, documentation does not.
pub(super) fn of_items(text: &str, wanted: impl Fn(&str) -> bool) -> usize {
    let (mut total, mut count, mut head) = (0, 0, None);
    for line in text.lines().filter(|line| is_code(line)) {
        count += 1;
        if head.is_none() && !line.starts_with('#') {
            head = Some(line);
        }
        let ends = line.starts_with(['}', ')']) || line.ends_with(';') && !line.starts_with(' ');
        if let Some(first) = head.filter(|_| ends) {
            total += if wanted(first) { count } else { 0 };
            (count, head) = (0, None);
        }
    }
    total
}

/// All Rust files below a folder with their texts; files that hold only tests are left out.
pub(super) fn files(folder: &Path) -> Result<Vec<(String, String)>, Problem> {
    let problem = |path: &Path, error| Problem(format!("cannot read {}: {error}", path.display()));
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| problem(&folder, error))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && path.file_stem().is_none_or(|stem| stem != "tests")
            {
                let text = fs::read_to_string(&path).map_err(|error| problem(&path, error))?;
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                found.push((name, text));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
//! A file.

use a::b;

/// Docs.
#[derive(Debug)]
pub struct A {
    /// More.
    b: u8,
}
text!(A);

impl A {
    // Why.
    fn c() {}

    fn d() {
        e();
    }
}

#[cfg(test)]
mod tests {
    fn f() {}
}
";

    #[test]
    fn neither_blank_lines_nor_comments_nor_tests_count() {
        assert_eq!(code(TEXT), 1 + 4 + 1 + 6);
        assert_eq!(code("#[cfg(test)]\nmod tests;\nmod a;\n"), 1);
    }

    #[test]
    fn items_are_chosen_by_their_first_lines() {
        assert_eq!(of_items(TEXT, |head| head.starts_with("pub struct A")), 4);
        assert_eq!(of_items(TEXT, |head| head.starts_with("impl A")), 6);
        assert_eq!(of_items(TEXT, |head| head.starts_with("text!")), 1);
        assert_eq!(of_items(TEXT, |_| false), 0);
    }
}
