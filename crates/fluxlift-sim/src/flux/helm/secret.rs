//! Helm's storage: a Secret for each revision of a release.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use super::release::Place;
use crate::controllers::Pass;
use crate::controllers::object::label;
use crate::kube::{GroupResource, Key, Status};

/// Writes the Secret of a deployed revision; the one before it becomes superseded.
pub(super) fn write(
    pass: &mut Pass<'_>,
    place: &Place,
    revision: i64,
    chart: &str,
    version: &str,
) -> Result<(), Status> {
    for key in revisions(pass, place) {
        pass.modify(&key, |secret| secret["metadata"]["labels"]["status"] = json!("superseded"))?;
    }
    let now = pass.now().to_string();
    let release = json!({"name": place.name, "namespace": place.target, "version": revision,
        "info": {"status": "deployed", "first_deployed": now, "last_deployed": now, "description": "Install complete"},
        "chart": {"metadata": {"name": chart, "version": version, "apiVersion": "v2"}}, "manifest": ""});
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1",
        "metadata": {"name": format!("sh.helm.release.v1.{}.v{revision}", place.name), "namespace": place.storage,
            "labels": {"name": place.name, "owner": "helm", "status": "deployed", "version": revision.to_string()}},
        "data": {"release": STANDARD.encode(STANDARD.encode(packed(&release)))}});
    pass.create(&GroupResource::SECRETS, secret).map(drop)
}

/// The Secrets of a release's revisions.
pub(super) fn revisions(pass: &Pass<'_>, place: &Place) -> Vec<Key> {
    let secrets = pass.world.kube.api.entries(&GroupResource::SECRETS, Some(&place.storage));
    let own = |secret: &Value| label(secret, "owner") == Some("helm") && label(secret, "name") == Some(&place.name);
    secrets.filter(|(_, secret)| own(secret)).map(|(key, _)| key.clone()).collect()
}

fn packed(release: &Value) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(release.to_string().as_bytes());
    encoder.finish().unwrap_or_default()
}
