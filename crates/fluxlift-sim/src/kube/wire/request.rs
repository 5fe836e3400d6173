//! A request as the API reads it.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, Method, header};

use super::target::{Objects, Target};
use crate::kube::Status;

/// A request: what it is about, how, and what it brings.
#[derive(Debug, Clone)]
pub struct ApiRequest {
    /// The HTTP method.
    pub method: Method,
    /// What the path names.
    pub target: Target,
    /// The path itself.
    pub path: String,
    /// The query's parameters.
    pub query: BTreeMap<String, String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// What a request wants to do with objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the verbs of Kubernetes")]
pub enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
}

impl Verb {
    /// The verb as RBAC rules spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
        }
    }
}

impl ApiRequest {
    /// Reads an HTTP request.
    pub fn of(request: http::Request<Bytes>) -> Self {
        let (head, body) = request.into_parts();
        let query = head.uri.query().unwrap_or_default();
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let path = head.uri.path().to_owned();
        Self { method: head.method, target: Target::of(&path), path, query, headers: head.headers, body }
    }

    /// A parameter of the query; empty ones count as absent.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a parameter says yes.
    pub fn flag(&self, name: &str) -> bool {
        self.query.get(name).is_some_and(|value| matches!(value.as_str(), "true" | "1" | ""))
    }

    /// A header's text.
    pub fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// What the request wants to do with `objects`.
    ///
    /// # Errors
    /// 405 for a method that does not fit.
    pub fn verb(&self, objects: &Objects) -> Result<Verb, Status> {
        let one = objects.name.is_some();
        let watch = self.flag("watch");
        match (self.method.as_str(), one) {
            // The old way to watch one object is to watch its list with a name.
            ("GET", _) if watch => Ok(Verb::Watch),
            ("GET", true) => Ok(Verb::Get),
            ("GET", false) => Ok(Verb::List),
            ("POST", false) => Ok(Verb::Create),
            ("POST", true) if objects.subresource.is_some() => Ok(Verb::Create),
            ("PUT", true) => Ok(Verb::Update),
            ("PATCH", true) => Ok(Verb::Patch),
            ("DELETE", true) => Ok(Verb::Delete),
            ("DELETE", false) => Ok(Verb::DeleteCollection),
            _ => Err(Status::method_not_allowed()),
        }
    }

    /// The name under which fields are owned: as given, or the program's.
    pub fn manager(&self) -> String {
        if let Some(given) = self.param("fieldManager") {
            return given.to_owned();
        }
        let agent = self.header(header::USER_AGENT);
        let name = agent.split(['/', ' ']).next().unwrap_or_default();
        if name.is_empty() { "unknown".to_owned() } else { name.to_owned() }
    }

    /// Whether nothing shall be stored.
    pub fn is_dry_run(&self) -> bool {
        self.param("dryRun") == Some("All")
    }

    /// Whether the client asks for a Table, for people to read.
    pub fn wants_table(&self) -> bool {
        self.header(header::ACCEPT).split(',').any(|kind| kind.contains("as=Table") && kind.contains("g=meta.k8s.io"))
    }

    /// Whether the client asks for metadata alone.
    pub fn wants_metadata(&self) -> bool {
        self.header(header::ACCEPT).split(',').next().is_some_and(|kind| kind.contains("as=PartialObjectMetadata"))
    }
}
