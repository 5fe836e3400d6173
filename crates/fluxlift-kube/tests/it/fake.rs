//! A server of scripted answers behind an in-memory dialler.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use fluxlift_core::{Clock, Timestamp};
use fluxlift_gate::TokioClock;
use fluxlift_kube::{Cluster, Kubeconfig};
use fluxlift_net::{Authority, Connection, Dial};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _};
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;
type Script = dyn FnMut(&Asked) -> Response<Body> + Send;

/// One request, as the script sees it.
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn is_watch(&self) -> bool {
        self.query.contains("watch=true")
    }

    pub(crate) fn is_identity(&self) -> bool {
        self.path == "/api/v1/namespaces/kube-system"
    }
}

/// The server: a script, and a record of what was asked.
#[derive(Clone)]
pub(crate) struct Fake {
    script: Arc<Mutex<Script>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    pub(crate) fn new(script: impl FnMut(&Asked) -> Response<Body> + Send + 'static) -> Self {
        Self { script: Arc::new(Mutex::new(script)), asked: Arc::default() }
    }

    /// The requests so far, as `GET /path?query`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn cluster(&self) -> Cluster {
        let text = "{current-context: a, contexts: [{name: a, context: {cluster: a}}], \
                    clusters: [{name: a, cluster: {server: 'http://10.0.0.1:8080'}}]}";
        let kubeconfig = Kubeconfig::from_text(text, None, None).unwrap();
        Cluster::connect(&kubeconfig, Arc::new(self.clone()), clock(), 7).unwrap()
    }
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(TokioClock::starting_at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap()))
}

impl Dial for Fake {
    fn dial(&self, _: &Authority) -> BoxFuture<'static, io::Result<Connection>> {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let fake = self.clone();
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let fake = fake.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                let asked = Asked {
                    method: head.method.to_string(),
                    path: head.uri.path().to_owned(),
                    query: head.uri.query().unwrap_or_default().to_owned(),
                    body: serde_json::from_slice(&body).unwrap_or_default(),
                };
                fake.asked.lock().unwrap().push(format!("{} {}", asked.method, head.uri));
                Ok::<_, Infallible>((fake.script.lock().unwrap())(&asked))
            }
        });
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(theirs), service));
        Box::pin(async move { Ok(Connection::new(ours)) })
    }
}

pub(crate) fn answer(code: u16, body: &Value) -> Response<Body> {
    Response::builder()
        .status(code)
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_string())).boxed_unsync())
        .unwrap()
}

pub(crate) fn refusal(code: u16, reason: &str) -> Response<Body> {
    refusal_saying(code, reason, &format!("the server says {reason}"))
}

pub(crate) fn refusal_saying(code: u16, reason: &str, message: &str) -> Response<Body> {
    answer(
        code,
        &json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
        "message": message}),
    )
}

/// What a server says where none of its handlers is at home.
pub(crate) fn plain(code: u16, text: &'static str) -> Response<Body> {
    let body = Full::new(Bytes::from_static(text.as_bytes())).boxed_unsync();
    Response::builder().status(code).header("content-type", "text/plain").body(body).unwrap()
}

pub(crate) fn identity(uid: &str) -> Response<Body> {
    answer(200, &json!({"kind": "Namespace", "metadata": {"name": "kube-system", "uid": uid}}))
}

/// A list with one Secret whose label says `color`.
pub(crate) fn list(version: u64, color: &str) -> Response<Body> {
    answer(
        200,
        &json!({"kind": "SecretList", "metadata": {"resourceVersion": version.to_string()},
        "items": [secret(version, color)]}),
    )
}

pub(crate) fn secret(version: u64, color: &str) -> Value {
    json!({"metadata": {"name": "s", "namespace": "n", "uid": "u", "resourceVersion": version.to_string(),
        "labels": {"color": color}}})
}

/// A watch that sends `lines` and then ends, or stays open.
pub(crate) fn watch(lines: Vec<String>, stays_open: bool) -> Response<Body> {
    let frames = stream::iter(lines).map(|line| Ok::<_, Infallible>(Frame::data(Bytes::from(line))));
    let body = if stays_open {
        StreamBody::new(frames.chain(stream::pending())).boxed_unsync()
    } else {
        StreamBody::new(frames).boxed_unsync()
    };
    Response::new(body)
}

pub(crate) fn event(kind: &str, object: &Value) -> String {
    format!("{}\n", json!({"type": kind, "object": object}))
}
