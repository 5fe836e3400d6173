//! Responses.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use serde::Serialize;

use crate::kube::Status;
use crate::serve;

/// What every handler gives back.
pub type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// A JSON document.
pub fn json(code: u16, body: &impl Serialize) -> Answer {
    let bytes = serde_json::to_vec(body).unwrap_or_default();
    with_type(code, "application/json", bytes)
}

/// A body of some type.
pub fn with_type(code: u16, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(serve::whole(body));
    *answer.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    answer
}

/// Plain text.
pub fn text(body: impl Into<Bytes>) -> Answer {
    with_type(200, "text/plain; charset=utf-8", body)
}

/// A refusal.
pub fn refusal(status: &Status) -> Answer {
    let mut answer = json(status.code, &status.body());
    if let Some(seconds) = status.details.retry_after_seconds {
        answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
    }
    answer
}
