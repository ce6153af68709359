//! The two file formats on any bytes.

pub use super::journal::fuzzing::journal;
pub use super::token_file::fuzzing::token_file;
