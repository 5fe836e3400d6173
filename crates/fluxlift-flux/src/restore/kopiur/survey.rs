//! What kopiur restores: Restores, the claims that they fill, and the schedules that must stand still until then.

use fluxlift_kube::{Class, Cluster, Collection, Kind, Object, RequestError};

use super::decide::decide;
use super::kinds::{POLICY, RESTORE, SCHEDULE, SNAPSHOT};
use super::reading::{Worth, judge};
use super::schedules::{concerned, named};
use crate::restore::kinds::{CLAIM, VOLUME};
use crate::restore::lists::{defined, list, readable};
use crate::restore::mark::is_held;
use crate::restore::{Backup, Case, RestoreError, Survey};

/// What a Restore is judged by.
struct Seen {
    claims: Collection,
    volumes: Collection,
    policies: Collection,
    schedules: Collection,
}

/// Looks at what there is in `namespace`, or everywhere.
pub(super) async fn survey(cluster: &Cluster, namespace: Option<&str>) -> Result<Survey, RestoreError> {
    let (restores, claims, volumes, policies, schedules) = futures::join!(
        defined(cluster, "kopiur", RESTORE, namespace),
        list(cluster, CLAIM, namespace),
        readable(cluster, VOLUME),
        widely(cluster, POLICY, namespace),
        widely(cluster, SCHEDULE, namespace),
    );
    let restores = restores?;
    let seen = Seen { claims: claims?, volumes: volumes?, policies: policies?, schedules: schedules? };
    let (ours, others): (Vec<&Object>, Vec<&Object>) =
        restores.iter().partition(|restore| restore.at("/spec/target/populator").is_object());
    let judged: Vec<(&Object, Vec<(&Object, Worth)>)> =
        ours.into_iter().map(|restore| (restore, seen.judged(restore))).collect();
    // There may be thousands of Snapshots, and they are asked for nothing but the size of what was restored.
    let restored = judged.iter().flat_map(|(_, claims)| claims).any(|(_, worth)| matches!(worth, Worth::Filled(_)));
    let snapshots = if restored { readable(cluster, SNAPSHOT).await? } else { Collection::default() };
    let cases = judged.iter().map(|(restore, claims)| seen.case(restore, claims, &snapshots)).collect();
    let here = |schedule: &&Object| namespace.is_none() || schedule.namespace() == namespace;
    let held = seen.schedules.iter().filter(|schedule| is_held(schedule)).filter(here);
    Ok(Survey {
        cases,
        held: held.map(|schedule| Backup::of(&SCHEDULE, schedule)).collect(),
        beyond: others.into_iter().map(beyond).collect(),
        ..Survey::default()
    })
}

/// All that there is of `kind`; what is in `namespace` for who may look no further.
async fn widely(cluster: &Cluster, kind: Kind, namespace: Option<&str>) -> Result<Collection, RequestError> {
    match list(cluster, kind.clone(), None).await {
        Err(error) if error.class() == Class::Forbidden && namespace.is_some() => list(cluster, kind, namespace).await,
        listed => listed,
    }
}

fn beyond(restore: &Object) -> String {
    format!(
        "{} is nothing that claims ask for (spec.target.populator): it is neither restored nor judged here",
        restore.title()
    )
}

impl Seen {
    /// The claims that `restore` fills, each with what its words are worth.
    fn judged(&self, restore: &Object) -> Vec<(&Object, Worth)> {
        let filled = self.claims.iter().filter(|claim| fills(restore, claim));
        filled.map(|claim| (claim, judge(restore, claim, &self.volumes))).collect()
    }

    fn case(&self, restore: &Object, claims: &[(&Object, Worth)], snapshots: &Collection) -> Case {
        let filled: Vec<Object> = claims.iter().map(|(claim, _)| (*claim).clone()).collect();
        let target = restore.reference(&RESTORE);
        let schedules = concerned(restore, &filled, &self.policies, &self.schedules);
        Case {
            // kopiur restores by itself, and as many at a time as it likes: none waits here for another.
            repository: target.to_string(),
            target,
            place: self.place(restore),
            action: decide(restore, claims, snapshots),
            object: restore.clone(),
            // kopiur fills whatever waits without being asked.
            exposed: filled.iter().any(|claim| claim.text("/status/phase") != Some("Bound")),
            claims: filled,
            backups: schedules.into_iter().map(|schedule| Backup::of(&SCHEDULE, schedule)).collect(),
            overwrites: None,
            awaits_us: false,
        }
    }

    /// Where its repository is, for people.
    fn place(&self, restore: &Object) -> String {
        let policy = named(restore.at("/spec/source/fromPolicy"), restore.namespace().unwrap_or_default());
        let policy = policy.and_then(|(namespace, name)| self.policies.get(Some(&namespace), &name));
        let name = |object: &Object| object.text("/spec/repository/name").map(str::to_owned);
        let name = name(restore).or_else(|| policy.and_then(name));
        name.map_or_else(|| "-".to_owned(), |name| format!("repository {name}"))
    }
}

/// Whether `claim` is filled from `restore`.
fn fills(restore: &Object, claim: &Object) -> bool {
    claim.namespace() == restore.namespace()
        && claim.text("/spec/dataSourceRef/kind") == Some(RESTORE.kind())
        && claim.text("/spec/dataSourceRef/apiGroup") == Some(RESTORE.group())
        && claim.text("/spec/dataSourceRef/name") == Some(restore.name())
}
