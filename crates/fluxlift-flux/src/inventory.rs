//! What a Kustomization says that it applied.

use fluxlift_kube::Object;

/// One entry of `status.inventory.entries`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The namespace; empty for objects of the cluster.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
}

impl Entry {
    /// Reads an identifier such as `apps_podinfo_helm.toolkit.fluxcd.io_HelmRelease`.
    ///
    /// Colons in names of RBAC objects are written as `__`.
    pub fn parse(id: &str) -> Option<Self> {
        let (rest, kind) = id.rsplit_once('_')?;
        let (rest, group) = rest.rsplit_once('_')?;
        let (namespace, name) = rest.split_once('_')?;
        Some(Self {
            namespace: namespace.to_owned(),
            name: name.replace("__", ":"),
            group: group.to_owned(),
            kind: kind.to_owned(),
        })
    }
}

/// All entries of a Kustomization's inventory, in its order.
pub fn of(kustomization: &Object) -> Vec<Entry> {
    let entries = kustomization.items("/status/inventory/entries");
    entries.iter().filter_map(|entry| Entry::parse(entry["id"].as_str()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_read_from_both_ends() {
        let entry = Entry::parse("apps_podinfo_helm.toolkit.fluxcd.io_HelmRelease").unwrap();
        assert_eq!((entry.namespace.as_str(), entry.name.as_str()), ("apps", "podinfo"));
        let role = Entry::parse("_system__flux_rbac.authorization.k8s.io_ClusterRole").unwrap();
        assert_eq!(
            (role.namespace.as_str(), role.name.as_str(), role.kind.as_str()),
            ("", "system:flux", "ClusterRole")
        );
        let core = Entry::parse("_apps__Namespace").unwrap();
        assert_eq!((core.name.as_str(), core.group.as_str()), ("apps", ""));
    }
}
