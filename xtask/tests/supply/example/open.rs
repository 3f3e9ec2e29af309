//! Reached by its name and at the root.

/// A trait.
pub trait Walk: Send {
    /// How far.
    const FAR: usize;
    /// Goes.
    fn go<'a>(&'a self, to: &'a str) -> bool;
    /// Stops.
    fn stop(&self) {}
}

/// A function.
pub async fn run<W>(walk: W) -> u8
where
    W: Walk,
{
    0
}
