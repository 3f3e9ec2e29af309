//! Progress on standard error, for people.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::out::{Terminal, text};

/// Bars and messages on standard error. Nothing moves where standard error is no terminal, or nobody wants to see it.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    all: MultiProgress,
    is_shown: bool,
}

impl Progress {
    /// Progress as it fits standard error; `quiet` shows none.
    pub(crate) fn new(stderr: &Terminal, quiet: bool) -> Self {
        let is_shown = stderr.is_terminal && !quiet && stderr_moves();
        let target = if is_shown {
            ProgressDrawTarget::stderr_with_hz(8)
        } else {
            ProgressDrawTarget::hidden()
        };
        Self { all: MultiProgress::with_draw_target(target), is_shown }
    }

    /// A bar for so many things.
    pub(crate) fn items(&self, what: &str, total: u64) -> Bar {
        self.add(what, Some(total), "{spinner} {msg} [{bar:24}] {pos}/{len} {eta}")
    }

    /// A bar for so many bytes; without a total it counts up.
    pub(crate) fn bytes(&self, what: &str, total: Option<u64>) -> Bar {
        let template = match total {
            Some(_) => "{spinner} {msg} [{bar:24}] {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            None => "{spinner} {msg} {bytes} {bytes_per_sec}",
        };
        self.add(what, total, template)
    }

    /// Something that takes a while.
    pub(crate) fn spinner(&self, what: &str) -> Bar {
        self.add(what, None, "{spinner} {wide_msg} {elapsed}")
    }

    /// Writes while no bar is in the way. Whatever goes to a terminal while there may be bars goes through here.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.all.suspend(write)
    }

    fn add(&self, what: &str, total: Option<u64>, template: &str) -> Bar {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let bar = self.all.add(bar);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(text::line(what).into_owned());
        if self.is_shown {
            bar.enable_steady_tick(Duration::from_millis(125));
        }
        Bar(bar)
    }
}

/// Terminals without a cursor that moves get no bars.
fn stderr_moves() -> bool {
    std::env::var_os("TERM").is_none_or(|value| value != "dumb")
}

/// A bar or spinner. It goes away when it is dropped.
#[derive(Debug)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// What is being done now.
    pub(crate) fn message(&self, what: &str) {
        self.0.set_message(text::line(what).into_owned());
    }

    /// How much there is.
    pub(crate) fn total(&self, total: u64) {
        self.0.set_length(total);
    }

    /// How much is done.
    pub(crate) fn at(&self, done: u64) {
        self.0.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
