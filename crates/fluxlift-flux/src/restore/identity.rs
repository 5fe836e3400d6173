//! Whether an object is the one that was surveyed: what every step asks first.

use fluxlift_core::{Remedy, Verdict};
use fluxlift_kube::Object;

/// Whether `object` is still the one with this UID, and stays. An end for every step whose object is not.
pub(super) fn another(object: &Object, uid: &str) -> Option<Verdict> {
    let act = "find out what replaces or deletes it, then run the restore again";
    if object.uid() != uid {
        let why = format!("{} was replaced: its UID is {} instead of {uid}", object.title(), object.uid());
        return Some(Verdict::stuck(why, Remedy::person(act)));
    }
    let deleted = || Verdict::stuck(format!("{} is being deleted", object.title()), Remedy::person(act));
    object.is_terminating().then(deleted)
}

/// `namespace/name`.
pub(super) fn path(object: &Object) -> String {
    format!("{}/{}", object.namespace().unwrap_or_default(), object.name())
}
