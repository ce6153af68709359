//! Listeners, workers and connections: sockets to requests, answers to sockets.
//!
//! One task accepts; each connection then belongs to one worker, which has a thread and a runtime of
//! its own, and with it everything that its requests need. Nothing is waited for without end: a
//! connection that says nothing, or does not take what it is sent, is closed by the worker's watch,
//! which looks at all of them every few seconds, so that no request pays for a timer of its own.

use std::convert::Infallible;
use std::io;
use std::net::TcpStream as StdTcpStream;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::body::Reply;
use super::door::{self, Way};
use super::forward::forward;
use super::pool::Pool;
use super::record::Record;
use super::refusal::Refusal;
use super::{Gateway, Route, own};
use crate::intake;

/// Connections are few thousand at most; more wait to be accepted.
const MOST_CONNECTIONS: usize = 12_000;
/// Between requests, and for the head of one.
const IDLE: Duration = Duration::from_secs(75);
/// A caller who takes nothing of an answer for so long has gone.
const STUCK: Duration = Duration::from_secs(60);
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How often the watch goes round.
const ROUND: Duration = Duration::from_secs(5);
/// A head is read up to this size.
const HEAD_LIMIT: usize = 64 * 1024;
/// How long answers under way are waited for when the server stops.
pub(crate) const DRAIN: Duration = Duration::from_secs(30);
/// Pause after a failed accept (out of file handles, as a rule), so as not to spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Where to listen.
pub(crate) struct Doors {
    pub(crate) tcp: Vec<TcpListener>,
    #[cfg(unix)]
    pub(crate) socket: Option<tokio::net::UnixListener>,
    pub(crate) tls: Option<TlsAcceptor>,
}

/// A connection on its way to a worker.
enum Arrival {
    Tcp(StdTcpStream, OwnedSemaphorePermit),
    #[cfg(unix)]
    Socket(std::os::unix::net::UnixStream, OwnedSemaphorePermit),
}

