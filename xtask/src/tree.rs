//! Generated files and the files on disk: what differs, and how the difference is made good.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use flighthub_codegen::OutputFile;
use similar::TextDiff;

/// What the first two lines of a file hold when it belongs to the generator (in JSON it is the second line).
const MARK: &str = "by `cargo xtask codegen` from spec/. Do not edit.";
/// Most lines of a difference that are shown for one file.
const SHOWN: usize = 60;

/// What went wrong, where, and what to do next.
#[derive(Debug)]
pub(crate) struct Problem(pub(crate) String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.0)
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self(format!("cannot write to standard output: {error}"))
    }
}

/// A problem with a file.
fn problem(doing: &str, path: &Path, error: &io::Error) -> Problem {
    let path = path.display();
    Problem(format!(
        "cannot {doing} {path}: {error}; see that it exists and that you may change it, then run it again"
    ))
}

/// What has to be done to a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is not there.
    Missing { path: String, text: String },
    /// It is there with another text.
    Stale { path: String, text: String, found: String },
    /// It carries the notice and is no longer generated.
    Orphan { path: String },
}

impl Change {
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Missing { path, .. } | Self::Stale { path, .. } | Self::Orphan { path } => path,
        }
    }

    /// One word on it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::Stale { .. } => "stale",
            Self::Orphan { .. } => "orphan",
        }
    }

    /// The difference as a short patch; only stale files have one.
    pub(crate) fn patch(&self) -> String {
        let Self::Stale { path, text, found } = self else {
            return String::new();
        };
        let diff = TextDiff::from_lines(found.as_str(), text.as_str());
        let names = (format!("{path} (on disk)"), format!("{path} (generated)"));
        let patch = diff.unified_diff().context_radius(2).header(&names.0, &names.1).to_string();
        let lines = patch.lines().count();
        let mut shown: String = patch.lines().take(SHOWN).map(|line| format!("{line}\n")).collect();
        if lines > SHOWN {
            shown.push_str(&format!("… and {} more lines\n", lines - SHOWN));
        }
        shown
    }
}

/// Everything that has to be done, and the files in owned folders that are not the generator's.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) changes: Vec<Change>,
    pub(crate) foreign: Vec<String>,
}

/// Compares the files with the disk. Line ends do not count: a checkout may have changed them.
pub(crate) fn plan(root: &Path, files: &[OutputFile], owned: &[&str]) -> Result<Plan, Problem> {
    let mut plan = Plan::default();
    for OutputFile { path, text } in files {
        let (path, text) = (path.clone(), text.clone());
        match read(&root.join(&path))? {
            None => plan.changes.push(Change::Missing { path, text }),
            Some(found) if found != text => plan.changes.push(Change::Stale { path, text, found }),
            Some(_) => {}
        }
    }
    for place in owned {
        let mut present = Vec::new();
        walk(root, place, &mut present)?;
        present.retain(|path| files.iter().all(|file| file.path != *path));
        for path in present {
            let text = read(&root.join(&path))?.unwrap_or_default();
            if text.lines().take(2).any(|line| line.contains(MARK)) {
                plan.changes.push(Change::Orphan { path });
            } else {
                plan.foreign.push(path);
            }
        }
    }
    Ok(plan)
}

/// The text of a file with `\n` line ends; nothing when there is no file. What is no UTF-8 differs from every text.
fn read(path: &Path) -> Result<Option<String>, Problem> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(problem("read", path, &error)),
    }
}

