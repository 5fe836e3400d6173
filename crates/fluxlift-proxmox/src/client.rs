//! One request, one answer, with whatever proves who we are.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use fluxlift_core::{Clock, Secret};
use fluxlift_net::{Dial, HttpClient, Response};
use http::{Method, Request, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::access::{self, Ticket, Wallet};
use crate::answer::{self, Complaint};
use crate::patience::Patience;
use crate::{Credentials, ProxmoxError, Trust};

/// Parameters of a call, in the order in which they are sent.
pub type Form = [(String, String)];

/// A client of one Proxmox cluster. Clones share the ticket.
#[derive(Clone)]
pub struct Proxmox {
    http: HttpClient,
    base: Url,
    credentials: Credentials,
    wallet: Arc<Wallet>,
    clock: Arc<dyn Clock>,
    patience: Option<Patience>,
}

impl Proxmox {
    /// A client of the API at `endpoint` (`https://host:8006`, with or without `/api2/json`).
    ///
    /// # Errors
    /// When the endpoint is not an address or the trust settings can't be used.
    pub fn new(
        endpoint: &str,
        credentials: Credentials,
        trust: &Trust,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ProxmoxError> {
        let base = base_of(endpoint).ok_or_else(|| ProxmoxError::Endpoint { given: without_userinfo(endpoint) })?;
        let http = HttpClient::new(dial, Some(trust.tls(Arc::clone(&clock))?));
        Ok(Self { http, base, credentials, wallet: Arc::default(), clock, patience: None })
    }

    pub(crate) fn with_patience(&self, patience: Option<Patience>) -> Self {
        Self { patience, ..self.clone() }
    }

    pub(crate) const fn patience(&self) -> Option<&Patience> {
        self.patience.as_ref()
    }

    /// Who we are, without the secret.
    pub fn who(&self) -> &str {
        self.credentials.name()
    }

    /// The host and port that it talks to.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.base.host_str().unwrap_or_default(), self.base.port_or_known_default().unwrap_or(443))
    }

    /// Reads what is at `path` (its segments, unescaped).
    ///
    /// # Errors
    /// When there is no answer, it is a refusal, or it is of another shape.
    pub async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T, ProxmoxError> {
        let call = Call::new(&self.base, Method::GET, path, query);
        let data = self.repeating(|| self.call(&call)).await?;
        serde_json::from_value(data).map_err(|e| call.malformed(e))
    }

    /// Sends `form` to `path` by POST.
    ///
    /// # Errors
    /// As [`Proxmox::get`].
    pub async fn post<T: DeserializeOwned>(&self, path: &[&str], form: &Form) -> Result<T, ProxmoxError> {
        self.write(Method::POST, path, form).await
    }

    /// Sends `form` to `path` by PUT.
    ///
    /// # Errors
    /// As [`Proxmox::get`].
    pub async fn put<T: DeserializeOwned>(&self, path: &[&str], form: &Form) -> Result<T, ProxmoxError> {
        self.write(Method::PUT, path, form).await
    }

    /// Deletes what is at `path`.
    ///
    /// # Errors
    /// As [`Proxmox::get`].
    pub async fn delete<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T, ProxmoxError> {
        let call = Call::new(&self.base, Method::DELETE, path, query);
        let data = self.call(&call).await?;
        serde_json::from_value(data).map_err(|e| call.malformed(e))
    }

    async fn write<T: DeserializeOwned>(&self, method: Method, path: &[&str], form: &Form) -> Result<T, ProxmoxError> {
        let call = Call::new(&self.base, method, path, &[]).with_form(form);
        let data = self.call(&call).await?;
        serde_json::from_value(data).map_err(|e| call.malformed(e))
    }

    /// Sends the call; with a ticket, a 401 is answered once by a fresh one.
    async fn call(&self, call: &Call) -> Result<Value, ProxmoxError> {
        let mut response = self.attempt(call).await?;
        let by_ticket = matches!(self.credentials, Credentials::Password { .. });
        if response.status == StatusCode::UNAUTHORIZED && by_ticket {
            self.wallet.forget();
            response = self.attempt(call).await?;
        }
        if response.status.is_success() {
            return answer::data(&response).map_err(|e| call.malformed(e));
        }
        Err(self.refusal(call, &response))
    }

    async fn attempt(&self, call: &Call) -> Result<Response, ProxmoxError> {
        let request = match &self.credentials {
            Credentials::Token { id, secret } => access::with_token(call.request(), id, secret),
            Credentials::Password { user, password } => {
                let ticket = match self.wallet.ticket(self.clock.as_ref()) {
                    Some(ticket) => ticket,
                    None => self.log_in(user, password).await?,
                };
                access::with_ticket(call.request(), &ticket, call.method != Method::GET)
            }
        };
        self.send(call, request).await
    }

    async fn send(&self, call: &Call, request: http::request::Builder) -> Result<Response, ProxmoxError> {
        let request: Request<Bytes> = request.body(call.body.clone()).map_err(|e| call.malformed(e))?;
        self.http.send(request).await.map_err(|source| ProxmoxError::Unreachable { request: call.name(), source })
    }

    async fn log_in(&self, user: &str, password: &Secret<String>) -> Result<Ticket, ProxmoxError> {
        let form = [("username".to_owned(), user.to_owned()), ("password".to_owned(), password.expose().clone())];
        let call = Call::new(&self.base, Method::POST, &["access", "ticket"], &[]).with_form(&form);
        let response = self.send(&call, call.request()).await?;
        if response.status == StatusCode::UNAUTHORIZED {
            let message = answer::complaint(&response).message;
            return Err(ProxmoxError::Login { user: user.to_owned(), message });
        }
        if !response.status.is_success() {
            return Err(self.refusal(&call, &response));
        }
        let data = answer::data(&response).map_err(|e| call.malformed(e))?;
        let granted: Granted = serde_json::from_value(data).map_err(|e| call.malformed(e))?;
        let ticket = Ticket { ticket: granted.ticket, csrf: granted.csrf, made: self.clock.now() };
        self.wallet.keep(ticket.clone());
        Ok(ticket)
    }

    fn refusal(&self, call: &Call, response: &Response) -> ProxmoxError {
        let Complaint { message, errors } = answer::complaint(response);
        let request = call.name();
        match (response.status.as_u16(), &self.credentials) {
            (401, Credentials::Token { id, .. }) => ProxmoxError::UnknownToken { token: id.clone(), message },
            (401, Credentials::Password { user, .. }) => ProxmoxError::Ticket { user: user.clone(), request, message },
            (403, credentials) => ProxmoxError::Forbidden { who: credentials.name().to_owned(), request, message },
            (400, _) => ProxmoxError::Parameters { request, message, errors },
            (status, _) => ProxmoxError::Refused { request, status, message },
        }
    }
}

impl fmt::Debug for Proxmox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxmox({} at {})", self.who(), self.authority())
    }
}

