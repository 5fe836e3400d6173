//! Kubernetes, Flux, its operator and the nodes fit together.

use fluxlift_kube::{Collection, Object};

use crate::Controllers;
use crate::doctor::ids::{VERSION_NOT_CARRIED, VERSION_UNTESTED, VERSION_WEAKNESS};
use crate::doctor::versions::{CARRIED, KUBELET_LAG, KUBERNETES, SKEW_POLICY, Version, WEAKNESSES};
use crate::doctor::{Finding, Judged, Read};

/// The operator's Deployment may have any name; its image has this one.
const OPERATOR_NAME: &str = "flux-operator";

pub(super) fn judge(
    kubernetes: &Read<String>,
    nodes: &Read<Collection>,
    controllers: &Read<Controllers>,
    instance: &Read<Option<Object>>,
) -> Read<Judged> {
    let told = kubernetes.as_ref()?;
    let mut judged = Judged::default();
    let Some(server) = Version::of(told) else {
        judged.not_known(format!("the API server gives its version as {told:?}"));
        return Ok(judged);
    };
    judged.saw(format!("Kubernetes {told}"));
    match nodes {
        Ok(nodes) => kubelets(&mut judged, server, nodes),
        Err(why) => judged.not_known(format!("the versions of the kubelets: {why}")),
    }
    match instance {
        Ok(Some(instance)) => distribution(&mut judged, server, instance),
        Ok(None) => {}
        Err(why) => judged.not_known(format!("the version of Flux: {why}")),
    }
    match (controllers, instance) {
        (Ok(controllers), instance) => {
            programs(&mut judged, controllers, instance.as_ref().ok().and_then(Option::as_ref))
        }
        (Err(why), _) => judged.not_known(format!("the versions of the controllers: {why}")),
    }
    Ok(judged)
}

fn kubelets(judged: &mut Judged, server: Version, nodes: &Collection) {
    for node in nodes.iter() {
        let told = node.text("/status/nodeInfo/kubeletVersion").unwrap_or_default();
        let Some(kubelet) = Version::of(told) else {
            judged.not_known(format!("{} does not say the version of its kubelet", node.title()));
            continue;
        };
        let fits = kubelet.minor() <= server.minor() && kubelet.minor().1 + KUBELET_LAG >= server.minor().1;
        if !fits {
            let seen = format!(
                "kubelet {kubelet} on a cluster of {server}; its publisher allows up to {KUBELET_LAG} minor versions \
                 older, and none newer ({SKEW_POLICY})"
            );
            let act = "bring the node to the version of the control plane: `talosctl upgrade-k8s`";
            judged.push(Finding::warning(VERSION_UNTESTED, seen, act).about(node.title()));
        }
    }
}

fn distribution(judged: &mut Judged, server: Version, instance: &Object) {
    let told = instance.text("/status/lastAppliedRevision").or_else(|| instance.text("/spec/distribution/version"));
    let Some(flux) = told.and_then(Version::of) else {
        judged.saw("the FluxInstance does not say yet which Flux it has applied");
        return;
    };
    judged.saw(format!("Flux {flux}"));
    let newest = KUBERNETES.iter().map(|row| row.flux).max();
    let Some(row) = KUBERNETES.iter().find(|row| row.flux == flux.minor()) else {
        if newest.is_some_and(|newest| newest < flux.minor()) {
            let seen =
                format!("Flux {flux} is newer than this fluxlift, which knows nothing of what it was tested with");
            judged.push(Finding::warning(VERSION_UNTESTED, seen, "use a newer fluxlift"));
        } else {
            judged.saw(format!("with which Kubernetes Flux {flux} was tested is not known here"));
        }
        return;
    };
    if !(row.from..=row.to).contains(&server.minor()) {
        let ((major, from), (_, to)) = (row.from, row.to);
        let seen = format!(
            "Flux {flux} on Kubernetes {server}; it was tested with {major}.{from} to {major}.{to} ({})",
            row.source
        );
        let newer = server.minor() > row.to;
        let act = if newer {
            "take a newer Flux: `spec.distribution.version` of the FluxInstance"
        } else {
            "upgrade Kubernetes first"
        };
        judged.push(Finding::warning(VERSION_UNTESTED, seen, act).about(instance.title()));
    }
}

