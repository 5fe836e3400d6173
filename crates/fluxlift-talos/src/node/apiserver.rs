//! The Kubernetes API, as far as a bootstrap has to see it: ready, and which nodes are there.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use fluxlift_core::{Explain, Hint, Secret, Timestamp};
use fluxlift_net::{Authority, HttpClient, HttpError, TlsClient, TlsError, TlsTrust};
use serde::Deserialize;
use thiserror::Error;

use crate::client::Access;
use crate::pki;
use crate::yaml::{Node, YamlError};

/// An administrator's kubeconfig, taken apart. `Debug` hides the key.
#[derive(Debug, Clone)]
pub struct Kubeconfig {
    /// The file as it came.
    pub text: Secret<String>,
    /// Where it points, such as `https://127.101.0.10:6443`.
    pub server: String,
    /// What it calls the cluster.
    pub cluster: String,
    ca: String,
    crt: String,
    key: Secret<String>,
}

/// A kubeconfig that cannot be used.
#[derive(Debug, Error)]
pub enum KubeconfigFileError {
    /// Not YAML.
    #[error("the kubeconfig is not readable")]
    Yaml(#[source] YamlError),
    /// Something is missing.
    #[error("the kubeconfig lacks {what}")]
    Missing {
        /// What.
        what: &'static str,
    },
    /// Its certificates cannot be used.
    #[error("the certificates of the kubeconfig cannot be used")]
    Tls(#[source] TlsError),
}

impl Explain for KubeconfigFileError {
    fn hints(&self) -> Vec<Hint> {
        vec![Hint::new("fetch it again: run apply on the bootstrap unit")]
    }
}

impl Kubeconfig {
    /// Takes `text` apart: its current context, with certificates inside the file.
    ///
    /// # Errors
    /// When it is not such a file.
    pub fn parse(text: Secret<String>) -> Result<Self, KubeconfigFileError> {
        let file: Node = text.expose().parse().map_err(KubeconfigFileError::Yaml)?;
        let missing = |what| KubeconfigFileError::Missing { what };
        let named = |list: &str, name: &str, inner: &str| {
            let items = file.at(&[list])?.as_list()?;
            items.iter().find(|i| i.text(&["name"]) == Some(name))?.at(&[inner]).cloned()
        };
        let current = file.text(&["current-context"]).ok_or(missing("a current context"))?;
        let context = named("contexts", current, "context").ok_or(missing("its current context"))?;
        let part = |key, list, inner, what| {
            let name = context.text(&[key]).ok_or(missing(what))?;
            named(list, name, inner).ok_or(missing(what))
        };
        let cluster = part("cluster", "clusters", "cluster", "its cluster")?;
        let user = part("user", "users", "user", "its user")?;
        let pem = |node: &Node, key: &str, what| {
            let bytes = node.text(&[key]).and_then(|text| STANDARD.decode(text).ok());
            bytes.and_then(|b| String::from_utf8(b).ok()).ok_or(missing(what))
        };
        Ok(Self {
            cluster: context.text(&["cluster"]).unwrap_or_default().to_owned(),
            server: cluster.text(&["server"]).ok_or(missing("a server"))?.to_owned(),
            ca: pem(&cluster, "certificate-authority-data", "the certificate authority")?,
            crt: pem(&user, "client-certificate-data", "the client certificate")?,
            key: Secret::new(pem(&user, "client-key-data", "the client key")?),
            text,
        })
    }

    /// From when until when its certificate is valid.
    pub fn lifetime(&self) -> Option<(Timestamp, Timestamp)> {
        pki::lifetime(&self.crt, "client certificate").ok()
    }

    /// A client of the API server at `at`, with this file's identity.
    ///
    /// # Errors
    /// When the certificates cannot be used.
    pub fn api_server(&self, access: &Access, at: Authority) -> Result<ApiServer, KubeconfigFileError> {
        let trust = TlsTrust::Authorities(self.ca.clone());
        let clock = Arc::clone(&access.clock);
        let tls = TlsClient::with_identity(&trust, &self.crt, self.key.expose(), clock)
            .map_err(KubeconfigFileError::Tls)?
            .with_alpn(&["http/1.1"]);
        let http = HttpClient::new(Arc::clone(&access.dial), Some(tls)).with_timeout(access.patience);
        Ok(ApiServer { http, at })
    }
}

/// One API server.
#[derive(Debug, Clone)]
pub struct ApiServer {
    http: HttpClient,
    at: Authority,
}

/// A node as Kubernetes has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegisteredNode {
    /// Its name.
    pub name: String,
    /// Whether it is Ready. Without a CNI it is not, and that is fine during a bootstrap.
    pub ready: bool,
}

impl ApiServer {
    /// Where it is.
    pub const fn at(&self) -> &Authority {
        &self.at
    }

    /// Whether `/readyz` says ok; `Err` with what it says or why it does not answer.
    ///
    /// # Errors
    /// With the answer in one line.
    pub async fn ready(&self) -> Result<(), String> {
        let (status, body) = self.get("/readyz").await.map_err(|e| fluxlift_core::chain(&e))?;
        if status == 200 {
            Ok(())
        } else {
            let line = body.lines().find(|l| l.starts_with("[-]")).unwrap_or("").to_owned();
            Err(format!("/readyz answers {status} {line}").trim_end().to_owned())
        }
    }

    /// The nodes that have registered, by name.
    ///
    /// # Errors
    /// With the answer in one line.
    pub async fn nodes(&self) -> Result<Vec<RegisteredNode>, String> {
        let (status, body) = self.get("/api/v1/nodes").await.map_err(|e| fluxlift_core::chain(&e))?;
        if status != 200 {
            return Err(format!("the list of nodes is answered with {status}"));
        }
        let list: NodeList = serde_json::from_str(&body).map_err(|_| "the list of nodes is not readable".to_owned())?;
        let mut nodes: Vec<RegisteredNode> = list.items.into_iter().map(NodeItem::registered).collect();
        nodes.sort();
        Ok(nodes)
    }

    async fn get(&self, path: &str) -> Result<(u16, String), HttpError> {
        let uri = format!("https://{}{path}", self.at);
        let address = HttpError::Address { uri: uri.clone() };
        let request = http::Request::get(uri).body(Bytes::new()).map_err(|_| address)?;
        let response = self.http.send(request).await?;
        Ok((response.status.as_u16(), response.text()))
    }
}

#[derive(Deserialize)]
struct NodeList {
    items: Vec<NodeItem>,
}

#[derive(Deserialize)]
struct NodeItem {
    metadata: Name,
    #[serde(default)]
    status: NodeStatus,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

#[derive(Deserialize, Default)]
struct NodeStatus {
    #[serde(default)]
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
struct Condition {
    r#type: String,
    status: String,
}

impl NodeItem {
    fn registered(self) -> RegisteredNode {
        let ready = self.status.conditions.iter().any(|c| c.r#type == "Ready" && c.status == "True");
        RegisteredNode { name: self.metadata.name, ready }
    }
}
