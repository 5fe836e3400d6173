//! Deleting objects.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ApiServer, Caller, GroupResource, Key, Kind, Status, meta};

/// What becomes of the objects that an object owns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Propagation {
    /// They are deleted later.
    #[default]
    Background,
    /// They are deleted first.
    Foreground,
    /// They stay.
    Orphan,
}

/// How to delete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Delete only the object with this uid.
    pub uid: Option<String>,
    /// Delete only the object at this version.
    pub resource_version: Option<String>,
    /// What becomes of what it owns.
    pub propagation: Propagation,
    /// How long a Pod has to end itself; zero ends it now.
    pub grace_period_seconds: Option<i64>,
}

/// Namespaces that a cluster can't be without.
const FIXED: [&str; 3] = ["default", "kube-public", "kube-system"];

/// What a deletion did.
#[derive(Debug, Clone, PartialEq)]
pub enum Deleted {
    /// The object is gone; this was its last state.
    Now(Arc<Value>),
    /// It waits for its finalizers, or for its kubelet.
    Later(Arc<Value>),
}

impl ApiServer {
    /// Deletes an object, or marks it when finalizers hold it. A Pod that a node runs is marked until it is deleted
    /// once more with no grace, as its kubelet does.
    ///
    /// # Errors
    /// 404, and 409 when a precondition does not hold.
    pub fn delete(&mut self, caller: &Caller<'_>, key: &Key, options: &DeleteOptions) -> Result<Deleted, Status> {
        let kind = self.served(&key.gr)?;
        let live = self.objects.get(key).cloned().ok_or_else(|| Status::not_found(key))?;
        if kind.gr == GroupResource::NAMESPACES && FIXED.contains(&key.name.as_str()) {
            return Err(Status::forbidden(&key.gr, &key.name, "this namespace may not be deleted"));
        }
        check_preconditions(key, &live, options)?;
        let mut next = Value::clone(&live);
        if let Some(finalizer) = match options.propagation {
            Propagation::Background => None,
            Propagation::Foreground => Some("foregroundDeletion"),
            Propagation::Orphan => Some("orphan"),
        } {
            add_finalizer(&mut next, finalizer);
        }
        let grace = grace(&kind, &live, options);
        let metadata = meta::metadata_mut(&mut next);
        if !metadata.contains_key("deletionTimestamp") {
            let seconds = jiff::SignedDuration::from_secs(grace);
            let due = caller.now.saturating_add(seconds).unwrap_or(caller.now);
            metadata.insert("deletionTimestamp".into(), json!(due.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()));
            if let Some(generation) = metadata.get("generation").and_then(Value::as_i64) {
                metadata.insert("generation".into(), json!(generation + 1));
            }
        }
        if kind.gr != GroupResource::NAMESPACES {
            metadata.insert("deletionGracePeriodSeconds".into(), json!(grace));
        }
        if kind.gr == GroupResource::NAMESPACES {
            meta::child_mut(&mut next, "status").insert("phase".into(), json!("Terminating"));
        }
        if is_done(&kind, &next) {
            return Ok(Deleted::Now(if caller.dry_run { live } else { self.take(key, next) }));
        }
        if caller.dry_run || next == *live {
            return Ok(Deleted::Later(live));
        }
        Ok(Deleted::Later(self.put(key.clone(), next)))
    }
}

/// Whether a deletion was asked for and nothing holds the object any more.
pub(super) fn is_done(kind: &Kind, object: &Value) -> bool {
    let held = kind.gr == GroupResource::NAMESPACES && !meta::list(object, &["spec", "finalizers"]).is_empty();
    let grace = meta::at(object, &["metadata", "deletionGracePeriodSeconds"]).and_then(Value::as_i64);
    meta::is_terminating(object) && meta::finalizers(object).next().is_none() && grace.unwrap_or_default() == 0 && !held
}

/// How long the object is left to end itself: a Pod that runs, and nothing else.
fn grace(kind: &Kind, live: &Value, options: &DeleteOptions) -> i64 {
    let runs = kind.gr == GroupResource::PODS && !meta::text(live, &["spec", "nodeName"]).is_empty();
    let over = matches!(meta::text(live, &["status", "phase"]), "Succeeded" | "Failed");
    if !runs || over {
        return 0;
    }
    let own = meta::at(live, &["spec", "terminationGracePeriodSeconds"]).and_then(Value::as_i64).unwrap_or(30);
    let asked = options.grace_period_seconds.unwrap_or(own);
    let current = meta::at(live, &["metadata", "deletionGracePeriodSeconds"]).and_then(Value::as_i64);
    current.map_or(asked, |current| current.min(asked))
}

fn add_finalizer(object: &mut Value, finalizer: &str) {
    if meta::finalizers(object).any(|f| f == finalizer) {
        return;
    }
    let list = meta::metadata_mut(object).entry("finalizers").or_insert_with(|| json!([]));
    if let Some(list) = list.as_array_mut() {
        list.push(json!(finalizer));
    }
}

fn check_preconditions(key: &Key, live: &Value, options: &DeleteOptions) -> Result<(), Status> {
    let check = |what: &str, asked: &Option<String>, is: &str, since: &str| match asked {
        Some(asked) if asked != is => {
            // A deletion is refused in the name of the kind, not of the resource.
            let kind = meta::text(live, &["kind"]);
            let message = format!(
                "Operation cannot be fulfilled on {kind} {:?}: the {what} in the precondition ({asked}) does not match \
                 the {what} in record ({is}). The object might have been {since}",
                key.name
            );
            let mut status = Status::conflict(key, "");
            status.message = message;
            kind.clone_into(&mut status.details.kind);
            Err(status)
        }
        _ => Ok(()),
    };
    check("UID", &options.uid, meta::uid(live), "deleted and then recreated")?;
    let version = meta::text(live, &["metadata", "resourceVersion"]);
    check("ResourceVersion", &options.resource_version, version, "modified")
}
