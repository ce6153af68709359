//! What the program was told, worked out: flags beat the environment, the environment beats
//! `evergrant.toml`.
//!
//! Each source is read into a [`Layer`]; the layers are laid over each other and become
//! [`Settings`], which say for one connection everything that the rest of the program needs. No
//! token file is touched here, and no secret is read before it is asked for.

use std::path::{Path, PathBuf};

use evergrant::{ClientSecret, ConnectionId};
use evergrant_quickbooks::Environment;

use crate::args::Given;
use crate::failure::{Failure, Result};

mod file;
pub(crate) mod home;
mod layer;
mod serve;
mod shape;

use file::File;
pub(crate) use home::Home;
use layer::Choice;
pub(crate) use layer::{KeySource, Layer, SecretSource};
pub(crate) use serve::{Audit, Log, Serve};
pub(crate) use shape::{Shape, change};

/// Where consent returns to if nothing else is said. Intuit allows plain http to `localhost` for
/// development keys.
const REDIRECT_URI: &str = "http://localhost:8400/callback";

/// One connection and everything that is set for it.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Its name; of a token file given one-off, the file's stem.
    pub(crate) connection: ConnectionId,
    /// Whether the name is one of `evergrant.toml`'s.
    pub(crate) named: bool,
    /// Where its tokens are.
    pub(crate) home: Home,
    /// Which of Intuit's hosts it talks to.
    pub(crate) environment: Environment,
    /// Where this machine remembers which tokens were spent, if it does.
    pub(crate) memory: Option<PathBuf>,
    /// The rest, as it was given.
    pub(crate) layer: Layer,
}

/// All connections that there are to look after.
#[derive(Debug)]
pub(crate) struct Fleet {
    /// Those that were named, or have a table in the file.
    pub(crate) named: Vec<Settings>,
    /// What holds for all others in the store that is set, if one is; its name means nothing.
    pub(crate) others: Option<Settings>,
}

/// A connection that `login` makes or makes anew.
#[derive(Debug)]
pub(crate) struct Login {
    /// What is set for it.
    pub(crate) settings: Settings,
    /// Its name is not in the file yet.
    newcomer: Option<(File, Layer)>,
}

/// Every source, read.
struct Sources {
    flags: Choice,
    environment: Choice,
    file: File,
}

impl Settings {
    /// The settings of the connection that the flags, the environment and the file name.
    pub(crate) fn read(given: &Given) -> Result<Self> {
        let sources = Sources::read(given, false)?;
        let Some(name) = sources.name() else {
            return sources.one_off();
        };
        if !sources.file.connections.contains_key(&name) && sources.store().is_none() {
            return Err(sources.unknown(&name));
        }
        sources.settings(&name)
    }

    /// The settings of the store that is set, for whatever connection; `None` if none is.
    pub(crate) fn of_store(given: &Given) -> Result<Option<Self>> {
        Sources::read(given, false)?.others()
    }

    /// What the flags, the environment and the file say for no connection in particular.
    pub(crate) fn of_none(given: &Given) -> Result<Layer> {
        let sources = Sources::read(given, false)?;
        let layer = sources.flags.layer.over(sources.environment.layer);
        Ok(layer.over(sources.file.defaults))
    }

    /// The same settings for another connection of their store.
    pub(crate) fn for_connection(&self, id: &ConnectionId) -> Self {
        Self {
            connection: id.clone(),
            ..self.clone()
        }
    }

    /// One-off settings from flags alone; neither the environment nor a file is looked at.
    pub(crate) fn of_flags(given: &Given) -> Result<Self> {
        let sources = Sources {
            flags: Choice::of_flags(given),
            environment: Choice::default(),
            file: File::default(),
        };
        Ok(Self {
            memory: None,
            ..sources.one_off()?
        })
    }

    /// The client id of our app, trimmed: white space around it is a frequent cause of
    /// `invalid_client`.
    pub(crate) fn client_id(&self) -> &str {
        self.layer.client_id.as_deref().unwrap_or_default().trim()
    }

    /// The client secret, trimmed.
    pub(crate) fn client_secret(&self) -> Result<Option<ClientSecret>> {
        let file = match &self.layer.client_secret {
            None => return Ok(None),
            Some(SecretSource::Value(secret)) => {
                return Ok(Some(ClientSecret::new(secret.expose().trim())));
            }
            Some(SecretSource::File(file)) => file,
        };
        let cannot = |why: &str| {
            Failure::config(
                format!("the client secret file {} {why}", file.display()),
                "name the right one with --client-secret-file, or set EVERGRANT_CLIENT_SECRET",
            )
        };
        let text = std::fs::read_to_string(file)
            .map_err(|error| cannot("can't be read").because(error))?;
        if text.trim().is_empty() {
            return Err(cannot("is empty"));
        }
        Ok(Some(ClientSecret::new(text.trim())))
    }

