//! What Proxmox takes from nobody but `root@pam` itself.

use fluxlift_proxmox::vm::{PciDevice, VmSpec, differences};

use crate::compute::ComputeError;
use crate::compute::survey::Machine;

/// Who may. A token of it may not, whatever its privileges are.
const ROOT: &str = "root@pam";

/// Refuses a machine that would be given a PCI device by its raw address when `who` asks: Proxmox would refuse it only
/// once machines are being made.
///
/// # Errors
/// When there is such a machine. One that has its device already is none.
pub fn check<'a>(
    who: &str,
    machines: impl IntoIterator<Item = (&'a VmSpec, Option<&'a Machine>)>,
) -> Result<(), ComputeError> {
    if who == ROOT {
        return Ok(());
    }
    let refused = |(spec, machine): (&'a VmSpec, Option<&'a Machine>)| {
        let device = raw(spec).find(|(key, _)| machine.is_none_or(|machine| would_set(key, spec, machine)));
        device.map(|(_, device)| ComputeError::RootOnly {
            node: spec.name.clone(),
            device: device.device.clone(),
            who: who.to_owned(),
        })
    };
    machines.into_iter().find_map(refused).map_or(Ok(()), Err)
}

/// The devices that are named by their raw address, each with its key.
pub fn raw(spec: &VmSpec) -> impl Iterator<Item = (String, &PciDevice)> {
    let keyed = spec.pci.iter().enumerate().map(|(n, device)| (format!("hostpci{n}"), device));
    keyed.filter(|(_, device)| !device.mapped)
}

fn would_set(key: &str, spec: &VmSpec, machine: &Machine) -> bool {
    differences(spec, &machine.config).iter().any(|difference| difference.key == key)
}
