//! A machine configuration: one main document and others with a kind.

use fluxlift_core::Secret;
use sha2::{Digest, Sha256};

use super::{ConfigError, Patch, Role};
use crate::yaml::Node;

/// A machine configuration. It holds every secret of its machine: `Debug` shows the kinds of its documents only.
///
/// Two are equal when they mean the same: the order of keys and the layout do not matter.
#[derive(Clone, PartialEq)]
pub struct MachineConfig {
    documents: Vec<Node>,
}

/// A manifest that the control plane applies by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineManifest {
    /// Its name.
    pub name: String,
    /// The YAML.
    pub contents: String,
}

/// What tells documents apart: apiVersion, kind and name; all empty for the main one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Identity {
    api_version: String,
    pub(super) kind: String,
    name: String,
}

impl Identity {
    pub(super) fn of(document: &Node, what: &str, number: usize) -> Result<Self, ConfigError> {
        let problem = |problem| Err(ConfigError::Document { what: what.to_owned(), number, problem });
        if document.as_map().is_none() {
            return problem("it is not a mapping");
        }
        let text = |key| document.text(&[key]).unwrap_or_default().to_owned();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        if api_version.is_empty() != kind.is_empty() {
            return problem("apiVersion and kind go together");
        }
        let name = if kind.is_empty() { String::new() } else { text("name") };
        Ok(Self { api_version, kind, name })
    }

    /// Whether `key` belongs to the identity rather than to the content.
    pub(super) fn names(key: &str) -> bool {
        matches!(key, "apiVersion" | "kind" | "name" | "version")
    }
}

impl MachineConfig {
    /// A configuration of these documents.
    pub(super) const fn new(documents: Vec<Node>) -> Self {
        Self { documents }
    }

    /// Reads a configuration as Talos would.
    ///
    /// # Errors
    /// When it is not YAML, or a document is not one of a configuration.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let what = "the machine configuration";
        let documents = Node::documents(text).map_err(|source| ConfigError::Yaml { what: what.to_owned(), source })?;
        for (index, document) in documents.iter().enumerate() {
            Identity::of(document, what, index + 1)?;
        }
        Ok(Self { documents })
    }

    /// The configuration with `patch` merged over it.
    ///
    /// # Errors
    /// When the patch does not fit.
    pub fn patched(mut self, patch: &Patch) -> Result<Self, ConfigError> {
        patch.apply(&mut self.documents)?;
        Ok(self)
    }

    /// The configuration as text; the same configuration gives the same text.
    pub fn to_yaml(&self) -> Secret<String> {
        let documents: Vec<String> = self.documents.iter().map(ToString::to_string).collect();
        Secret::new(documents.join("---\n"))
    }

    /// SHA-256 of the text, in hexadecimal: tells versions apart without showing anything.
    pub fn digest(&self) -> String {
        Sha256::digest(self.to_yaml().expose()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The main document.
    pub fn main(&self) -> Option<&Node> {
        self.documents.iter().find(|d| d.at(&["kind"]).is_none())
    }

    /// The first document of `kind`.
    pub fn document(&self, kind: &str) -> Option<&Node> {
        self.documents.iter().find(|d| d.text(&["kind"]) == Some(kind))
    }

    /// Text in the main document.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        self.main()?.text(path)
    }

    /// The machine's role.
    pub fn role(&self) -> Option<Role> {
        match self.text(&["machine", "type"])? {
            "controlplane" | "init" => Some(Role::ControlPlane),
            "worker" => Some(Role::Worker),
            _ => None,
        }
    }

    /// The host name that the configuration sets, in either of its places.
    pub fn hostname(&self) -> Option<&str> {
        let own = self.document("HostnameConfig").and_then(|d| d.text(&["hostname"]));
        own.or_else(|| self.text(&["machine", "network", "hostname"]))
    }

    /// The manifests that the control plane applies by itself.
    pub fn inline_manifests(&self) -> Vec<InlineManifest> {
        let list = self.main().and_then(|m| m.at(&["cluster", "inlineManifests"])).and_then(Node::as_list);
        let manifest = |node: &Node| {
            Some(InlineManifest {
                name: node.text(&["name"])?.to_owned(),
                contents: node.text(&["contents"]).unwrap_or_default().to_owned(),
            })
        };
        list.unwrap_or_default().iter().filter_map(manifest).collect()
    }

    /// Finds what Talos itself would refuse later, on the machine.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let contradiction = |problem, remedy| Err(ConfigError::Contradiction { problem, remedy });
        if let Some(own) = self.document("HostnameConfig") {
            if self.text(&["machine", "network", "hostname"]).is_some() {
                return contradiction(
                    "machine.network.hostname and a HostnameConfig document both set the host name",
                    "take machine.network.hostname out of the patches",
                );
            }
            let auto = own.text(&["auto"]).unwrap_or_default();
            if own.text(&["hostname"]).is_some() && !matches!(auto, "" | "off") {
                return contradiction(
                    "HostnameConfig has both `auto` and `hostname`",
                    "set `auto: off` where a hostname is given",
                );
            }
        }
        let install = |key| self.main().and_then(|m| m.at(&["machine", "install", key]));
        let args = install("extraKernelArgs").and_then(Node::as_list).is_some_and(|list| !list.is_empty());
        if args && install("grubUseUKICmdline") == Some(&Node::Bool(true)) {
            return contradiction(
                "install.extraKernelArgs and install.grubUseUKICmdline exclude each other",
                "put the kernel arguments into the installer image, or set grubUseUKICmdline to false",
            );
        }
        Ok(())
    }
}

impl std::fmt::Debug for MachineConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds: Vec<&str> = self.documents.iter().map(|d| d.text(&["kind"]).unwrap_or("v1alpha1")).collect();
        write!(f, "MachineConfig{kinds:?}")
    }
}