    /// Where consent returns to, as it was given: providers compare it to the letter.
    pub(crate) fn redirect_uri(&self) -> &str {
        self.layer.redirect_uri.as_deref().unwrap_or(REDIRECT_URI)
    }

    /// The flags that choose this connection, as advice shows them.
    pub(crate) fn flags(&self) -> String {
        let (flag, value) = match &self.home {
            Home::File(path) if !self.named => ("--token-file", path.to_string_lossy()),
            _ => ("-c", self.connection.as_str().into()),
        };
        if value.contains([' ', '\'', '"']) {
            return format!("{flag} {value:?}");
        }
        format!("{flag} {value}")
    }
}

impl Fleet {
    /// Every connection of the file and of the store, or the one that was named.
    pub(crate) fn read(given: &Given) -> Result<Self> {
        let mut sources = Sources::read(given, false)?;
        let others = sources.others()?;
        if sources.is_chosen() || (sources.file.connections.is_empty() && others.is_none()) {
            return Ok(Self {
                named: vec![Settings::read(given)?],
                others: None,
            });
        }
        sources.spread();
        let names = sources.file.connections.keys();
        Ok(Self {
            named: names
                .map(|name| sources.settings(name))
                .collect::<Result<_>>()?,
            others,
        })
    }
}

impl Login {
    /// The settings of the connection to connect; its name may be new.
    pub(crate) fn read(given: &Given) -> Result<Self> {
        let sources = Sources::read(given, true)?;
        let Some(name) = sources.name() else {
            return Ok(Self {
                settings: sources.one_off()?,
                newcomer: None,
            });
        };
        let settings = sources.settings(&name)?;
        if sources.file.connections.contains_key(&name) {
            return Ok(Self {
                settings,
                newcomer: None,
            });
        }
        let said = sources.flags.layer.over(sources.environment.layer);
        Ok(Self {
            settings,
            newcomer: Some((sources.file, said)),
        })
    }

    /// Whether its settings are not just those that hold for all of its store.
    pub(crate) fn has_own(&self) -> bool {
        match &self.newcomer {
            Some((_, said)) => said.says_anything(),
            None => true,
        }
    }

    /// Writes a new connection into the file. Says where, or nothing if it was there before.
    pub(crate) fn remember(&self, realm: Option<&str>) -> Result<Option<&Path>> {
        let Some((file, said)) = &self.newcomer else {
            return Ok(None);
        };
        if matches!(self.settings.home, Home::Store(_)) && !said.says_anything() {
            // Its record says the rest.
            return Ok(None);
        }
        let layer = Layer {
            realm: realm.map(str::to_owned),
            environment: Some(self.settings.environment),
            ..said.clone().in_full()
        };
        file.append(self.settings.connection.as_str(), &layer)?;
        Ok(Some(&file.path))
    }
}

impl Sources {
    fn read(given: &Given, may_be_new: bool) -> Result<Self> {
        Ok(Self {
            flags: Choice::of_flags(given),
            environment: Choice::of_environment()?,
            file: File::read(given.config.as_deref(), may_be_new)?,
        })
    }

    /// The connection that is named. A token file on one level beats a name on a lower one.
    fn name(&self) -> Option<String> {
        for choice in [&self.flags, &self.environment] {
            if choice.is_made() {
                return choice.connection.clone();
            }
        }
        if self.file.connection.is_some() {
            return self.file.connection.clone();
        }
        let mut names = self.file.connections.keys();
        names.next().filter(|_| names.next().is_none()).cloned()
    }

    /// Whether the flags or the environment name a connection or a token file.
    fn is_chosen(&self) -> bool {
        [&self.flags, &self.environment]
            .iter()
            .any(|choice| choice.is_made())
    }

    /// Makes of what was said for no connection in particular what holds wherever a table says nothing
    /// else. A table that names an app of its own keeps it, or its grant would be refreshed with keys
    /// that are not its own; and a realm or a token file is one company's.
    fn spread(&mut self) {
        let said = self
            .flags
            .layer
            .clone()
            .over(self.environment.layer.clone());
        for choice in [&mut self.flags, &mut self.environment] {
            *choice = Choice {
                connection: None,
                layer: choice.layer.for_all(),
            };
        }
        let said = Layer {
            realm: None,
            token_file: None,
            ..said
        };
        self.file.defaults = said.over(std::mem::take(&mut self.file.defaults));
    }

