//! Which kinds count generations, and what starts a new one.

use serde_json::Value;

use crate::kube::{GroupResource, Kind};

/// Whether objects of this kind carry a generation.
pub fn counts_generations(kind: &Kind) -> bool {
    const WITHOUT: [GroupResource; 16] = [
        GroupResource::NAMESPACES,
        GroupResource::NODES,
        GroupResource::SECRETS,
        GroupResource::CONFIG_MAPS,
        GroupResource::SERVICES,
        GroupResource::ENDPOINTS,
        GroupResource::EVENTS,
        GroupResource::SERVICE_ACCOUNTS,
        GroupResource::PERSISTENT_VOLUME_CLAIMS,
        GroupResource::PERSISTENT_VOLUMES,
        GroupResource::RESOURCE_QUOTAS,
        GroupResource::LIMIT_RANGES,
        GroupResource::LEASES,
        GroupResource::STORAGE_CLASSES,
        GroupResource::PRIORITY_CLASSES,
        GroupResource::API_SERVICES,
    ];
    let rbac = kind.gr.group == "rbac.authorization.k8s.io";
    kind.custom || !(rbac || WITHOUT.contains(&kind.gr))
}

/// Whether `next` wants something else than `live`: the spec of a built-in kind, all but metadata and status of a
/// custom one.
pub fn is_new_generation(kind: &Kind, live: &Value, next: &Value) -> bool {
    if !kind.custom && kind.gr.group != "admissionregistration.k8s.io" {
        return live.get("spec") != next.get("spec");
    }
    let wanted = |object: &Value| {
        let fields = object.as_object().cloned().unwrap_or_default();
        let is_wish = |name: &str| {
            !matches!(name, "metadata" | "apiVersion" | "kind") && (name != "status" || !kind.has_status())
        };
        fields.into_iter().filter(|(name, _)| is_wish(name)).collect::<Vec<_>>()
    };
    wanted(live) != wanted(next)
}
