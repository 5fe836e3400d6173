//! Which objects the target of a patch selects, by kustomize's rules.

use regex::Regex;
use serde_json::Value;

/// An object as far as its name goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named<'a> {
    pub(super) kind: &'a str,
    /// `None` where it has none, or none is written.
    pub(super) namespace: Option<&'a str>,
    pub(super) name: &'a str,
}

/// Whether a target selects an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// It does not.
    No,
    /// Its labels or annotations decide, or it can't be told.
    Perhaps,
    /// It does.
    Yes,
}

/// Whether `target` selects `object`. What a target leaves out fits anything.
pub(super) fn fit(target: &Value, object: Named<'_>) -> Fit {
    let namespace = match object.namespace {
        None if said(&target["namespace"]).is_some() => Fit::Perhaps,
        namespace => matched(&target["namespace"], namespace.unwrap_or_default()),
    };
    let parts = [matched(&target["kind"], object.kind), matched(&target["name"], object.name), namespace];
    let selects = ["labelSelector", "annotationSelector"].iter().any(|field| said(&target[*field]).is_some());
    if parts.contains(&Fit::No) {
        Fit::No
    } else if selects || target.is_null() || parts.contains(&Fit::Perhaps) {
        Fit::Perhaps
    } else {
        Fit::Yes
    }
}

fn said(pattern: &Value) -> Option<&str> {
    pattern.as_str().filter(|pattern| !pattern.is_empty())
}

/// Patterns are regular expressions for the whole of a name.
fn matched(pattern: &Value, name: &str) -> Fit {
    match said(pattern).map(|pattern| Regex::new(&format!("^(?:{pattern})$"))) {
        None => Fit::Yes,
        Some(Ok(pattern)) if pattern.is_match(name) => Fit::Yes,
        Some(Ok(_)) => Fit::No,
        Some(Err(_)) => Fit::Perhaps,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_target_is_a_pattern_for_whole_names_and_what_labels_decide_is_not_known() {
        let helm = Named { kind: "Deployment", namespace: Some("flux-system"), name: "helm-controller" };
        for (target, expected) in [
            (json!({}), Fit::Yes),
            (json!({"kind": "Deployment", "name": "(kustomize-controller|helm-controller)"}), Fit::Yes),
            (json!({"kind": "Deployment", "name": "helm-.+", "namespace": "flux-system"}), Fit::Yes),
            (json!({"kind": "Deployment", "name": "helm"}), Fit::No),
            (json!({"kind": "Deploy"}), Fit::No),
            (json!({"kind": "Deployment", "namespace": "apps"}), Fit::No),
            (json!({"kind": "Deployment", "labelSelector": "app=helm-controller"}), Fit::Perhaps),
            (json!({"kind": "Service", "labelSelector": "app=helm-controller"}), Fit::No),
            (json!({"name": "(helm"}), Fit::Perhaps),
            (Value::Null, Fit::Perhaps),
        ] {
            assert_eq!(fit(&target, helm), expected, "{target}");
        }
        let unplaced = Named { namespace: None, ..helm };
        assert_eq!(fit(&json!({"namespace": "apps"}), unplaced), Fit::Perhaps);
    }
}