    fn settings(&self, name: &str) -> Result<Settings> {
        check_name(name)?;
        let mut environment = self.environment.layer.clone();
        if self.flags.connection.is_some() {
            environment.token_file = None;
        }
        let table = self.file.connections.get(name).cloned();
        let table = table.unwrap_or_default();
        let levels = [&self.flags.layer, &environment, &table, &self.file.defaults];
        let home = match levels.into_iter().find_map(Home::said) {
            Some(home) => home,
            None => Home::default_of(name)?,
        };
        let file = table.over(self.file.defaults.clone());
        let layer = self.flags.layer.clone().over(environment).over(file);
        Ok(Settings {
            connection: ConnectionId::new(name),
            named: true,
            home,
            environment: layer.environment.unwrap_or(Environment::Production),
            memory: home::folder(),
            layer,
        })
    }

    /// The store that is set, or else the one that there is.
    fn store(&self) -> Option<String> {
        let layers = [
            &self.flags.layer,
            &self.environment.layer,
            &self.file.defaults,
        ];
        let said = layers.into_iter().find_map(|layer| layer.store.clone());
        said.or_else(home::default_store_if_there)
    }

    /// What holds for the store's connections that have no table of their own.
    fn others(&self) -> Result<Option<Settings>> {
        let Some(store) = self.store() else {
            return Ok(None);
        };
        let environment = Layer {
            token_file: None,
            ..self.environment.layer.clone()
        };
        let layer = self.flags.layer.clone().over(environment);
        let layer = layer.over(self.file.defaults.clone());
        Ok(Some(Settings {
            connection: ConnectionId::new(""),
            named: true,
            home: Home::Store(store),
            environment: layer.environment.unwrap_or(Environment::Production),
            memory: home::folder(),
            layer,
        }))
    }

    fn one_off(self) -> Result<Settings> {
        let none = self.none();
        let layer = self
            .flags
            .layer
            .over(self.environment.layer)
            .over(self.file.defaults);
        let token_file = layer.token_file.clone().ok_or(none)?;
        let Some(stem) = token_file.file_stem() else {
            return Err(Failure::config(
                format!("{} is not the path of a file", token_file.display()),
                "name the token JSON with --token-file",
            ));
        };
        Ok(Settings {
            connection: ConnectionId::new(stem.to_string_lossy()),
            named: false,
            home: Home::File(token_file),
            environment: layer.environment.unwrap_or(Environment::Production),
            memory: home::folder(),
            layer,
        })
    }

    fn unknown(&self, name: &str) -> Failure {
        let known: Vec<&str> = self.file.connections.keys().map(String::as_str).collect();
        let known = match known.as_slice() {
            [] => "it names no connection yet".to_owned(),
            names => format!("it has {}", names.join(", ")),
        };
        Failure::config(
            format!(
                "there is no connection {name:?} in {}: {known}",
                self.file.path.display()
            ),
            format!("make it with: evergrant login -c {name}"),
        )
    }

    fn none(&self) -> Failure {
        let known: Vec<&str> = self.file.connections.keys().map(String::as_str).collect();
        let mend = match known.as_slice() {
            [] => "give --token-file PATH, or make a connection with: evergrant login -c NAME"
                .to_owned(),
            names => format!("choose with -c NAME: {}", names.join(", ")),
        };
        Failure::config("no connection is given", mend)
    }
}

impl Serve {
    /// What `[serve]` of the file says, with a folder for what the gateway keeps.
    pub(crate) fn read(given: &Given) -> Result<Self> {
        let mut serve = File::read(given.config.as_deref(), false)?.serve;
        if serve.dir.is_none() {
            serve.dir = Some(home::state_folder()?.join("serve"));
        }
        Ok(serve)
    }

    /// Where keys, the audit log and the console's secret are kept.
    pub(crate) fn folder(&self) -> &Path {
        self.dir.as_deref().unwrap_or(Path::new("."))
    }
}

