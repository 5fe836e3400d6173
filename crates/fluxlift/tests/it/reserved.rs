//! What another run writes on a cluster that it has for itself, and how the real program tells of it.

use fluxlift_sim::World;
use fluxlift_sim::kube::{Caller, DeleteOptions, GroupResource, Key};
use serde_json::json;

use crate::tree::Ran;

const BY: &str = "grace@laptop (pid 7) running rescue since 2026-01-01T00:00:00Z";

fn key() -> Key {
    Key::namespaced(&GroupResource::LEASES, "default", "fluxlift")
}

/// Reserves the cluster for a run on another machine, which has renewed that just now.
pub(crate) fn by_another(world: &mut World) {
    let caller = Caller::controller("grace", world.now);
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "fluxlift", "namespace": "default", "annotations": {"fluxlift.dev/state": "theirs"}},
        "spec": {"holderIdentity": BY, "leaseDurationSeconds": 30, "renewTime": format!("{:.6}", world.now)},
    });
    world.kube.api.create(&caller, &GroupResource::LEASES, Some("default"), lease).unwrap();
}

/// Whoever had it has ended.
pub(crate) fn no_more(world: &mut World) {
    let caller = Caller::controller("grace", world.now);
    // There need not be any: none is there between two units.
    let _ = world.kube.api.delete(&caller, &key(), &DeleteOptions::default());
}

/// Whether anybody has it.
pub(crate) fn is(world: &World) -> bool {
    world.kube.api.get(&key()).is_some()
}

/// It was told who is at work, since when, and when that was last heard of.
pub(crate) fn told(refused: &Ran) {
    assert_eq!(refused.code, 4, "{}{}", refused.out, refused.err);
    assert!(refused.err.contains(&format!("is reserved by {BY}, last renewed at 20")), "{}", refused.err);
}
