//! `login`: consent in a browser makes a grant.
//!
//! The code of the callback is redeemed exactly once, however often the browser calls; a request
//! that does not carry our `state` is answered and otherwise ignored, since any page can make a
//! browser ask for an address of this machine.

use std::io::BufRead as _;
use std::path::Path;
use std::process::{Command, Stdio};

use evergrant::{Connection, Consent, Keeper};
use evergrant_gateway::disk;
use evergrant_quickbooks::Environment;
use url::Url;

use crate::args;
use crate::config::{Login, Settings};
use crate::context::{self, Context};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::trace::tell;

mod callback;

use callback::{Callback, Callbacks, Listener, Page};

/// Runs the command.
pub(crate) async fn run(context: &Context, args: &args::Login) -> Result<()> {
    let login = Login::read(context.given())?;
    let settings = context.adopt(login.settings.clone())?;
    require_client(settings)?;
    let redirect = redirect_url(settings)?;
    let port = listening_port(&redirect, args)?;
    prepare_folder(settings)?;
    let keeper = context.keeper()?;
    // Listening comes first, so that no answer can come too early.
    let listener = match port {
        Some(port) => Some(Listener::bind(&redirect, port).await?),
        None => None,
    };
    let provider = context::provider_name(settings, login.has_own());
    let registered = match &listener {
        Some(listener) if redirect.port() == Some(0) => listener.redirect(),
        _ => settings.redirect_uri().to_owned(),
    };
    let consent = keeper.begin_connect(&settings.connection, &provider, registered)?;
    if port.is_some() && redirect.scheme() == "http" {
        hint_at_https(settings);
    }
    invite(&consent, args);
    let connection = match listener {
        Some(listener) => answered(keeper, settings, consent, listener, args).await?,
        None => pasted(keeper, settings, consent).await?,
    };
    welcome(&login, &connection)
}

/// The port to listen on; `None` when the address will be pasted.
fn listening_port(redirect: &Url, args: &args::Login) -> Result<Option<u16>> {
    if args.paste {
        return Ok(None);
    }
    if args.port.is_some() {
        return Ok(args.port);
    }
    let loopback = match redirect.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if redirect.scheme() == "http" && loopback {
        return Ok(redirect.port_or_known_default());
    }
    Err(Failure::new(
        Exit::Usage,
        format!("{redirect} does not lead to this machine, so its callback can't be listened for"),
        "add --paste, or --port PORT if a tunnel leads from there to that port here",
    ))
}

fn redirect_url(settings: &Settings) -> Result<Url> {
    let text = settings.redirect_uri();
    text.parse().map_err(|error: url::ParseError| {
        Failure::config(
            format!("the redirect URI {text:?} is no URL"),
            "give the one that is listed for the app at developer.intuit.com",
        )
        .because(error)
    })
}

fn require_client(settings: &Settings) -> Result<()> {
    let missing = if settings.client_id().is_empty() {
        "client id is given: set --client-id or EVERGRANT_CLIENT_ID"
    } else if settings.client_secret()?.is_none() {
        "client secret is given: set --client-secret-file or EVERGRANT_CLIENT_SECRET"
    } else {
        return Ok(());
    };
    Err(Failure::config(
        format!("no {missing}"),
        "both stand under Keys & credentials of the app at developer.intuit.com",
    ))
}

/// Makes the folder that holds the tokens, for its owner only.
fn prepare_folder(settings: &Settings) -> Result<()> {
    let folder = settings.home.path().and_then(Path::parent);
    let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    disk::private_folder(folder).map_err(|error| {
        Failure::new(
            Exit::Store,
            format!("the folder {} can't be made", folder.display()),
            "make it, or keep the tokens elsewhere with --token-file",
        )
        .because(error)
    })
}

/// Intuit lets development keys alone return to plain http.
fn hint_at_https(settings: &Settings) {
    let is_intuit = settings.layer.authorize_url.is_none() && settings.layer.token_url.is_none();
    if is_intuit && settings.environment == Environment::Production {
        tell(Some(
            "Note: production keys may return to https only. If Intuit refuses the redirect URI, \
             see the last examples of: evergrant login --help\n"
                .to_owned(),
        ));
    }
}

