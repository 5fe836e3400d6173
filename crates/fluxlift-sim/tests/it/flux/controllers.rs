//! The controllers' passes, over single objects.

use fluxlift_sim::Options;
use fluxlift_sim::controllers::conditions;
use fluxlift_sim::flux::kinds::REQUESTED_AT;
use fluxlift_sim::kube::GroupResource;
use serde_json::{Value, json};

use super::lab::{Lab, instance};

fn registry(name: &str) -> Value {
    json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "OCIRepository",
        "metadata": {"name": name, "namespace": "flux-system"},
        "spec": {"interval": "1h", "url": format!("oci://ghcr.io/charts/{name}"), "ref": {"tag": "1.2.3"}}})
}

fn release(name: &str, spec: Value) -> Value {
    let mut object = json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": name, "namespace": "flux-system"}, "spec": spec});
    object["spec"]["interval"] = json!("1h");
    object
}

fn from_registry(name: &str) -> Value {
    release(name, json!({"chartRef": {"kind": "OCIRepository", "name": name}}))
}

fn reason(lab: &Lab, kind: &str, name: &str) -> String {
    conditions::reason(&lab.get(kind, name), "Ready").to_owned()
}

#[test]
fn a_release_is_observed_when_its_install_has_succeeded_and_not_before() {
    let mut lab = Lab::running(Options::default());
    lab.apply(registry("podinfo"));
    lab.apply(from_registry("podinfo"));
    let running = |lab: &Lab| {
        let release = lab.get("HelmRelease", "podinfo");
        conditions::get(&release, "Ready")
            .is_some_and(|c| c["message"] == "Running 'install' action with timeout of 5m0s")
    };
    lab.until(20, "the install", running);
    assert_eq!(lab.observed("HelmRelease", "podinfo"), -1);
    lab.until(5, "the release", |lab| lab.is_ready("HelmRelease", "podinfo"));
    let object = lab.get("HelmRelease", "podinfo");
    assert_eq!(object["status"]["observedGeneration"], 1);
    // The digest of a chart from a registry is part of its version.
    assert!(object["status"]["history"][0]["chartVersion"].as_str().unwrap().starts_with("1.2.3+"));
    let secret = lab.get("Secret", "sh.helm.release.v1.podinfo.v1");
    assert_eq!(
        secret["metadata"]["labels"],
        json!({"name": "podinfo", "owner": "helm", "status": "deployed", "version": "1"})
    );
}

#[test]
fn a_new_spec_is_an_upgrade_and_the_old_revision_is_superseded() {
    let mut lab = Lab::running(Options::default());
    lab.apply(registry("podinfo"));
    lab.apply(from_registry("podinfo"));
    lab.until(30, "the release", |lab| lab.is_ready("HelmRelease", "podinfo"));
    lab.change("HelmRelease", "podinfo", |object| object["spec"]["values"] = json!({"replicas": 2}));
    lab.until(30, "the upgrade", |lab| lab.observed("HelmRelease", "podinfo") == 2);
    assert_eq!(reason(&lab, "HelmRelease", "podinfo"), "UpgradeSucceeded");
    let old = lab.get("Secret", "sh.helm.release.v1.podinfo.v1");
    assert_eq!(old["metadata"]["labels"]["status"], "superseded");
}

#[test]
fn a_release_with_a_chart_template_makes_its_own_helm_chart() {
    let mut lab = Lab::running(Options::default());
    lab.apply(json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmRepository",
        "metadata": {"name": "podinfo", "namespace": "flux-system"},
        "spec": {"interval": "1h", "url": "https://stefanprodan.github.io/podinfo"}}));
    lab.apply(release(
        "podinfo",
        json!({"chart": {"spec": {"chart": "podinfo", "version": "6.x",
        "sourceRef": {"kind": "HelmRepository", "name": "podinfo"}}}}),
    ));
    lab.until(30, "the release", |lab| lab.is_ready("HelmRelease", "podinfo"));
    let chart = lab.get("HelmChart", "flux-system-podinfo");
    assert_eq!(conditions::reason(&chart, "Ready"), "ChartPullSucceeded");
    lab.delete("HelmRelease", "podinfo");
    lab.until(10, "the end", |lab| lab.find("HelmRelease", "podinfo").is_none());
    lab.pass(0.5);
    assert_eq!(lab.find("HelmChart", "flux-system-podinfo"), None);
    assert_eq!(lab.find("Secret", "sh.helm.release.v1.podinfo.v1"), None);
}

