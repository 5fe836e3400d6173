//! The suspended sources: source-controller runs five independent controllers, so each kind gets its own.

use serde_json::{Value, json};

/// A source of that kind that points nowhere.
///
/// A HelmRepository must not be of type `oci`: such a one is static, no controller handles it.
pub(super) fn suspended(kind: &str, name: &str) -> Value {
    let mut spec = match kind {
        "HelmRepository" => json!({"url": "https://canary.invalid"}),
        "HelmChart" => json!({"chart": "none", "sourceRef": {"kind": "HelmRepository", "name": name}}),
        "OCIRepository" => json!({"url": "oci://canary.invalid/none"}),
        "Bucket" => json!({"endpoint": "canary.invalid", "bucketName": "none"}),
        _ => json!({"url": "https://canary.invalid/none"}),
    };
    spec["interval"] = json!("1h");
    spec["suspend"] = json!(true);
    spec
}
