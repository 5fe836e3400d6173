//! One GET, with redirects followed and the status judged.

use bytes::Bytes;
use fluxlift_core::Secret;
use fluxlift_net::{Authority, HttpClient, Response};
use http::{HeaderValue, Request, StatusCode, Uri, header};

use super::FetchError;

/// How often a server may send us elsewhere.
const REDIRECTS: usize = 5;

/// A GET request.
pub(super) struct Get<'a> {
    /// What is asked for, in words for messages.
    pub(super) what: &'a str,
    /// Its address.
    pub(super) url: String,
    /// The media types that are understood.
    pub(super) accept: &'a str,
    /// The token, which goes to the first server only.
    pub(super) token: Option<&'a Secret<String>>,
}

impl Get<'_> {
    /// Sends it; the answer may have any status but a redirect.
    pub(super) async fn send(&self, http: &HttpClient) -> Result<Response, FetchError> {
        let unusable = |url: &str| FetchError::Unexpected {
            what: self.what.to_owned(),
            url: bare(url).to_owned(),
            why: "the address cannot be used".to_owned(),
        };
        let first: Uri = self.url.parse().map_err(|_| unusable(&self.url))?;
        let home = Authority::of_uri(&first);
        let mut uri = first;
        for _ in 0..=REDIRECTS {
            let mut request = Request::get(uri.clone()).header(header::ACCEPT, self.accept);
            request = request.header(header::USER_AGENT, concat!("fluxlift/", env!("CARGO_PKG_VERSION")));
            if let Some(token) = self.token.filter(|_| Authority::of_uri(&uri) == home) {
                let mut value =
                    HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(|_| unusable(&self.url))?;
                value.set_sensitive(true);
                request = request.header(header::AUTHORIZATION, value);
            }
            let request = request.body(Bytes::new()).map_err(|_| unusable(&self.url))?;
            let response =
                http.send(request).await.map_err(|source| FetchError::Http { what: self.what.to_owned(), source })?;
            if !response.status.is_redirection() {
                return Ok(response);
            }
            uri = next(&uri, &response).ok_or_else(|| unusable(&uri.to_string()))?;
        }
        Err(FetchError::Unexpected {
            what: self.what.to_owned(),
            url: bare(&self.url).to_owned(),
            why: format!("it was sent elsewhere more than {REDIRECTS} times"),
        })
    }

    /// The body of a good answer.
    pub(super) fn body(&self, response: Response) -> Result<Bytes, FetchError> {
        if response.status == StatusCode::OK {
            return Ok(response.body);
        }
        Err(FetchError::Status {
            what: self.what.to_owned(),
            url: bare(&self.url).to_owned(),
            status: response.status.as_u16(),
            message: server_message(&response.body),
        })
    }
}

/// Where a redirect leads. Never from https to http.
fn next(from: &Uri, response: &Response) -> Option<Uri> {
    let location = response.headers.get(header::LOCATION)?.to_str().ok()?;
    let base = url::Url::parse(&from.to_string()).ok()?;
    let target = base.join(location).ok()?;
    let downgrade = base.scheme() == "https" && target.scheme() != "https";
    if downgrade { None } else { target.as_str().parse().ok() }
}

/// The first message of an error body as registries send it.
fn server_message(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let text = body.pointer("/errors/0/message")?.as_str()?;
    Some(text.chars().filter(|c| !c.is_control()).take(200).collect())
}

/// An address without its query, which may hold a signature.
pub(super) fn bare(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}
