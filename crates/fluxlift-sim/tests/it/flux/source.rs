//! What sources fetch.

use fluxlift_sim::Options;
use serde_json::json;

use super::lab::Lab;

#[test]
fn a_constraint_ends_up_at_its_lower_bound() {
    let mut lab = Lab::running(Options::default());
    lab.apply(json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmRepository",
        "metadata": {"name": "charts", "namespace": "flux-system"},
        "spec": {"interval": "1h", "type": "oci", "url": "oci://ghcr.io/charts"}}));
    let mut version = |constraint: &str| {
        lab.apply(json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmChart",
            "metadata": {"name": "podinfo", "namespace": "flux-system"}, "spec": {"interval": "1h", "chart": "podinfo",
                "version": constraint, "sourceRef": {"kind": "HelmRepository", "name": "charts"}}}));
        lab.until(60, "the chart", |lab| {
            let chart = lab.get("HelmChart", "podinfo");
            chart["status"]["observedGeneration"] == chart["metadata"]["generation"]
        });
        lab.get("HelmChart", "podinfo")["status"]["artifact"]["revision"].as_str().unwrap().to_owned()
    };
    assert_eq!(version("6.5.4"), "6.5.4");
    assert_eq!(version("4.x.x"), "4.0.0");
    assert_eq!(version(">=1.2.0 <2.0.0"), "1.2.0");
    assert_eq!(version("*"), "1.0.0");
    assert_eq!(version("latest"), "latest");
}
