//! A repository that has nothing of what was asked for: an end for every step that meets it.

use fluxlift_core::{Remedy, Verdict};
use fluxlift_kube::Object;

use super::super::{Destination, Reading};

/// Nothing was restored by `object`, in these words of its mover.
pub(super) fn nothing(object: &Object, words: &str) -> Verdict {
    let identity = Destination::of(object).map(|destination| destination.identity).unwrap_or_default();
    let known = Reading(object).identities();
    let known = if known.is_empty() { String::new() } else { format!("; it has those of {}", known.join(", ")) };
    let why = format!("nothing was restored: the repository has no snapshot of {identity}{known} ({words})");
    let act = "name the right identity (spec.kopia.sourceIdentity, or username and hostname), or the right repository; \
               delete no claim or backup before that";
    Verdict::stuck(why, Remedy::person(act))
}
