//! What must hold whatever bytes come in: the checks that the fuzz targets run.
//!
//! Each check hands its bytes to one of the pure parsers and panics if the answer is wrong. What is
//! right is found out in another way than the parser's own. The inputs that fuzzing has found worth
//! keeping are in the tree, and the tests below replay them. This is no part of the API.

use std::sync::{Arc, LazyLock};

use url::Url;

use crate::observer::Observer;
use crate::token_endpoint::{self, TokenEndpoint};
use crate::transport::{Speaks, Transport};
use crate::{ConnectionId, OAuthClient, Provider, SystemClock};

pub use crate::authorize::fuzzing::callback;
pub use crate::seal::fuzzing::sealed;
pub use crate::store::fuzzing::{journal, token_file};

/// An answer of a token endpoint, its head in short: status, headers, an empty line, body.
///
/// # Panics
/// If the grant would be taken for lapsed without a well-formed `invalid_grant`, if tokens come
/// from nowhere or are thrown away, or if a message says more than it may.
pub fn token_response(data: &[u8]) {
    token_endpoint::fuzzing::check(&endpoint(), data);
}

/// An endpoint that is never called.
fn endpoint() -> TokenEndpoint<'static> {
    static CONNECTION: LazyLock<ConnectionId> = LazyLock::new(|| ConnectionId::new("fuzzed"));
    static CLIENT: LazyLock<OAuthClient> = LazyLock::new(|| OAuthClient {
        id: "client".to_owned(),
        secret: None,
    });
    static PROVIDER: LazyLock<Provider> = LazyLock::new(provider);
    static OBSERVER: LazyLock<Observer> =
        LazyLock::new(|| Observer::new(Arc::new(SystemClock), None));
    static TRANSPORT: LazyLock<Transport> = LazyLock::new(transport);
    TokenEndpoint {
        transport: &TRANSPORT,
        observer: &OBSERVER,
        connection: &CONNECTION,
        provider: &PROVIDER,
        client: &CLIENT,
    }
}

#[expect(clippy::expect_used, reason = "the URL is a literal")]
fn provider() -> Provider {
    let url: Url = "https://p.example/token".parse().expect("a URL");
    Provider::standard("p", url.clone(), url)
}

#[expect(
    clippy::expect_used,
    reason = "without roots of its own there is nothing to refuse"
)]
fn transport() -> Transport {
    Transport::new(None, true, Speaks::Either).expect("a transport")
}

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
    fn sealed_texts_of_the_corpus() {
        replay("sealed", sealed);
    }

    #[test]
    fn callbacks_of_the_corpus() {
        replay("callback", callback);
    }
}