#[test]
fn obstacles_leave_a_release_unobserved_and_say_why() {
    let mut lab = Lab::running(Options::default());
    lab.apply(from_registry("no-source"));
    lab.apply(registry("slow"));
    lab.apply(from_registry("slow"));
    let spec = |extra: Value| {
        let mut spec = json!({"chartRef": {"kind": "OCIRepository", "name": "slow"}});
        spec.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        spec
    };
    lab.apply(release("no-dependency", spec(json!({"dependsOn": [{"name": "nowhere"}]}))));
    lab.pass(1.2);
    assert_eq!(reason(&lab, "HelmRelease", "no-source"), "ArtifactFailed");
    assert_eq!(reason(&lab, "HelmRelease", "slow"), "SourceNotReady");
    assert_eq!(reason(&lab, "HelmRelease", "no-dependency"), "DependencyNotReady");
    lab.apply(release("no-values", spec(json!({"valuesFrom": [{"kind": "Secret", "name": "nowhere"}]}))));
    lab.pass(10.0);
    assert_eq!(reason(&lab, "HelmRelease", "no-values"), "ValuesError");
    for name in ["no-source", "no-dependency", "no-values"] {
        assert_eq!(lab.observed("HelmRelease", name), -1, "{name}");
    }
    assert!(lab.is_ready("HelmRelease", "slow"));
}

#[test]
fn before_helm_controller_1_4_a_source_that_comes_late_leaves_its_release_to_the_interval() {
    let mut lab = Lab::operated(Options::default());
    lab.apply(instance("2.4.0", false));
    lab.until(120, "the controllers", Lab::controllers_are_available);
    lab.pass(30.0);
    let mut source = registry("podinfo");
    source["apiVersion"] = json!("source.toolkit.fluxcd.io/v1beta2");
    lab.apply(source);
    lab.apply(from_registry("podinfo"));
    lab.pass(1800.0);
    assert!(lab.is_ready("OCIRepository", "podinfo"));
    assert_eq!(lab.observed("HelmRelease", "podinfo"), -1);
    assert_eq!(reason(&lab, "HelmRelease", "podinfo"), "SourceNotReady");
    lab.change("HelmRelease", "podinfo", |object| object["metadata"]["annotations"] = json!({REQUESTED_AT: "now"}));
    lab.until(10, "the release", |lab| lab.is_ready("HelmRelease", "podinfo"));
}

#[test]
fn exhausted_retries_are_stalled_until_a_reset_or_a_force_of_the_same_token() {
    let mut lab = Lab::running(Options::default());
    lab.apply(registry("podinfo"));
    lab.pass(6.0);
    let key = lab.key("HelmRelease", "podinfo");
    lab.world.flux.faults.failing_releases.insert(key, 1);
    lab.apply(from_registry("podinfo"));
    lab.pass(10.0);
    let stalled = lab.get("HelmRelease", "podinfo");
    assert_eq!(conditions::reason(&stalled, "Stalled"), "RetriesExceeded");
    assert_eq!(stalled["status"]["observedGeneration"], 1);
    let annotate = |lab: &mut Lab, requested: &str, forced: &str| {
        let annotations = json!({REQUESTED_AT: requested, "reconcile.fluxcd.io/forceAt": forced});
        lab.change("HelmRelease", "podinfo", |object| object["metadata"]["annotations"] = annotations);
        lab.pass(10.0);
    };
    annotate(&mut lab, "one", "another");
    assert!(!lab.is_ready("HelmRelease", "podinfo"));
    assert_eq!(lab.get("HelmRelease", "podinfo")["status"]["lastHandledForceAt"], "another");
    annotate(&mut lab, "two", "two");
    assert!(lab.is_ready("HelmRelease", "podinfo"));
}

#[test]
fn a_kustomization_delivers_a_folder_and_prunes_what_leaves_it() {
    let map = |name: &str| {
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: default}}\ndata: {{who: '${{who}}'}}\n"
        );
        (format!("apps/{name}.yaml"), text.into_bytes())
    };
    let mut lab = Lab::running(Options::default());
    lab.publish([map("a"), map("b")]);
    lab.apply(json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "repo", "namespace": "flux-system"},
        "spec": {"interval": "1m", "url": "http://127.101.0.4:3000/home-ops.git", "ref": {"branch": "main"}}}));
    lab.apply(json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "flux-system"},
        "spec": {"interval": "10m", "path": "./apps", "prune": true, "wait": true,
            "postBuild": {"substitute": {"who": "flux"}}, "sourceRef": {"kind": "GitRepository", "name": "repo"}}}));
    lab.until(60, "the Kustomization", |lab| lab.is_ready("Kustomization", "apps"));
    let first = lab.get("Kustomization", "apps")["status"]["lastAppliedRevision"].clone();
    assert_eq!(first, lab.get("GitRepository", "repo")["status"]["artifact"]["revision"]);
    assert_eq!(lab.get("ConfigMap", "default/a")["data"]["who"], "flux");
    assert_eq!(lab.get("Kustomization", "apps")["status"]["inventory"]["entries"][0]["id"], "default_a__ConfigMap");
    let now = lab.world.now;
    lab.world.git.repositories.get_mut("home-ops.git").unwrap().commit("main", [map("b")], "Drop a", now);
    lab.until(90, "the pruning", |lab| lab.find("ConfigMap", "default/a").is_none());
    assert!(lab.find("ConfigMap", "default/b").is_some());
    lab.delete("Kustomization", "apps");
    lab.pass(1.0);
    assert!(lab.find("ConfigMap", "default/b").is_none() && lab.find("Kustomization", "apps").is_none());
}

