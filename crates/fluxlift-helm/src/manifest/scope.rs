//! Which kinds live in a namespace, where that is known without asking.

use super::ObjectId;

/// Kinds of the built-in groups that have no namespace.
const CLUSTER: &[(&str, &str)] = &[
    ("", "Namespace"),
    ("", "Node"),
    ("", "PersistentVolume"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "APIService"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("networking.k8s.io", "IngressClass"),
    ("node.k8s.io", "RuntimeClass"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "CSINode"),
    ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "VolumeAttachment"),
];

/// Groups whose kinds are all known here.
const BUILT_IN: &[&str] =
    &["", "apps", "autoscaling", "batch", "policy", "events.k8s.io", "coordination.k8s.io", "discovery.k8s.io"];

/// Whether objects of this kind live in a namespace; `None` when the cluster must be asked.
pub fn is_namespaced(id: &ObjectId) -> Option<bool> {
    let group = id.group();
    if CLUSTER.contains(&(group, id.kind.as_str())) {
        return Some(false);
    }
    let built_in = BUILT_IN.contains(&group) || CLUSTER.iter().any(|(known, _)| *known == group);
    built_in.then_some(true)
}
