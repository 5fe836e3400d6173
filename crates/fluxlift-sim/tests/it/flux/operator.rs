//! flux-operator: the instance, its report, its upgrades and its end.

use fluxlift_sim::Options;
use fluxlift_sim::controllers::conditions;
use fluxlift_sim::kube::GroupResource;
use serde_json::{Value, json};

use super::lab::{Lab, instance};

fn one_map() -> Vec<(String, Vec<u8>)> {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: delivered, namespace: default}\n";
    vec![("kubernetes/clusters/cluster-101/map.yaml".to_owned(), text.as_bytes().to_vec())]
}

fn holder(lab: &Lab, component: &str) -> String {
    let lease = lab.get("Lease", &format!("{component}-leader-election"));
    lease["spec"]["holderIdentity"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_report_that_was_deleted_comes_back_under_a_new_uid() {
    let mut lab = Lab::operated(Options::default());
    let old = lab.get("FluxReport", "flux")["metadata"]["uid"].clone();
    lab.delete("FluxReport", "flux");
    lab.until(5, "a new report", |lab| lab.is_ready("FluxReport", "flux"));
    let report = lab.get("FluxReport", "flux");
    assert_ne!(report["metadata"]["uid"], old);
    assert_eq!(report["spec"]["operator"]["version"], "v0.58.1");
}

#[test]
fn an_instance_is_progressing_and_then_ready_at_its_generation() {
    let mut lab = Lab::operated(Options::default());
    lab.apply(instance("2.9.4", false));
    lab.until(5, "the first pass", |lab| conditions::status(&lab.get("FluxInstance", "flux"), "Ready") == "Unknown");
    lab.until(60, "the instance", |lab| lab.is_ready("FluxInstance", "flux"));
    let object = lab.get("FluxInstance", "flux");
    let ready = conditions::get(&object, "Ready").unwrap();
    assert_eq!((&ready["reason"], &ready["observedGeneration"]), (&json!("ReconciliationSucceeded"), &json!(1)));
    assert_eq!(object["status"].get("observedGeneration"), None);
    assert!(object["status"]["lastAppliedRevision"].as_str().unwrap().starts_with("v2.9.4@sha256:"));
    assert_eq!(lab.all(&GroupResource::NETWORK_POLICIES).len(), 3);
    let args =
        lab.get("Deployment", "helm-controller")["spec"]["template"]["spec"]["containers"][0]["args"].to_string();
    assert!(args.contains("--requeue-dependency=5s") && args.contains("--concurrent=10"), "{args}");
}

#[test]
fn with_wait_an_instance_is_applied_once_and_ready_only_when_its_controllers_are() {
    let mut lab = Lab::operated(Options::default());
    let mut object = instance("2.9.4", false);
    object["spec"]["wait"] = json!(true);
    lab.apply(object);
    lab.until(120, "the instance", |lab| lab.is_ready("FluxInstance", "flux"));
    assert!(lab.controllers_are_available());
    let lines = lab.world.kube.logs.values().flatten();
    let applied = lines.filter(|line| line.text.contains("Server-side apply completed")).count();
    assert_eq!(applied, 1, "the health is waited for in the pass that applied");
}

#[test]
fn an_unknown_version_is_stalled() {
    let mut lab = Lab::operated(Options::default());
    lab.apply(instance("2.99.0", false));
    lab.pass(5.0);
    let object = lab.get("FluxInstance", "flux");
    assert_eq!(conditions::reason(&object, "Ready"), "BuildFailed");
    assert_eq!(conditions::status(&object, "Stalled"), "True");
}

#[test]
fn taking_the_sync_away_prunes_what_it_delivered() {
    let mut lab = Lab::running(Options::default());
    lab.publish(one_map());
    lab.apply(instance("2.9.4", true));
    lab.until(60, "the delivery", |lab| lab.find("ConfigMap", "default/delivered").is_some());
    lab.change("FluxInstance", "flux", |object| drop(object["spec"].as_object_mut().unwrap().remove("sync")));
    lab.until(60, "the collection", |lab| lab.find("Kustomization", "flux-system").is_none());
    lab.pass(1.0);
    assert_eq!(lab.find("ConfigMap", "default/delivered"), None);
}

#[test]
fn deleting_the_instance_removes_flux_and_leaves_what_it_delivered() {
    let mut lab = Lab::running(Options::default());
    lab.publish(one_map());
    lab.apply(instance("2.9.4", true));
    lab.until(60, "the delivery", |lab| lab.is_ready("Kustomization", "flux-system"));
    lab.delete("FluxInstance", "flux");
    lab.until(60, "the end", |lab| lab.find("FluxInstance", "flux").is_none());
    lab.pass(5.0);
    assert!(lab.find("ConfigMap", "default/delivered").is_some());
    assert_eq!(lab.find("Deployment", "helm-controller"), None);
    assert_eq!(lab.find("CustomResourceDefinition", "helmreleases.helm.toolkit.fluxcd.io"), None);
    assert!(lab.find("Namespace", "flux-system").is_some());
}

#[test]
fn during_an_upgrade_the_old_leader_answers_until_it_is_gone() {
    let mut lab = Lab::operated(Options::default());
    lab.apply(instance("2.8.3", false));
    lab.until(120, "the controllers", Lab::controllers_are_available);
    lab.pass(20.0);
    let old = holder(&lab, "helm-controller");
    lab.apply(instance("2.9.4", false));
    lab.pass(8.0);
    assert_eq!(holder(&lab, "helm-controller"), old);
    assert!(conditions::is_true(&lab.get("Deployment", "helm-controller"), "Available"));
    lab.until(60, "the new leader", |lab| {
        let now = holder(lab, "helm-controller");
        !now.is_empty() && now != old
    });
    let new = holder(&lab, "helm-controller");
    let pods: Vec<Value> = lab.all(&GroupResource::PODS);
    let leads = |pod: &&Value| new.starts_with(pod["metadata"]["name"].as_str().unwrap());
    let leader = pods.iter().find(leads).unwrap();
    assert!(leader["spec"]["containers"][0]["image"].as_str().unwrap().ends_with(":v1.6.3"));
}

#[test]
fn source_controller_is_recreated_and_fills_its_storage_anew() {
    let mut lab = Lab::running(Options::default());
    lab.publish(one_map());
    lab.apply(instance("2.9.4", true));
    lab.until(60, "the delivery", |lab| lab.is_ready("Kustomization", "flux-system"));
    let pods = |lab: &Lab| {
        let all = lab.all(&GroupResource::PODS);
        all.iter().filter(|pod| pod["metadata"]["labels"]["app"] == "source-controller").count()
    };
    lab.change("Deployment", "source-controller", |object| {
        object["spec"]["template"]["metadata"]["annotations"]["restarted"] = json!("yes");
    });
    lab.until(10, "no Pod at all", |lab| pods(lab) == 0);
    lab.until(30, "a new Pod", |lab| conditions::is_true(&lab.get("Deployment", "source-controller"), "Available"));
    lab.pass(20.0);
    assert!(lab.world.flux.storage.keys().any(|url| url.contains("/gitrepository/flux-system/flux-system/")));
}

#[test]
fn shards_take_the_objects_with_their_label_and_the_main_controllers_the_others() {
    let mut lab = Lab::operated(Options::default());
    let mut object = instance("2.9.4", false);
    object["spec"]["sharding"] = json!({"shards": ["one"]});
    lab.apply(object);
    lab.until(120, "the shard", |lab| {
        lab.find("Deployment", "helm-controller-one").is_some_and(|object| conditions::is_true(&object, "Available"))
    });
    lab.pass(30.0);
    let canary = |name: &str, labels: Value| {
        json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
            "metadata": {"name": name, "namespace": "flux-system", "labels": labels},
            "spec": {"interval": "1h", "suspend": true, "chartRef": {"kind": "OCIRepository", "name": "nowhere"}}})
    };
    lab.world.flux.faults.frozen.clear();
    lab.apply(canary("mine", json!({"sharding.fluxcd.io/key": "one"})));
    lab.apply(canary("plain", json!({})));
    lab.apply(canary("nobodys", json!({"sharding.fluxcd.io/key": "two"})));
    lab.pass(3.0);
    assert_eq!(["mine", "plain", "nobodys"].map(|name| lab.observed("HelmRelease", name)), [1, 1, -1]);
}

/// Whether a change of the spec ends the health wait of an operator of this version.
fn cancels_waits(version: &str) -> bool {
    let mut lab = Lab::operated_by(version, Options::default());
    let mut object = instance("2.9.4", false);
    object["spec"]["wait"] = json!(true);
    lab.apply(object);
    lab.until(60, "the Deployments", |lab| lab.find("Deployment", "helm-controller").is_some());
    // Its health is waited for a moment later, and is still to come.
    lab.pass(3.0);
    assert!(!lab.controllers_are_available());
    lab.change("FluxInstance", "flux", |object| drop(object["spec"].as_object_mut().unwrap().remove("kustomize")));
    let is_cancelled =
        |lab: &Lab| conditions::reason(&lab.get("FluxInstance", "flux"), "Ready") == "HealthCheckCanceled";
    lab.until(120, "an end of the wait", |lab| is_cancelled(lab) || lab.is_ready("FluxInstance", "flux"));
    is_cancelled(&lab)
}

#[test]
fn a_spec_change_cancels_a_health_wait_from_0_39_on() {
    assert!(!cancels_waits("v0.38.0"));
    assert!(cancels_waits("v0.39.0") && cancels_waits("v0.58.1"));
}
