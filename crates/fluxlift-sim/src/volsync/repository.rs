//! Where a repository is, and whether its mover can start.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::controllers::Pass;
use crate::controllers::object::{items, some_text, text};
use crate::kube::{GroupResource, Key};

/// What a mover finds when it looks for its repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// It is at this place.
    At(String),
    /// Something that the mover needs is not there yet: its Pod waits.
    Waits,
    /// VolSync itself refuses to start the mover.
    Refused(String),
}

/// Looks for the repository of the object of this pass.
pub(super) fn find(pass: &Pass<'_>, object: &Value) -> Found {
    let namespace = text(object, "/metadata/namespace");
    let name = text(object, "/spec/kopia/repository");
    let Some(secret) = pass.get(&Key::namespaced(&GroupResource::SECRETS, namespace, name)) else {
        return Found::Refused(format!("secrets \"{name}\" not found"));
    };
    let address = datum(&secret, "KOPIA_REPOSITORY").unwrap_or_default();
    if address.is_empty() {
        return Found::Refused(format!("secret \"{name}\" is missing field KOPIA_REPOSITORY"));
    }
    let mut volumes = items(object, "/spec/kopia/moverVolumes").map(|volume| &volume["volumeSource"]);
    match volumes.next() {
        None => Found::At(address),
        Some(volume) => match some_text(volume, "/persistentVolumeClaim/claimName") {
            None => Found::At(format!("nfs://{}{}", text(volume, "/nfs/server"), text(volume, "/nfs/path"))),
            Some(claim) => handle(pass, namespace, claim).map_or(Found::Waits, Found::At),
        },
    }
}

/// The handle of the volume that a claim is bound to.
pub(crate) fn handle(pass: &Pass<'_>, namespace: &str, claim: &str) -> Option<String> {
    let claim = pass.get(&Key::namespaced(&GroupResource::PERSISTENT_VOLUME_CLAIMS, namespace, claim))?;
    if text(&claim, "/status/phase") != "Bound" {
        return None;
    }
    let name = text(&claim, "/spec/volumeName");
    let volume = pass.get(&Key::cluster(&GroupResource::PERSISTENT_VOLUMES, name))?;
    some_text(&volume, "/spec/csi/volumeHandle").map(str::to_owned)
}

fn datum(secret: &Value, name: &str) -> Option<String> {
    let bytes = BASE64_STANDARD.decode(secret["data"][name].as_str()?).ok()?;
    String::from_utf8(bytes).ok()
}
