//! The client's configuration file: `talosconfig`.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::{Explain, Hint, Secret};
use thiserror::Error;

use crate::pki::Pair;
use crate::secrets::ClientIdentity;
use crate::yaml::{Node, YamlError};

/// Who may talk to a cluster's machines, and where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TalosConfig {
    /// The context's name: the cluster's.
    pub context: String,
    /// Where the API answers.
    pub endpoints: Vec<String>,
    /// The machines that commands are meant for.
    pub nodes: Vec<String>,
    /// The client's identity and the authority it believes.
    pub identity: ClientIdentity,
}

/// A client configuration that cannot be used. Nothing of it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TalosConfigError {
    /// Not YAML.
    #[error("the talosconfig is not readable")]
    Yaml(#[source] YamlError),
    /// Something is missing.
    #[error("the talosconfig lacks {what}")]
    Missing {
        /// What.
        what: &'static str,
    },
    /// Something is not base64 of PEM.
    #[error("{what} in the talosconfig is not base64 of PEM")]
    Encoding {
        /// What.
        what: &'static str,
    },
}

impl Explain for TalosConfigError {
    fn hints(&self) -> Vec<Hint> {
        vec![Hint::new("take it from the output `talosconfig` of the config unit")]
    }
}

impl TalosConfig {
    /// As the file's text.
    pub fn to_yaml(&self) -> Secret<String> {
        let list = |items: &[String]| Node::list(items.iter().map(String::as_str));
        let mut context = Node::of([("endpoints", list(&self.endpoints))]);
        if !self.nodes.is_empty() {
            context.set("nodes", list(&self.nodes));
        }
        context.set("ca", STANDARD.encode(&self.identity.ca));
        context.set("crt", STANDARD.encode(&self.identity.pair.crt));
        context.set("key", STANDARD.encode(self.identity.pair.key.expose()));
        let file = Node::map()
            .with("context", self.context.as_str())
            .with("contexts", Node::of([(self.context.as_str(), context)]));
        Secret::new(file.to_string())
    }
}

impl FromStr for TalosConfig {
    type Err = TalosConfigError;

    fn from_str(text: &str) -> Result<Self, TalosConfigError> {
        let file: Node = text.parse().map_err(TalosConfigError::Yaml)?;
        let name = file.text(&["context"]).ok_or(TalosConfigError::Missing { what: "its context" })?;
        let context = file.at(&["contexts", name]).ok_or(TalosConfigError::Missing { what: "the chosen context" })?;
        let strings = |key| {
            let list = context.at(&[key]).and_then(Node::as_list).unwrap_or_default();
            list.iter().filter_map(|n| n.as_str().map(str::to_owned)).collect()
        };
        let pem = |key, what| {
            let text = context.text(&[key]).ok_or(TalosConfigError::Missing { what })?;
            let bytes = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            bytes.ok_or(TalosConfigError::Encoding { what })
        };
        Ok(Self {
            context: name.to_owned(),
            endpoints: strings("endpoints"),
            nodes: strings("nodes"),
            identity: ClientIdentity {
                ca: pem("ca", "the certificate authority")?,
                pair: Pair {
                    crt: pem("crt", "the client certificate")?,
                    key: Secret::new(pem("key", "the client key")?),
                },
            },
        })
    }
}
