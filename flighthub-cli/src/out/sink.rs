//! Where the output goes.

use std::io::{self, Write};
#[cfg(test)]
use std::sync::{Arc, Mutex, PoisonError};

use super::OutError;

/// Where the output goes. A reader that went away is remembered and is no error.
pub(super) struct Sink {
    to: Box<dyn Write + Send>,
    is_closed: bool,
}

impl Sink {
    pub(super) fn stdout() -> Self {
        Self { to: Box::new(io::stdout()), is_closed: false }
    }

    /// Anywhere else, for tests.
    #[cfg(test)]
    pub(super) fn to(writer: impl Write + Send + 'static) -> Self {
        Self { to: Box::new(writer), is_closed: false }
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Writes a text whole, and at once.
    pub(super) fn write(&mut self, text: &str) -> Result<(), OutError> {
        if self.is_closed || text.is_empty() {
            return Ok(());
        }
        match self.to.write_all(text.as_bytes()).and_then(|()| self.to.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            written => written.map_err(OutError::Write),
        }
    }
}

impl std::fmt::Debug for Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sink").field("is_closed", &self.is_closed).finish_non_exhaustive()
    }
}

/// What was written, for tests.
#[cfg(test)]
#[derive(Debug, Clone, Default)]
pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

#[cfg(test)]
impl Captured {
    /// What was written since the last look.
    pub(crate) fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
