//! What must hold whatever bytes come in: the checks that the fuzz targets run.
//!
//! Each check hands its bytes to one of the pure parsers and panics if the answer is wrong. What is
//! right is found out in another way than the parser's own. The inputs that fuzzing has found worth
//! keeping are in the tree, and the tests below replay them. This is no part of the API.

pub use crate::authorize::fuzzing::callback;
pub use crate::store::fuzzing::{journal, token_file};
pub use crate::token_endpoint::fuzzing::token_response;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

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

    #[test]
    fn token_responses_of_the_corpus() {
        replay("token_response", token_response);
    }

    #[test]
    fn token_files_of_the_corpus() {
        replay("token_file", token_file);
    }

    #[test]
    fn journals_of_the_corpus() {
        replay("journal", journal);
    }

    #[test]
    fn callbacks_of_the_corpus() {
        replay("callback", callback);
    }
}
