//! Pods from the templates of the objects that own them.

use serde_json::{Value, json};

use super::object::{controlled_by, some_text, text};
use super::{Pass, digest};
use crate::kube::{GroupResource, Key, Status};

/// The label that tells the Pods of one template from those of another.
pub const HASH: &str = "pod-template-hash";

/// The hash of a Deployment's Pod template.
pub fn hash(deployment: &Value) -> String {
    digest(&deployment["spec"]["template"].to_string())[..10].to_owned()
}

/// A Pod by the template of `owner`.
pub fn pod(owner: &Value) -> Value {
    let template = &owner["spec"]["template"];
    let mut metadata = template["metadata"].clone();
    if !metadata.is_object() {
        metadata = json!({});
    }
    metadata["generateName"] = json!(format!("{}-", text(owner, "/metadata/name")));
    metadata["namespace"] = owner["metadata"]["namespace"].clone();
    metadata["ownerReferences"] = controlled_by(owner);
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]})
}

/// Creates a Pod, which needs its ServiceAccount: admission refuses it before the account is there.
///
/// # Errors
/// 403 without the ServiceAccount, else those of the API.
pub fn create(pass: &mut Pass<'_>, mut pod: Value) -> Result<(), Status> {
    let namespace = text(&pod, "/metadata/namespace").to_owned();
    let account = some_text(&pod, "/spec/serviceAccountName").unwrap_or("default").to_owned();
    if pass.get(&Key::namespaced(&GroupResource::SERVICE_ACCOUNTS, &namespace, &account)).is_none() {
        let why =
            format!("error looking up service account {namespace}/{account}: serviceaccount {account:?} not found");
        return Err(Status::forbidden(&GroupResource::PODS, text(&pod, "/metadata/generateName"), &why));
    }
    pod["spec"]["serviceAccountName"] = json!(account);
    pass.create(&GroupResource::PODS, pod).map(drop)
}
