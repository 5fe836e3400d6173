//! The whole of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kube::Client;
use tempfile::TempDir;

use crate::control_plane::ControlPlane;
use crate::git::GitServer;
use crate::ground;
use crate::history::History;
use crate::link::Link;
use crate::node::{Node, Site};
use crate::registry::RegistryServer;
use crate::subnet::Subnet;
use crate::tools::FLUX_OPERATOR_CONFIG;
use crate::{LabError, Tools};

/// The version of flux-operator that the tools pin.
pub const FLUX_OPERATOR_VERSION: &str = "0.58.1";
/// The newest Flux that it knows.
pub const FLUX_VERSION: &str = "2.9.4";

/// A lab that runs. Fields are dropped in this order: Pods first, then the control plane, then the folder.
#[derive(Debug)]
pub struct Lab {
    /// The node and what runs on it.
    pub node: Node,
    /// The Git server.
    pub git: GitServer,
    /// The chart registry.
    pub registry: RegistryServer,
    /// The control plane.
    pub control_plane: ControlPlane,
    folder: Option<TempDir>,
    path: PathBuf,
}

impl Lab {
    /// Brings a lab up: a control plane with one Ready node, a Git server with an empty repository, a registry.
    ///
    /// Programs are tied to the thread that starts them: keep this on a current-thread runtime, or on a runtime whose
    /// workers outlive the lab.
    ///
    /// # Errors
    /// When this machine cannot carry it, or a program does not come up.
    pub async fn start(tools: &Tools) -> Result<Self, LabError> {
        let isolation = ground::isolation().map_err(LabError::Unexpected)?;
        let folder = tempfile::Builder::new().prefix("fluxlift-lab-").tempdir();
        let folder = folder.map_err(LabError::io("make a folder for the lab"))?;
        let path = folder.path().to_owned();
        let subnet = Arc::new(Subnet::claim().map_err(LabError::io("find free loopback addresses"))?);
        let git = GitServer::start(&path, subnet.socket(6, 3000)).await?;
        let registry = RegistryServer::start(subnet.socket(7, 5000)).await?;
        if let Some(config) = tools.find(FLUX_OPERATOR_CONFIG) {
            registry.push_flux_operator(FLUX_OPERATOR_VERSION, &config)?;
        }
        let control_plane = ControlPlane::start(tools, &path, &subnet).await?;
        let site = Site::new(
            control_plane.client(),
            tools.clone(),
            isolation,
            path.clone(),
            subnet,
            (control_plane.certificates.ca_text.clone(), control_plane.direct),
        );
        let node = Node::start(site).await?;
        Ok(Self { node, git, registry, control_plane, folder: Some(folder), path })
    }

    /// The kubeconfig of those who are judged.
    pub fn kubeconfig(&self) -> &Path {
        &self.control_plane.kubeconfig
    }

    /// A client that no fault reaches.
    pub fn client(&self) -> Client {
        self.control_plane.client()
    }

    /// The stretch between the kubeconfig's user and the API server.
    pub const fn api(&self) -> &Link {
        &self.control_plane.link
    }

    /// Where logs are: a file for each program of the control plane, and `pods/<name>/log`.
    pub fn folder(&self) -> &Path {
        &self.path
    }

    /// Keeps the folder when the lab goes, and says where it is: for what went wrong.
    pub fn keep(&mut self) -> &Path {
        if let Some(folder) = self.folder.take() {
            let _ = folder.keep();
        }
        &self.path
    }

    /// Everything that happened so far, from etcd.
    ///
    /// # Errors
    /// When etcd does not answer.
    pub async fn history(&self) -> Result<History, LabError> {
        History::read(self.control_plane.etcd).await
    }
}
