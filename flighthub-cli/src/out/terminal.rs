//! What standard output is.

use std::io::IsTerminal as _;

/// What standard output (or standard error) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Whether it is one.
    pub(crate) is_terminal: bool,
    /// Columns that it has.
    pub(crate) width: Option<u16>,
    /// Whether it shows colours, and nobody minds.
    pub(crate) color: bool,
}

impl Terminal {
    /// What has no width and no colours: a pipe or file.
    pub(crate) const NONE: Self = Self { is_terminal: false, width: None, color: false };

    /// Standard output. No colours are for `--no-color`, `NO_COLOR` and `TERM=dumb`.
    pub(crate) fn stdout(no_color: bool) -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let size = terminal_size::terminal_size_of(std::io::stdout());
        Self::of(is_terminal, size, no_color)
    }

    /// Standard error.
    pub(crate) fn stderr(no_color: bool) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let size = terminal_size::terminal_size_of(std::io::stderr());
        Self::of(is_terminal, size, no_color)
    }

    fn of(
        is_terminal: bool,
        size: Option<(terminal_size::Width, terminal_size::Height)>,
        no_color: bool,
    ) -> Self {
        if !is_terminal {
            return Self::NONE;
        }
        // A width of 0 is what some terminals of build servers say.
        let width = size.map(|(width, _)| width.0).filter(|width| *width > 0);
        Self { is_terminal, width: Some(width.unwrap_or(80)), color: !no_color && wants_color() }
    }

    /// A text in bold where there are colours.
    pub(crate) fn bold(&self, text: &str) -> String {
        self.styled("1", text)
    }

    /// A text in a colour or style (the number of an SGR sequence, such as `32` for green) where there are colours.
    pub(crate) fn styled(&self, style: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// <https://no-color.org>: any text in `NO_COLOR`.
fn wants_color() -> bool {
    let says_no = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    !says_no && !dumb
}
