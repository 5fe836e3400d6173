//! Who has the lock on the state of a cluster.

use std::path::Path;

use fluxlift_config::{ConfigError, LoadOptions, Tree};
use fluxlift_core::error::chain;
use fluxlift_engine::Home;
use fluxlift_engine::lock::inspect;
use fluxlift_flux::doctor::{Lock, Read, Unread};
use fluxlift_kube::Cluster;

use crate::standalone::home;
use crate::system::System;
use crate::workspace::home_of;

/// The lock of the tree in `folder`, else of the cluster's own state.
pub(super) async fn of(folder: &Path, cluster: Option<&Cluster>, system: &System) -> Read<Option<Lock>> {
    let home = place(folder, cluster, system).await?;
    let holder = inspect(&home).map_err(|error| Unread::because(chain(&error)))?;
    Ok(holder.owner.map(|owner| Lock { alive: system.is_alive(&owner), owner: owner.to_string() }))
}

async fn place(folder: &Path, cluster: Option<&Cluster>, system: &System) -> Read<Home> {
    let options = LoadOptions { env: system.env.clone(), ..LoadOptions::new(folder, system.now) };
    match Tree::load(options) {
        Ok(tree) => return Ok(home_of(&tree)),
        Err(ConfigError::NoUnits(_)) => {}
        Err(error) => return Err(Unread::because(chain(&error))),
    }
    // Its state lies by what it says that it is.
    let cluster =
        cluster.ok_or_else(|| Unread::because("there is no tree here, and the cluster does not say who it is"))?;
    let identity = cluster.identity().await?;
    home::of_cluster(&identity, system).map_err(|failure| Unread::because(failure.message()))
}