#[test]
fn a_private_repository_needs_its_secret_and_a_missing_one_is_named() {
    let mut lab = Lab::running(Options::default());
    lab.publish([("a.yaml".to_owned(), Vec::new())]);
    lab.world.git.repositories.get_mut("home-ops.git").unwrap().token = Some("gh-token".to_owned());
    let repository = |name: &str, url: &str, secret: Option<&str>| {
        let mut object = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "metadata": {"name": name, "namespace": "flux-system"}, "spec": {"interval": "1m", "url": url}});
        if let Some(secret) = secret {
            object["spec"]["secretRef"] = json!({"name": secret});
        }
        object
    };
    lab.apply(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token", "namespace": "flux-system"},
        "data": {"username": "Z2l0", "password": "Z2gtdG9rZW4="}}));
    let url = "http://127.101.0.4:3000/home-ops.git";
    lab.apply(repository("open", url, None));
    lab.apply(repository("locked", url, Some("token")));
    lab.apply(repository("lost", "http://127.101.0.4:3000/other.git", None));
    lab.pass(5.0);
    assert!(lab.is_ready("GitRepository", "locked"));
    let why = |name: &str| refused(&lab, name);
    assert!(why("open").contains("authentication required"), "{}", why("open"));
    assert!(why("lost").contains("repository not found"), "{}", why("lost"));
}

fn refused(lab: &Lab, name: &str) -> String {
    let object = lab.get("GitRepository", name);
    conditions::get(&object, "Ready").map(|ready| ready["message"].to_string()).unwrap_or_default()
}

#[test]
fn an_encrypted_object_needs_the_key() {
    let mut lab = Lab::running(Options::default());
    let secret =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: hidden, namespace: default}\ndata: {}\nsops: {mac: 'ENC[]'}\n";
    lab.publish([("apps/secret.yaml".to_owned(), secret.as_bytes().to_vec())]);
    lab.apply(json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "repo", "namespace": "flux-system"},
        "spec": {"interval": "1m", "url": "http://127.101.0.4:3000/home-ops.git"}}));
    lab.apply(json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "flux-system"},
        "spec": {"interval": "10m", "retryInterval": "5s", "path": "apps", "prune": true,
            "decryption": {"provider": "sops", "secretRef": {"name": "sops-age"}},
            "sourceRef": {"kind": "GitRepository", "name": "repo"}}}));
    lab.until(60, "the refusal", |lab| reason(lab, "Kustomization", "apps") == "BuildFailed");
    lab.apply(
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "sops-age", "namespace": "flux-system"},
        "data": {"age.agekey": "QUdFLVNFQ1JFVC1LRVk="}}),
    );
    lab.until(30, "the Kustomization", |lab| lab.is_ready("Kustomization", "apps"));
    assert_eq!(lab.get("Secret", "default/hidden").get("sops"), None);
}

#[test]
fn only_the_readiness_of_source_controller_implies_leadership() {
    use fluxlift_sim::controllers::Program;
    let mut lab = Lab::operated(Options::default());
    lab.world.flux.faults.not_leading.extend([Program::SourceController, Program::HelmController]);
    lab.apply(instance("2.9.4", false));
    lab.pass(60.0);
    let available = |name: &str| conditions::is_true(&lab.get("Deployment", name), "Available");
    assert!(available("helm-controller"));
    assert!(!available("source-controller"));
}

#[test]
fn a_node_is_ready_only_when_its_network_runs_and_pods_wait_for_that() {
    let mut lab = Lab::cluster(Options::default());
    lab.pass(10.0);
    assert!(lab.all(&GroupResource::NODES).iter().all(|node| !conditions::is_true(node, "Ready")));
    lab.until(60, "the nodes", |lab| {
        lab.all(&GroupResource::NODES).iter().all(|node| conditions::is_true(node, "Ready"))
    });
    assert_eq!(lab.all(&GroupResource::PODS).len(), 6);
}

#[test]
fn after_a_reboot_a_node_takes_up_its_pods_with_the_images_it_has() {
    use fluxlift_sim::controllers::nodes;
    let mut lab = Lab::running(Options::default());
    let pod = |lab: &Lab| {
        let pods = lab.all(&GroupResource::PODS);
        pods.into_iter().find(|pod| pod["metadata"]["labels"]["app"] == "helm-controller").unwrap()
    };
    let before = pod(&lab);
    let node = before["spec"]["nodeName"].as_str().unwrap().to_owned();
    let address = lab.world.controllers.kubelets[&node].address;
    nodes::leave(&mut lab.world, &node);
    lab.pass(60.0);
    assert_eq!(conditions::status(&lab.get("Node", &node), "Ready"), "Unknown");
    nodes::join(&mut lab.world, &node, address, &[]);
    let took = lab.until(30, "the Pod", |lab| pod(lab)["status"]["containerStatuses"][0]["restartCount"] == 1);
    assert!(took < 10.0, "{took}");
    assert_eq!(pod(&lab)["metadata"]["uid"], before["metadata"]["uid"]);
}
