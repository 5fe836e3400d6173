//! Requests and answers of the distribution protocol, read side.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Value, json};

use super::digest::sha256;
use super::store::Repository;
use super::{Challenge, Registry};

/// How many tags a page has when the client does not say.
const PAGE: usize = 100;

/// Why a request has no good answer.
struct Refusal(StatusCode, &'static str, String);

/// What a path below `/v2/` asks for.
enum Asked<'a> {
    Manifest(&'a str),
    Blob(&'a str),
    Tags,
}

impl Registry {
    /// Answers one request. Only reading is served; `HEAD` gives the headers of `GET`.
    pub fn handle(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        let answer = match *request.method() {
            Method::GET | Method::HEAD => self.read(request),
            _ => Err(Refusal(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "this registry is read-only".to_owned())),
        };
        let mut response = answer.unwrap_or_else(|Refusal(status, code, message)| {
            json_response(status, &json!({ "errors": [{ "code": code, "message": message, "detail": null }] }))
        });
        response.headers_mut().insert("docker-distribution-api-version", HeaderValue::from_static("registry/2.0"));
        if *request.method() == Method::HEAD {
            *response.body_mut() = Bytes::new();
        }
        response
    }

    fn read(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
        let path = request.uri().path();
        let parsed = path.strip_prefix("/v2/").and_then(parse);
        if let Some(challenge) = self.challenge() {
            if path == Challenge::PATH {
                return Ok(challenge.give(request));
            }
            if !challenge.is_met(request) {
                return Ok(challenge.refuse(parsed.as_ref().map(|(repository, _)| *repository)));
            }
        }
        if matches!(path, "/v2" | "/v2/") {
            return Ok(json_response(StatusCode::OK, &json!({})));
        }
        let (name, asked) = parsed.ok_or_else(|| not_found("NAME_UNKNOWN", path))?;
        let repository = self.repository(name).ok_or_else(|| not_found("NAME_UNKNOWN", name))?;
        match asked {
            Asked::Manifest(reference) => repository.manifest(reference, request),
            Asked::Blob(digest) => repository.blob(digest),
            Asked::Tags => repository.tag_list(name, request),
        }
    }
}

impl Repository {
    fn manifest(&self, reference: &str, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
        let unknown = || not_found("MANIFEST_UNKNOWN", reference);
        let digest = self.tags.get(reference).map_or(reference, String::as_str);
        let manifest = self.manifests.get(digest).ok_or_else(unknown)?;
        let mut accepted = request.headers().get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).peekable();
        let wanted = accepted.peek().is_none()
            || accepted
                .any(|list| list.split(',').any(|t| matches!(t.trim(), "*/*") || t.trim() == manifest.media_type));
        if !wanted {
            return Err(unknown());
        }
        Ok(content(&manifest.media_type, &sha256(manifest.body.as_bytes()), Bytes::from(manifest.body.to_string())))
    }

    fn blob(&self, digest: &str) -> Result<Response<Bytes>, Refusal> {
        if !digest.starts_with("sha256:") {
            return Err(Refusal(StatusCode::BAD_REQUEST, "DIGEST_INVALID", format!("{digest} is not a digest")));
        }
        let blob = self.blobs.get(digest).ok_or_else(|| not_found("BLOB_UNKNOWN", digest))?;
        Ok(content("application/octet-stream", digest, Bytes::copy_from_slice(&blob.0)))
    }

    fn tag_list(&self, name: &str, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
        let query: Vec<_> = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).collect();
        let asked = |key: &str| query.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_ref());
        let size = match asked("n") {
            None => PAGE,
            Some(n) => n.parse().map_err(|_| {
                Refusal(StatusCode::BAD_REQUEST, "PAGINATION_NUMBER_INVALID", format!("{n} is not a number of tags"))
            })?,
        };
        let last = asked("last").unwrap_or_default();
        let mut rest = self.tags.keys().filter(|tag| tag.as_str() > last);
        let page: Vec<_> = rest.by_ref().take(size).collect();
        let mut response = json_response(StatusCode::OK, &json!({ "name": name, "tags": page }));
        if let (Some(_), Some(end)) = (rest.next(), page.last())
            && let Ok(link) = format!("</v2/{name}/tags/list?n={size}&last={end}>; rel=\"next\"").try_into()
        {
            response.headers_mut().insert(header::LINK, link);
        }
        Ok(response)
    }
}

/// An answer with a JSON body.
pub(super) fn json_response(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn content(media_type: &str, digest: &str, body: Bytes) -> Response<Bytes> {
    let length = body.len();
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, length.into());
    for (name, value) in [("content-type", media_type), ("docker-content-digest", digest)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}

/// `charts/flux-operator/manifests/0.58.1` and its like. A repository's path may itself contain such words, so the last
/// ones count.
fn parse(path: &str) -> Option<(&str, Asked<'_>)> {
    if let Some(name) = path.strip_suffix("/tags/list") {
        return Some((name, Asked::Tags));
    }
    let (before, reference) = path.rsplit_once('/')?;
    let (name, kind) = before.rsplit_once('/')?;
    match kind {
        "manifests" => Some((name, Asked::Manifest(reference))),
        "blobs" => Some((name, Asked::Blob(reference))),
        _ => None,
    }
}

fn not_found(code: &'static str, what: &str) -> Refusal {
    Refusal(StatusCode::NOT_FOUND, code, format!("{what} is not known here"))
}
