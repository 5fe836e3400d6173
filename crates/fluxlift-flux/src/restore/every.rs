//! Every way of restoring at once: each thing goes to the provider whose kind it is.

use async_trait::async_trait;
use fluxlift_kube::{Class, Cluster, Kind, ObjectRef};
use futures::future::{join, try_join};

use super::case::{Backup, Case, Survey};
use super::kopiur::{self, Kopiur};
use super::volsync::{self, VolSync};
use super::{Provider, RestoreError, Round};

/// VolSync and kopiur, of which a cluster needs no more than one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Every;

/// The provider of objects of this kind.
fn provider(kind: &Kind) -> &'static dyn Provider {
    if kind.group() == kopiur::kinds::RESTORE.group() { &Kopiur } else { &VolSync }
}

/// What was seen of one provider; nothing, where it is not installed.
async fn installed(
    cluster: &Cluster,
    kind: &Kind,
    survey: Result<Survey, RestoreError>,
) -> Result<Option<Survey>, RestoreError> {
    match survey {
        Err(RestoreError::NotInstalled { .. }) => Ok(None),
        // Who may not list what is not even defined is not kept from anything.
        Err(RestoreError::Request(error)) if error.class() == Class::Forbidden => {
            match cluster.api_versions().await?.contains(&kind.api_version()) {
                true => Err(error.into()),
                false => Ok(None),
            }
        }
        found => found.map(Some),
    }
}

/// What was seen of both as one.
async fn together(
    cluster: &Cluster,
    (first, second): (Result<Survey, RestoreError>, Result<Survey, RestoreError>),
) -> Result<Survey, RestoreError> {
    let kinds = [volsync::kinds::DESTINATION, kopiur::kinds::RESTORE];
    let (first, second) = try_join(installed(cluster, &kinds[0], first), installed(cluster, &kinds[1], second)).await?;
    if first.is_none() && second.is_none() {
        return Err(RestoreError::NotInstalled {
            provider: "VolSync and no kopiur",
            server: cluster.server().to_owned(),
            definition: kinds.map(|kind| kind.crd_name()).join(" and no "),
        });
    }
    let (mut all, others) = (first.unwrap_or_default(), second.unwrap_or_default());
    all.cases.extend(others.cases);
    all.cases.sort_by_cached_key(|case| (case.path(), case.target.clone()));
    all.others.extend(others.others);
    all.held.extend(others.held);
    all.beyond.extend(others.beyond);
    Ok(all)
}

#[async_trait]
impl Provider for Every {
    fn pause(&self, kind: &Kind) -> &'static str {
        provider(kind).pause(kind)
    }

    async fn survey(&self, cluster: &Cluster, namespace: Option<&str>) -> Result<Survey, RestoreError> {
        let seen = join(VolSync.survey(cluster, namespace), Kopiur.survey(cluster, namespace)).await;
        together(cluster, seen).await
    }

    async fn glance(&self, cluster: &Cluster, namespace: Option<&str>) -> Result<Survey, RestoreError> {
        let seen = join(VolSync.glance(cluster, namespace), Kopiur.glance(cluster, namespace)).await;
        together(cluster, seen).await
    }

    async fn prove_live(&self, round: &Round, cases: &[&Case]) -> Result<(), RestoreError> {
        let ours = kopiur::kinds::RESTORE;
        let (second, first): (Vec<&Case>, Vec<&Case>) =
            cases.iter().copied().partition(|case| case.target.kind.group() == ours.group());
        VolSync.prove_live(round, &first).await?;
        Kopiur.prove_live(round, &second).await
    }

    async fn prove_still(&self, round: &Round, backup: &Backup) -> Result<(), RestoreError> {
        provider(&backup.target.kind).prove_still(round, backup).await
    }

    async fn forget(&self, round: &Round, destination: &ObjectRef) -> Result<bool, RestoreError> {
        provider(&destination.kind).forget(round, destination).await
    }

    async fn prepare(&self, round: &Round, case: &Case) -> Result<(), RestoreError> {
        provider(&case.target.kind).prepare(round, case).await
    }

    async fn restore(&self, round: &Round, case: &Case) -> Result<String, RestoreError> {
        provider(&case.target.kind).restore(round, case).await
    }
}
