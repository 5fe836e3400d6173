//! A kubeconfig with a token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The kubeconfig of whoever has `token`, as JSON, which is YAML.
pub(crate) fn kubeconfig(server: &str, ca: &str, token: &str) -> String {
    let value = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "clusters": [{"name": "lab", "cluster": {"server": server, "certificate-authority-data": STANDARD.encode(ca)}}],
        "users": [{"name": "lab", "user": {"token": token}}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
    });
    format!("{value:#}\n")
}
