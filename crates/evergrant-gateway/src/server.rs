//! Listeners, workers and connections: sockets to requests, answers to sockets.
//!
//! One task accepts; each connection then belongs to one worker, which has a thread and a runtime of
//! its own, and with it everything that its requests need. Nothing is waited for without end: a
//! connection that says nothing, or does not take what it is sent, is closed by the worker's watch,
//! which looks at the `line` of each every few seconds. Where no more connections fit, those that have
//! been idle the longest make room for new ones.

use std::convert::Infallible;
use std::io;
use std::net::TcpStream as StdTcpStream;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use http::{Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::body::{Reply, Upload};
use super::door::{self, Way};
use super::forward::{self, forward, unread};
use super::limit::{Pass, Realm};
use super::pool::Pool;
use super::record::Record;
use super::refusal::Refusal;
use super::{Gateway, Route, headers, own};
use crate::intake;

mod line;
mod protocol;

pub(crate) use line::Busy;
use line::{Line, Watched};

/// How long answers under way are waited for when the server stops.
pub(crate) const DRAIN: Duration = Duration::from_secs(30);
/// Pause after a failed accept (out of file handles, as a rule), so as not to spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
/// How soon room is asked for again, if there was none to make.
const ROOM_PAUSE: Duration = Duration::from_millis(200);

/// Where to listen.
pub struct Doors {
    /// On the network.
    pub tcp: Vec<TcpListener>,
    /// A Unix socket, whose permissions say who may come by it.
    #[cfg(unix)]
    pub socket: Option<tokio::net::UnixListener>,
    /// What those on the network are spoken to with, if it is not plain HTTP.
    pub tls: Option<TlsAcceptor>,
}

/// A connection on its way to a worker.
enum Arrival {
    Tcp(StdTcpStream),
    #[cfg(unix)]
    Socket(std::os::unix::net::UnixStream),
}

/// What a worker is told.
enum Order {
    /// To serve this connection, which has this place.
    Serve(Arrival, OwnedSemaphorePermit),
    /// To close some that are idle.
    MakeRoom,
}

/// Serves until `stop` says so and what was under way has been answered.
pub async fn serve(
    gateway: Arc<Gateway>,
    doors: Doors,
    workers: usize,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let tls = doors.tls.clone();
    let mut desks = Vec::new();
    let mut threads = Vec::new();
    for number in 0..workers {
        let (desk, orders) = mpsc::unbounded_channel();
        let worker = Worker::new(Arc::clone(&gateway), tls.clone());
        threads.push(worker.start(number, orders, stop.clone())?);
        desks.push(desk);
    }
    accept(doors, gateway.max_connections, desks, stop).await;
    let ended = tokio::task::spawn_blocking(move || {
        for thread in threads {
            drop(thread.join());
        }
    });
    drop(ended.await);
    Ok(())
}

/// Hands each connection to the next worker.
async fn accept(
    doors: Doors,
    most: usize,
    desks: Vec<mpsc::UnboundedSender<Order>>,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(most));
    let mut turn = 0;
    loop {
        let next = async {
            let arrival = doors.next().await?;
            Ok::<_, io::Error>((arrival, place(&places, &desks).await))
        };
        let arrived = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            arrived = next => arrived,
        };
        match arrived {
            Ok((arrival, place)) => {
                turn = (turn + 1) % desks.len();
                // A worker that is gone closes the connection.
                drop(desks[turn].send(Order::Serve(arrival, place)));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// A place for one more connection. Idle ones must not keep others out.
async fn place(
    places: &Arc<Semaphore>,
    desks: &[mpsc::UnboundedSender<Order>],
) -> OwnedSemaphorePermit {
    loop {
        if let Ok(place) = Arc::clone(places).try_acquire_owned() {
            return place;
        }
        for desk in desks {
            drop(desk.send(Order::MakeRoom));
        }
        let freed = Arc::clone(places).acquire_owned();
        if let Ok(Ok(place)) = tokio::time::timeout(ROOM_PAUSE, freed).await {
            return place;
        }
    }
}

impl Doors {
    async fn next(&self) -> io::Result<Arrival> {
        let tcp = async {
            match self.tcp.as_slice() {
                [one, two] => tokio::select! {
                    accepted = one.accept() => accepted,
                    accepted = two.accept() => accepted,
                },
                [one, ..] => one.accept().await,
                [] => std::future::pending().await,
            }
        };
        #[cfg(unix)]
        if let Some(socket) = &self.socket {
            return tokio::select! {
                accepted = tcp => Ok(Arrival::Tcp(accepted?.0.into_std()?)),
                accepted = socket.accept() => Ok(Arrival::Socket(accepted?.0.into_std()?)),
            };
        }
        Ok(Arrival::Tcp(tcp.await?.0.into_std()?))
    }
}

/// What one worker's requests share.
struct Worker {
    gateway: Arc<Gateway>,
    /// By the number that routes have for them; made when the first request goes there.
    pools: Mutex<Vec<Option<Arc<Pool>>>>,
    tls: Option<TlsAcceptor>,
    begun: Instant,
    lines: Mutex<Vec<Weak<Line>>>,
}

impl Worker {
    fn new(gateway: Arc<Gateway>, tls: Option<TlsAcceptor>) -> Self {
        Self {
            pools: Mutex::default(),
            gateway,
            tls,
            begun: Instant::now(),
            lines: Mutex::default(),
        }
    }

    fn start(
        self,
        number: usize,
        orders: mpsc::UnboundedReceiver<Order>,
        stop: watch::Receiver<bool>,
    ) -> io::Result<JoinHandle<()>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let run = move || {
            runtime.block_on(Arc::new(self).run(orders, stop));
            // Refreshes that were begun here are saved before their thread ends.
            runtime.shutdown_timeout(Duration::from_secs(1));
        };
        std::thread::Builder::new()
            .name(format!("worker-{number}"))
            .spawn(run)
    }

    async fn run(
        self: Arc<Self>,
        mut orders: mpsc::UnboundedReceiver<Order>,
        stop: watch::Receiver<bool>,
    ) {
        let mut connections = JoinSet::new();
        let mut round = tokio::time::interval(self.gateway.patience.round());
        let mut stopping = stop.clone();
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Serve(arrival, place)) => {
                        let (worker, stop) = (Arc::clone(&self), stop.clone());
                        connections.spawn(async move {
                            worker.welcome(arrival, stop).await;
                            drop(place);
                        });
                    }
                    Some(Order::MakeRoom) => self.make_room(),
                    None => break,
                },
                Some(_) = connections.join_next() => {}
                _ = round.tick() => self.watch(),
                _ = stopping.wait_for(|stop| *stop) => break,
            }
        }
        let all = async { while connections.join_next().await.is_some() {} };
        drop(tokio::time::timeout(DRAIN, all).await);
        for route in self.gateway.routes().values() {
            route.keeper.drain().await;
        }
    }

    /// Closes the connections whose time is over.
    fn watch(&self) {
        let lines = self.lines();
        for line in lines.iter().filter(|it| it.is_over(&self.gateway.patience)) {
            line.close();
        }
    }

    /// Closes an eighth of the idle connections, those that have been so the longest.
    fn make_room(&self) {
        let lines = self.lines();
        let idle = |line: Arc<Line>| Some((line.idle_since()?, line));
        let mut idle: Vec<(u64, Arc<Line>)> = lines.into_iter().filter_map(idle).collect();
        idle.sort_unstable_by_key(|(since, _)| *since);
        for (_, line) in idle.iter().take(idle.len().div_ceil(8)) {
            line.close();
        }
    }

    /// The connections that are open; the others are forgotten.
    fn lines(&self) -> Vec<Arc<Line>> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = Vec::with_capacity(lines.len());
        lines.retain(|line| {
            let line = line.upgrade();
            open.extend(line.clone());
            line.is_some()
        });
        open
    }

    async fn welcome(self: Arc<Self>, arrival: Arrival, stop: watch::Receiver<bool>) {
        match arrival {
            Arrival::Tcp(stream) => {
                let Ok(stream) = TcpStream::from_std(stream) else {
                    return;
                };
                let peer = stream.peer_addr();
                let from_here = peer.is_ok_and(|peer| peer.ip().is_loopback());
                // Answers go out whole; there is nothing to gather.
                drop(stream.set_nodelay(true));
                self.secure(stream, Way::Net { from_here }, stop).await;
            }
            #[cfg(unix)]
            Arrival::Socket(stream) => {
                if let Ok(stream) = tokio::net::UnixStream::from_std(stream) {
                    self.converse(stream, Way::Socket, stop).await;
                }
            }
        }
    }

    async fn secure(self: Arc<Self>, stream: TcpStream, way: Way, stop: watch::Receiver<bool>) {
        let Some(tls) = self.tls.clone() else {
            return self.converse(stream, way, stop).await;
        };
        let patience = self.gateway.patience.handshake;
        let accepted = tokio::time::timeout(patience, Box::pin(tls.accept(stream))).await;
        if let Ok(Ok(stream)) = accepted {
            Box::pin(self.converse(stream, way, stop)).await;
        }
    }

    /// Serves the requests of one connection until either side ends it.
    async fn converse<S>(self: Arc<Self>, stream: S, way: Way, stop: watch::Receiver<bool>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let line = self.open_line();
        let stream = Watched::new(stream, Arc::clone(&line));
        let service = service_fn(move |mut request| {
            headers::detach(&mut request);
            Arc::clone(&self).respond(Arc::clone(&line), way, request)
        });
        protocol::converse(stream, service, stop).await;
    }

    fn open_line(&self) -> Arc<Line> {
        let line = Line::new(self.begun);
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(Arc::downgrade(&line));
        line
    }

    async fn respond(
        self: Arc<Self>,
        line: Arc<Line>,
        way: Way,
        request: Request<Incoming>,
    ) -> Result<Response<Reply>, Infallible> {
        let busy = Busy::new(line, request.version() == Version::HTTP_2);
        Ok(self.answer(way, request, busy).await)
    }

    async fn answer(&self, way: Way, request: Request<Incoming>, busy: Busy) -> Response<Reply> {
        let begun = Instant::now();
        let (parts, body) = request.into_parts();
        // What few requests need has no room in the task of each: it is boxed.
        if let Err(refusal) = door::check_aim(&self.gateway, way, &parts) {
            self.gateway.note_refused(&parts, &refusal);
            return refusal.respond(&parts.headers);
        }
        if own::takes(&parts) {
            return Box::pin(own::answer(&self.gateway, way, &parts)).await;
        }
        if let Some((_, console)) = &self.gateway.console
            && way != Way::Socket
            && console.takes(&self.gateway, parts.uri.path())
        {
            return Box::pin(console.answer(&self.gateway, &parts, body)).await;
        }
        if let Some(intake) = &self.gateway.intake
            && parts.uri.path() == intake::PATH
        {
            return Box::pin(intake.answer(&self.gateway, &parts, body)).await;
        }
        let entered = match door::enter(&self.gateway, way, &parts, begun) {
            Ok(entered) => entered,
            Err(refusal) => {
                self.gateway.note_refused(&parts, &refusal);
                return refusal.respond(&parts.headers);
            }
        };
        entered.route.counters.begin();
        let mut record = Box::new(Record {
            gateway: Arc::clone(&self.gateway),
            route: Arc::clone(&entered.route),
            caller: entered.caller,
            method: parts.method.clone(),
            path: entered.path,
            begun,
            // What is counted if the caller goes away before there is an answer.
            status: StatusCode::from_u16(499).unwrap_or(StatusCode::REQUEST_TIMEOUT),
            requestid: None,
            refused: None,
            pass: None,
            parent: self.gateway.spans.parent(&parts.headers),
            busy,
        });
        let asked = parts.headers.get(http::header::ACCEPT).cloned();
        match self.carry(&entered.route, (parts, body), &mut record).await {
            Ok(response) => {
                record.status = response.status();
                response.map(|body| body.recorded(record))
            }
            Err(refusal) => {
                record.status = refusal.status;
                record.refused = Some(refusal.error);
                let accept = asked.map(|value| (http::header::ACCEPT, value));
                let response = refusal.respond(&accept.into_iter().collect());
                response.map(|body| body.recorded(record))
            }
        }
    }

    async fn carry(
        &self,
        route: &Route,
        (mut parts, body): (http::request::Parts, Incoming),
        record: &mut Record,
    ) -> Result<Response<Reply>, Refusal> {
        parts.uri = forward::target(&self.gateway, route, &parts, record)?;
        // Before its turn: who sends slowly must not use up the company's.
        let upload =
            Upload::take(body, &self.gateway.state.held, self.gateway.patience.upload).await;
        let (upload, _room) = upload.map_err(unread)?;
        if let Some(realm) = &route.limit {
            record.pass = Some(turn(realm, route, record).await?);
        }
        let pool = self.pool(route);
        forward(&self.gateway, &pool, route, (parts, upload), record).await
    }

    /// The pool that leads to the route's server.
    fn pool(&self, route: &Route) -> Arc<Pool> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if pools.len() <= route.pool {
            pools.resize(route.pool + 1, None);
        }
        let made = || Arc::new(Pool::new(Arc::clone(&route.origin)));
        Arc::clone(pools[route.pool].get_or_insert_with(made))
    }
}

/// Waits for the request's turn at the company's limits.
async fn turn(realm: &Arc<Realm>, route: &Route, record: &Record) -> Result<Pass, Refusal> {
    let caller = if record.caller.id.is_empty() {
        &record.caller.name
    } else {
        &record.caller.id
    };
    let begun = Instant::now();
    let pass = realm.admit(caller).await.map_err(|full| {
        route.counters.turned_away();
        no_turn(full.retry_after)
    })?;
    let waited = begun.elapsed();
    if waited > Duration::from_millis(1) {
        route.counters.waited(waited);
    }
    Ok(pass)
}

fn no_turn(retry_after: Duration) -> Refusal {
    Refusal::new(
        StatusCode::TOO_MANY_REQUESTS,
        "throttled",
        "message=ThrottleExceeded; too many requests wait for this company",
        "wait, then ask less often",
    )
    .after(retry_after)
}
