//! What there is to do about a Restore: nothing is triggered, so that it is proven, waited for or refused.

use fluxlift_kube::{Collection, Object};

use super::reading::{Worth, weigh};
use crate::restore::Action;
use crate::restore::mark::skipped;

/// What there is to do about `restore`, given what its words about each of its claims are worth.
pub(super) fn decide(restore: &Object, claims: &[(&Object, Worth)], snapshots: &Collection) -> Action {
    if let Some(why) = skipped(restore) {
        return Action::Nothing(why);
    }
    if claims.is_empty() {
        return Action::Nothing("no claim names it".to_owned());
    }
    let (mut filled, mut waits, mut nots) = (Vec::new(), Vec::new(), Vec::new());
    for (claim, worth) in claims {
        match worth {
            Worth::Filled(id) => match weigh(snapshots, id) {
                Ok(what) => filled.push(format!("claim {} from {what}", claim.name())),
                Err(why) => nots.push((*claim, why, true)),
            },
            Worth::Waits(why) => waits.push(why.as_str()),
            Worth::Not { why, empty } => nots.push((*claim, why.clone(), *empty)),
        }
    }
    if !nots.is_empty() {
        let why: Vec<&str> = nots.iter().map(|(_, why, _)| why.as_str()).collect();
        let claims: Vec<&str> = nots.iter().map(|(claim, ..)| claim.name()).collect();
        let holds = nots.iter().any(|(.., empty)| *empty);
        return Action::Refuse { why: why.join("; "), act: again(restore, &claims), holds };
    }
    match waits.is_empty() {
        true => Action::Nothing(format!("it filled {}", filled.join(" and "))),
        false => Action::Adopt(format!("kopiur is to fill it by itself: {}", waits.join("; "))),
    }
}

/// How these claims are filled once more, for people: kopiur fills a claim once, and pins a snapshot once.
pub(super) fn again(restore: &Object, claims: &[&str]) -> String {
    let (claims, title) = (claims.join(" and "), restore.title());
    format!(
        "mend the repository or the source of {title}, suspend what uses claim {claims}, delete it and {title}, and let Flux \
         bring both; where what it holds is right as it is, say so on {title}: the annotation fluxlift.dev/restore: skip"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decided(annotations: serde_json::Value, worths: &[Worth]) -> Action {
        let restore = json!({"kind": "Restore", "metadata": {"name": "app", "namespace": "apps",
            "annotations": annotations}});
        let names = ["data", "cache"];
        let claims: Vec<Object> =
            names.iter().map(|name| Object::new(json!({"metadata": {"name": name, "namespace": "apps"}}))).collect();
        let claims: Vec<(&Object, Worth)> = claims.iter().zip(worths.iter().cloned()).collect();
        decide(&Object::new(restore), &claims, &Collection::default())
    }

    fn filled() -> Worth {
        Worth::Filled("k1".to_owned())
    }

    fn failed(empty: bool) -> Worth {
        Worth::Not { why: "its mover failed".to_owned(), empty }
    }

    #[test]
    fn one_claim_of_two_that_failed_is_refused_by_name() {
        let Action::Refuse { why, act, holds } = decided(json!({}), &[filled(), failed(true)]) else { panic!() };
        assert_eq!((why.as_str(), holds), ("its mover failed", true));
        assert!(act.contains("suspend what uses claim cache, delete it and restore/apps/app"), "{act}");
        let other = decided(json!({}), &[failed(false), Worth::Waits("it comes".to_owned())]);
        assert!(matches!(other, Action::Refuse { holds: false, .. }));
    }

    #[test]
    fn all_must_be_filled_and_one_that_waits_is_waited_for() {
        let Action::Nothing(why) = decided(json!({}), &[filled(), filled()]) else { panic!() };
        assert!(why.contains("claim data from snapshot k1") && why.contains("claim cache"), "{why}");
        let waits = decided(json!({}), &[filled(), Worth::Waits("it comes".to_owned())]);
        assert_eq!(waits, Action::Adopt("kopiur is to fill it by itself: it comes".to_owned()));
    }

    #[test]
    fn one_that_nobody_claims_or_a_person_has_skipped_needs_nothing() {
        assert_eq!(decided(json!({}), &[]), Action::Nothing("no claim names it".to_owned()));
        let skipped = decided(json!({"fluxlift.dev/restore": "skip"}), &[failed(true)]);
        assert!(matches!(skipped, Action::Nothing(_)));
    }
}
