//! From an address to a stream of bytes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use hyper_util::client::legacy::connect::{Connected, Connection as HyperConnection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{Authority, race};

/// What a client can send bytes through.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open connection: TCP, TLS over it, or one half of an in-memory duplex.
pub struct Connection {
    stream: Box<dyn Stream>,
    speaks_h2: bool,
}

impl Connection {
    /// Wraps any stream.
    pub fn new(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), speaks_h2: false }
    }

    /// The same connection, over which both sides agreed to speak HTTP/2.
    #[must_use]
    pub fn with_h2(mut self, agreed: bool) -> Self {
        self.speaks_h2 = agreed;
        self
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl HyperConnection for Connection {
    fn connected(&self) -> Connected {
        if self.speaks_h2 { Connected::new().negotiated_h2() } else { Connected::new() }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection")
    }
}

/// The one way to reach anything over the network.
///
/// Implementations give up by themselves after a bounded time; the error names no secret.
pub trait Dial: Send + Sync + 'static {
    /// Opens a connection to `to`.
    fn dial(&self, to: &Authority) -> BoxFuture<'static, io::Result<Connection>>;
}

/// The real network: TCP with a connect timeout, and a race over the IPv4 and IPv6 addresses of a name.
#[derive(Debug, Clone)]
pub struct TcpDial {
    connect_timeout: Duration,
}

impl Default for TcpDial {
    fn default() -> Self {
        Self { connect_timeout: Duration::from_secs(5) }
    }
}

impl Dial for TcpDial {
    fn dial(&self, to: &Authority) -> BoxFuture<'static, io::Result<Connection>> {
        let (to, limit) = (to.clone(), self.connect_timeout);
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((to.host.as_str(), to.port)).await?;
            let addresses = race::in_turn(addresses, std::net::SocketAddr::ip);
            if addresses.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, format!("{} has no address", to.host)));
            }
            Ok(Connection::new(race::race(addresses, limit, connect).await?))
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that opens a TCP connection")]
async fn connect(address: std::net::SocketAddr) -> io::Result<tokio::net::TcpStream> {
    let stream = tokio::net::TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
