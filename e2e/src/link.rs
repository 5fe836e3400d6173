//! A stretch of network between two programs, which can be good, slow, silent or cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fluxlift_net::{Authority, Connection, Dial as _, TcpDial};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, split};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use crate::LabError;
use crate::patience::pass;

/// How a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Bytes pass.
    Good,
    /// Each read passes after a while.
    Slow(Duration),
    /// Connections are accepted, and nothing ever comes.
    Silent,
    /// Nobody listens, and open connections end.
    Cut,
}

/// Where a connection goes: asked anew for each.
pub type Target = Arc<dyn Fn() -> Option<SocketAddr> + Send + Sync>;

/// Listens on an address and passes connections on.
#[derive(Debug)]
pub struct Link {
    condition: watch::Sender<Condition>,
    address: SocketAddr,
    _task: AbortOnDropHandle<()>,
}

impl Link {
    /// A good link from `address` to wherever `target` says.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn open(address: SocketAddr, target: Target) -> Result<Self, LabError> {
        let listener = TcpListener::bind(address).await.map_err(LabError::io(format!("listen on {address}")))?;
        let (condition, seen) = watch::channel(Condition::Good);
        let task = AbortOnDropHandle::new(tokio::spawn(serve(Some(listener), address, target, seen)));
        Ok(Self { condition, address, _task: task })
    }

    /// A good link to one address.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn between(address: SocketAddr, target: SocketAddr) -> Result<Self, LabError> {
        Self::open(address, Arc::new(move || Some(target))).await
    }

    /// Makes it so, for open connections too.
    pub fn set(&self, condition: Condition) {
        self.condition.send_replace(condition);
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn serve(
    mut listener: Option<TcpListener>,
    address: SocketAddr,
    target: Target,
    mut condition: watch::Receiver<Condition>,
) {
    let mut connections = JoinSet::new();
    loop {
        let cut = *condition.borrow_and_update() == Condition::Cut;
        if cut {
            listener = None;
            connections.abort_all();
        } else if listener.is_none() {
            // The port may be taken for a moment by a connection that ends.
            listener = TcpListener::bind(address).await.ok();
        }
        tokio::select! {
            changed = condition.changed() => if changed.is_err() { return },
            accepted = accept(listener.as_ref()), if !cut => {
                if let Some(stream) = accepted {
                    connections.spawn(join(Connection::new(stream), Arc::clone(&target), condition.clone()));
                }
            }
            _ = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> Option<tokio::net::TcpStream> {
    let Some(listener) = listener else {
        pass(Duration::from_millis(50)).await;
        return None;
    };
    let (stream, _) = listener.accept().await.ok()?;
    // A connection that is slow is still a connection.
    let _ = stream.set_nodelay(true);
    Some(stream)
}

/// Joins a connection with its target until either side ends.
async fn join(near: Connection, target: Target, condition: watch::Receiver<Condition>) {
    let Some(target) = target() else { return };
    let Ok(far) = TcpDial::default().dial(&Authority::new(target.ip().to_string(), target.port())).await else {
        return;
    };
    let ((near_read, near_write), (far_read, far_write)) = (split(near), split(far));
    tokio::join!(pump(near_read, far_write, condition.clone()), pump(far_read, near_write, condition));
}

async fn pump(
    mut from: impl tokio::io::AsyncRead + Unpin,
    mut to: impl tokio::io::AsyncWrite + Unpin,
    mut condition: watch::Receiver<Condition>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let passing = condition.wait_for(|condition| *condition != Condition::Silent).await.map(|condition| *condition);
        match passing {
            Ok(Condition::Slow(delay)) => pass(delay).await,
            Ok(Condition::Good) => {}
            _ => break,
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    // The other side may be gone already.
    let _ = to.shutdown().await;
}

// Other systems have one loopback address, not a network of them.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::subnet::Subnet;

    async fn echo(address: SocketAddr) -> AbortOnDropHandle<()> {
        let listener = TcpListener::bind(address).await.unwrap();
        AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (mut read, mut write) = stream.split();
                let _ = tokio::io::copy(&mut read, &mut write).await;
            }
        }))
    }

    async fn ask(address: SocketAddr) -> Option<[u8; 2]> {
        let to = Authority::new(address.ip().to_string(), address.port());
        let mut stream = TcpDial::default().dial(&to).await.ok()?;
        stream.write_all(b"hi").await.ok()?;
        let mut answer = [0; 2];
        stream.read_exact(&mut answer).await.ok()?;
        Some(answer)
    }

    #[tokio::test]
    async fn a_link_that_is_cut_refuses_and_one_that_is_mended_passes_again() {
        let subnet = Subnet::claim().unwrap();
        let _echo = echo(subnet.socket(2, 7000)).await;
        let link = Link::between(subnet.socket(1, 7000), subnet.socket(2, 7000)).await.unwrap();
        assert_eq!(ask(link.address()).await.as_ref(), Some(b"hi"));
        link.set(Condition::Cut);
        // The task of the link has to see it first.
        while ask(link.address()).await.is_some() {}
        link.set(Condition::Good);
        while ask(link.address()).await.is_none() {}
    }
}
