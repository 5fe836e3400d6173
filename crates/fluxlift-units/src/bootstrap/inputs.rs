//! The inputs, as the tree passes them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fluxlift_core::Secret;
use fluxlift_engine::unit::{UnitError, UnitSpec};
use fluxlift_net::Authority;
use fluxlift_talos::secrets::ClientIdentity;
use serde::Deserialize;

use crate::talos_access::{ClientConfiguration, TalosInputError, identity};

/// The unit's inputs.
#[derive(Debug, Clone, Deserialize)]
pub struct Inputs {
    /// The administrator's identity.
    pub client_configuration: Option<ClientConfiguration>,
    /// The same, as a talosconfig.
    pub talosconfig: Option<Secret<String>>,
    /// The address of each control plane, by name.
    pub control_plane_nodes: BTreeMap<String, String>,
    /// All machines that must register; the control planes when absent.
    #[serde(default)]
    pub all_node_names: BTreeSet<String>,
    /// Where the Kubernetes API is reached.
    pub cluster_endpoint: String,
    /// The repository.
    pub repo_root: Option<PathBuf>,
    /// Where the kubeconfig is written, relative to the repository.
    pub kubeconfig_path: Option<PathBuf>,
}

impl Inputs {
    /// The administrator's identity.
    ///
    /// # Errors
    /// When it is not there or not usable.
    pub fn identity(&self) -> Result<ClientIdentity, UnitError> {
        Ok(identity(self.client_configuration.as_ref(), self.talosconfig.as_ref())?)
    }

    /// The machine that is bootstrapped when none was yet: the first by name.
    ///
    /// # Errors
    /// When there is no control plane.
    pub fn chosen(&self) -> Result<&str, UnitError> {
        let first = self.control_plane_nodes.keys().next().map(String::as_str);
        first.ok_or_else(|| TalosInputError::input("control_plane_nodes", "a cluster needs a control plane").into())
    }

    /// The machines that must register.
    pub fn expected_nodes(&self) -> BTreeSet<String> {
        if self.all_node_names.is_empty() {
            self.control_plane_nodes.keys().cloned().collect()
        } else {
            self.all_node_names.clone()
        }
    }

    /// The cluster's endpoint, as an address.
    ///
    /// # Errors
    /// When it is not an https address.
    pub fn endpoint(&self) -> Result<Authority, UnitError> {
        let rest = self.cluster_endpoint.strip_prefix("https://").map(|rest| rest.trim_end_matches('/'));
        let with_port = rest.map(|rest| {
            if rest.rsplit(']').next().is_some_and(|r| r.contains(':')) {
                rest.to_owned()
            } else {
                format!("{rest}:443")
            }
        });
        with_port
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| TalosInputError::input("cluster_endpoint", "it is not of the form https://host:port").into())
    }

    /// Where the kubeconfig is written: as the tree says, else `.kube/<cluster>.yaml` in the repository.
    pub fn kubeconfig_file(&self, spec: &UnitSpec, cluster: &str) -> PathBuf {
        let root: &Path = self.repo_root.as_deref().unwrap_or(&spec.repo_root);
        match self.kubeconfig_path.as_ref().filter(|path| !path.as_os_str().is_empty()) {
            Some(path) => root.join(path),
            None => root.join(".kube").join(format!("{cluster}.yaml")),
        }
    }
}
