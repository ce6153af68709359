//! Every environment variable that evergrant reads, and the only code that reads them.
//!
//! An empty variable counts as one that is not set, as shells and container files often leave them.

use std::ffi::OsString;
use std::path::PathBuf;

/// A variable: its name and what it means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it means, in a line.
    pub(crate) meaning: &'static str,
}

macro_rules! variables {
    ($($constant:ident = $name:literal: $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub(crate) const $constant: Variable = Variable { name: $name, meaning: $meaning };
        )*
        /// All of them, in the order of the reference.
        const ALL: &[Variable] = &[$($constant),*];
    };
}

variables! {
    CONFIG = "EVERGRANT_CONFIG": "the configuration file, as --config";
    CONNECTION = "EVERGRANT_CONNECTION": "a connection from the file, as -c";
    TOKEN_FILE = "EVERGRANT_TOKEN_FILE": "the token JSON, as --token-file";
    STORE = "EVERGRANT_STORE": "where connections are kept, as --store";
    REALM = "EVERGRANT_REALM": "the company's realm id, as --realm";
    ENVIRONMENT = "EVERGRANT_ENVIRONMENT": "sandbox or production, as --environment";
    CLIENT_ID = "EVERGRANT_CLIENT_ID": "the app's client id, as --client-id";
    CLIENT_SECRET = "EVERGRANT_CLIENT_SECRET": "the app's client secret itself";
    CLIENT_SECRET_FILE = "EVERGRANT_CLIENT_SECRET_FILE": "a file that holds it, as --client-secret-file";
    BASE_URL = "EVERGRANT_BASE_URL": "another API host, as --base-url";
    TOKEN_URL = "EVERGRANT_TOKEN_URL": "another token endpoint, as --token-url";
    AUTHORIZE_URL = "EVERGRANT_AUTHORIZE_URL": "another consent page, as --authorize-url";
    REVOKE_URL = "EVERGRANT_REVOKE_URL": "another revocation endpoint, as --revoke-url";
    CA_FILE = "EVERGRANT_CA_FILE": "one more trusted CA, as --ca-file";
    MINOR_VERSION = "EVERGRANT_MINOR_VERSION": "the API's minor version, as --minor-version";
    SEAL_KEY = "EVERGRANT_SEAL_KEY": "the keys themselves with which tokens are sealed, the newest last";
    SEAL_KEY_FILE = "EVERGRANT_SEAL_KEY_FILE": "a file that holds them, as --seal-key-file";
    SEAL_KEYRING = "EVERGRANT_SEAL_KEYRING": "the account in the OS keyring that holds them, as --seal-keyring";
    ALLOW_NETWORK_FS = "EVERGRANT_ALLOW_NETWORK_FS": "true: token files may be on network file systems, as --allow-network-fs";
    BUDGET = "EVERGRANT_BUDGET": "how many metered calls may be made in a month, as --budget";
    WEBHOOK_TOKEN = "EVERGRANT_WEBHOOK_TOKEN": "the app's verifier token itself, for webhook verify";
    SCOPE = "EVERGRANT_SCOPE": "what consent asks for, separated by spaces, as --scope";
    REDIRECT_URI = "EVERGRANT_REDIRECT_URI": "where consent returns to, as --redirect-uri";
    NO_COLOR = "NO_COLOR": "no colours, as --no-color";
    CONFIG_HOME = "XDG_CONFIG_HOME": "where evergrant/evergrant.toml is looked for (default ~/.config)";
    STATE_HOME = "XDG_STATE_HOME": "where evergrant/evergrant.db is kept (default ~/.local/state)";
}

impl Variable {
    /// Its value as text, without white space around it; `None` if it is unset or empty.
    ///
    /// # Errors
    /// The name of the variable, in a sentence, if the value is not Unicode.
    pub(crate) fn text(self) -> Result<Option<String>, String> {
        let Some(value) = self.raw() else {
            return Ok(None);
        };
        let text = value
            .into_string()
            .map_err(|_| format!("{} is not valid Unicode", self.name))?;
        let text = text.trim();
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// Its value as a path; `None` if it is unset or empty.
    pub(crate) fn path(self) -> Option<PathBuf> {
        self.raw().map(PathBuf::from)
    }

    /// Whether it is set to anything but nothing.
    pub(crate) fn is_set(self) -> bool {
        self.raw().is_some()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    fn raw(self) -> Option<OsString> {
        std::env::var_os(self.name).filter(|value| !value.is_empty())
    }
}

/// The user's home directory.
pub(crate) fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
}

/// The reference of all variables, for `--help`.
pub(crate) fn reference() -> String {
    let width = ALL.iter().map(|variable| variable.name.len()).max();
    let width = width.unwrap_or_default();
    let lines = ALL
        .iter()
        .map(|Variable { name, meaning }| format!("  {name:width$}  {meaning}\n"));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_has_a_line_for_each_variable() {
        let text = reference();
        assert_eq!(text.lines().count(), ALL.len());
        assert!(text.contains("EVERGRANT_CLIENT_SECRET  "));
    }
}
