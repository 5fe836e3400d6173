//! Serving connections: in memory and on loopback sockets, by the same code.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use fluxlift_net::{Authority, Connection};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::{Datacenter, Route, kube, proxmox, talos};

/// How often the served world is asked for new addresses.
const LOOK: Duration = Duration::from_millis(200);

/// Serves one connection until it ends.
pub async fn connection(datacenter: Datacenter, route: Route, connection: Connection) {
    match route {
        Route::Refused | Route::BlackHole => {}
        Route::Proxmox => proxmox::serve::connection(datacenter, connection).await,
        Route::Kube(endpoint) => kube::wire::connection::serve(datacenter, endpoint, connection).await,
        Route::Talos(vmid) => talos::connection(datacenter, vmid, connection).await,
        Route::Registry => {
            let world = datacenter.clone();
            http(&datacenter, connection, move |request| {
                let world = world.clone();
                async move { world.with(|world| world.registry.handle(&request)).map(whole) }
            })
            .await;
        }
        Route::Git => {
            let world = datacenter.clone();
            http(&datacenter, connection, move |request| {
                let world = world.clone();
                async move { world.with(|world| world.git.answer(&request)).map(whole) }
            })
            .await;
        }
    }
}

/// Serves HTTP/1.1 and HTTP/2 on `connection`; each request's body is read whole, then `answer` is asked after the
/// wire's latency.
pub async fn http<F, Fut>(datacenter: &Datacenter, connection: Connection, answer: F)
where
    F: Fn(Request<Bytes>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Response<http_body_util::combinators::UnsyncBoxBody<Bytes, Infallible>>> + Send,
{
    let latency = datacenter.with(|world| world.options.latency);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let answer = answer.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map(http_body_util::Collected::to_bytes)?;
            pass(latency).await;
            Ok::<_, hyper::Error>(answer(Request::from_parts(head, body)).await)
        }
    });
    let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    // A client that goes away in the middle is no concern of the server.
    let _ = server.serve_connection(TokioIo::new(connection), service).await;
}

/// A whole body, in the type that [`http()`] wants.
pub fn whole(body: impl Into<Bytes>) -> http_body_util::combinators::UnsyncBoxBody<Bytes, Infallible> {
    Full::new(body.into()).boxed_unsync()
}

/// Listens on every address of the world, serving until the returned set is dropped. Addresses that come up later, such
/// as those of machines that are made meanwhile, are served as soon as they are there.
///
/// # Errors
/// When an address of the present can't be bound; the message names it. One of later stays refused.
pub async fn on_loopback(datacenter: &Datacenter) -> io::Result<JoinSet<()>> {
    let mut listeners = JoinSet::new();
    let mut served = BTreeSet::new();
    for address in datacenter.with(|world| world.addresses()) {
        let listener =
            bind(&address).await.map_err(|e| io::Error::new(e.kind(), format!("{address} cannot be served: {e}")))?;
        listeners.spawn(listen(datacenter.clone(), address.clone(), listener));
        served.insert(address);
    }
    listeners.spawn(listen_on_new(datacenter.clone(), served));
    Ok(listeners)
}

/// Listens on one address of the world, serving until the returned set is dropped.
///
/// # Errors
/// When it can't be bound.
pub async fn at(datacenter: &Datacenter, address: &SocketAddr) -> io::Result<JoinSet<()>> {
    let address = Authority::new(address.ip().to_string(), address.port());
    let listener = bind(&address).await?;
    let mut listeners = JoinSet::new();
    listeners.spawn(listen(datacenter.clone(), address, listener));
    Ok(listeners)
}

/// Looks for addresses that came up, and serves them.
async fn listen_on_new(datacenter: Datacenter, mut served: BTreeSet<Authority>) {
    let mut listeners = JoinSet::new();
    loop {
        pass(LOOK).await;
        for address in datacenter.with(|world| world.addresses()) {
            if !served.contains(&address)
                && let Ok(listener) = bind(&address).await
            {
                listeners.spawn(listen(datacenter.clone(), address.clone(), listener));
                served.insert(address);
            }
        }
    }
}

async fn bind(address: &Authority) -> io::Result<TcpListener> {
    TcpListener::bind((address.host.as_str(), address.port)).await
}

async fn listen(datacenter: Datacenter, address: Authority, listener: TcpListener) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // A connection that is slow is still a connection.
        let _ = stream.set_nodelay(true);
        let route = datacenter.with(|world| world.route(&address));
        connections.spawn(connection(datacenter.clone(), route, Connection::new(stream)));
        while connections.try_join_next().is_some() {}
    }
}

/// How long a client of a black hole waits before it gives up.
pub(crate) async fn give_up() {
    pass(Duration::from_secs(5)).await;
}

#[expect(clippy::disallowed_methods, reason = "the wire of the simulated world takes time")]
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}
