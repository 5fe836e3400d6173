//! Requests as they are written, and answers as they come.

use std::collections::BTreeMap;
use std::time::Duration;

use fluxlift_e2e::likeness::script::{Ask, as_sent, filled};
use http::{HeaderMap, Request, Response, header};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use serde_json::{Map, Value, json};

use crate::bench::Broken;

/// The headers of an answer that a client may go by.
const HEADERS: [&str; 5] = ["content-type", "cache-control", "retry-after", "warning", "allow"];
/// Who asks, where the step does not say.
const AGENT: &str = "likeness/1.0";
/// A stream that is silent for so long does not end by itself.
const SILENCE: Duration = Duration::from_secs(15);
/// A header of the language alone: ask as the bearer of this token, or as nobody.
const BEARER: &str = "bearer";

/// Clients of one server.
#[derive(Clone)]
pub(super) struct Exchange {
    /// The administrator.
    pub(super) administrator: Client,
    /// Somebody without a name.
    pub(super) nobody: Client,
}

impl Exchange {
    /// The answer to `ask`.
    pub(super) async fn ask(&self, ask: &Ask, words: &BTreeMap<String, String>) -> Result<Value, Broken> {
        let mut request = Request::builder().method(ask.method).uri(filled(&ask.path, words));
        let mut client = &self.administrator;
        for (name, value) in &ask.headers {
            let value = filled(value, words);
            if name != BEARER {
                request = request.header(name, value);
                continue;
            }
            client = &self.nobody;
            if !value.is_empty() {
                request = request.header(header::AUTHORIZATION, format!("Bearer {value}"));
            }
        }
        if !ask.headers.contains_key("user-agent") {
            request = request.header(header::USER_AGENT, AGENT);
        }
        let body = as_sent(&filled(&ask.body, words)).map_err(Broken)?;
        let request = request.body(Body::from(body.into_bytes())).map_err(|error| Broken(error.to_string()))?;
        let answer = match client.send(request).await {
            Ok(answer) => answer,
            Err(error) => return Ok(json!({"no answer": error.to_string()})),
        };
        let (mut told, body) = head(answer);
        told["body"] = match body.collect().await {
            Ok(body) => readable(&body.to_bytes()),
            Err(error) => json!({"broken off": error.to_string()}),
        };
        Ok(told)
    }

    /// The first events of a watch; fewer when it ends before.
    pub(super) async fn watch(&self, path: &str, accept: Option<&str>, events: usize) -> Result<Value, Broken> {
        let request = Request::get(path)
            .header(header::USER_AGENT, AGENT)
            .header(header::ACCEPT, accept.unwrap_or("application/json"))
            .body(Body::empty())
            .map_err(|error| Broken(error.to_string()))?;
        let answer = match self.administrator.send(request).await {
            Ok(answer) => answer,
            Err(error) => return Ok(json!({"no answer": error.to_string()})),
        };
        let (mut told, mut body) = head(answer);
        if told["code"] != 200 {
            told["body"] = body.collect().await.map_or(Value::Null, |body| readable(&body.to_bytes()));
            return Ok(told);
        }
        let mut read = Vec::new();
        let lines = |read: &[u8]| read.iter().filter(|byte| **byte == b'\n').count();
        while lines(&read) < events
            && let Ok(Some(Ok(frame))) = tokio::time::timeout(SILENCE, body.frame()).await
        {
            read.extend(frame.into_data().unwrap_or_default());
        }
        let text = String::from_utf8_lossy(&read);
        told["body"] = text.lines().take(events).map(|line| readable(line.as_bytes())).collect();
        Ok(told)
    }
}

/// The code and the headers of an answer, and its body.
fn head(answer: Response<Body>) -> (Value, Body) {
    let (head, body) = answer.into_parts();
    (json!({"code": head.status.as_u16(), "headers": headers(&head.headers)}), body)
}

fn headers(all: &HeaderMap) -> Map<String, Value> {
    let told = HEADERS.iter().filter(|name| all.contains_key(**name));
    told.map(|name| {
        let values: Vec<_> = all.get_all(*name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        ((*name).to_owned(), json!(values.join("; ")))
    })
    .collect()
}

fn readable(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(bytes)))
}
