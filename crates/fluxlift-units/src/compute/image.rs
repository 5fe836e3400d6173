//! The image that the machines start from.

use std::collections::BTreeSet;

use fluxlift_core::Deadline;
use fluxlift_engine::unit::{UnitContext, UnitError};
use fluxlift_proxmox::vm::VmSpec;
use fluxlift_proxmox::{Download, Proxmox, TaskGate, VolumeId};

use crate::compute::ComputeError;
use crate::compute::inputs::Inputs;

/// An image of a gigabyte over a slow line.
const FETCH: Deadline = Deadline::minutes(30);

/// Sees that the image is on every host that a new machine is made on, fetching it where the inputs say from where.
///
/// # Errors
/// When it is missing and can't be fetched.
pub async fn provide(proxmox: &Proxmox, inputs: &Inputs, new: &[&VmSpec], cx: &UnitContext) -> Result<(), UnitError> {
    let places: BTreeSet<(&str, &VolumeId)> =
        new.iter().map(|spec| (spec.host.as_str(), spec.media.volume())).collect();
    for (host, image) in places {
        if proxmox.has_volume(host, image).await? {
            continue;
        }
        let Some(url) = inputs.talos_image_url.clone() else {
            return Err(ComputeError::NoImage { image: image.to_string(), host: host.to_owned() }.into());
        };
        let download = Download {
            decompress: ["gz", "zst", "lzo"].into_iter().find(|ending| url.ends_with(ending)).map(str::to_owned),
            url,
            volume: image.clone(),
            sha256: inputs.talos_image_sha256.clone(),
        };
        let upid = proxmox.download(host, &download).await?;
        let gate = TaskGate::new(format!("fetch {} to {host}", image.file_name()), upid);
        proxmox.finish(&cx.gates, &gate, FETCH).await?;
        cx.gates.events.step("fetched", format!("{image} to {host}"));
    }
    Ok(())
}
