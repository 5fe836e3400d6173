//! Git's smart protocol over HTTP.

use std::collections::BTreeMap;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::git::GitRepo;
use crate::git::request::UploadRequest;

/// Where the Git server answers.
pub const HOST: &str = "127.101.0.4";
/// On which port.
pub const PORT: u16 = 3000;

/// A request that unpacks to more than this is not one for refs and packs.
const MOST_BYTES: u64 = 8 << 20;

/// Repositories by the path that they are served at, such as `home-ops.git`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitServer {
    /// The repositories.
    pub repositories: BTreeMap<String, GitRepo>,
}

impl GitServer {
    /// Serves `repo` at `path`.
    pub fn publish(&mut self, path: &str, repo: GitRepo) {
        self.repositories.insert(path.trim_matches('/').to_owned(), repo);
    }

    /// The repository at this address or path, with or without `.git`.
    pub fn repository(&self, url: &str) -> Option<&GitRepo> {
        let path = match url.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => url,
        };
        let path = path.trim_matches('/');
        self.repositories.get(path).or_else(|| self.repositories.get(&format!("{path}.git")))
    }

    /// Answers one request.
    pub fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let path = request.uri().path();
        let service = |suffix| path.strip_suffix(suffix).and_then(|base| self.repository(base));
        let wanted = request.uri().query().unwrap_or_default();
        let (repo, fetch) = match (request.method(), service("/info/refs"), service("/git-upload-pack")) {
            (&Method::GET, Some(repo), _) => (repo, false),
            (&Method::POST, _, Some(repo)) => (repo, true),
            _ => return plain(StatusCode::NOT_FOUND, "Not Found"),
        };
        if !repo.admits(request.headers()) {
            let mut refusal = plain(StatusCode::UNAUTHORIZED, "Unauthorized");
            let realm = header::HeaderValue::from_static("Basic realm=\"git\"");
            refusal.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
            return refusal;
        }
        if !fetch {
            return match wanted.strip_prefix("service=") {
                Some("git-upload-pack") => git("advertisement", repo.advertisement()),
                _ => plain(StatusCode::FORBIDDEN, "only git-upload-pack is served"),
            };
        }
        match body(request).as_deref().and_then(UploadRequest::parse) {
            Some(asked) => git("result", repo.upload(&asked)),
            None => plain(StatusCode::BAD_REQUEST, "not a git-upload-pack request"),
        }
    }
}

impl GitRepo {
    /// Whether the client may read: anybody, unless the repository is private; the user name does not count.
    fn admits(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else { return true };
        let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let basic = shown.and_then(|value| value.strip_prefix("Basic ")).and_then(|text| STANDARD.decode(text).ok());
        let bearer = shown.and_then(|value| value.strip_prefix("Bearer "));
        let password = basic.as_deref().and_then(|pair| pair.split(|b| *b == b':').nth(1));
        password == Some(token.as_bytes()) || bearer == Some(token)
    }
}

/// The request's body; clients compress what is longer than a kilobyte.
fn body(request: &Request<Bytes>) -> Option<Vec<u8>> {
    match request.headers().get(header::CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None | Some(b"identity") => Some(request.body().to_vec()),
        Some(b"gzip" | b"x-gzip") => {
            let mut bytes = Vec::new();
            flate2::read::GzDecoder::new(&request.body()[..]).take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
            Some(bytes)
        }
        Some(_) => None,
    }
}

fn git(what: &str, body: Vec<u8>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    let kind = format!("application/x-git-upload-pack-{what}");
    if let Ok(kind) = header::HeaderValue::try_from(kind) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-cache"));
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = status;
    response
}
