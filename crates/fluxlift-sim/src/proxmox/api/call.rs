//! One call: who, what, with which parameters; and which part answers it.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request, Response, header};
use serde_json::Value;

use crate::World;
use crate::proxmox::auth::{self, Caller};
use crate::proxmox::fault::Strike;
use crate::proxmox::reply::{self, Refusal, Reply};

/// A call that was let in.
pub struct Call<'w> {
    /// The world that it acts on.
    pub world: &'w mut World,
    /// Who calls.
    pub caller: Caller,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
}

impl World {
    /// Answers one request to the Proxmox API; `None` when a fault cuts the connection.
    pub fn answer_proxmox(&mut self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let reply = match self.proxmox.strike(request.method().as_str(), request.uri().path()) {
            Some(Strike::Unheard) => return None,
            Some(Strike::Unanswered) => {
                let _ = self.reply_to(request);
                return None;
            }
            Some(Strike::Refused(refusal)) => Err(refusal),
            None => self.reply_to(request),
        };
        Some(reply::response(reply))
    }

    fn reply_to(&mut self, request: &Request<Bytes>) -> Reply {
        let Some(path) = request.uri().path().strip_prefix("/api2/json/") else {
            return Err(Refusal::new(404, "File not found"));
        };
        let segments: Vec<String> = path.split('/').filter(|s| !s.is_empty()).map(unescaped).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let parameters = parameters(request)?;
        if segments == ["access", "ticket"] && request.method() == Method::POST {
            return auth::log_in(&parameters, self.now);
        }
        let caller = auth::caller(request.method(), request.headers(), self.now)?;
        Call { world: self, caller, parameters }.answer(request.method(), &segments)
    }
}

impl Call<'_> {
    fn answer(mut self, method: &Method, path: &[&str]) -> Reply {
        match (method.as_str(), path) {
            ("GET", ["version"]) => self.version(),
            ("GET", ["access", "permissions"]) => self.permissions(),
            ("GET", ["cluster", "nextid"]) => self.next_id(),
            ("GET", ["cluster", "resources"]) => self.resources(),
            ("GET", ["nodes"]) => self.hosts(),
            (_, ["nodes", host, rest @ ..]) => {
                self.host_is_there(host)?;
                self.on_host(method.as_str(), host, rest)
            }
            _ => Err(not_implemented(method.as_str(), path)),
        }
    }

    fn on_host(&mut self, method: &str, host: &str, path: &[&str]) -> Reply {
        match (method, path) {
            ("GET", ["qemu"]) => self.machines(host),
            ("POST", ["qemu"]) => self.create(host),
            ("DELETE", ["qemu", id]) => self.destroy(host, number(id)?),
            ("GET", ["qemu", id, "config"]) => self.config(host, number(id)?),
            ("PUT", ["qemu", id, "config"]) => self.configure(host, number(id)?),
            ("POST", ["qemu", id, "config"]) => self.configure_later(host, number(id)?),
            ("GET", ["qemu", id, "pending"]) => self.pending(host, number(id)?),
            ("PUT", ["qemu", id, "resize"]) => self.resize(host, number(id)?),
            ("GET", ["qemu", id, "status", "current"]) => self.status(host, number(id)?),
            ("POST", ["qemu", id, "status", act]) => self.power(host, number(id)?, act),
            ("GET", ["qemu", id, "agent", _]) => self.agent(host, number(id)?),
            ("GET", ["storage"]) => self.storages(),
            ("GET", ["storage", storage, "status"]) => self.storage_status(storage),
            ("GET", ["storage", storage, "content"]) => self.content(storage),
            ("POST", ["storage", storage, "download-url"]) => self.download(host, storage),
            ("GET", ["tasks", upid, "status"]) => self.task_status(upid),
            ("GET", ["tasks", upid, "log"]) => self.task_log(upid),
            _ => Err(not_implemented(method, &[&["nodes", host], path].concat())),
        }
    }

    /// The parameter `name`.
    ///
    /// # Errors
    /// 400 when it is missing.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        let value = self.parameters.get(name).map(String::as_str);
        value.ok_or_else(|| Refusal::parameter(name, "property is missing and it is not optional"))
    }
}

fn not_implemented(method: &str, path: &[&str]) -> Refusal {
    Refusal::new(501, format!("Method '{method} /{}' not implemented", path.join("/")))
}

pub(crate) fn number(text: &str) -> Result<u32, Refusal> {
    let number = text.parse().ok().filter(|n| (100..=999_999_999).contains(n));
    number.ok_or_else(|| Refusal::parameter("vmid", "value does not look like a valid VM ID"))
}

/// Parameters come in the query, in a form or as JSON.
fn parameters(request: &Request<Bytes>) -> Result<BTreeMap<String, String>, Refusal> {
    let mut found: BTreeMap<String, String> = pairs(request.uri().query().unwrap_or_default().as_bytes());
    let json = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if json {
        let body: BTreeMap<String, Value> =
            serde_json::from_slice(request.body()).map_err(|_| Refusal::new(400, "unable to parse the body"))?;
        let text = |value: Value| match value {
            Value::String(text) => text,
            Value::Bool(flag) => u8::from(flag).to_string(),
            other => other.to_string(),
        };
        found.extend(body.into_iter().map(|(key, value)| (key, text(value))));
    } else {
        found.extend(pairs(request.body()));
    }
    Ok(found)
}

fn pairs(text: &[u8]) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text).into_owned().collect()
}

/// A path segment without its percent escapes; a plus sign stays what it is.
fn unescaped(segment: &str) -> String {
    let plus = segment.replace('+', "%2B");
    pairs(format!("x={}", plus.replace('=', "%3D").replace('&', "%26")).as_bytes()).remove("x").unwrap_or_default()
}
