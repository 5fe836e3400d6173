//! What VolSync has to restore: destinations, the claims that they fill, and the backups that must be held.

use std::collections::BTreeMap;

use fluxlift_kube::{Cluster, Collection, Object, ObjectRef};

use super::Destination;
use super::addresses::{addresses, secret};
use super::backing::Around;
use super::decide::{awaits_us, decide, is_exposed, overwrites};
use super::images::{Images, images};
use super::kinds::{DESTINATION, SOURCE};
use crate::canary::LABEL;
use crate::restore::kinds::{CLAIM, VOLUME};
use crate::restore::lists::{defined, list, readable};
use crate::restore::mark::is_held;
use crate::restore::{Action, Backup, Case, RestoreError, Survey};

/// What it is called.
const NAME: &str = "VolSync";

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// All that a restore needs to know: addresses of repositories, and images.
    Closely,
    /// What shows what waits and what must be held.
    InPassing,
}

/// Looks at what there is, in `namespace` closely.
pub(super) async fn survey(cluster: &Cluster, namespace: Option<&str>, look: Look) -> Result<Survey, RestoreError> {
    let (destinations, sources, claims, volumes) = futures::join!(
        defined(cluster, NAME, DESTINATION, namespace),
        defined(cluster, NAME, SOURCE, namespace),
        list(cluster, CLAIM, namespace),
        readable(cluster, VOLUME),
    );
    let (destinations, sources, claims, volumes) = (destinations?, sources?, claims?, volumes?);
    let ours: Vec<&Object> = destinations.iter().filter(|object| object.label(LABEL).is_none()).collect();
    let meant = |object: &Object| namespace.is_none_or(|namespace| object.namespace() == Some(namespace));
    let (addresses, images) = match look {
        Look::InPassing => (BTreeMap::new(), Images::new()),
        Look::Closely => {
            let close: Vec<&Object> = ours.iter().filter(|object| meant(object)).copied().collect();
            let unasked = |object: &&&Object| !claims.iter().any(|claim| fills(object, claim));
            let unasked: Vec<&Object> = ours.iter().filter(unasked).copied().collect();
            (addresses(cluster, &close).await?, images(cluster, &unasked).await?)
        }
    };
    let around = Around { claims: &claims, volumes: &volumes, images: &images };
    let cases = ours.into_iter().map(|object| case(object, &sources, around, &addresses)).collect();
    let held = sources.iter().filter(|source| is_held(source)).map(|source| Backup::of(&SOURCE, source)).collect();
    Ok(Survey { cases, held, ..Survey::default() })
}

fn case(object: &Object, sources: &Collection, around: Around<'_>, addresses: &BTreeMap<ObjectRef, String>) -> Case {
    let filled: Vec<Object> = around.claims.iter().filter(|claim| fills(object, claim)).cloned().collect();
    let target = object.reference(&DESTINATION);
    let Some(destination) = Destination::of(object) else {
        let why = "it has no Kopia mover, and the words of another mover would prove nothing".to_owned();
        let act = "restore it as its mover's documentation says".to_owned();
        return Case {
            repository: target.to_string(),
            target,
            object: object.clone(),
            place: "-".to_owned(),
            claims: filled,
            backups: Vec::new(),
            action: Action::Refuse { why, act, holds: false },
            overwrites: None,
            awaits_us: false,
            exposed: false,
        };
    };
    let address = addresses.get(&secret(&destination)).map(String::as_str);
    let names: Vec<&str> = filled.iter().map(Object::name).collect();
    let concerned = sources.iter().filter(|source| destination.concerns(source, &names));
    let backups = concerned.map(|source| Backup::of(&SOURCE, source)).collect();
    let action = decide(object, &destination, &filled, around);
    Case {
        awaits_us: awaits_us(object, &action, &filled),
        exposed: is_exposed(object, &filled),
        target,
        repository: destination.repository(address),
        place: destination.place(address),
        backups,
        action,
        overwrites: overwrites(object, &destination),
        object: object.clone(),
        claims: filled,
    }
}

/// Whether `claim` is filled from the destination `object`.
fn fills(object: &Object, claim: &Object) -> bool {
    claim.namespace() == object.namespace()
        && claim.text("/spec/dataSourceRef/kind") == Some(DESTINATION.kind())
        && claim.text("/spec/dataSourceRef/apiGroup") == Some(DESTINATION.group())
        && claim.text("/spec/dataSourceRef/name") == Some(object.name())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_claim_is_filled_by_what_it_names_in_its_own_namespace() {
        let object = Object::new(json!({"metadata": {"name": "app-dst", "namespace": "apps"}}));
        let claim = |namespace: &str| {
            Object::new(json!({"metadata": {"name": "app", "namespace": namespace}, "spec": {"dataSourceRef":
                {"apiGroup": "volsync.backube", "kind": "ReplicationDestination", "name": "app-dst"}}}))
        };
        assert!(fills(&object, &claim("apps")));
        assert!(!fills(&object, &claim("media")));
    }
}
