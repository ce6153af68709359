//! What must hold whatever bytes come in: the check that a fuzz target runs.
//!
//! The inputs that fuzzing has found worth keeping are in the tree, and the test below replays
//! them. This is no part of the API.

pub use crate::query::fuzzing::query;

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    #[expect(clippy::print_stdout, reason = "tells which input fails")]
    fn queries_of_the_corpus() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/query");
        let inputs: Vec<_> = std::fs::read_dir(corpus).unwrap().collect();
        assert!(!inputs.is_empty());
        for input in inputs {
            let path = input.unwrap().path();
            println!("{}", path.display());
            super::query(&std::fs::read(path).unwrap());
        }
    }
}
