//! Who may use whom: the arrows of ARCHITECTURE.md point down only.

use super::Finding;
use super::source::Tree;

/// The crates from the bottom up, each with the crates of ours that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("fluxlift-core", &[]),
    ("fluxlift-net", &["core"]),
    ("fluxlift-gate", &["core"]),
    ("fluxlift-config", &["core"]),
    ("fluxlift-engine", &["core", "gate", "config"]),
    ("fluxlift-kube", &["core", "gate", "net"]),
    ("fluxlift-helm", &["core", "gate", "net", "kube"]),
    ("fluxlift-flux", &["core", "gate", "net", "kube", "helm"]),
    ("fluxlift-talos", &["core", "gate", "net"]),
    ("fluxlift-proxmox", &["core", "gate", "net"]),
    ("fluxlift-units", &["core", "config", "gate", "net", "engine", "kube", "helm", "flux", "talos", "proxmox"]),
    ("fluxlift-sim", &["core", "gate", "net", "talos"]),
];

/// Dependencies from outside that a crate may not have, because of what it may not touch.
const MAY_NOT_USE: &[(&str, &[&str])] = &[
    ("fluxlift-core", &["tokio", "hyper", "rand", "reqwest", "async-trait"]),
    ("fluxlift-engine", &["kube", "k8s-openapi", "tonic", "hyper"]),
    ("fluxlift-config", &["tokio", "hyper", "kube"]),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, allowed) in MAY_USE {
        let place = format!("crates/{name}/Cargo.toml");
        let Some(manifest) = tree.text(&place) else {
            findings.push(Finding::new(place, "the crate of the design is missing"));
            continue;
        };
        for used in dependencies(manifest) {
            let ours = used.strip_prefix("fluxlift-");
            if ours.is_some_and(|used| !allowed.contains(&used)) {
                findings.push(Finding::new(&place, format!("{name} may not use {used}: arrows point down only")));
            }
        }
    }
    for (name, banned) in MAY_NOT_USE {
        let place = format!("crates/{name}/Cargo.toml");
        let used = tree.text(&place).map(dependencies).unwrap_or_default();
        findings.extend(
            used.iter()
                .filter(|used| banned.contains(&used.as_str()))
                .map(|used| Finding::new(&place, format!("{name} may not depend on {used}"))),
        );
    }
    findings
}

/// The names in `[dependencies]`; what only tests use does not count.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]";
        } else if inside && let Some(name) = line.split(['.', '=', ' ']).next().filter(|name| !name.is_empty()) {
            found.push(name.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_that_points_up_is_found() {
        let manifest = "[dependencies]\nfluxlift-core.workspace = true\nfluxlift-kube.workspace = true\n\n[dev-dependencies]\nfluxlift-sim.workspace = true\n";
        let found = check(&Tree::of(&[("crates/fluxlift-engine/Cargo.toml", manifest)]));
        let found: Vec<&str> = found.iter().filter(|f| f.place.contains("engine")).map(|f| f.what.as_str()).collect();
        assert_eq!(found, ["fluxlift-engine may not use fluxlift-kube: arrows point down only"]);
    }

    #[test]
    fn a_core_with_a_runtime_is_found() {
        let found = check(&Tree::of(&[("crates/fluxlift-core/Cargo.toml", "[dependencies]\ntokio = \"1\"\n")]));
        assert!(found.iter().any(|f| f.what == "fluxlift-core may not depend on tokio"), "{found:?}");
    }
}
