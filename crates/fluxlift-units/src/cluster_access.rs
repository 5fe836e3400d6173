//! How a unit reaches its cluster: by the kubeconfig's content, or by its path.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fluxlift_core::{Deadline, Secret, Value};
use fluxlift_engine::unit::{UnitContext, UnitError, UnitSpec};
use fluxlift_kube::{Cluster, Kubeconfig};
use serde::Deserialize;

use crate::Outside;

/// How long a request that fails in passing is tried again, at most.
const REQUEST: Deadline = Deadline::minutes(2);

/// How long it is tried in a unit that has `deadline`: half of it at most, so that the unit ends with the reason and not
/// with its deadline.
pub(crate) fn patience(deadline: Deadline) -> Deadline {
    REQUEST.min(Deadline::after(deadline.budget() / 2))
}

/// The inputs that name a cluster. The content wins over the path: it comes from the state, the path may be stale.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ClusterAccess {
    /// The kubeconfig's path.
    pub kubeconfig_path: Option<String>,
    /// The kubeconfig's content.
    pub kubeconfig_content: Option<Secret<String>>,
    /// The context to use instead of the current one.
    pub kubeconfig_context: Option<String>,
}

impl ClusterAccess {
    /// These inputs of `spec` and no others: all that a destroy needs to know.
    ///
    /// # Errors
    /// When one is of another type.
    pub fn read(spec: &UnitSpec) -> Result<Self, UnitError> {
        Value::Map(spec.inputs.clone())
            .parse()
            .map_err(|error| UnitError::caused_by("the inputs that name the cluster do not fit", error))
    }

    /// The kubeconfig, read. Relative paths are relative to the repository.
    ///
    /// # Errors
    /// When neither is given, or it cannot be read.
    pub fn kubeconfig(&self, spec: &UnitSpec) -> Result<Kubeconfig, UnitError> {
        let context = self.kubeconfig_context.as_deref();
        if let Some(content) = self.content() {
            return Ok(Kubeconfig::from_text(content.expose(), context, Some(&spec.repo_root))?);
        }
        Ok(Kubeconfig::from_path(&self.file(spec)?, context)?)
    }

    /// The content, where there is one.
    pub(crate) fn content(&self) -> Option<&Secret<String>> {
        self.kubeconfig_content.as_ref().filter(|content| !content.expose().trim().is_empty())
    }

    /// The file at the path.
    ///
    /// # Errors
    /// When none is given.
    pub(crate) fn file(&self, spec: &UnitSpec) -> Result<PathBuf, UnitError> {
        let path = self.path().ok_or_else(|| {
            UnitError::new("there is no kubeconfig: neither kubeconfig_content nor kubeconfig_path is set")
                .with_hint("apply the bootstrap unit first: its outputs are these inputs")
        })?;
        Ok(if path.is_absolute() { path.to_owned() } else { spec.repo_root.join(path) })
    }

    /// A client of the cluster for a unit's run: what fails in passing is tried again, in the open. Nothing is sent yet.
    ///
    /// # Errors
    /// When there is no usable kubeconfig.
    pub fn connect(&self, spec: &UnitSpec, outside: &Outside, cx: &UnitContext) -> Result<Cluster, UnitError> {
        let kubeconfig = self.kubeconfig(spec)?;
        let cluster = Cluster::connect(&kubeconfig, Arc::clone(&outside.dial), Arc::clone(&outside.clock), cx.seed)?;
        Ok(cluster.persistent(&cx.gates, patience(cx.deadline)))
    }

    fn path(&self) -> Option<&Path> {
        self.kubeconfig_path.as_deref().filter(|path| !path.is_empty() && *path != "/dev/null").map(Path::new)
    }
}