/// What a login gives.
#[derive(Deserialize)]
struct Granted {
    ticket: Secret<String>,
    #[serde(rename = "CSRFPreventionToken")]
    csrf: Secret<String>,
}

/// One call, ready to be sent once or twice.
struct Call {
    method: Method,
    url: Url,
    body: Bytes,
    form: bool,
}

impl Call {
    fn new(base: &Url, method: Method, path: &[&str], query: &[(&str, &str)]) -> Self {
        let mut url = base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Self { method, url, body: Bytes::new(), form: false }
    }

    fn with_form(mut self, form: &Form) -> Self {
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.body = Bytes::from(text);
        self.form = true;
        self
    }

    fn request(&self) -> http::request::Builder {
        let request = Request::builder().method(self.method.clone()).uri(self.url.as_str());
        let request = request.header(http::header::ACCEPT, "application/json");
        if self.form {
            request.header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        } else {
            request
        }
    }

    /// The call as errors name it: method and path below `/api2/json`, never its parameters.
    fn name(&self) -> String {
        let path = self.url.path();
        format!("{} {}", self.method, path.strip_prefix("/api2/json").unwrap_or(path))
    }

    fn malformed(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ProxmoxError {
        ProxmoxError::Malformed { request: self.name(), source: source.into() }
    }
}

fn base_of(endpoint: &str) -> Option<Url> {
    let trimmed = endpoint.trim().trim_end_matches('/').trim_end_matches("/api2/json");
    let url = Url::parse(&format!("{trimmed}/api2/json")).ok()?;
    let usable = matches!(url.scheme(), "https" | "http") && url.has_host() && url.username().is_empty();
    usable.then_some(url)
}

fn without_userinfo(endpoint: &str) -> String {
    match (endpoint.find("://"), endpoint.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}://…@{}", &endpoint[..scheme], &endpoint[at + 1..]),
        _ => endpoint.to_owned(),
    }
}
