//! kopiur and the class of a storage, installed in a world as a chart would.

use serde_json::json;

use super::definitions;
use crate::World;
use crate::kube::Status;
use crate::volsync::install::{apply, storage_class};

/// The image of a release that says of each claim what became of it.
const IMAGE: &str = "ghcr.io/home-operations/kopiur:0.11.0";

/// Installs the definitions, kopiur itself in `kopiur-system`, and a storage class.
///
/// # Errors
/// Those of the API.
pub fn install(world: &mut World) -> Result<(), Status> {
    for definition in definitions::all() {
        apply(world, definition)?;
    }
    apply(world, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kopiur-system"}}))?;
    let metadata = json!({"name": "kopiur", "namespace": "kopiur-system"});
    apply(world, json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}))?;
    let labels = json!({"app.kubernetes.io/name": "kopiur", "app.kubernetes.io/instance": "kopiur"});
    apply(
        world,
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"replicas": 1,
            "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
                "spec": {"serviceAccountName": "kopiur", "containers": [{"name": "controller", "image": IMAGE,
                    "args": ["--leader-elect"]}]}}}}),
    )?;
    storage_class(world)
}
