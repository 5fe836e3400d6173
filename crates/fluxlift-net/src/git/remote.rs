//! A repository behind an HTTP address.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use fluxlift_core::Secret;
use http::{Method, Request, StatusCode};
use url::Url;

use crate::git::pkt::{Packet, Reader, Writer};
use crate::git::{Advertisement, EntryKind, GitError, Oid, pack, walk};
use crate::{HttpClient, Response};

/// How often a server may send us elsewhere on its own host.
const REDIRECTS: usize = 3;

/// Who we are, for a private repository.
#[derive(Debug, Clone)]
pub struct GitCredentials {
    /// The user; with a token, most servers take any, such as `git`.
    pub user: String,
    /// The token or password.
    pub token: Secret<String>,
}

/// A repository behind an HTTP address, for looking only.
#[derive(Debug, Clone)]
pub struct GitRemote {
    http: HttpClient,
    url: Url,
    credentials: Option<GitCredentials>,
}

/// What was seen at a ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The full ref, such as `refs/heads/main`.
    pub full_ref: String,
    /// The commit that it points at.
    pub commit: Oid,
    /// What is at the path; `None` when nothing is.
    pub found: Option<EntryKind>,
}

impl GitRemote {
    /// The repository at `url`.
    ///
    /// # Errors
    /// When it is not an http or https address.
    pub fn new(http: HttpClient, url: &str, credentials: Option<GitCredentials>) -> Result<Self, GitError> {
        let parsed = Url::parse(url).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
        let mut parsed = parsed.ok_or_else(|| GitError::Address { url: without_userinfo(url) })?;
        let mut credentials = credentials;
        if let (None, user, Some(token)) = (&credentials, parsed.username(), parsed.password()) {
            credentials = Some(GitCredentials { user: user.to_owned(), token: Secret::new(token.to_owned()) });
        }
        // From here on the address can be shown.
        let _ = parsed.set_username("");
        let _ = parsed.set_password(None);
        parsed.set_query(None);
        parsed.set_fragment(None);
        Ok(Self { http, url: parsed, credentials })
    }

    /// The repository's refs.
    ///
    /// # Errors
    /// When the server does not answer, refuses, or does not speak Git.
    pub async fn refs(&self) -> Result<Advertisement, GitError> {
        self.advertisement().await.map(|(seen, _)| seen)
    }

    /// Looks at `path` below the branch, tag or full ref `name`.
    ///
    /// # Errors
    /// When the server does not answer, refuses, does not speak Git, or has no such ref. A path that does not exist is
    /// no error.
    pub async fn look(&self, name: &str, path: &str) -> Result<Sighting, GitError> {
        let (objects, tip, full_ref) = self.fetch(name, Content::Names).await?;
        let unreadable = |what| GitError::Pack { url: self.shown(), what };
        let commit = walk::commit(&objects, tip).map_err(unreadable)?;
        let found = walk::find(&objects, tip, path).map_err(unreadable)?.map(|(kind, _)| kind);
        Ok(Sighting { full_ref, commit, found })
    }

    /// The files below the folder `path` of the branch, tag or full ref `name`, by their paths inside it; `None` when there
    /// is no such folder. One commit is fetched whole, so this is for repositories of configuration.
    ///
    /// # Errors
    /// As [`GitRemote::look`].
    pub async fn files(&self, name: &str, path: &str) -> Result<Option<BTreeMap<String, Vec<u8>>>, GitError> {
        let (objects, tip, _) = self.fetch(name, Content::Whole).await?;
        walk::files(&objects, tip, path).map_err(|what| GitError::Pack { url: self.shown(), what })
    }

    /// Whether `path` exists below the branch, tag or full ref `name`.
    ///
    /// # Errors
    /// As [`GitRemote::look`].
    pub async fn path_exists(&self, name: &str, path: &str) -> Result<bool, GitError> {
        Ok(self.look(name, path).await?.found.is_some())
    }

    /// The objects of one commit, its name, and the full name of its ref.
    async fn fetch(&self, name: &str, content: Content) -> Result<(pack::Objects, Oid, String), GitError> {
        let (seen, base) = self.advertisement().await?;
        let (full_ref, tip) = seen.resolve(name).ok_or_else(|| GitError::NoRef {
            url: self.shown(),
            name: name.to_owned(),
            branches: seen.branches().take(5).map(str::to_owned).collect(),
        })?;
        let response = self.exchange(&base, Method::POST, "git-upload-pack", request(&seen, tip, content)).await?;
        let bytes = self.pack(&response.body)?;
        let objects = pack::read(&bytes).map_err(|what| GitError::Pack { url: self.shown(), what })?;
        Ok((objects, tip, full_ref))
    }

