//! Servers in memory: a dialler whose other ends are closures.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use fluxlift_net::{Authority, Connection, Dial, HttpClient};
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;

type Handler = dyn FnMut(&Request<Bytes>) -> Response<Bytes> + Send;

/// Servers by address; every request that they got is remembered.
#[derive(Clone, Default)]
pub(crate) struct Servers {
    handlers: BTreeMap<Authority, Arc<Mutex<Handler>>>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Servers {
    pub(crate) fn serve(
        mut self,
        at: &str,
        handler: impl FnMut(&Request<Bytes>) -> Response<Bytes> + Send + 'static,
    ) -> Self {
        self.handlers.insert(at.parse().unwrap(), Arc::new(Mutex::new(handler)));
        self
    }

    pub(crate) fn client(&self) -> HttpClient {
        HttpClient::new(Arc::new(self.clone()), None)
    }

    /// The requests so far, as `GET 127.0.0.1:5000/v2/ token` where one was sent along.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

impl Dial for Servers {
    fn dial(&self, to: &Authority) -> BoxFuture<'static, io::Result<Connection>> {
        let (handler, log, to) = (self.handlers.get(to).cloned(), Arc::clone(&self.log), to.clone());
        Box::pin(async move {
            let handler = handler.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionRefused))?;
            let (near, far) = tokio::io::duplex(64 << 10);
            tokio::spawn(async move {
                let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                    let (handler, log, to) = (Arc::clone(&handler), Arc::clone(&log), to.clone());
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await.map(|b| b.to_bytes()).unwrap_or_default();
                        let request = Request::from_parts(head, body);
                        let token = if request.headers().contains_key("authorization") { " with a token" } else { "" };
                        let line = format!("{} {to}{}{token}", request.method(), request.uri());
                        log.lock().unwrap().push(line);
                        let response = (handler.lock().unwrap())(&request);
                        Ok::<_, Infallible>(response.map(Full::new))
                    }
                });
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service).await;
            });
            Ok(Connection::new(near))
        })
    }
}
