//! `/version`, `/readyz` and what the API says of itself.

use serde_json::{Value, json};

/// The version that the API gives, such as `v1.32.0`.
pub fn version(kubernetes: &str) -> Value {
    let plain = kubernetes.trim_start_matches('v');
    let mut parts = plain.split('.');
    json!({
        "major": parts.next().unwrap_or("1"),
        "minor": parts.next().unwrap_or("0"),
        "gitVersion": format!("v{plain}"),
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "2024-12-11T18:00:00Z",
        "goVersion": "go1.23.3",
        "compiler": "gc",
        "platform": "linux/amd64",
    })
}
