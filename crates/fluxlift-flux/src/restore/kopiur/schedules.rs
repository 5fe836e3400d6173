//! Which schedules may back up what a Restore fills, or write what it reads. Too many do no harm: they stand still for a
//! while.

use std::collections::BTreeSet;

use fluxlift_kube::{Collection, Object};
use serde_json::Value;

/// Policies, by namespace and name.
type Policies = BTreeSet<(String, String)>;

/// The schedules that may fire a backup that concerns `restore`, which fills these claims.
pub(super) fn concerned<'a>(
    restore: &Object,
    claims: &[Object],
    policies: &Collection,
    schedules: &'a Collection,
) -> Vec<&'a Object> {
    let concerned = policies_of(restore, claims, policies);
    schedules.iter().filter(|schedule| fires(schedule, &concerned)).collect()
}

/// The policy that it restores from, and those that back its claims up. Whoever selects claims here is one of these.
fn policies_of(restore: &Object, claims: &[Object], policies: &Collection) -> Policies {
    let namespace = restore.namespace().unwrap_or_default();
    let own = named(restore.at("/spec/source/fromPolicy"), namespace);
    let backs_up = |policy: &&Object| {
        let here = policy.namespace() == Some(namespace);
        policy.items("/spec/sources").iter().any(|source| {
            let claim = source["pvc"]["name"].as_str();
            let within = &source["pvcSelector"]["namespaceSelector"]["matchNames"];
            let there = within.as_array().into_iter().flatten().any(|name| name == namespace);
            (here && claims.iter().any(|one| claim == Some(one.name())))
                || (source["pvcSelector"].is_object() && (here || there))
        })
    };
    let others = policies.iter().filter(backs_up);
    let place = |policy: &Object| (policy.namespace().unwrap_or_default().to_owned(), policy.name().to_owned());
    own.into_iter().chain(others.map(place)).collect()
}

/// Whether `schedule` may fire one of these policies.
fn fires(schedule: &Object, policies: &Policies) -> bool {
    let namespace = schedule.namespace().unwrap_or_default();
    let selects = schedule.at("/spec/policySelector").is_object();
    match named(schedule.at("/spec/policyRef"), namespace) {
        Some(policy) => policies.contains(&policy),
        None => selects && policies.iter().any(|(place, _)| place == namespace),
    }
}

/// The policy that a reference names, seen from `namespace`.
pub(super) fn named(reference: &Value, namespace: &str) -> Option<(String, String)> {
    let namespace = reference["namespace"].as_str().unwrap_or(namespace);
    Some((namespace.to_owned(), reference["name"].as_str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(namespace: &str, name: &str, spec: Value) -> Object {
        Object::new(json!({"metadata": {"name": name, "namespace": namespace}, "spec": spec}))
    }

    fn found(policies: Vec<Object>, schedules: Vec<Object>) -> Vec<String> {
        let restore = object("apps", "app", json!({"source": {"fromPolicy": {"name": "app", "namespace": "backups"}}}));
        let (policies, schedules) = (policies.into_iter().collect(), schedules.into_iter().collect());
        let found = concerned(&restore, &[object("apps", "data", json!({}))], &policies, &schedules);
        found.into_iter().map(|one| one.name().to_owned()).collect()
    }

    #[test]
    fn schedules_that_may_fire_a_policy_are_found_by_name_and_by_selector() {
        let own = json!({"policyRef": {"name": "app", "namespace": "backups"}});
        let schedules = vec![
            object("apps", "by-name", own),
            object("backups", "by-selector", json!({"policySelector": {}})),
            object("apps", "of-another", json!({"policyRef": {"name": "app"}})),
            object("apps", "selects-elsewhere", json!({"policySelector": {}})),
        ];
        assert_eq!(found(Vec::new(), schedules), ["by-name", "by-selector"]);
    }

    #[test]
    fn policies_that_back_a_filled_claim_up_are_found_by_its_name_and_by_whom_they_select() {
        let of = |namespace: &str, name: &str| object(namespace, name, json!({"policyRef": {"name": name}}));
        let source = |source: Value| json!({"sources": [source]});
        let policies = vec![
            object("apps", "by-name", source(json!({"pvc": {"name": "data"}}))),
            object("apps", "of-another", source(json!({"pvc": {"name": "cache"}}))),
            object("apps", "here", source(json!({"pvcSelector": {"labelSelector": {}}}))),
            object("other", "there", source(json!({"pvcSelector": {"namespaceSelector": {"matchNames": ["apps"]}}}))),
            object("other", "elsewhere", source(json!({"pvcSelector": {}}))),
        ];
        let schedules = policies.iter().map(|policy| of(policy.namespace().unwrap(), policy.name())).collect();
        assert_eq!(found(policies, schedules), ["by-name", "here", "there"]);
    }
}
