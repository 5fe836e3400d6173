//! Serving HTTP on an address.

use std::future::Future;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Collected, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use crate::LabError;

/// Answers requests at `address` until the handle is dropped. Bodies come whole, chunked or not.
pub(crate) async fn serve<F, Fut>(address: SocketAddr, answer: F) -> Result<AbortOnDropHandle<()>, LabError>
where
    F: Fn(Request<Bytes>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Response<Bytes>> + Send + 'static,
{
    let listener = TcpListener::bind(address).await.map_err(LabError::io(format!("listen on {address}")))?;
    Ok(AbortOnDropHandle::new(tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            connections.spawn(async move {
                let service = hyper::service::service_fn(move |request: Request<Incoming>| {
                    let answer = answer.clone();
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await.map(Collected::to_bytes)?;
                        Ok::<_, hyper::Error>(answer(Request::from_parts(head, body)).await.map(Full::new))
                    }
                });
                let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                // A client that goes away in the middle is no concern of the server.
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
            while connections.try_join_next().is_some() {}
        }
    })))
}
