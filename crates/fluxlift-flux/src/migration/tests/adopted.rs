use std::time::Duration;

use fluxlift_core::{Gate as _, Observation, Verdict};
use fluxlift_kube::Object;
use serde_json::{Value, json};

use crate::migration::{Adopted, Census, Holdings};

fn census() -> Census {
    let uids = [("kustomization/flux-system/flux-system", "root"), ("helmrelease/apps/podinfo", "pod")];
    Census {
        name: "flux-system".to_owned(),
        path: "./clusters/prod".to_owned(),
        root: "root".to_owned(),
        uids: uids.map(|(title, uid)| (title.to_owned(), uid.to_owned())).into(),
        kept: [("decryption".to_owned(), json!({"provider": "sops"}))].into(),
        ..Census::default()
    }
}

fn root(labels: Value, spec: Value) -> Object {
    Object::new(json!({"kind": "Kustomization", "metadata": {"name": "flux-system", "namespace": "flux-system",
        "uid": "root", "labels": labels}, "spec": spec}))
}

fn release(extra: Value) -> Object {
    let mut release =
        json!({"kind": "HelmRelease", "metadata": {"name": "podinfo", "namespace": "apps", "uid": "pod"}});
    for (field, value) in extra.as_object().unwrap() {
        release["metadata"][field] = value.clone();
    }
    Object::new(release)
}

fn judge(root: Object, releases: Vec<Object>) -> Verdict {
    let snapshot = Holdings {
        kustomizations: [root].into_iter().collect(),
        releases: releases.into_iter().collect(),
        ..Holdings::default()
    };
    Adopted::new(census()).judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
}

fn ours() -> Value {
    json!({"fluxcd.controlplane.io/name": "flux"})
}

fn decrypts() -> Value {
    json!({"decryption": {"provider": "sops"}})
}

#[test]
fn the_operators_root_with_everybody_alive_is_proven() {
    assert!(judge(root(ours(), decrypts()), vec![release(json!({}))]).is_proven());
}

#[test]
fn a_root_that_carries_both_labels_is_still_its_own() {
    let both = json!({"fluxcd.controlplane.io/name": "flux", "kustomize.toolkit.fluxcd.io/name": "flux-system"});
    let alive = || vec![release(json!({}))];
    assert!(matches!(judge(root(both, decrypts()), alive()), Verdict::Pending { .. }));
    assert!(matches!(judge(root(json!({}), decrypts()), alive()), Verdict::Pending { .. }));
}

#[test]
fn a_root_that_is_being_applied_may_get_its_label_back_and_is_not_taken_for_the_operators() {
    let mut object = root(ours(), decrypts());
    object = object.with("status", json!({"conditions": [{"type": "Reconciling", "status": "True"}]}));
    let verdict = judge(object, vec![release(json!({}))]);
    assert!(matches!(verdict, Verdict::Pending { .. }), "{verdict}");
}

#[test]
fn a_release_of_the_same_name_that_was_made_anew_is_a_loss() {
    let seen = |releases| judge(root(ours(), decrypts()), releases);
    for (releases, word) in [
        (vec![release(json!({"uid": "another"}))], "made anew"),
        (vec![], "is gone"),
        (vec![release(json!({"deletionTimestamp": "now"}))], "being deleted"),
    ] {
        let verdict = seen(releases);
        assert!(matches!(&verdict, Verdict::Stuck { .. }) && verdict.to_string().contains(word), "{verdict}");
    }
}

#[test]
fn a_source_that_was_made_anew_is_a_loss_too() {
    let mut census = census();
    census.uids.insert("gitrepository/flux-system/flux-system".to_owned(), "source".to_owned());
    let seen = |uid: &str| {
        let source = json!({"kind": "GitRepository", "metadata": {"name": "flux-system", "namespace": "flux-system",
            "uid": uid}});
        let snapshot = Holdings {
            kustomizations: [root(ours(), decrypts())].into_iter().collect(),
            releases: [release(json!({}))].into_iter().collect(),
            sources: [Object::new(source)].into_iter().collect(),
        };
        Adopted::new(census.clone()).judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    };
    assert!(seen("source").is_proven());
    let verdict = seen("another");
    assert!(matches!(&verdict, Verdict::Stuck { .. }) && verdict.to_string().contains("made anew"), "{verdict}");
}

#[test]
fn a_root_that_has_lost_its_key_is_refused_however_adopted_it_is() {
    let verdict = judge(root(ours(), json!({})), vec![release(json!({}))]);
    assert!(matches!(&verdict, Verdict::Stuck { .. }) && verdict.to_string().contains("spec.decryption"), "{verdict}");
}

#[test]
fn a_source_that_no_longer_says_what_it_ignores_is_refused_and_one_that_is_not_there_yet_waited_for() {
    let kept_of_source = [("ignore".to_owned(), json!("/docs"))].into();
    let census = Census { kept_of_source, ..census() };
    let seen = |labels: Value, spec: Value| {
        let source = json!({"kind": "GitRepository", "metadata": {"name": "flux-system", "namespace": "flux-system",
            "labels": labels}, "spec": spec});
        let snapshot = Holdings {
            kustomizations: [root(ours(), decrypts())].into_iter().collect(),
            releases: [release(json!({}))].into_iter().collect(),
            sources: [Object::new(source)].into_iter().collect(),
        };
        Adopted::new(census.clone()).judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    };
    assert!(seen(ours(), json!({"ignore": "/docs"})).is_proven());
    assert!(matches!(seen(json!({}), json!({"ignore": "/docs"})), Verdict::Pending { .. }));
    for lost in [json!({}), json!({"ignore": "/doc"})] {
        let verdict = seen(ours(), lost);
        let told = verdict.to_string();
        assert!(matches!(verdict, Verdict::Stuck { .. }) && told.contains("has lost its spec.ignore"), "{told}");
    }
}
