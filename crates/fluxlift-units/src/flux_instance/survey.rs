//! What there is, compared with what should be.

use fluxlift_core::ChangeKind;
use fluxlift_engine::unit::{Change, UnitError};
use fluxlift_flux::annotation::UNPROVEN;
use fluxlift_flux::instance::Stage;
use fluxlift_flux::kinds::{FLUX_INSTANCE, NAMESPACE};
use fluxlift_flux::migration::Census;
use fluxlift_flux::sync::{self, SyncError};
use fluxlift_flux::{Component, Instance, leftover};
use fluxlift_kube::{ApplyAs, Cluster, Object, ObjectRef, RequestError, kind};
use futures::future::try_join_all;

use crate::difference;

/// What the cluster has of this unit.
#[derive(Debug)]
pub struct Survey {
    /// The FluxInstance.
    pub live: Option<Object>,
    /// Where it differs from what should be.
    pub differences: Vec<String>,
    /// Whether controllers of Flux are installed, by whomever.
    pub controllers: bool,
}

impl Survey {
    /// Looks, and refuses what would take workloads down or void the proof of order. A root that reconciles already is
    /// only taken over when it is the one of `adopt`.
    ///
    /// # Errors
    /// When the cluster cannot be read, the sync may not be changed that way, or another root reconciles already.
    pub async fn take(cluster: &Cluster, instance: &Instance, adopt: Option<&Census>) -> Result<Self, UnitError> {
        let live = cluster.get(&Instance::target()).await?.filter(|live| !live.is_terminating());
        match &live {
            Some(live) if sync::live_sync(live).is_some() => instance.sync.may_replace(live)?,
            _ => match adopt {
                Some(census) => instance.sync.may_adopt(&census.name, &census.path)?,
                None => {
                    if let Some(root) = leftover::root(cluster).await? {
                        return Err(SyncError::Leftover { root: root.to_string() }.into());
                    }
                }
            },
        }
        let (differences, controllers) =
            tokio::try_join!(differences(cluster, live.as_ref(), instance), controllers(cluster))?;
        Ok(Self { live, differences, controllers })
    }

    /// Whether the live instance follows something.
    pub fn is_synced(&self) -> bool {
        self.live.as_ref().is_some_and(|live| sync::live_sync(live).is_some())
    }

    /// What an apply would do, given what it would do to the Secrets.
    pub fn change(&self, secrets: Vec<String>) -> Change {
        if self.live.is_none() {
            return Change::because(ChangeKind::Create, ["fluxinstance/flux-system/flux does not exist"]);
        }
        let reasons: Vec<String> = self.differences.iter().cloned().chain(secrets).collect();
        if reasons.is_empty() { Change::none() } else { Change::because(ChangeKind::Update, reasons) }
    }
}

/// Where the live instance differs from the wanted one, as the API server itself would merge them.
async fn differences(cluster: &Cluster, live: Option<&Object>, wanted: &Instance) -> Result<Vec<String>, RequestError> {
    let Some(live) = live else { return Ok(Vec::new()) };
    let object = wanted.object(Stage::Whole);
    let unproven =
        live.annotation(UNPROVEN).map(|_| "metadata.annotations: it was changed, and not proven since".to_owned());
    let merged = cluster.apply(&FLUX_INSTANCE, &object, ApplyAs::REHEARSAL).await?;
    Ok(unproven.into_iter().chain(difference::paths("spec", live.at("/spec"), merged.at("/spec"))).collect())
}

/// Whether any controller of Flux is installed.
async fn controllers(cluster: &Cluster) -> Result<bool, RequestError> {
    let targets =
        Component::DEFAULT.map(|component| ObjectRef::namespaced(kind::DEPLOYMENT, NAMESPACE, component.name()));
    let found = try_join_all(targets.iter().map(|target| cluster.get(target))).await?;
    Ok(found.iter().any(Option::is_some))
}
