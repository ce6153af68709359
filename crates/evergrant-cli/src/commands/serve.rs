//! `serve`: one process that owns the grants and serves every caller of this machine.
//!
//! The parts run side by side until a signal stops them: the gateway, and the schedule that keeps the
//! grants alive. Stopping is in order: no new connection, the requests under way are answered, a
//! refresh under way is saved.

use std::num::NonZeroUsize;
use std::sync::Arc;

use evergrant_gateway::access::Rights;
use evergrant_gateway::alert::Bell;
use evergrant_gateway::audit::{self, Audit};
use evergrant_gateway::console::Console;
use evergrant_gateway::intake::Intake;
use evergrant_gateway::keys::{Holder, KeyFile, KeyRing};
use evergrant_gateway::sign::Sign;
use evergrant_gateway::spans::Spans;
use evergrant_gateway::{Gateway, Routes, State, server};
use tokio::sync::watch;
use tokio::task::JoinError;

use crate::args;
use crate::config::{self, Serve};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::stop;
use crate::trace::{Voice, log, log_as};

mod certificate;
mod desk;
mod handles;
mod listen;
mod roster;

use desk::Desk;
use roster::{Ledger, Roster};

/// Runs the command. To be stopped is its good end.
pub(crate) async fn run(context: &Context, args: &args::Serve, voice: Voice) -> Result<()> {
    let stopped = stop::asked();
    let serve = settings(context, args)?;
    log_as(serve.log);
    let (doors, names) = listen::bind(&serve).await?;
    let console = console(&serve)?;
    let desk = Arc::new(Desk {
        exchanges: (voice == Voice::Exchanges).then(|| Box::new(voice.listener()) as _),
        ledger: Ledger::default(),
        console: console.clone(),
        bell: Bell::hang(serve.alerts.ready()?),
    });
    let mut roster = Roster::new(context.given(), &serve, &names.pages, Arc::clone(&desk));
    let routes = roster.look().await?.unwrap_or_default();
    let gateway = Arc::new(gateway(&serve, routes, names, console, voice)?);
    let (stop, stopping) = watch::channel(false);
    let workers = serve.threads.map_or_else(processors, NonZeroUsize::get);
    let mut serving = tokio::spawn(server::serve(
        Arc::clone(&gateway),
        doors,
        workers,
        stopping.clone(),
    ));
    let intake = gateway
        .intake
        .clone()
        .map(|intake| tokio::spawn(intake.run(Arc::clone(&gateway), stopping.clone())));
    let following = tokio::spawn(roster.follow(Arc::clone(&gateway), stopping));
    let sign = Sign {
        url: gateway.url.clone(),
        console: gateway.console.as_ref().map(|(pages, _)| pages.clone()),
    };
    let sign = sign
        .put_up(serve.folder())
        .map_err(|error| unusable(&serve, error))?;
    announce(context, &gateway, serve.max_connections.get())?;
    // A gateway that serves nobody any more must not look as if it ran.
    let ended = tokio::select! {
        _ = stopped => None,
        ended = &mut serving => Some(ended),
    };
    log(
        None,
        "Stopping; what is under way is answered and saved first",
    );
    sign.take_down();
    gateway.drain();
    stop.send_replace(true);
    let served = match ended {
        Some(served) => served,
        None => serving.await,
    };
    drop(following.await);
    if let Some(intake) = intake {
        drop(intake.await);
    }
    gateway.spans.flush().await;
    came_to(served)
}

/// What has come of the service.
fn came_to(served: std::result::Result<std::io::Result<()>, JoinError>) -> Result<()> {
    served
        .map_err(std::io::Error::other)
        .flatten()
        .map_err(|error| {
            Failure::new(Exit::Unavailable, "the gateway can't go on", "").because(error)
        })
}

/// Where the gateway is that these settings start.
///
/// # Errors
/// If none runs.
pub(crate) fn running(serve: &Serve) -> Result<Sign> {
    Sign::read(serve.folder()).map_err(|error| {
        Failure::new(
            Exit::Unavailable,
            "no gateway runs here",
            "start it with: evergrant serve",
        )
        .because(error)
    })
}

/// The settings of the file, and what the flags say instead.
fn settings(context: &Context, args: &args::Serve) -> Result<Serve> {
    let mut serve = Serve::read(context.given())?;
    if let Some(listen) = args.listen {
        serve.listen = listen;
    }
    if let Some(socket) = &args.socket {
        serve.socket = Some(socket.clone());
    }
    if args.no_limits {
        serve.limits = None;
    }
    Ok(serve)
}

fn console(serve: &Serve) -> Result<Option<Arc<Console>>> {
    let opened = serve.console.then(|| Console::open(serve.folder()));
    let opened = opened.transpose().map_err(|error| unusable(serve, error))?;
    Ok(opened.map(Arc::new))
}

fn intake(serve: &Serve) -> Result<Option<Arc<Intake>>> {
    let Some(webhooks) = &serve.webhooks else {
        return Ok(None);
    };
    let folder = serve.folder();
    let opened = Intake::open(webhooks.ready()?, folder).map_err(|error| {
        Failure::config(
            format!(
                "the queue of webhooks in {} can't be used",
                folder.display()
            ),
            "mend the folder, or name another one with dir in [serve]; one gateway at a time",
        )
        .because(error)
    })?;
    Ok(Some(Arc::new(opened)))
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn gateway(
    serve: &Serve,
    routes: Routes,
    names: listen::Names,
    console: Option<Arc<Console>>,
    voice: Voice,
) -> Result<Gateway> {
    let folder = serve.folder();
    let unusable = |error| unusable(serve, error);
    let audit = match &serve.audit {
        config::Audit::Switch(false) => None,
        config::Audit::Switch(true) => Some(audit::default_path(folder)),
        config::Audit::At(path) => Some(path.clone()),
    };
    let neighbour = Rights {
        preset: serve.socket_access,
        ..Rights::full()
    };
    Ok(Gateway {
        state: State::new(routes),
        keys: KeyRing::open(KeyFile::in_folder(folder), Vec::new()).map_err(unusable)?,
        neighbour: Holder::without_key("socket", neighbour),
        audit: audit
            .map(|path| Audit::open(&path))
            .transpose()
            .map_err(unusable)?,
        hosts: names.hosts,
        request_ids: serve.request_ids,
        open_metrics: serve.open_metrics,
        url: names.url,
        console: console.map(|console| (names.pages, console)),
        intake: intake(serve)?,
        spans: Spans::new(serve.otlp.as_ref(), voice == Voice::Exchanges)?,
        max_connections: handles::fitting(serve.max_connections.get()),
        patience: serve.timeouts,
    })
}

fn unusable(serve: &Serve, error: std::io::Error) -> Failure {
    Failure::new(
        Exit::Store,
        format!(
            "the gateway's folder {} can't be used",
            serve.folder().display()
        ),
        "mend it (owner, mode, room), or name another one with dir in [serve]",
    )
    .because(error)
}

/// stdout carries the address and nothing else, so that a program can read it.
fn announce(context: &Context, gateway: &Gateway, wanted: usize) -> Result<()> {
    let url = &gateway.url;
    context
        .output()
        .line(&format!("export EVERGRANT_GATEWAY_URL={url}"))?;
    let routes = gateway.routes();
    let names: Vec<&str> = routes.keys().map(String::as_str).collect();
    log(None, &format!("Serving {} at {url}", names.join(", ")));
    if gateway.max_connections < wanted {
        let most = gateway.max_connections;
        log(
            None,
            &format!("{most} connections at a time: more files may not be open"),
        );
    }
    Ok(())
}
