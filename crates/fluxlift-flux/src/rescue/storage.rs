//! The last rung: the Secret in which Helm keeps a revision whose action has not ended.
//!
//! Helm refuses to touch such a release. The Secret is changed in place, as helm-controller does it: the revision becomes
//! a failed one. **It is never deleted, and never changed while somebody may be at work on it.**

use fluxlift_core::{Explain, Hint, Timestamp};
use fluxlift_helm::release::{ReleaseError, Status, StoredRelease};
use fluxlift_kube::{Cluster, Object, ObjectRef, Query, kind};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::error::RescueError;
use crate::diagnosis::{Cause, Scene, Workforce, diagnose};

/// How long a Helm action may take where a release does not say.
const TIMEOUT: SignedDuration = SignedDuration::from_mins(5);
/// The type of the Secrets of a release.
const OWNER: &str = "owner=helm";
/// What is written as the description of the revision.
const WHY: &str = "the action on this revision did not end, and nobody works on it any more";

/// Why Helm's storage was not edited.
#[derive(Debug, Error)]
pub enum StorageError {
    /// The release is no longer stuck in that way.
    #[error("{release} is not left in a pending status any more: it {now}")]
    Moved {
        /// The release.
        release: String,
        /// What it is now.
        now: String,
    },
    /// The Secret is not there.
    #[error("{0} does not exist: Helm has no such revision")]
    Gone(String),
    /// Another revision is the newest.
    #[error("{secret} is not of the newest revision: {newest} is")]
    Older {
        /// The Secret.
        secret: String,
        /// The newest.
        newest: String,
    },
    /// The action may still be running.
    #[error("the action on {secret} may still be running: it began {began}, and may take {timeout:#}")]
    Young {
        /// The Secret.
        secret: String,
        /// When it began.
        began: String,
        /// How long it may take.
        timeout: SignedDuration,
    },
    /// The revision has another status.
    #[error("{secret} says {status}: there is nothing to unlock")]
    NotPending {
        /// The Secret.
        secret: String,
        /// Its status.
        status: Status,
    },
    /// Somebody else wrote to it.
    #[error("{0} was changed by somebody else at the same time")]
    Contended(String),
    /// It is not what Helm writes.
    #[error(transparent)]
    Release(#[from] ReleaseError),
}

impl Explain for StorageError {
    fn hints(&self) -> Vec<Hint> {
        vec![Hint::new("see with `helm history` what is going on, then run again; nothing was changed")]
    }
}

/// Makes the pending revision in `secret` a failed one.
pub(super) async fn unlock(
    cluster: &Cluster,
    release: &Object,
    secret: &ObjectRef,
    now: Timestamp,
) -> Result<(), RescueError> {
    still_locked(release, now)?;
    newest(cluster, secret).await?;
    let live = cluster.get(secret).await?.ok_or_else(|| StorageError::Gone(secret.to_string()))?;
    let unlocked = unlocked(&live, &secret.to_string(), timeout(release), now)?;
    match cluster.replace(&kind::SECRET, &unlocked).await {
        Err(error) if error.class() == fluxlift_kube::Class::Conflict => {
            Err(StorageError::Contended(secret.to_string()).into())
        }
        done => Ok(done.map(drop)?),
    }
}

/// Whether `release`, read anew, is still left pending with nobody at work on it.
fn still_locked(release: &Object, now: Timestamp) -> Result<(), StorageError> {
    let scene = Scene::of(now, Workforce::default(), [release]);
    let cause = scene.subjects().next().map(|subject| diagnose(&scene, subject, now).cause);
    match cause {
        Some(Cause::HelmLocked { .. }) => Ok(()),
        cause => {
            let now = cause.map_or_else(|| "cannot be read".to_owned(), |cause| cause.to_string());
            Err(StorageError::Moved { release: release.title(), now })
        }
    }
}

/// What is read of the Secrets of a release: not what is in them.
#[derive(Deserialize)]
struct Revision {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
}

impl Revision {
    /// Its number; Helm writes it at the end of the name.
    fn number(&self) -> u64 {
        self.metadata.name.rsplit_once(".v").and_then(|(_, number)| number.parse().ok()).unwrap_or_default()
    }
}

async fn newest(cluster: &Cluster, secret: &ObjectRef) -> Result<(), RescueError> {
    let revision = |name: &str| Revision { metadata: Metadata { name: name.to_owned() } };
    let namespace = secret.namespace.clone().unwrap_or_default();
    let query = Query::all(kind::SECRET).within(namespace).labelled(OWNER);
    let prefix = secret.name.rsplit_once(".v").map_or(secret.name.as_str(), |(prefix, _)| prefix);
    let all = cluster.list_lean::<Revision>(&query).await?;
    let own = all.into_iter().filter(|one| one.metadata.name.rsplit_once(".v").is_some_and(|(own, _)| own == prefix));
    let newest = own.max_by_key(Revision::number).unwrap_or_else(|| revision(&secret.name));
    match newest.number() > revision(&secret.name).number() {
        true => Err(StorageError::Older { secret: secret.to_string(), newest: newest.metadata.name }.into()),
        false => Ok(()),
    }
}

/// The longest time that any of its actions may take.
fn timeout(release: &Object) -> SignedDuration {
    let given = ["/spec/timeout", "/spec/install/timeout", "/spec/upgrade/timeout", "/spec/rollback/timeout"];
    let given = given.iter().filter_map(|field| release.text(field)?.parse().ok());
    given.max().unwrap_or(TIMEOUT).max(TIMEOUT)
}

/// `live` with its revision failed instead of pending, to be written over this very version of it.
fn unlocked(live: &Object, title: &str, timeout: SignedDuration, now: Timestamp) -> Result<Object, StorageError> {
    let stored = StoredRelease::from_secret(live.json())?;
    let status = stored.release.status();
    if !status.is_pending() {
        return Err(StorageError::NotPending { secret: title.to_owned(), status });
    }
    let began = stored.release.json().pointer("/info/last_deployed").and_then(Value::as_str).unwrap_or_default();
    // One that does not say when it began may have begun just now.
    let runs = began.parse::<Timestamp>().map_or(true, |began| now.duration_since(began) < timeout);
    if runs {
        return Err(StorageError::Young { secret: title.to_owned(), began: began.to_owned(), timeout });
    }
    let made = stored.to_secret(Status::Failed, WHY, now)?;
    // Its name, its namespace and whatever else is on it stay as they are.
    let mut json = live.json().clone();
    json["data"]["release"] = made["data"]["release"].clone();
    json["metadata"]["labels"] = made["metadata"]["labels"].clone();
    Ok(Object::new(json))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BEGAN: &str = "2026-01-01T00:00:00Z";

    fn secret(status: &str) -> Object {
        let release = json!({"name": "podinfo", "namespace": "apps", "version": 3, "manifest": "",
            "info": {"status": status, "last_deployed": BEGAN}, "config": {"password": "kept"}});
        let packed = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, release.to_string());
        let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, packed);
        Object::new(json!({"apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1",
            "metadata": {"name": "sh.helm.release.v1.podinfo.v3", "namespace": "elsewhere", "uid": "u",
                "resourceVersion": "7", "annotations": {"mine": "kept"},
                "labels": {"name": "podinfo", "owner": "helm", "status": status, "version": "3", "mine": "kept"}},
            "data": {"release": data}}))
    }

    fn edit(status: &str, minutes: i64) -> Result<Object, StorageError> {
        let now = BEGAN.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes);
        unlocked(&secret(status), "secret/elsewhere/sh.helm.release.v1.podinfo.v3", TIMEOUT, now)
    }

    #[test]
    fn a_pending_revision_becomes_a_failed_one_and_nothing_else_changes() {
        let edited = edit("pending-upgrade", 60).unwrap();
        assert_eq!(edited.label("status"), Some("failed"));
        assert_eq!((edited.label("mine"), edited.annotation("mine")), (Some("kept"), Some("kept")));
        assert_eq!((edited.namespace(), edited.uid(), edited.resource_version()), (Some("elsewhere"), "u", "7"));
        let release = StoredRelease::from_secret(edited.json()).unwrap().release;
        assert_eq!((release.status(), release.revision()), (Status::Failed, 3));
        assert_eq!(release.config(), json!({"password": "kept"}));
    }

    #[test]
    fn an_action_that_may_still_run_is_left_alone() {
        let error = edit("pending-install", 4).unwrap_err();
        assert!(matches!(error, StorageError::Young { .. }), "{error}");
    }

    #[test]
    fn the_longest_of_a_releases_timeouts_counts() {
        let release = |spec: Value| Object::new(json!({ "spec": spec }));
        assert_eq!(timeout(&release(json!({}))), TIMEOUT);
        assert_eq!(timeout(&release(json!({"timeout": "1m", "upgrade": {"timeout": "2m"}}))), TIMEOUT);
        let long = release(json!({"timeout": "10m", "install": {"timeout": "1h0m0s"}}));
        assert_eq!(timeout(&long), SignedDuration::from_hours(1));
    }

    #[test]
    fn a_revision_that_is_not_pending_is_left_alone() {
        for status in ["deployed", "failed", "uninstalling", "superseded"] {
            let error = edit(status, 60).unwrap_err();
            assert!(matches!(error, StorageError::NotPending { .. }), "{status}: {error}");
        }
    }

    #[test]
    fn a_release_that_somebody_works_on_again_is_left_alone() {
        let release = |conditions: Value| {
            Object::new(json!({"kind": "HelmRelease", "metadata": {"name": "a", "namespace": "apps", "generation": 1},
                "status": {"observedGeneration": -1, "conditions": conditions,
                    "history": [{"status": "pending-upgrade", "name": "a", "version": 3}]}}))
        };
        let now = BEGAN.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(2);
        let condition = |kind: &str, status: &str, message: &str| json!({"type": kind, "status": status, "message": message, "lastTransitionTime": BEGAN});
        let idle = release(json!([condition("Ready", "Unknown", "")]));
        assert!(still_locked(&idle, now).is_ok());
        let runs = "Running 'upgrade' action with timeout of 5m0s";
        let at_work = release(json!([condition("Ready", "Unknown", ""), condition("Reconciling", "True", runs)]));
        assert!(matches!(still_locked(&at_work, now), Err(StorageError::Moved { .. })));
    }
}
