use fluxlift_kube::Object;
use serde_json::{Value, json};

use crate::migration::{Above, Folder, Phase, Plan, Refusal, Seen, Wish, go_on, plan};

fn root(spec: Value) -> Object {
    let mut object = json!({"kind": "Kustomization", "metadata": {"name": "flux-system", "namespace": "flux-system",
        "uid": "root", "generation": 1, "labels": {"kustomize.toolkit.fluxcd.io/name": "flux-system",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}},
        "spec": {"interval": "10m0s", "path": "./clusters/prod", "prune": true,
            "sourceRef": {"kind": "GitRepository", "name": "flux-system"}},
        "status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True"}]}});
    for (field, value) in spec.as_object().unwrap() {
        object["spec"][field] = value.clone();
    }
    Object::new(object)
}

fn source(spec: Value) -> Object {
    Object::new(json!({"kind": "GitRepository", "metadata": {"name": "flux-system", "namespace": "flux-system"},
        "spec": spec}))
}

fn deployment(name: &str, arguments: &[&str]) -> Object {
    let image = format!("registry.example/fluxcd/{name}:v1.6.3");
    Object::new(json!({"kind": "Deployment", "metadata": {"name": name, "namespace": "flux-system",
        "labels": {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": "v2.6.4"}},
        "spec": {"template": {"spec": {"containers": [{"image": image, "args": arguments}]}}}}))
}

fn seen() -> Seen {
    let events = "--events-addr=http://notification-controller.flux-system.svc.home.arpa./";
    Seen {
        kustomizations: vec![root(json!({}))],
        sources: vec![source(
            json!({"interval": "1m0s", "url": "ssh://git@example.org/h.git", "ref": {"branch": "main"},
            "secretRef": {"name": "flux-system"}, "timeout": "60s"}),
        )],
        deployments: vec![
            deployment("helm-controller", &[events, "--log-level=info", "--concurrent=10"]),
            deployment("source-controller", &[events, "--storage-path=/data"]),
            deployment("kustomize-controller", &[events]),
        ],
        ..Seen::default()
    }
}

fn folder() -> Folder {
    Folder { path: "clusters/prod/flux-system".to_owned(), ..Folder::default() }
}

fn planned(seen: &Seen) -> Plan {
    plan(seen, Some(&folder()), &Wish::default()).unwrap()
}

fn refused(seen: &Seen, wish: &Wish) -> Refusal {
    plan(seen, Some(&folder()), wish).unwrap_err()
}

#[test]
fn what_runs_is_what_will_run() {
    let plan = planned(&seen());
    assert_eq!((plan.phase, plan.version.as_str()), (Phase::Bootstrapped, "2.6.4"));
    assert_eq!(plan.registry, "registry.example/fluxcd");
    assert_eq!(plan.components, ["source-controller", "kustomize-controller", "helm-controller"]);
    assert_eq!(Value::from(plan.cluster.clone()), json!({"domain": "home.arpa", "networkPolicy": false}));
    assert_eq!(
        plan.sync.to_json(),
        json!({"kind": "GitRepository", "url": "ssh://git@example.org/h.git", "ref": "refs/heads/main",
            "path": "./clusters/prod", "pullSecret": "flux-system"})
    );
    assert_eq!(plan.census.uids["kustomization/flux-system/flux-system"], "root");
}

#[test]
fn a_tag_is_a_tag_and_a_root_of_another_name_keeps_it() {
    let mut seen = seen();
    let renamed = |object: &Object| {
        let mut json = object.clone().into_json();
        json["metadata"]["name"] = json!("home");
        Object::new(json)
    };
    let mut root = renamed(&seen.kustomizations[0]).into_json();
    root["spec"]["sourceRef"]["name"] = json!("home");
    root["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"] = json!("home");
    seen.kustomizations = vec![Object::new(root)];
    seen.sources = vec![renamed(&source(json!({"url": "u", "interval": "5m", "ref": {"tag": "v1"}})))];
    let sync = planned(&seen).sync;
    assert_eq!((sync.reference.as_str(), sync.name.as_deref()), ("refs/tags/v1", Some("home")));
    assert_eq!(sync.interval.as_deref(), Some("5m"));
}

#[test]
fn fields_that_an_instance_cannot_say_become_patches_unless_git_says_them() {
    let mut seen = seen();
    seen.kustomizations = vec![root(json!({"decryption": {"provider": "sops"}, "timeout": "3m", "force": false}))];
    seen.sources = vec![source(json!({"url": "u", "ignore": "/docs", "ref": {"branch": "main"}}))];
    let mut folder = folder();
    let decryption = json!({"target": {"kind": "Kustomization"}, "patch": "[{path: /spec/decryption}]"});
    folder.patches.push(decryption.clone());
    let plan = plan(&seen, Some(&folder), &Wish::default()).unwrap();
    let patches: Vec<&str> = plan.patches.iter().filter_map(|carried| carried.patch["patch"].as_str()).collect();
    assert_eq!(
        patches,
        [
            r#"[{"op":"add","path":"/spec/timeout","value":"3m"}]"#,
            r#"[{"op":"add","path":"/spec/ignore","value":"/docs"}]"#,
            r#"[{"op":"add","path":"/spec/template/spec/containers/0/args/-","value":"--concurrent=10"}]"#,
            "[{path: /spec/decryption}]",
        ]
    );
    assert_eq!(plan.census.kept.keys().collect::<Vec<_>>(), ["decryption", "timeout"]);
    assert_eq!(plan.census.kept_of_source, [("ignore".to_owned(), json!("/docs"))].into());
}

#[test]
fn a_patch_that_only_mentions_a_field_does_not_keep_it_from_going_along() {
    let mut seen = seen();
    seen.kustomizations = vec![root(json!({"timeout": "3m"}))];
    seen.sources = vec![source(json!({"url": "u", "ignore": "/docs", "ref": {"branch": "main"}}))];
    let mut folder = folder();
    for (target, patch) in [
        (json!({"kind": "Kustomization"}), "[{op: add, path: /spec/postBuild, value: {substitute: {timeout: 5m}}}]"),
        (json!({"kind": "GitRepository"}), "[{op: add, path: /metadata/annotations/a, value: ignore it}]"),
        (json!({"kind": "Deployment"}), "[{op: add, path: /metadata/annotations/a, value: not --concurrent}]"),
        // Labels decide, and they are not known.
        (json!({"kind": "Kustomization", "labelSelector": "a=b"}), "[{op: add, path: /spec/timeout, value: 1m}]"),
    ] {
        folder.patches.push(json!({"target": target, "patch": patch}));
    }
    let plan = plan(&seen, Some(&folder), &Wish::default()).unwrap();
    let carried: Vec<&str> = plan.patches.iter().filter_map(|carried| carried.patch["patch"].as_str()).collect();
    for live in ["/spec/timeout", "/spec/ignore", "--concurrent=10"] {
        assert!(carried[..3].iter().any(|patch| patch.contains(live)), "{live} is lost: {carried:#?}");
    }
}

#[test]
fn what_is_changed_of_flux_s_own_objects_from_outside_the_folder_is_refused() {
    let above = |own: &str| {
        let files = [("kustomization.yaml".to_owned(), own.to_owned())].into();
        let above = Above::parse("clusters/prod", &files).unwrap();
        plan(&seen(), Some(&Folder { above, ..folder() }), &Wish::default())
    };
    for own in [
        "patches: [{target: {kind: Deployment}, patch: '[{op: add, path: /spec/replicas, value: 2}]'}]",
        "patches: [{target: {labelSelector: app=helm-controller}, patch: '[]'}]",
        "replicas: [{name: helm-controller, count: 2}]",
    ] {
        let refused = above(own).unwrap_err();
        assert!(
            matches!(&refused, Refusal::ChangedAbove { by, .. } if by == "clusters/prod/kustomization.yaml"),
            "{refused}"
        );
    }
    // What is the root's or the user's is in the cluster, or stays in Git.
    above("patches: [{target: {kind: Kustomization}, patch: '[]'}, {target: {kind: HelmRelease}, patch: '[]'}]")
        .unwrap();
    let blind = above("components: [../common]").unwrap();
    assert!(blind.notes[0].starts_with("clusters/prod/kustomization.yaml has components"), "{:?}", blind.notes);
    let patch = json!({"target": {"kind": "Deployment", "name": "helm-controller"}, "patch": "[]"});
    let own = Seen { kustomizations: vec![root(json!({"patches": [patch]}))], ..seen() };
    let told = refused(&own, &Wish::default()).to_string();
    let start =
        "the spec of kustomization/flux-system/flux-system changes deployment/helm-controller, which clusters/prod";
    assert!(told.starts_with(start), "{told}");
}

#[test]
fn what_was_begun_goes_on_unless_the_folder_went_or_something_else_is_wanted() {
    let half_way = || {
        let instance = json!({"kind": "FluxInstance", "metadata": {"name": "flux"}, "spec": {}});
        Seen { instance: Some(Object::new(instance)), ..seen() }
    };
    let mut restarting = half_way();
    restarting.kustomizations[0] = root(json!({"interval": "5m"}));
    go_on(&restarting, Some(&folder()), &Wish::default()).unwrap();
    let gone = go_on(&half_way(), None, &Wish::default()).unwrap_err();
    assert!(matches!(gone, Refusal::FolderGone { .. }), "{gone}");
    let wish = Wish { name: Some("home".to_owned()), ..Wish::default() };
    let renamed = go_on(&half_way(), Some(&folder()), &wish).unwrap_err();
    assert!(matches!(renamed, Refusal::OtherName { .. }), "{renamed}");
    let wish = Wish { path: Some("clusters/other".to_owned()), ..Wish::default() };
    let moved = go_on(&half_way(), Some(&folder()), &wish).unwrap_err();
    assert!(matches!(moved, Refusal::OtherPath { .. }), "{moved}");
}

#[test]
fn an_older_version_is_refused_and_a_range_is_compared_by_what_it_says() {
    let wish = |version: &str| Wish { version: Some(version.to_owned()), ..Wish::default() };
    for older in ["2.6.3", "v2.5.1", "2.5.x", "1.x"] {
        assert!(matches!(refused(&seen(), &wish(older)), Refusal::Downgrade { .. }), "{older}");
    }
    for newer in ["2.6.4", "2.6.x", "2.9.4", "2.x", "3.x"] {
        plan(&seen(), Some(&folder()), &wish(newer)).unwrap_or_else(|error| panic!("{newer}: {error}"));
    }
}

#[test]
fn a_controller_that_nobody_knows_is_not_left_behind() {
    let mut seen = seen();
    seen.deployments.push(deployment("weave-controller", &[]));
    assert!(matches!(refused(&seen, &Wish::default()), Refusal::LeavesController { .. }));
}

#[test]
fn two_roots_or_a_root_on_something_else_are_refused() {
    let mut seen = seen();
    seen.kustomizations[0] = root(json!({"sourceRef": {"kind": "OCIRepository", "name": "flux-system"}}));
    assert!(matches!(refused(&seen, &Wish::default()), Refusal::NoSource { .. }));
    let mut second = root(json!({})).into_json();
    second["metadata"]["name"] = json!("second");
    second["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"] = json!("second");
    seen.kustomizations = vec![root(json!({})), Object::new(second)];
    assert!(matches!(refused(&seen, &Wish::default()), Refusal::SeveralRoots { .. }));
}

#[test]
fn an_instance_of_somebody_that_says_otherwise_is_refused() {
    let with = |sync: Value| {
        let instance = json!({"kind": "FluxInstance", "metadata": {"name": "flux"}, "spec": {"sync": sync}});
        refused(&Seen { instance: Some(Object::new(instance)), ..seen() }, &Wish::default())
    };
    assert!(matches!(with(json!({"name": "home", "path": "clusters/prod"})), Refusal::OtherName { .. }));
    assert!(matches!(with(json!({"path": "clusters/other"})), Refusal::OtherPath { .. }));
    let url = "https://example.org/other.git";
    assert!(matches!(with(json!({"path": "clusters/prod", "url": url})), Refusal::OtherSource { .. }));
}
