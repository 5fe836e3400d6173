//! Opening a connection and making calls through it.

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fluxlift_net::Authority;
use hyper_util::rt::TokioIo;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_prost::ProstCodec;

use super::overheard::{LastWords, Overheard};
use super::{Access, Identity, TalosError};
use crate::proto::machine::Reply;
use crate::proto::rpc::Rpc;

/// The most that a message may hold, as in Talos.
const LIMIT: usize = 32 << 20;

/// A connection to one machine's API.
#[derive(Debug, Clone)]
pub struct TalosClient {
    grpc: Grpc<Channel>,
    to: Authority,
    patience: Duration,
    words: LastWords,
}

impl TalosClient {
    /// Connects to the machine at `to`, meeting it as `identity` says.
    ///
    /// # Errors
    /// When it cannot be reached, is not the one that is believed, or our certificates cannot be used. A server that
    /// does not believe us says so with the first call.
    pub async fn connect(access: &Access, to: &Authority, identity: Identity<'_>) -> Result<Self, TalosError> {
        let material = |source| TalosError::Material { to: to.clone(), source };
        let tls = identity.tls(Arc::clone(&access.clock)).map_err(material)?;
        let open = async {
            let raw = access.dial.dial(to).await?;
            tls.handshake(to, raw).await
        };
        let connection = within(access.patience, to, "connect", open).await?.map_err(|e| TalosError::of_io(to, e))?;
        let (connection, words) = Overheard::new(connection);
        let channel = channel(to, connection, access.patience).await?;
        let grpc = Grpc::new(channel).max_decoding_message_size(LIMIT).max_encoding_message_size(LIMIT);
        Ok(Self { grpc, to: to.clone(), patience: access.patience, words })
    }

    /// The machine.
    pub const fn to(&self) -> &Authority {
        &self.to
    }

    /// Makes a call that is answered once.
    pub(super) async fn unary<R: Rpc>(&self, request: R::Request) -> Result<R::Reply, TalosError> {
        let call = name::<R>();
        let mut grpc = self.grpc.clone();
        let exchange = async {
            grpc.ready().await.map_err(unready)?;
            let codec = ProstCodec::<R::Request, R::Reply>::default();
            grpc.unary(self.request(request), PathAndQuery::from_static(R::PATH), codec).await
        };
        let answer = within(self.patience, &self.to, call, exchange).await?;
        answer.map(tonic::Response::into_inner).map_err(|status| self.failed(call, &status))
    }

    /// Makes a call that is answered once by the machine itself, and looks for the error that may hide in the answer.
    pub(super) async fn one<R: Rpc>(&self, request: R::Request) -> Result<<R::Reply as Reply>::Message, TalosError>
    where
        R::Reply: Reply,
    {
        let call = name::<R>();
        let messages = self.unary::<R>(request).await?.into_messages();
        let first = messages.into_iter().next();
        let message = first.ok_or_else(|| TalosError::Empty { to: self.to.clone(), call, what: "any message" })?;
        match R::Reply::metadata(&message) {
            Some(metadata) if !metadata.error.is_empty() => {
                let code = metadata.status.as_ref().map_or(tonic::Code::Unknown, |s| tonic::Code::from_i32(s.code));
                Err(TalosError::answer(self.to.clone(), call, code, &metadata.error))
            }
            _ => Ok(message),
        }
    }

    /// Makes a call that is answered by a stream, and hands each piece to `take` until it says that it has enough.
    pub(super) async fn stream<R: Rpc>(
        &self,
        request: R::Request,
        mut take: impl FnMut(R::Reply) -> bool + Send,
    ) -> Result<(), TalosError> {
        let call = name::<R>();
        let mut grpc = self.grpc.clone();
        let exchange = async {
            grpc.ready().await.map_err(unready)?;
            let codec = ProstCodec::<R::Request, R::Reply>::default();
            let path = PathAndQuery::from_static(R::PATH);
            let mut pieces = grpc.server_streaming(self.request(request), path, codec).await?.into_inner();
            while let Some(piece) = pieces.message().await? {
                if take(piece) {
                    break;
                }
            }
            Ok::<(), Status>(())
        };
        let answer = within(self.patience, &self.to, call, exchange).await?;
        answer.map_err(|status| self.failed(call, &status))
    }

    fn failed(&self, call: &'static str, status: &Status) -> TalosError {
        TalosError::of_status(&self.to, call, status, self.words.get())
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(self.patience);
        request
    }
}

/// The last part of a call's path.
fn name<R: Rpc>() -> &'static str {
    R::PATH.rsplit('/').next().unwrap_or(R::PATH)
}

fn unready(error: tonic::transport::Error) -> Status {
    Status::from_error(Box::new(error))
}

async fn within<F: Future>(
    limit: Duration,
    to: &Authority,
    call: &'static str,
    work: F,
) -> Result<F::Output, TalosError> {
    tokio::time::timeout(limit, work).await.map_err(|_| TalosError::TimedOut { to: to.clone(), call, limit })
}

/// A channel over one open connection. A second one is refused: what broke must be seen, not papered over.
async fn channel(to: &Authority, connection: Overheard, patience: Duration) -> Result<Channel, TalosError> {
    let broken = || TalosError::Broken { to: to.clone(), call: "connect" };
    // TLS is done already, so tonic is told that there is none.
    let endpoint = Endpoint::from_shared(format!("http://{to}")).map_err(|_| broken())?;
    let only = Arc::new(Mutex::new(Some(connection)));
    let connector = tower::service_fn(move |_| {
        let taken = only.lock().unwrap_or_else(PoisonError::into_inner).take();
        std::future::ready(taken.map(TokioIo::new).ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected)))
    });
    let open = endpoint.connect_with_connector(connector);
    within(patience, to, "connect", open).await?.map_err(|_| broken())
}
