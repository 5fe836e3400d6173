//! What was installed by somebody else before: the operator takes the fields and the labels of `flux bootstrap` over.
//!
//! Seen in flux-operator's apply options: managers are replaced by its own, and the labels that kustomize-controller put
//! on what it had applied are removed. What the operator then does not apply itself is dropped: `spec.decryption` of a
//! root, or `ref.branch` of a source.

use serde_json::Value;

use crate::controllers::Pass;
use crate::kube::ownership::{Owner, Owners};
use crate::kube::{Caller, Key, Status};

/// Who may have managed the objects before, and whether by apply.
const BEFORE: [(&str, bool); 5] =
    [("flux", true), ("kustomize-controller", true), ("helm", false), ("kubectl", false), ("flux-controller", true)];
/// The labels that say whose they were.
const LABELS: [&str; 2] = ["kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace"];

/// Takes over those of `objects` that are there already.
///
/// # Errors
/// Those of the API.
pub(super) fn take_over<'o>(pass: &mut Pass<'_>, objects: impl Iterator<Item = &'o Value>) -> Result<(), Status> {
    let manager = pass.process().program.name();
    for object in objects {
        let Some(key) = pass.world.kube.api.key_of(object) else { continue };
        let is_foreign = pass.get(&key).is_some_and(|live| Owners::of(&live).0.iter().any(is_before));
        if is_foreign {
            hand_over(pass, &key, manager)?;
        }
    }
    Ok(())
}

fn hand_over(pass: &mut Pass<'_>, key: &Key, manager: &str) -> Result<(), Status> {
    let now = pass.now();
    pass.modify(key, |object| {
        if let Some(labels) = object.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
            LABELS.iter().for_each(|label| drop(labels.remove(*label)));
        }
        renamed(Owners::of(object), &Caller::controller(manager, now)).write(object);
    })
    .map(drop)
}

fn is_before(owner: &Owner) -> bool {
    owner.subresource.is_empty() && BEFORE.contains(&(owner.manager.as_str(), owner.applies))
}

/// The owners, with what the managers of before had as the new one's.
fn renamed(owners: Owners, caller: &Caller<'_>) -> Owners {
    let (before, mut rest): (Vec<Owner>, Vec<Owner>) = owners.0.into_iter().partition(is_before);
    let is_ours = |owner: &Owner| owner.applies && owner.manager == caller.manager && owner.subresource.is_empty();
    let ours = rest.iter().position(is_ours).map(|at| rest.remove(at));
    let merged = before.into_iter().chain(ours).reduce(|mut all, owner| {
        all.fields.add(&owner.fields);
        all
    });
    rest.extend(merged.map(|owner| Owner { manager: caller.manager.to_owned(), applies: true, ..owner }));
    Owners(rest)
}