fn programs(judged: &mut Judged, controllers: &Controllers, instance: Option<&Object>) {
    for deployment in controllers.deployments() {
        let image = deployment.text("/spec/template/spec/containers/0/image").unwrap_or_default();
        let (program, tag) = program(image);
        if program != OPERATOR_NAME && !WEAKNESSES.iter().any(|weakness| weakness.program == program) {
            continue;
        }
        let Some(version) = Version::of(tag) else {
            judged.not_known(format!("the version of {}: its image {image} does not say it", deployment.title()));
            continue;
        };
        weaknesses(judged, deployment, program, version);
        if program == OPERATOR_NAME {
            carried(judged, deployment, version, instance);
        }
    }
}

fn weaknesses(judged: &mut Judged, deployment: &Object, program: &str, version: Version) {
    for weakness in WEAKNESSES.iter().filter(|it| it.program == program && version.parts() < it.mended) {
        let seen = format!("{program} {version}: {} ({})", weakness.what, weakness.source);
        let (major, minor, patch) = weakness.mended;
        let act = format!("take {program} {major}.{minor}.{patch} or newer, by a newer Flux or operator");
        judged.push(Finding::warning(VERSION_WEAKNESS, seen, act).about(deployment.title()));
    }
}

/// Whether the operator has the manifests that it is asked for, where it is not told to fetch them.
fn carried(judged: &mut Judged, deployment: &Object, operator: Version, instance: Option<&Object>) {
    let Some(instance) = instance.filter(|instance| instance.text("/spec/distribution/artifact").is_none()) else {
        return;
    };
    let asked = instance.text("/spec/distribution/version").unwrap_or_default();
    let Some(flux) = Version::of(asked) else { return };
    let Some(row) = CARRIED.iter().find(|row| row.flux == flux.minor() && operator.parts() < row.operator) else {
        return;
    };
    let (major, minor, _) = row.operator;
    let seen = format!(
        "{} asks for Flux {asked}, and {OPERATOR_NAME} {operator} has no manifests of it: those before {major}.{minor} have \
         none ({})",
        instance.title(),
        row.source
    );
    let act = format!("upgrade the operator to {major}.{minor} or newer first, or ask for an older Flux");
    judged.push(Finding::error(VERSION_NOT_CARRIED, seen, act).about(deployment.title()));
}

