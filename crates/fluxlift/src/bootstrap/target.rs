//! The cluster that a bootstrap is for.

use std::path::PathBuf;
use std::sync::Arc;

use fluxlift_core::{Clock, Deadline, Emitter, EventKind};
use fluxlift_gate::GateContext;
use fluxlift_kube::{ChosenContext, Cluster, Kubeconfig, choose_context};
use fluxlift_net::Dial;

use super::Request;
use crate::system::System;
use crate::ui::{Failure, warning};

/// How long an API server that refuses connections is asked again: one that has just started does for a moment.
const PATIENCE: Deadline = Deadline::secs(30);

/// A cluster that answered.
#[derive(Debug, Clone)]
pub struct Target {
    /// The context that names it.
    pub chosen: ChosenContext,
    /// The address of its API server.
    pub server: String,
    /// The UID of its `kube-system` namespace.
    pub identity: String,
}

impl Target {
    /// Finds the cluster that `request` means and asks who it is.
    ///
    /// # Errors
    /// When no kubeconfig names it, its credentials do not fit, or it does not answer.
    pub async fn find(
        request: &Request,
        system: &System,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        Self::named(&request.kubeconfig, request.context.as_deref(), system, dial, clock).await
    }

    /// Finds the cluster that `context` of these kubeconfig files means.
    ///
    /// # Errors
    /// As [`Target::find`].
    pub async fn named(
        kubeconfig: &[PathBuf],
        context: Option<&str>,
        system: &System,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        let chosen = choose_context(kubeconfig, context)?;
        let cluster = connect(&chosen, system, dial, Arc::clone(&clock))?;
        let mut cx = GateContext::quiet(clock);
        cx.events = Emitter::new(|event| {
            if let EventKind::Warning { message } = event {
                warning(&message);
            }
        });
        let identity = cluster.persistent(&cx, PATIENCE).identity().await?;
        Ok(Self { chosen, server: cluster.server().to_owned(), identity })
    }

    /// Connects to it once more. Nothing is sent yet.
    ///
    /// # Errors
    /// When its credentials do not fit any more.
    pub fn connect(&self, system: &System, dial: Arc<dyn Dial>, clock: Arc<dyn Clock>) -> Result<Cluster, Failure> {
        connect(&self.chosen, system, dial, clock)
    }
}

fn connect(
    chosen: &ChosenContext,
    system: &System,
    dial: Arc<dyn Dial>,
    clock: Arc<dyn Clock>,
) -> Result<Cluster, Failure> {
    let kubeconfig = Kubeconfig::from_text(chosen.content.expose(), Some(&chosen.name), None)?;
    Ok(Cluster::connect(&kubeconfig, dial, clock, system.seed)?)
}

/// The kubeconfig files that kubectl would read: those that were named, else `$KUBECONFIG`, else `~/.kube/config`.
pub fn kubeconfig_files(named: Option<&PathBuf>, system: &System) -> Vec<PathBuf> {
    let listed = || system.env.get("KUBECONFIG").into_iter().flat_map(std::env::split_paths);
    let mut files: Vec<PathBuf> = match named {
        Some(path) => vec![path.clone()],
        None => listed().filter(|path| !path.as_os_str().is_empty()).collect(),
    };
    if files.is_empty() {
        files.extend(system.env.home.as_ref().map(|home| home.join(".kube/config")));
    }
    files.into_iter().map(|path| system.dir.join(path)).collect()
}