/// A name becomes a file name, so it must be able to be one.
fn check_name(name: &str) -> Result<()> {
    let bad = |c: char| c == '/' || c == '\\' || c == ':' || c.is_control();
    if name.is_empty() || name.starts_with('.') || name.contains(bad) {
        return Err(Failure::config(
            format!("{name:?} can't be the name of a connection"),
            "use letters, digits, - and _",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(connection: Option<&str>, token_file: Option<&str>) -> Choice {
        Choice {
            connection: connection.map(str::to_owned),
            layer: Layer {
                token_file: token_file.map(PathBuf::from),
                ..Layer::default()
            },
        }
    }

    fn sources(flags: Choice, environment: Choice, connection: Option<&str>) -> Sources {
        let table = Layer {
            token_file: Some(PathBuf::from("of-table.json")),
            ..Layer::default()
        };
        let names = ["acme", "bolt"].map(|name| (name.to_owned(), table.clone()));
        Sources {
            flags,
            environment,
            file: File {
                connection: connection.map(str::to_owned),
                connections: names.into(),
                ..File::default()
            },
        }
    }

    #[test]
    fn a_flag_beats_the_environment_and_that_the_file() {
        let none = || choice(None, None);
        for (flags, environment, file, expected) in [
            (none(), none(), None, None),
            (none(), none(), Some("acme"), Some("acme")),
            (
                none(),
                choice(Some("bolt"), None),
                Some("acme"),
                Some("bolt"),
            ),
            (none(), choice(None, Some("x")), Some("acme"), None),
            (
                choice(Some("acme"), None),
                choice(Some("bolt"), Some("x")),
                None,
                Some("acme"),
            ),
            (
                choice(None, Some("y")),
                choice(Some("bolt"), None),
                Some("acme"),
                None,
            ),
        ] {
            let sources = sources(flags, environment, file);
            assert_eq!(sources.name().as_deref(), expected);
        }
    }

    #[test]
    fn a_name_given_by_flag_keeps_its_own_token_file() {
        let path = |flags, environment| {
            let sources = sources(flags, environment, None);
            sources.settings("acme").unwrap().home
        };
        let stray = || choice(None, Some("of-env.json"));
        let file = |name: &str| Home::File(PathBuf::from(name));
        assert_eq!(
            path(choice(Some("acme"), None), stray()),
            file("of-table.json")
        );
        assert_eq!(path(choice(None, None), stray()), file("of-env.json"));
        let both = choice(Some("acme"), Some("of-flag.json"));
        assert_eq!(path(both, stray()), file("of-flag.json"));
    }

    #[test]
    fn what_is_said_for_all_leaves_to_a_table_what_is_its_own() {
        let said = |realm: &str, id: &str, base_url: &str| Layer {
            realm: Some(realm.to_owned()),
            client_id: Some(id.to_owned()),
            base_url: Some(base_url.parse().unwrap()),
            ..Layer::default()
        };
        let environment = Choice {
            connection: None,
            layer: said("1", "of-env", "https://env.example/"),
        };
        let mut sources = sources(Choice::default(), environment, None);
        let bolt = sources.file.connections.get_mut("bolt").unwrap();
        bolt.client_id = Some("of-table".to_owned());
        sources.spread();
        let of = |name| {
            let layer = sources.settings(name).unwrap().layer;
            (layer.client_id.unwrap(), layer.base_url, layer.realm)
        };
        let base_url = "https://env.example/".parse().ok();
        assert_eq!(of("acme"), ("of-env".to_owned(), base_url.clone(), None));
        assert_eq!(of("bolt"), ("of-table".to_owned(), base_url, None));
    }

    #[test]
    fn a_store_given_by_flag_beats_the_token_file_of_the_table() {
        let flags = Choice {
            connection: Some("acme".to_owned()),
            layer: Layer {
                store: Some("sqlite:of-flag.db".to_owned()),
                ..Layer::default()
            },
        };
        let sources = sources(flags, Choice::default(), None);
        let home = sources.settings("acme").unwrap().home;
        assert_eq!(home, Home::Store("sqlite:of-flag.db".to_owned()));
    }

    #[test]
    fn a_name_can_be_a_file_name() {
        for good in ["acme", "Acme Books", "a-b_c.d", "é"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "../x", "a/b", "a\\b", "C:x", "a\nb"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn white_space_around_keys_is_dropped() {
        let layer = Layer {
            token_file: Some(PathBuf::from("t.json")),
            client_id: Some(" id\n".to_owned()),
            client_secret: Some(SecretSource::Value(ClientSecret::new("\tplanted\r\n"))),
            ..Layer::default()
        };
        let flags = Choice {
            connection: None,
            layer,
        };
        let settings = sources(flags, Choice::default(), None).one_off().unwrap();
        assert_eq!(settings.client_id(), "id");
        assert_eq!(
            settings.client_secret().unwrap().unwrap().expose(),
            "planted"
        );
        assert!(!format!("{settings:?}").contains("planted"));
        assert_eq!(settings.flags(), "--token-file t.json");
    }
}