    /// The refs, and the address at which the repository really is.
    async fn advertisement(&self) -> Result<(Advertisement, Url), GitError> {
        let mut base = self.url.clone();
        for _ in 0..REDIRECTS {
            let response = self.exchange(&base, Method::GET, "info/refs", Bytes::new()).await?;
            if response.status.is_redirection() {
                base = self.redirected(&base, &response)?;
                continue;
            }
            if response.body.starts_with(b"ERR ") || response.body.get(4..).is_some_and(|b| b.starts_with(b"ERR ")) {
                return Err(GitError::Server { url: self.shown(), message: response.text() });
            }
            let seen = Advertisement::parse(&response.body).map_err(|what| self.not_git(what))?;
            return Ok((seen, base));
        }
        Err(self.not_git("it redirects too often"))
    }

    async fn exchange(&self, base: &Url, method: Method, service: &str, body: Bytes) -> Result<Response, GitError> {
        let query = if method == Method::GET { "?service=git-upload-pack" } else { "" };
        let uri = format!("{}/{service}{query}", base.as_str().trim_end_matches('/'));
        let mut request = Request::builder().method(&method).uri(uri).header(http::header::USER_AGENT, "git/fluxlift");
        if method == Method::POST {
            request = request.header(http::header::CONTENT_TYPE, "application/x-git-upload-pack-request");
        }
        if let Some(GitCredentials { user, token }) = &self.credentials {
            let basic = STANDARD.encode(format!("{user}:{}", token.expose()));
            request = request.header(http::header::AUTHORIZATION, format!("Basic {basic}"));
        }
        let request = request.body(body).map_err(|_| GitError::Address { url: self.shown() })?;
        let sent = self.http.send(request).await;
        let response = sent.map_err(|source| GitError::Unreachable { url: self.shown(), source })?;
        match response.status {
            status if status.is_success() || (method == Method::GET && status.is_redirection()) => Ok(response),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Err(GitError::Refused {
                url: self.shown(),
                status: status.as_u16(),
                with_credentials: self.credentials.is_some(),
            }),
            StatusCode::NOT_FOUND => Err(GitError::NotFound { url: self.shown() }),
            status => Err(GitError::Status { url: self.shown(), status: status.as_u16() }),
        }
    }

    /// Where the server sends us. Credentials never go to another host.
    fn redirected(&self, base: &Url, response: &Response) -> Result<Url, GitError> {
        let location = response.headers.get(http::header::LOCATION).and_then(|l| l.to_str().ok());
        let target = location.and_then(|l| base.join(l).ok()).ok_or_else(|| self.not_git("it redirects to nowhere"))?;
        if target.host_str() != base.host_str() || (base.scheme() == "https" && target.scheme() != "https") {
            return Err(self.not_git("it redirects to another host; give that address instead"));
        }
        let path =
            target.path().strip_suffix("/info/refs").ok_or_else(|| self.not_git("it redirects to no repository"))?;
        let mut moved = target.clone();
        moved.set_path(path);
        moved.set_query(None);
        Ok(moved)
    }

    /// The pack in the answer to a fetch.
    fn pack(&self, body: &[u8]) -> Result<Vec<u8>, GitError> {
        let mut pack = Vec::new();
        for packet in Reader::new(body) {
            let packet = packet.map_err(|_| self.not_git("the answer to the fetch is cut short"))?;
            match packet {
                Packet::Line([1, data @ ..]) => pack.extend_from_slice(data),
                Packet::Line([3, message @ ..]) => return Err(self.reported(message)),
                Packet::Line(line) if line.starts_with(b"ERR ") => return Err(self.reported(&line[4..])),
                // Acknowledgements, the list of shallow commits, progress.
                Packet::Line(_) | Packet::Flush | Packet::Delimiter => {}
            }
        }
        Ok(pack)
    }

    fn reported(&self, message: &[u8]) -> GitError {
        GitError::Server { url: self.shown(), message: String::from_utf8_lossy(message).trim().to_owned() }
    }

    fn not_git(&self, what: &'static str) -> GitError {
        GitError::Protocol { url: self.shown(), what }
    }

    fn shown(&self) -> String {
        self.url.to_string()
    }
}

/// How much of a commit is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// The names of files, without their contents where the server can leave them out.
    Names,
    /// All of it.
    Whole,
}

/// One commit deep.
fn request(seen: &Advertisement, tip: Oid, content: Content) -> Bytes {
    let mut capabilities = vec!["side-band-64k", "ofs-delta", "no-progress", "agent=git/fluxlift"];
    let filtered = content == Content::Names && seen.can("filter");
    if filtered {
        capabilities.push("filter");
    }
    let mut request = Writer::default();
    request.line(format!("want {tip} {}\n", capabilities.join(" ")));
    if seen.can("shallow") {
        request.line("deepen 1\n");
    }
    if filtered {
        request.line("filter blob:none\n");
    }
    Bytes::from(request.flush().line("done\n").finish())
}

fn without_userinfo(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}://{}", &url[..scheme], &url[at + 1..]),
        _ => url.to_owned(),
    }
}
