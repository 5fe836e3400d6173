//! What the path of a request names.

use fluxlift_sim::kube::GroupResource;
use fluxlift_sim::kube::wire::target::{Objects, Target};

fn of(path: &str) -> Objects {
    match Target::of(path) {
        Target::Objects(objects) => objects,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_namespace_is_an_object_and_a_place_for_others() {
    let object = of("/api/v1/namespaces/flux-system");
    assert_eq!(
        (object.gr, object.namespace, object.name.as_deref()),
        (GroupResource::NAMESPACES, None, Some("flux-system"))
    );
    let inside = of("/apis/apps/v1/namespaces/flux-system/deployments/helm-controller/status");
    assert_eq!(inside.gr, GroupResource::DEPLOYMENTS);
    assert_eq!(inside.namespace.as_deref(), Some("flux-system"));
    assert_eq!(inside.subresource.as_deref(), Some("status"));
}

#[test]
fn an_escaped_name_is_decoded() {
    let object = of("/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode");
    assert_eq!(object.name.as_deref(), Some("system:node"));
}
