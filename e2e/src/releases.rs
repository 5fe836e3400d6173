//! What Git holds for the lab: a root that brings a chart source and many releases of the tiny chart.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::registry::TINY_VERSION;

/// The folder that the root follows.
pub const PATH: &str = "clusters/lab";
/// The namespace of the releases.
pub const NAMESPACE: &str = "apps";

/// The files of a repository with `count` releases of the chart at `chart`, an `oci://` address.
pub fn files(count: usize, chart: &str) -> BTreeMap<String, String> {
    let mut releases = String::new();
    for number in 1..=count {
        // Writing into memory cannot fail.
        let _ = write!(releases, "{}", release(&format!("app-{number:02}")));
    }
    BTreeMap::from([
        (format!("{PATH}/namespace.yaml"), namespace()),
        (format!("{PATH}/source.yaml"), source(chart)),
        (format!("{PATH}/apps.yaml"), apps()),
        ("apps/releases.yaml".to_owned(), releases),
    ])
}

fn namespace() -> String {
    format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {NAMESPACE}\n")
}

/// The Kustomization that brings the releases. It depends on nothing: a dependency that is not ready yet is looked at
/// again after half a minute, and that would be all that a run is made of.
fn apps() -> String {
    "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: apps
  namespace: flux-system
spec:
  interval: 1h
  retryInterval: 10s
  timeout: 5m
  path: ./apps
  prune: true
  wait: false
  sourceRef:
    kind: GitRepository
    name: flux-system
"
    .to_owned()
}

fn source(chart: &str) -> String {
    format!(
        "apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata:
  name: tiny
  namespace: {NAMESPACE}
spec:
  interval: 1h
  insecure: true
  url: {chart}
  ref:
    tag: {TINY_VERSION}
  layerSelector:
    mediaType: application/vnd.cncf.helm.chart.content.v1.tar+gzip
    operation: copy
"
    )
}

fn release(name: &str) -> String {
    format!(
        "---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: {name}
  namespace: {NAMESPACE}
spec:
  interval: 1h
  chartRef:
    kind: OCIRepository
    name: tiny
  values:
    greeting: hello from {name}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_releases_as_asked_for_are_in_the_repository() {
        let files = files(50, "oci://127.0.0.1:5000/charts/tiny");
        assert_eq!(files["apps/releases.yaml"].matches("kind: HelmRelease").count(), 50);
    }
}
