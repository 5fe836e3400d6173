//! Dialling into the world without leaving the process.

use std::io;
use std::time::Duration;

use fluxlift_net::race::race;
use fluxlift_net::{Authority, Connection, Dial};
use futures::future::BoxFuture;

use crate::{Datacenter, Route, serve};

/// How much one side may write before the other reads.
const BUFFER: usize = 256 * 1024;
/// Longer than any way takes to give up by itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// The network of a simulated datacenter: an in-memory duplex a connection. The addresses of a name are raced as real ones are.
#[derive(Debug, Clone)]
pub struct Net(Datacenter);

impl Net {
    /// The network of `datacenter`.
    pub const fn new(datacenter: Datacenter) -> Self {
        Self(datacenter)
    }
}

impl Dial for Net {
    fn dial(&self, to: &Authority) -> BoxFuture<'static, io::Result<Connection>> {
        let datacenter = self.0.clone();
        let ways = datacenter.with(|world| world.ways(to));
        Box::pin(async move { race(ways, PATIENCE, |way| connect(datacenter.clone(), way)).await })
    }
}

async fn connect(datacenter: Datacenter, way: Route) -> io::Result<Connection> {
    match way {
        Route::Refused => Err(io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused")),
        Route::BlackHole => {
            serve::give_up().await;
            Err(io::Error::new(io::ErrorKind::TimedOut, "no answer"))
        }
        route => {
            let (ours, theirs) = tokio::io::duplex(BUFFER);
            tokio::spawn(serve::connection(datacenter, route, Connection::new(theirs)));
            Ok(Connection::new(ours))
        }
    }
}
