//! What an answer says: `data`, or what went wrong.

use std::collections::BTreeMap;

use fluxlift_net::Response;
use serde::Deserialize;
use serde_json::Value;

/// The envelope of every answer.
#[derive(Debug, Default, Deserialize)]
struct Envelope {
    #[serde(default)]
    data: Value,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    errors: Option<BTreeMap<String, Value>>,
}

/// What went wrong, in the server's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The message, in one line.
    pub message: String,
    /// What is wrong with each parameter.
    pub errors: BTreeMap<String, String>,
}

/// The `data` of a good answer.
///
/// # Errors
/// When the body is not JSON.
pub fn data(response: &Response) -> Result<Value, serde_json::Error> {
    serde_json::from_slice::<Envelope>(&response.body).map(|envelope| envelope.data)
}

/// What a bad answer complains of. New servers put the text into the body's `message`, older ones only into the reason
/// phrase of the status line.
pub fn complaint(response: &Response) -> Complaint {
    let envelope = serde_json::from_slice::<Envelope>(&response.body).unwrap_or_default();
    let message = [envelope.message, response.reason.clone()]
        .into_iter()
        .flatten()
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .find(|text| !text.is_empty())
        .unwrap_or_else(|| response.status.canonical_reason().unwrap_or("no message").to_owned());
    let errors = envelope.errors.unwrap_or_default();
    let plain = |value: Value| value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
    Complaint { message, errors: errors.into_iter().map(|(parameter, value)| (parameter, plain(value))).collect() }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn answer(status: u16, reason: Option<&str>, body: &'static str) -> Response {
        Response {
            status: StatusCode::from_u16(status).unwrap(),
            reason: reason.map(str::to_owned),
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    #[test]
    fn the_message_comes_from_the_body_and_else_from_the_reason_phrase() {
        let new = answer(500, Some("VM is locked"), r#"{"data":null,"message":"VM is locked (backup)\n"}"#);
        assert_eq!(complaint(&new).message, "VM is locked (backup)");
        let old = answer(500, Some("VM is locked"), r#"{"data":null}"#);
        assert_eq!(complaint(&old).message, "VM is locked");
        assert_eq!(complaint(&answer(502, None, "<html>")).message, "Bad Gateway");
    }

    #[test]
    fn each_refused_parameter_is_named() {
        let body = r#"{"data":null,"message":"Parameter verification failed.\n","errors":{"vmid":"type check ('integer') failed\n"}}"#;
        let complaint = complaint(&answer(400, None, body));
        assert_eq!(complaint.message, "Parameter verification failed.");
        assert_eq!(complaint.errors["vmid"], "type check ('integer') failed");
    }
}