/// `ghcr.io/fluxcd/helm-controller:v1.6.3@sha256:…` is `helm-controller`, `v1.6.3`.
fn program(image: &str) -> (&str, &str) {
    let path = image.split('@').next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    last.split_once(':').unwrap_or((last, ""))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::doctor::{Severity, Unread};

    fn judged(kubernetes: &str, kubelet: &str, flux: &str, helm: &str) -> Judged {
        let node =
            json!({"kind": "Node", "metadata": {"name": "a"}, "status": {"nodeInfo": {"kubeletVersion": kubelet}}});
        let instance =
            json!({"kind": "FluxInstance", "metadata": {"name": "flux"}, "status": {"lastAppliedRevision": flux}});
        let image = format!("ghcr.io/fluxcd/helm-controller:{helm}@sha256:00");
        let deployment = json!({"kind": "Deployment", "metadata": {"name": "helm-controller", "namespace": "flux-system"},
            "spec": {"template": {"spec": {"containers": [{"image": image}]}}}});
        judge(
            &Ok(kubernetes.to_owned()),
            &Ok([Object::new(node)].into_iter().collect()),
            &Ok(Controllers::of_deployments([Object::new(deployment)])),
            &Ok(Some(Object::new(instance))),
        )
        .unwrap()
    }

    #[test]
    fn versions_that_were_tested_together_are_fine() {
        let judged = judged("v1.35.0", "v1.33.9", "v2.9.4@sha256:1", "v1.6.3");
        assert_eq!(
            (judged.findings.len(), judged.seen),
            (0, vec!["Kubernetes v1.35.0".to_owned(), "Flux 2.9.4".to_owned()])
        );
    }

    #[test]
    fn a_kubernetes_outside_of_the_published_range_is_told_with_its_source() {
        let found = judged("v1.37.1", "v1.37.1", "v2.9.4", "v1.6.3").findings;
        assert!(found[0].seen.contains("tested with 1.34 to 1.36 (https://"), "{}", found[0].seen);
        assert!(found[0].act.starts_with("take a newer Flux"));
        assert!(judged("v1.30.0", "v1.30.0", "v2.9.4", "v1.6.3").findings[0].act.starts_with("upgrade Kubernetes"));
    }

    #[test]
    fn of_every_flux_since_2_3_it_is_known_what_it_was_tested_with() {
        let known: Vec<u32> = KUBERNETES.iter().map(|row| row.flux.1).collect();
        assert_eq!(known, (3..=10).collect::<Vec<u32>>());
        assert!(judged("v1.33.2", "v1.33.2", "v2.6.4", "v1.6.3").findings.is_empty());
        assert!(judged("v1.26.0", "v1.26.0", "v2.6.4", "v1.6.3").findings[0].seen.contains("1.27 to 1.33"));
    }

    #[test]
    fn a_kubelet_that_is_newer_than_its_server_or_four_versions_older_does_not_fit() {
        for kubelet in ["v1.36.0", "v1.31.0"] {
            assert_eq!(judged("v1.35.0", kubelet, "v2.9.4", "v1.6.3").findings[0].object.as_deref(), Some("node/a"));
        }
    }

    #[test]
    fn a_program_with_a_known_weakness_is_told_although_it_runs() {
        let found = judged("v1.32.0", "v1.32.0", "v2.4.0", "v1.1.0").findings;
        assert!(found.iter().all(|finding| finding.id == "version-weakness"));
        assert!(found[0].seen.contains("observedGeneration -1"), "{}", found[0].seen);
    }

    fn asked(version: &str, artifact: Value, image: &str) -> Judged {
        let instance = json!({"kind": "FluxInstance", "metadata": {"name": "flux", "namespace": "flux-system"},
            "spec": {"distribution": {"version": version, "artifact": artifact}}});
        let deployment = json!({"kind": "Deployment", "metadata": {"name": "flux-operator", "namespace": "flux-system"},
            "spec": {"template": {"spec": {"containers": [{"image": image}]}}}});
        let controllers = Controllers::of_deployments([Object::new(deployment)]);
        judge(&Ok("v1.35.0".into()), &Ok(Collection::default()), &Ok(controllers), &Ok(Some(Object::new(instance))))
            .unwrap()
    }

    #[test]
    fn an_operator_that_is_older_than_the_flux_it_is_asked_for_cannot_build_it() {
        let image = "ghcr.io/controlplaneio-fluxcd/flux-operator:v0.50.0";
        let found = asked("2.9.x", Value::Null, image).findings;
        assert_eq!(found[0].id, "version-not-carried");
        let seen = "fluxinstance/flux-system/flux asks for Flux 2.9.x, and flux-operator 0.50.0 has no manifests of it";
        assert!(found[0].seen.starts_with(seen), "{}", found[0].seen);
        let artifact = json!("oci://ghcr.io/controlplaneio-fluxcd/flux-operator-manifests");
        assert!(asked("2.9.x", artifact, image).findings.is_empty());
        assert!(asked("2.8.8", Value::Null, image).findings.is_empty());
        assert!(asked("2.x", Value::Null, image).findings.is_empty());
    }

    #[test]
    fn a_version_that_nothing_says_is_not_known_and_the_rest_is_still_judged() {
        let judged = asked("2.9.4", Value::Null, "registry.example.org/flux-operator@sha256:00");
        assert_eq!(judged.findings[0].severity, Severity::Unknown);
        let unread = judge(
            &Ok("v1.37.0".into()),
            &Err(Unread::because("forbidden")),
            &Ok(Controllers::default()),
            &Ok(Some(Object::new(json!({"kind": "FluxInstance", "status": {"lastAppliedRevision": "v2.9.4"}})))),
        );
        let ids: Vec<&str> = unread.unwrap().findings.iter().map(|finding| finding.id).collect();
        assert_eq!(ids, ["not-known", "version-untested"]);
    }

    #[test]
    fn a_flux_that_is_newer_than_the_table_is_not_passed_off_as_tested() {
        assert_eq!(judged("v1.40.0", "v1.40.0", "v2.99.0", "v9.0.0").findings[0].id, "version-untested");
    }
}
