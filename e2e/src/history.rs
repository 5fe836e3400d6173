//! Everything that happened, read from etcd's own history: every revision of every object, in order.
//!
//! The API server keeps each object under `/registry/<group>/<plural>/<namespace>/<name>`, as JSON. etcd's revision is the
//! object's resourceVersion, and the one order that everybody agrees on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use fluxlift_net::{Authority, Dial as _, HttpClient, TcpDial};
use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;

use crate::LabError;

/// How long reading all of it may take.
const LIMIT: Duration = Duration::from_secs(60);

/// What happened to one object at one revision.
#[derive(Debug, Clone)]
pub struct Happening {
    /// etcd's revision, which is the resourceVersion.
    pub revision: u64,
    /// The key below `/registry/`.
    pub key: String,
    /// Whether this revision created it.
    pub created: bool,
    /// The object; `None` where it was deleted.
    pub object: Option<Value>,
}

/// All that happened, in order.
#[derive(Debug, Clone, Default)]
pub struct History {
    happenings: Vec<Happening>,
}

impl History {
    /// Reads it from the first revision to the latest.
    ///
    /// # Errors
    /// When etcd does not answer, or not as it should.
    pub async fn read(etcd: SocketAddr) -> Result<Self, LabError> {
        let latest = latest(etcd).await?;
        let read = tokio::time::timeout(LIMIT, watched(etcd, latest)).await;
        let happenings = read.map_err(|_| unexpected("etcd's history did not come to its end in time"))??;
        Ok(Self { happenings })
    }

    /// What happened to objects whose key starts with `prefix`, such as `helm.toolkit.fluxcd.io/helmreleases/`.
    pub fn of<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Happening> {
        self.happenings.iter().filter(move |happening| happening.key.starts_with(prefix))
    }

    /// How many revisions there are.
    pub fn len(&self) -> usize {
        self.happenings.len()
    }

    /// Whether nothing ever happened.
    pub fn is_empty(&self) -> bool {
        self.happenings.is_empty()
    }
}

impl Happening {
    /// The value at a JSON pointer, as text.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.object.as_ref()?.pointer(pointer)?.as_str()
    }

    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.object.as_ref()?.pointer("/metadata/labels")?.get(name)?.as_str()
    }

    /// The value of an annotation.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.object.as_ref()?.pointer("/metadata/annotations")?.get(name)?.as_str()
    }
}

fn unexpected(what: impl Into<String>) -> LabError {
    LabError::Unexpected(what.into())
}

async fn latest(etcd: SocketAddr) -> Result<u64, LabError> {
    let body = json!({"key": STANDARD.encode("/registry/"), "count_only": true}).to_string();
    let request = Request::post(format!("http://{etcd}/v3/kv/range"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Bytes::from(body))
        .map_err(|error| unexpected(error.to_string()))?;
    let answer = HttpClient::new(Arc::new(TcpDial::default()), None).send(request).await;
    let answer = answer.map_err(|error| unexpected(error.to_string()))?;
    let value: Value = serde_json::from_slice(&answer.body).map_err(|error| unexpected(error.to_string()))?;
    number(&value["header"]["revision"]).ok_or_else(|| unexpected(format!("etcd answered {value}")))
}

/// Watches from the first revision on and stops at `latest`.
async fn watched(etcd: SocketAddr, latest: u64) -> Result<Vec<Happening>, LabError> {
    let to = Authority::new(etcd.ip().to_string(), etcd.port());
    let connection = TcpDial::default().dial(&to).await.map_err(LabError::io("connect to etcd"))?;
    let broken = |error: &dyn std::fmt::Display| unexpected(format!("etcd's watch broke: {error}"));
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(connection)).await.map_err(|error| broken(&error))?;
    let _driver = AbortOnDropHandle::new(tokio::spawn(connection));
    let all = json!({"create_request": {"key": STANDARD.encode("/registry/"), "range_end": STANDARD.encode("/registry0"),
        "start_revision": "1"}});
    let request = Request::post("/v3/watch")
        .header(header::HOST, etcd.to_string())
        .body(Full::new(Bytes::from(all.to_string())))
        .map_err(|error| unexpected(error.to_string()))?;
    let mut body = sender.send_request(request).await.map_err(|error| broken(&error))?.into_body();
    let (mut happenings, mut pending) = (Vec::new(), Vec::new());
    loop {
        let Some(frame) = body.frame().await else { return Err(unexpected("etcd's watch ended too early")) };
        if let Ok(data) = frame.map_err(|error| broken(&error))?.into_data() {
            pending.extend_from_slice(&data);
        }
        while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=end).collect();
            let message: Value = serde_json::from_slice(&line).map_err(|error| broken(&error))?;
            happenings.extend(message["result"]["events"].as_array().into_iter().flatten().filter_map(happening));
        }
        if happenings.last().is_some_and(|last: &Happening| last.revision >= latest) {
            return Ok(happenings);
        }
    }
}

/// One event; keys of ours only.
fn happening(event: &Value) -> Option<Happening> {
    let pair = &event["kv"];
    let key = STANDARD.decode(pair["key"].as_str()?).ok()?;
    let revision = number(&pair["mod_revision"])?;
    let object = pair["value"].as_str().and_then(|value| STANDARD.decode(value).ok());
    Some(Happening {
        revision,
        key: String::from_utf8(key).ok()?.trim_start_matches("/registry/").to_owned(),
        created: number(&pair["create_revision"]) == Some(revision),
        object: object.and_then(|value| serde_json::from_slice(&value).ok()),
    })
}

/// etcd's gateway writes 64-bit numbers as text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_with_its_revision_its_key_and_its_object() {
        let value = STANDARD.encode(r#"{"metadata":{"labels":{"a":"b"}}}"#);
        let event = json!({"kv": {"key": STANDARD.encode("/registry/pods/a/b"), "create_revision": "7",
            "mod_revision": "7", "value": value}});
        let happening = happening(&event).unwrap();
        assert_eq!((happening.revision, happening.key.as_str(), happening.created), (7, "pods/a/b", true));
        assert_eq!(happening.label("a"), Some("b"));
        let gone = json!({"type": "DELETE", "kv": {"key": STANDARD.encode("/registry/x"), "mod_revision": "9"}});
        assert!(super::happening(&gone).unwrap().object.is_none());
    }
}
