//! How long container images take to pull: once per node.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;

use super::Program;

/// How long `image` takes to a node that doesn't have it, before chance adds its share.
///
/// helm-controller's is the slowest of Flux's: its Deployment becomes Available last, well after the sync could have
/// been applied, and that is where the race happens. A CNI's image is large. `slow` names
/// images that take as long as it says.
pub fn pull_time(image: &str, slow: &BTreeMap<String, Duration>) -> SignedDuration {
    if let Some((_, time)) = slow.iter().find(|(part, _)| image.contains(part.as_str())) {
        return (*time).try_into().unwrap_or(SignedDuration::MAX);
    }
    let millis = match Program::of_image(image) {
        Some(Program::FluxOperator) => 2_600,
        Some(Program::SourceController) => 2_700,
        Some(Program::KustomizeController) => 3_000,
        Some(Program::NotificationController) => 3_600,
        Some(Program::ImageReflectorController | Program::ImageAutomationController) => 3_400,
        Some(Program::HelmController) => 13_200,
        _ if is_network(image) => 21_000,
        _ => 4_000,
    };
    SignedDuration::from_millis(millis)
}

/// Whether the image is that of a network plug-in.
fn is_network(image: &str) -> bool {
    ["cilium", "flannel", "calico"].iter().any(|name| image.contains(name))
}
