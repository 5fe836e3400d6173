//! Answers in Proxmox's envelope.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde_json::{Value, json};

/// The data of an answer, or a refusal.
pub type Reply = Result<Value, Refusal>;

/// A refusal in the server's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// The text of the body and of the status line.
    pub message: String,
    /// What is wrong with each parameter.
    pub errors: BTreeMap<String, String>,
}

impl Refusal {
    /// A refusal with this status and text.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: BTreeMap::new() }
    }

    /// 500: what Proxmox answers to every plain failure.
    pub fn died(message: impl Into<String>) -> Self {
        Self::new(500, message)
    }

    /// 400 for one parameter.
    pub fn parameter(name: &str, error: impl Into<String>) -> Self {
        Self::parameters([(name.to_owned(), error.into())].into())
    }

    /// 400 for several parameters.
    pub fn parameters(errors: BTreeMap<String, String>) -> Self {
        Self { errors, ..Self::new(400, "Parameter verification failed.") }
    }
}

/// The answer as it goes over the wire. The text stands in the status line as well, for HTTP/1.1.
pub fn response(reply: Reply) -> Response<Bytes> {
    let (status, body, reason) = match reply {
        Ok(data) => (200, json!({ "data": data }), None),
        Err(Refusal { status, message, errors }) => {
            let mut body = json!({ "data": null, "message": format!("{message}\n") });
            if !errors.is_empty() {
                body["errors"] = json!(errors);
            }
            (status, body, Some(message))
        }
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = header::HeaderValue::from_static("application/json;charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    let reason = reason.and_then(|text| hyper::ext::ReasonPhrase::try_from(text.into_bytes()).ok());
    response.extensions_mut().extend(
        reason
            .map(|reason| {
                let mut extensions = http::Extensions::new();
                extensions.insert(reason);
                extensions
            })
            .unwrap_or_default(),
    );
    response
}
