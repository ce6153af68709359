//! What must hold whatever bytes come in: the checks that fuzz targets run.
//!
//! The inputs that fuzzing has found worth keeping are in the tree, and the test below replays
//! them. This is no part of the API.

pub use crate::attachment::multipart::fuzzing::multipart;
pub use crate::company::fuzzing::entity;
pub use crate::query::fuzzing::query;

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn queries_of_the_corpus() {
        replay("query", super::query);
    }

    #[test]
    fn forms_of_the_corpus() {
        replay("multipart", super::multipart);
    }

    #[test]
    fn bodies_of_the_corpus() {
        replay("entity", super::entity);
    }

    #[expect(clippy::print_stdout, reason = "tells which input fails")]
    fn replay(target: &str, check: fn(&[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
        let inputs: Vec<_> = std::fs::read_dir(corpus.join(target)).unwrap().collect();
        assert!(!inputs.is_empty());
        for input in inputs {
            let path = input.unwrap().path();
            println!("{}", path.display());
            check(&std::fs::read(path).unwrap());
        }
    }
}
