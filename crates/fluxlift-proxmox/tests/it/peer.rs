//! A Proxmox made of prepared answers, reached through an in-memory dialler over plain HTTP.

use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use fluxlift_net::{Authority, Connection, Dial};
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;

/// What the client sent.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) body: String,
    pub(crate) headers: http::HeaderMap,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

type Answer = dyn Fn(&Seen) -> Response<Bytes> + Send + Sync;

#[derive(Clone)]
pub(crate) struct Peer {
    answer: Arc<Answer>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Peer {
    pub(crate) fn new(answer: impl Fn(&Seen) -> Response<Bytes> + Send + Sync + 'static) -> Self {
        Self { answer: Arc::new(answer), seen: Arc::default() }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }
}

impl Dial for Peer {
    fn dial(&self, _: &Authority) -> BoxFuture<'static, io::Result<Connection>> {
        let peer = self.clone();
        Box::pin(async move {
            let (ours, theirs) = tokio::io::duplex(64 * 1024);
            tokio::spawn(async move {
                let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                    let peer = peer.clone();
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await?.to_bytes();
                        let seen = Seen {
                            line: format!("{} {}", head.method, head.uri),
                            body: String::from_utf8_lossy(&body).into_owned(),
                            headers: head.headers,
                        };
                        peer.seen.lock().unwrap().push(seen.clone());
                        Ok::<_, hyper::Error>((peer.answer)(&seen).map(Full::new))
                    }
                });
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(theirs), service).await;
            });
            Ok(Connection::new(ours))
        })
    }
}

/// An answer with this status and body.
pub(crate) fn answer(status: u16, body: impl Into<String>) -> Response<Bytes> {
    Response::builder().status(status).body(Bytes::from(body.into())).unwrap()
}

/// A good answer with this data.
pub(crate) fn data(data: serde_json::Value) -> Response<Bytes> {
    answer(200, serde_json::json!({ "data": data }).to_string())
}
