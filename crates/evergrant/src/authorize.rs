//! Consent, as pure functions.
use url::Url;
/// A consent that was begun.
#[derive(Debug)]
pub struct Consent { url: Url }
impl Consent {
    /// The URL to open in a browser.
    pub fn url(&self) -> &Url { &self.url }
}
