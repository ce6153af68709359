//! Connections in memory.
/// Keeps connections in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {}
