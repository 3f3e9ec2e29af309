//! Changes to the file with the profiles.
