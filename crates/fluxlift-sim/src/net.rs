//! Dialling into the world without leaving the process.

use std::io;

use fluxlift_net::{Authority, Connection, Dial};
use futures::future::BoxFuture;

use crate::{Datacenter, Route, serve};

/// How much one side may write before the other reads.
const BUFFER: usize = 256 * 1024;

/// The network of a simulated datacenter: an in-memory duplex a connection.
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
        let (datacenter, to) = (self.0.clone(), to.clone());
        Box::pin(async move {
            match datacenter.with(|world| world.route(&to)) {
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
        })
    }
}
