//! Progress on standard error.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar or a spinner on standard error; nothing where standard error is no terminal.
#[derive(Debug, Clone)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar up to a total, or a spinner without one.
    pub(crate) fn new(shown: bool, total: Option<u64>) -> Self {
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        bar.set_draw_target(if shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        });
        if total.is_some()
            && let Ok(style) = ProgressStyle::with_template("{wide_msg} {pos}/{len}")
        {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// What is being done.
    pub(crate) fn message(&self, text: impl Into<String>) {
        self.0.set_message(text.into());
    }

    /// How much there is.
    pub(crate) fn total(&self, total: u64) {
        self.0.set_length(total);
    }

    /// How much is done.
    pub(crate) fn at(&self, done: u64) {
        self.0.set_position(done);
    }

    /// So much more is done.
    pub(crate) fn add(&self, more: u64) {
        self.0.inc(more);
    }

    /// Takes it away.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}
