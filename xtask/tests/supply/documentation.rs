//! How much of the public interface has words and examples.