fn invite(consent: &Consent, args: &args::Login) {
    tell(Some(format!(
        "Open this address and consent:\n\n  {}\n",
        consent.url()
    )));
    if args.paste {
        tell(Some(
            "Then paste the address that the browser ends up at, whatever the page there shows:"
                .to_owned(),
        ));
        return;
    }
    if !args.no_browser {
        open_browser(consent.url());
    }
    tell(Some("Waiting for the consent...".to_owned()));
}

/// Tries to open a browser. The URL has been printed, so failure is no matter.
fn open_browser(url: &Url) {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        // Not `start`, which would take the URL's ampersands for commands.
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let spawned = Command::new(program)
        .args(arguments)
        .arg(url.as_str())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    drop(spawned);
}

/// Waits for the callback that answers our consent, and redeems its code.
async fn answered(
    keeper: &Keeper,
    settings: &Settings,
    consent: Consent,
    listener: Listener,
    args: &args::Login,
) -> Result<Connection> {
    let mut callbacks = listener.listen();
    let waiting = answer(&mut callbacks, &consent);
    // Only the human is hurried: a code that has come is redeemed, however long that takes.
    let callback = tokio::time::timeout(args.timeout, waiting).await;
    let callback = callback.ok().flatten().ok_or_else(|| too_late(args))?;
    let done = redeem(keeper, settings, consent, &callback).await;
    callback.answer(if done.is_ok() {
        Page::Connected
    } else {
        Page::Failed
    });
    callbacks.close().await;
    done
}

/// The callback that answers `consent`; all others are turned away.
async fn answer(callbacks: &mut Callbacks, consent: &Consent) -> Option<Callback> {
    loop {
        let callback = callbacks.next().await?;
        if consent.is_answered_by(&callback.url) {
            return Some(callback);
        }
        callback.answer(Page::Stray);
    }
}

async fn redeem(
    keeper: &Keeper,
    settings: &Settings,
    consent: Consent,
    callback: &Callback,
) -> Result<Connection> {
    require_realm(settings, &callback.url)?;
    Ok(keeper.finish_connect(consent, &callback.url).await?)
}

async fn pasted(keeper: &Keeper, settings: &Settings, consent: Consent) -> Result<Connection> {
    let read = || {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    };
    let line = tokio::task::spawn_blocking(read).await;
    let line = line.map_err(std::io::Error::other).flatten();
    let unusable = || {
        Failure::config(
            "what was pasted is not an address with a code",
            "copy all of the browser's address, from https:// to its end, and log in again",
        )
    };
    let line = line.map_err(|error| unusable().because(error))?;
    let callback: Url = line.trim().parse().map_err(|_| unusable())?;
    require_realm(settings, &callback)?;
    Ok(keeper.finish_connect(consent, &callback).await?)
}

/// Refuses, before its code is redeemed, a consent for another company than the settings name.
fn require_realm(settings: &Settings, callback: &Url) -> Result<()> {
    let granted = callback.query_pairs().find(|(key, _)| key == "realmId");
    match (&settings.layer.realm, granted) {
        (Some(expected), Some((_, granted))) if *expected != granted => Err(Failure::config(
            format!("consent was given for company {granted}, but the settings say {expected}"),
            "choose that company when consenting, or connect this one under another name",
        )),
        _ => Ok(()),
    }
}

fn welcome(login: &Login, connection: &Connection) -> Result<()> {
    let settings = &login.settings;
    let realm = connection.realm.as_deref();
    tell(Some(format!(
        "Connected{}: tokens in {}",
        realm
            .map(|realm| format!(" to company {realm}"))
            .unwrap_or_default(),
        settings.home
    )));
    if let Some(file) = login.remember(realm)? {
        let name = &settings.connection;
        tell(Some(format!("Connection {name} is in {}", file.display())));
    }
    tell(Some(format!(
        "Try: evergrant get companyinfo {} {}",
        realm.unwrap_or("REALM"),
        settings.flags()
    )));
    Ok(())
}

fn too_late(args: &args::Login) -> Failure {
    Failure::new(
        Exit::Reconnect,
        format!("no consent came within {} s", args.timeout.as_secs()),
        "run it again; --timeout SECONDS waits longer",
    )
}
