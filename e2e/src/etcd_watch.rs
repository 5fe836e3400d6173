//! etcd's own watch: every revision of every object from the first one on, as it comes.

use std::collections::VecDeque;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

use crate::LabError;
use crate::history::Happening;

/// What drives a connection, for as long as it is kept.
type Driver = AbortOnDropHandle<hyper::Result<()>>;

/// A watch over everything that the API server keeps.
pub(crate) struct EtcdWatch {
    body: Incoming,
    unread: Vec<u8>,
    ready: VecDeque<Happening>,
    _driver: Driver,
}

impl EtcdWatch {
    /// Watches from the first revision on.
    pub(crate) async fn open(etcd: SocketAddr) -> Result<Self, LabError> {
        let all = json!({"create_request": {"key": STANDARD.encode("/registry/"),
            "range_end": STANDARD.encode("/registry0"), "start_revision": "1"}});
        let (body, driver) = post(etcd, "/v3/watch", &all).await?;
        Ok(Self { body, unread: Vec::new(), ready: VecDeque::new(), _driver: driver })
    }

    /// What happened next.
    pub(crate) async fn next(&mut self) -> Result<Happening, LabError> {
        loop {
            if let Some(next) = self.ready.pop_front() {
                return Ok(next);
            }
            let Some(frame) = self.body.frame().await else { return Err(unexpected("etcd's watch ended")) };
            if let Ok(data) = frame.map_err(|error| broken(&error))?.into_data() {
                self.take(&data)?;
            }
        }
    }

    /// Takes in what came; a line that is not whole yet waits for its end.
    fn take(&mut self, data: &[u8]) -> Result<(), LabError> {
        let mut from = self.unread.len();
        self.unread.extend_from_slice(data);
        let mut taken = 0;
        while let Some(length) = self.unread[from..].iter().position(|byte| *byte == b'\n') {
            let end = from + length;
            let message: Value = serde_json::from_slice(&self.unread[taken..end]).map_err(|error| broken(&error))?;
            for event in message["result"]["events"].as_array().into_iter().flatten() {
                self.ready.push_back(happening(event)?);
            }
            (taken, from) = (end + 1, end + 1);
        }
        self.unread.drain(..taken);
        Ok(())
    }
}

/// The latest revision that etcd has.
pub(crate) async fn latest(etcd: SocketAddr) -> Result<u64, LabError> {
    asked(etcd, "range", &json!({"key": STANDARD.encode("/registry/"), "count_only": true})).await
}

/// Makes etcd forget everything before its latest revision.
pub(crate) async fn compact(etcd: SocketAddr) -> Result<(), LabError> {
    let body = json!({"revision": latest(etcd).await?.to_string(), "physical": true});
    asked(etcd, "compaction", &body).await.map(|_| ())
}

/// The revision at which etcd answered.
async fn asked(etcd: SocketAddr, what: &str, body: &Value) -> Result<u64, LabError> {
    let (answer, _driver) = post(etcd, &format!("/v3/kv/{what}"), body).await?;
    let answer = answer.collect().await.map_err(|error| broken(&error))?.to_bytes();
    let value: Value = serde_json::from_slice(&answer).map_err(|error| unexpected(error.to_string()))?;
    number(&value["header"]["revision"]).ok_or_else(|| unexpected(format!("etcd answered {value}")))
}

/// Sends a request on a connection of its own.
#[expect(clippy::disallowed_methods, reason = "the observer shares no code with what it observes")]
async fn post(etcd: SocketAddr, path: &str, body: &Value) -> Result<(Incoming, Driver), LabError> {
    let connection = TcpStream::connect(etcd).await.map_err(LabError::io("connect to etcd"))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(connection)).await.map_err(|error| broken(&error))?;
    let driver = AbortOnDropHandle::new(tokio::spawn(connection));
    let request = Request::post(path)
        .header(header::HOST, etcd.to_string())
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body.to_string())))
        .map_err(|error| unexpected(error.to_string()))?;
    let answer = sender.send_request(request).await.map_err(|error| broken(&error))?;
    Ok((answer.into_body(), driver))
}

fn broken(error: &dyn std::fmt::Display) -> LabError {
    unexpected(format!("etcd does not answer as it should: {error}"))
}

fn unexpected(what: impl Into<String>) -> LabError {
    LabError::Unexpected(what.into())
}

/// One event. What cannot be read is an error: taken for a deletion, it would hide an object from every law.
fn happening(event: &Value) -> Result<Happening, LabError> {
    let pair = &event["kv"];
    let decoded = |field: &str| pair[field].as_str().and_then(|text| STANDARD.decode(text).ok());
    let key = decoded("key").and_then(|key| String::from_utf8(key).ok());
    let revision = number(&pair["mod_revision"]);
    let (Some(key), Some(revision)) = (key, revision) else {
        return Err(unexpected(format!("etcd told of something without a key or a revision: {event}")));
    };
    let unreadable = |why: &dyn std::fmt::Display| {
        unexpected(format!("{key} is no JSON at revision {revision}: {why}; is it stored as application/json?"))
    };
    let object = match event["type"].as_str() {
        Some("DELETE") => None,
        _ => {
            let value = decoded("value").ok_or_else(|| unreadable(&"it has no value"))?;
            Some(serde_json::from_slice(&value).map_err(|error| unreadable(&error))?)
        }
    };
    Ok(Happening {
        revision,
        created: number(&pair["create_revision"]) == Some(revision),
        object,
        key: key.trim_start_matches("/registry/").to_owned(),
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

    #[test]
    fn an_object_that_cannot_be_read_is_no_deletion() {
        let told = |value: Value| {
            let event =
                json!({"kv": {"key": STANDARD.encode("/registry/pods/a/b"), "mod_revision": "7", "value": value}});
            happening(&event).unwrap_err().to_string()
        };
        for value in [json!(STANDARD.encode(b"k8s\0\x0a")), json!("no base64"), Value::Null] {
            let said = told(value);
            assert!(said.contains("/registry/pods/a/b is no JSON at revision 7"), "{said}");
        }
    }
}