/// All files below a folder, sorted; nothing when the place is no folder.
fn walk(root: &Path, place: &str, files: &mut Vec<String>) -> Result<(), Problem> {
    let folder = root.join(place);
    if !folder.is_dir() {
        return Ok(());
    }
    let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = entries.map_err(|error| problem("list", &folder, &error))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = format!("{place}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(root, &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

impl Plan {
    /// Makes the disk equal to the generated files. All texts are written beside their places before the first one takes
    /// its place, so that a full or closed disk leaves everything as it was.
    pub(crate) fn apply(&self, root: &Path) -> Result<(), Problem> {
        let mut ready: Vec<(PathBuf, PathBuf)> = Vec::new();
        let staged = self.changes.iter().try_for_each(|change| match change {
            Change::Missing { path, text } | Change::Stale { path, text, .. } => {
                let place = root.join(path);
                let beside = beside(&place);
                ready.push((beside.clone(), place.clone()));
                write(&beside, text).map_err(|error| problem("write", &place, &error))
            }
            Change::Orphan { .. } => Ok(()),
        });
        if let Err(problem) = staged {
            for (beside, _) in &ready {
                // It may never have been there; the first problem is the one to report.
                let _ = fs::remove_file(beside);
            }
            return Err(problem);
        }
        for (beside, place) in &ready {
            fs::rename(beside, place).map_err(|error| problem("replace", place, &error))?;
        }
        for change in &self.changes {
            if let Change::Orphan { path } = change {
                let place = root.join(path);
                fs::remove_file(&place).map_err(|error| problem("remove", &place, &error))?;
                // A folder that has become empty goes with its last file; any other stays.
                let _ = place.parent().map(fs::remove_dir);
            }
        }
        Ok(())
    }
}

/// The temporary name of a file, in the same folder, so that the rename stays on one disk.
fn beside(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.xtask-new"))
}

/// Writes one file whole or not at all.
pub(crate) fn replace(place: &Path, text: &str) -> Result<(), Problem> {
    let beside = beside(place);
    write(&beside, text).map_err(|error| problem("write", place, &error))?;
    fs::rename(&beside, place).map_err(|error| problem("replace", place, &error))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that goes away with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("xtask-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn put(&self, path: &str, text: &str) {
            write(&self.0.join(path), text).unwrap();
        }

        fn plan(&self) -> Plan {
            plan(&self.0, &files(), &["out", "docs/page.md"]).unwrap()
        }

        fn words(&self) -> Vec<(&'static str, String)> {
            self.plan()
                .changes
                .iter()
                .map(|change| (change.word(), change.path().to_owned()))
                .collect()
        }

        fn all(&self) -> Vec<String> {
            let mut files = Vec::new();
            walk(&self.0, ".", &mut files).unwrap();
            files
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn marked(text: &str) -> String {
        format!("// @generated {MARK}\n{text}\n")
    }

    fn files() -> Vec<OutputFile> {
        ["out/mod.rs", "out/v1/a.rs", "docs/page.md"]
            .map(|path| OutputFile { path: path.to_owned(), text: marked(path) })
            .into()
    }

    #[test]
    fn the_first_run_writes_everything_and_the_second_nothing() {
        let folder = Folder::new("first");
        assert_eq!(folder.words().len(), 3);
        folder.plan().apply(&folder.0).unwrap();
        assert_eq!(folder.words(), []);
        assert_eq!(folder.all(), ["./docs/page.md", "./out/mod.rs", "./out/v1/a.rs"]);
    }

    #[test]
    fn an_edit_of_any_file_is_caught_and_shown_and_mended() {
        let folder = Folder::new("edit");
        folder.plan().apply(&folder.0).unwrap();
        for OutputFile { path, text } in files() {
            for edited in [
                format!("{text}more\n"),
                String::new(),
                text.trim_end().to_owned(),
                "\u{feff}".to_owned(),
            ] {
                folder.put(&path, &edited);
                let plan = folder.plan();
                assert_eq!(folder.words(), [("stale", path.clone())], "{edited:?}");
                assert!(plan.changes[0].patch().contains("(generated)"));
                plan.apply(&folder.0).unwrap();
            }
        }
        assert_eq!(folder.words(), []);
    }

    #[test]
    fn line_ends_of_a_checkout_are_no_change() {
        let folder = Folder::new("crlf");
        folder.plan().apply(&folder.0).unwrap();
        folder.put("out/mod.rs", &marked("out/mod.rs").replace('\n', "\r\n"));
        assert_eq!(folder.words(), []);
    }

    #[test]
    fn only_files_with_the_notice_are_removed() {
        let folder = Folder::new("orphan");
        folder.put("out/v0/old.rs", &marked("old"));
        folder.put("out/old.json", &format!("{{\n  \"@generated\": \"{MARK}\"\n}}\n"));
        folder.put("out/notes.txt", "mine");
        folder.put("docs/other.md", &marked("not an owned place"));
        let plan = folder.plan();
        assert_eq!(plan.foreign, ["out/notes.txt"]);
        plan.apply(&folder.0).unwrap();
        let kept = [
            "./docs/other.md",
            "./docs/page.md",
            "./out/mod.rs",
            "./out/notes.txt",
            "./out/v1/a.rs",
        ];
        assert_eq!(folder.all(), kept);
        assert!(!folder.0.join("out/v0").exists());
    }

    #[test]
    fn when_one_file_cannot_be_written_none_is() {
        let folder = Folder::new("closed");
        folder.put("out/v1", "a file where a folder should be");
        let problem = plan(&folder.0, &files()[..1], &[]).unwrap();
        assert_eq!(problem.changes.len(), 1);
        let changes = files()
            .into_iter()
            .map(|OutputFile { path, text }| Change::Missing { path, text })
            .collect();
        let error = Plan { changes, foreign: Vec::new() }.apply(&folder.0).unwrap_err();
        assert!(error.to_string().contains("out/v1/a.rs"), "{error}");
        assert_eq!(folder.all(), ["./out/v1"]);
    }

    #[test]
    fn a_patch_is_short() {
        let long: String = (0..500).map(|line| format!("{line}\n")).collect();
        let change = Change::Stale { path: "a".to_owned(), text: long, found: String::new() };
        assert_eq!(change.patch().lines().count(), SHOWN + 1);
    }
}