/// Serves until `stop` says so and what was under way has been answered.
pub(crate) async fn serve(
    gateway: Arc<Gateway>,
    doors: Doors,
    workers: usize,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let tls = doors.tls.clone();
    let mut desks = Vec::new();
    let mut threads = Vec::new();
    for number in 0..workers {
        let (desk, arrivals) = mpsc::unbounded_channel();
        let worker = Worker::new(Arc::clone(&gateway), tls.clone());
        threads.push(worker.start(number, arrivals, stop.clone())?);
        desks.push(desk);
    }
    accept(doors, desks, stop).await;
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
    desks: Vec<mpsc::UnboundedSender<Arrival>>,
    mut stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut turn = 0;
    loop {
        let next = async {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
                return std::future::pending().await;
            };
            doors.next(permit).await
        };
        let arrival = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            arrival = next => arrival,
        };
        match arrival {
            Ok(arrival) => {
                turn = (turn + 1) % desks.len();
                // A worker that is gone closes the connection.
                drop(desks[turn].send(arrival));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

impl Doors {
    async fn next(&self, permit: OwnedSemaphorePermit) -> io::Result<Arrival> {
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
                accepted = tcp => Ok(Arrival::Tcp(accepted?.0.into_std()?, permit)),
                accepted = socket.accept() => Ok(Arrival::Socket(accepted?.0.into_std()?, permit)),
            };
        }
        Ok(Arrival::Tcp(tcp.await?.0.into_std()?, permit))
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

/// What the watch sees of a connection.
#[derive(Default)]
struct Line {
    /// Requests under way.
    busy: AtomicU32,
    /// When the last one ended, in seconds of the worker's time.
    rested: AtomicU64,
    /// Since when the other side does not take what it is sent; 0 if it does.
    stuck: AtomicU64,
    close: Notify,
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
        arrivals: mpsc::UnboundedReceiver<Arrival>,
        stop: watch::Receiver<bool>,
    ) -> io::Result<JoinHandle<()>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let run = move || {
            runtime.block_on(Arc::new(self).run(arrivals, stop));
            // Refreshes that were begun here are saved before their thread ends.
            runtime.shutdown_timeout(Duration::from_secs(1));
        };
        std::thread::Builder::new()
            .name(format!("worker-{number}"))
            .spawn(run)
    }

    async fn run(
        self: Arc<Self>,
        mut arrivals: mpsc::UnboundedReceiver<Arrival>,
        stop: watch::Receiver<bool>,
    ) {
        let mut connections = JoinSet::new();
        let mut round = tokio::time::interval(ROUND);
        let mut stopping = stop.clone();
        loop {
            tokio::select! {
                arrival = arrivals.recv() => {
                    let Some(arrival) = arrival else { break };
                    connections.spawn(Arc::clone(&self).welcome(arrival, stop.clone()));
                }
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

    /// Closes the connections that have been idle or stuck for too long.
    fn watch(&self) {
        let now = self.seconds();
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|line| {
            let Some(line) = line.upgrade() else {
                return false;
            };
            if line.is_over(now) {
                line.close.notify_one();
            }
            true
        });
    }

    /// The worker's time: whole seconds since it was begun, and one.
    fn seconds(&self) -> u64 {
        self.begun.elapsed().as_secs() + 1
    }

    async fn welcome(self: Arc<Self>, arrival: Arrival, stop: watch::Receiver<bool>) {
        match arrival {
            Arrival::Tcp(stream, _permit) => {
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
            Arrival::Socket(stream, _permit) => {
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
        if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
            self.converse(stream, way, stop).await;
        }
    }

    /// Serves the requests of one connection until either side ends it.
    async fn converse<S>(self: Arc<Self>, stream: S, way: Way, mut stop: watch::Receiver<bool>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let line = self.open_line();
        let io = TokioIo::new(Watched {
            inner: stream,
            line: Arc::clone(&line),
            begun: self.begun,
        });
        let service = service_fn({
            let (worker, line) = (Arc::clone(&self), Arc::clone(&line));
            move |request| Arc::clone(&worker).respond(Arc::clone(&line), way, request)
        });
        let builder = protocols();
        let mut connection = pin!(builder.serve_connection(io, service));
        let mut stopping = false;
        loop {
            tokio::select! {
                // The connection first: the others hardly ever have anything to say.
                biased;
                _ = connection.as_mut() => return,
                () = line.close.notified() => return,
                _ = stop.wait_for(|stop| *stop), if !stopping => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }

    fn open_line(&self) -> Arc<Line> {
        let line = Arc::new(Line::default());
        line.rested.store(self.seconds(), Ordering::Relaxed);
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
        let busy = Busy::new(line, self.begun);
        Ok(self.answer(way, request, busy).await)
    }

    async fn answer(&self, way: Way, request: Request<Incoming>, busy: Busy) -> Response<Reply> {
        let begun = Instant::now();
        let (parts, body) = request.into_parts();
        if !door::is_path(&parts.uri, parts.version) {
            return not_a_path().respond(&parts.headers);
        }
        if let Err(refusal) = door::check_host(&self.gateway, way, &parts) {
            return refusal.respond(&parts.headers);
        }
        if let Some(own) = own::answer(&self.gateway, way, &parts).await {
            return own;
        }
        if let Some((_, console)) = &self.gateway.console
            && way != Way::Socket
            && console.takes(&self.gateway, parts.uri.path())
        {
            return console.answer(&self.gateway, &parts, body).await;
        }
        if let Some(intake) = &self.gateway.intake
            && parts.uri.path() == intake::PATH
        {
            return intake.answer(&self.gateway, &parts, body).await;
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
            _busy: busy,
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
        request: (http::request::Parts, Incoming),
        record: &mut Record,
    ) -> Result<Response<Reply>, Refusal> {
        if let Some(realm) = &route.limit {
            let caller = if record.caller.id.is_empty() {
                &record.caller.name
            } else {
                &record.caller.id
            };
            let waited = Instant::now();
            match realm.admit(caller).await {
                Ok(pass) => record.pass = Some(pass),
                Err(full) => {
                    route.counters.turned_away();
                    return Err(no_turn(full.retry_after));
                }
            }
            let waited = waited.elapsed();
            if waited > Duration::from_millis(1) {
                route.counters.waited(waited);
            }
        }
        let pool = self.pool(route);
        forward(&self.gateway, &pool, route, request, record).await
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

/// A request under way on a connection, until its answer has passed.
pub(crate) struct Busy {
    line: Arc<Line>,
    begun: Instant,
}

impl Busy {
    fn new(line: Arc<Line>, begun: Instant) -> Self {
        line.busy.fetch_add(1, Ordering::Relaxed);
        Self { line, begun }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let now = self.begun.elapsed().as_secs() + 1;
        self.line.rested.store(now, Ordering::Relaxed);
        self.line.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

fn protocols() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // The watch closes what is idle.
        .header_read_timeout(None)
        .max_buf_size(HEAD_LIMIT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(256)
        .max_header_list_size(32 * 1024)
        .keep_alive_interval(Duration::from_secs(30));
    builder
}

impl Line {
    fn is_over(&self, now: u64) -> bool {
        let since = |moment: u64| now.saturating_sub(moment);
        let stuck = self.stuck.load(Ordering::Relaxed);
        if stuck > 0 && since(stuck) > STUCK.as_secs() {
            return true;
        }
        let idle = self.busy.load(Ordering::Relaxed) == 0 && stuck == 0;
        idle && since(self.rested.load(Ordering::Relaxed)) > IDLE.as_secs()
    }
}

/// A stream that notes since when the other side takes nothing.
struct Watched<S> {
    inner: S,
    line: Arc<Line>,
    begun: Instant,
}

impl<S> Watched<S> {
    fn note<T>(&self, written: &Poll<T>) {
        let stuck = self.line.stuck.load(Ordering::Relaxed);
        if written.is_ready() {
            if stuck > 0 {
                self.line.stuck.store(0, Ordering::Relaxed);
            }
        } else if stuck == 0 {
            let now = self.begun.elapsed().as_secs() + 1;
            self.line.stuck.store(now, Ordering::Relaxed);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.note(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, parts);
        self.note(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

fn not_a_path() -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "bad_target",
        "the request's target is not a path on this server",
        "this is no forward proxy: use its address as the base URL",
    )
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
