//! A small HTTP client: one request, one bounded answer, over the injected dialler.

use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, Request, StatusCode, Uri};
use bytes::Bytes;
use fluxlift_core::{ErrorKind, Explain, Hint};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use thiserror::Error;

use crate::{Authority, Dial, TlsClient};

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The reason phrase where the server sent one of its own (HTTP/1.1); some put the only error text there.
    pub reason: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// The body as text, with what is not UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why there is no answer. A status such as 500 is an answer, not an error.
#[derive(Debug, Error)]
pub enum HttpError {
    /// The request's address is not usable.
    #[error("{uri} is not an http or https address")]
    Address {
        /// The address.
        uri: String,
    },
    /// No connection.
    #[error("{to} cannot be reached")]
    Connect {
        /// Where to.
        to: Authority,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The connection broke before the answer was whole.
    #[error("{to} did not answer the request")]
    Exchange {
        /// Where to.
        to: Authority,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer took too long.
    #[error("{to} gave no answer in {}s", limit.as_secs())]
    TimedOut {
        /// Where to.
        to: Authority,
        /// The limit.
        limit: Duration,
    },
}

impl Explain for HttpError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Failed
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Address { .. } => vec![],
            Self::Connect { to, .. } => {
                vec![Hint::new(format!("check that {to} is up and reachable from this machine"))]
            }
            Self::Exchange { .. } | Self::TimedOut { .. } => {
                vec![Hint::new("run it again; fluxlift resumes where it was")]
            }
        }
    }
}

/// An HTTP/1.1 client. One connection a request: the calls are few, and a dead connection is never reused.
#[derive(Clone)]
pub struct HttpClient {
    dial: Arc<dyn Dial>,
    tls: Option<TlsClient>,
    timeout: Duration,
    limit: usize,
}

impl HttpClient {
    /// A client over `dial`; `tls` is what `https` addresses use.
    pub fn new(dial: Arc<dyn Dial>, tls: Option<TlsClient>) -> Self {
        Self { dial, tls, timeout: Duration::from_secs(30), limit: 64 << 20 }
    }

    /// The same client with another time limit for a whole exchange (30 s unless told).
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends `request`, whose URI is absolute, and reads the answer whole (at most 64 MiB).
    ///
    /// # Errors
    /// When there is no whole answer in time. A status is never an error here.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response, HttpError> {
        let to =
            Authority::of_uri(request.uri()).ok_or_else(|| HttpError::Address { uri: without_query(request.uri()) })?;
        tokio::time::timeout(self.timeout, self.exchange(&to, request))
            .await
            .unwrap_or_else(|_| Err(HttpError::TimedOut { to, limit: self.timeout }))
    }

    async fn exchange(&self, to: &Authority, request: Request<Bytes>) -> Result<Response, HttpError> {
        let connect = |source| HttpError::Connect { to: to.clone(), source };
        let broken = |source: Box<dyn std::error::Error + Send + Sync>| HttpError::Exchange { to: to.clone(), source };
        let mut connection = self.dial.dial(to).await.map_err(connect)?;
        match (request.uri().scheme_str(), &self.tls) {
            (Some("https"), Some(tls)) => connection = tls.handshake(to, connection).await.map_err(connect)?,
            (Some("http"), _) => {}
            _ => return Err(HttpError::Address { uri: without_query(request.uri()) }),
        }
        let (mut sender, driver) =
            hyper::client::conn::http1::handshake(TokioIo::new(connection)).await.map_err(|e| broken(e.into()))?;
        let driver = tokio::spawn(driver);
        let request = origin_form(to, request).map_err(|e| broken(e.into()))?;
        let response = sender.send_request(request).await.map_err(|e| broken(e.into()))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, self.limit).collect().await.map_err(broken)?.to_bytes();
        driver.abort();
        let reason = head.extensions.get::<hyper::ext::ReasonPhrase>();
        Ok(Response {
            status: head.status,
            reason: reason.map(|r| String::from_utf8_lossy(r.as_bytes()).into_owned()),
            headers: head.headers,
            body,
        })
    }
}

impl std::fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpClient").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

fn origin_form(to: &Authority, request: Request<Bytes>) -> Result<Request<Full<Bytes>>, ::http::Error> {
    let (mut head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
    head.uri = Uri::builder().path_and_query(path).build()?;
    head.headers.entry(::http::header::HOST).or_insert(::http::HeaderValue::try_from(to.to_string())?);
    Ok(Request::from_parts(head, Full::new(body)))
}

fn without_query(uri: &Uri) -> String {
    let text = uri.to_string();
    text.split_once('?').map_or(text.clone(), |(base, _)| base.to_owned())
}
