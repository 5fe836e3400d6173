//! Where the state of runs without a tree lies: in the XDG state folder.
//!
//! What is about one existing cluster is kept by that cluster's own identity, so that two clusters never share state,
//! whatever their kubeconfigs are called. A module that is run alone may be about a cluster that does not exist yet, or
//! no longer: it is kept by the path of its kubeconfig.

use std::path::Path;

use fluxlift_core::{ErrorKind, Timestamp};
use fluxlift_engine::Home;
use fluxlift_engine::journal::History;
use sha2::{Digest, Sha256};

use crate::system::System;
use crate::ui::Failure;

/// The folder of what is kept by cluster.
const CLUSTERS: &str = "clusters";
/// The folder of the locks of what is no run, by cluster.
const REPAIRS: &str = "repairs";
/// The folder of what is kept by module.
const MODULES: &str = "native";

/// The home of the cluster whose `kube-system` namespace has this UID.
///
/// # Errors
/// When there is no state folder, or that is no UID.
pub fn of_cluster(uid: &str, system: &System) -> Result<Home, Failure> {
    by_cluster(CLUSTERS, uid, system)
}

/// The place of the lock of rescues and restores of that cluster, which leave no state.
///
/// # Errors
/// As [`of_cluster`].
pub fn of_repairs(uid: &str, system: &System) -> Result<Home, Failure> {
    by_cluster(REPAIRS, uid, system)
}

fn by_cluster(kept: &str, uid: &str, system: &System) -> Result<Home, Failure> {
    if uid.is_empty() || !uid.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Err(Failure::new(
            ErrorKind::Failed,
            format!("the cluster gives its identity as {uid:?}, which is no UID"),
        ));
    }
    Ok(Home::at(system.state_folder()?.join(kept).join(uid)))
}

/// The home of `module` for the cluster of this kubeconfig: the same for each run.
///
/// # Errors
/// When there is no state folder.
pub fn of_module(module: &str, kubeconfig: &Path, system: &System) -> Result<Home, Failure> {
    let digest = Sha256::digest(kubeconfig.as_os_str().as_encoded_bytes());
    let about: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(Home::at(system.state_folder()?.join(MODULES).join(module).join(about)))
}

/// The home of the cluster that something was done to last; `None` when there was never one.
///
/// # Errors
/// When a journal is broken.
pub fn latest(system: &System) -> Result<Option<Home>, Failure> {
    let Ok(folders) = std::fs::read_dir(system.state_folder()?.join(CLUSTERS)) else { return Ok(None) };
    let mut latest: Option<(Timestamp, Home)> = None;
    for folder in folders.flatten() {
        let home = Home::at(folder.path());
        let Some(history) = History::last(&home)? else { continue };
        let Some(at) = history.entries.last().map(|entry| entry.at) else { continue };
        if latest.as_ref().is_none_or(|(other, _)| *other < at) {
            latest = Some((at, home));
        }
    }
    Ok(latest.map(|(_, home)| home))
}
