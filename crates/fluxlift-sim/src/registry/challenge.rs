//! Tokens: a registry that first sends its clients elsewhere.

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::respond::json_response;

/// What clients must bring before they may read: a token, which anybody gets at [`Challenge::PATH`] of the same server.
/// It guards nothing; it is there so that clients go the way that public registries send them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Where tokens are given out, as clients see it: `http://127.101.0.3:5000/token`.
    pub realm: String,
    /// The service that tokens are for.
    pub service: String,
    /// The token that is given to everybody who asks for the right scope.
    pub token: String,
}

impl Challenge {
    /// Where tokens are given out.
    pub const PATH: &'static str = "/token";

    /// Whether the request brings the token.
    pub(super) fn is_met(&self, request: &Request<Bytes>) -> bool {
        let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        given.and_then(|value| value.strip_prefix("Bearer ")) == Some(self.token.as_str())
    }

    /// The answer to a request without the token.
    pub(super) fn refuse(&self, repository: Option<&str>) -> Response<Bytes> {
        let errors =
            json!({ "errors": [{ "code": "UNAUTHORIZED", "message": "authentication required", "detail": null }] });
        let mut response = json_response(StatusCode::UNAUTHORIZED, &errors);
        let mut value = format!(r#"Bearer realm="{}",service="{}""#, self.realm, self.service);
        if let Some(repository) = repository {
            value.push_str(&format!(r#",scope="repository:{repository}:pull""#));
        }
        if let Ok(value) = value.try_into() {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }

    /// Gives a token to whoever names the service and a scope to pull.
    pub(super) fn give(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let query = request.uri().query().unwrap_or_default();
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
        let asked = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref());
        let right = asked("service") == Some(self.service.as_str())
            && asked("scope").is_some_and(|scope| scope.starts_with("repository:") && scope.ends_with(":pull"));
        if right {
            json_response(StatusCode::OK, &json!({ "token": self.token, "expires_in": 300 }))
        } else {
            let errors = json!({ "errors": [{ "code": "DENIED", "message": "the token would be for nothing", "detail": null }] });
            json_response(StatusCode::FORBIDDEN, &errors)
        }
    }
}
