//! Looking before leaping: read-only checks.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::Ipv4Addr;

use fluxlift_core::{Deadline, Explain};
use fluxlift_engine::unit::{Check, UnitError};
use fluxlift_net::{Authority, Dial};
use fluxlift_proxmox::vm::VmSpec;
use fluxlift_proxmox::{Proxmox, ProxmoxError};

use crate::compute::inputs::Inputs;
use crate::compute::privilege;
use crate::compute::survey::{Found, Surveyor};

/// Where a Talos machine, or most other machines, would answer.
const PORTS: [u16; 2] = [50_000, 22];
/// How long an address may keep silent before it counts as free.
const SILENCE: Deadline = Deadline::secs(2);

/// Checks what the unit needs.
pub async fn checks(surveyor: &Surveyor<'_>, inputs: &Inputs, specs: &[VmSpec], dial: &dyn Dial) -> Vec<Check> {
    let proxmox = surveyor.proxmox;
    let version = proxmox.version().await;
    let known = version.is_ok();
    let mut checks = vec![check(
        "Proxmox credentials",
        version.map(|v| format!("{} knows {} (version {})", proxmox.authority(), proxmox.who(), v.version)),
    )];
    if !known {
        return checks;
    }
    let hosts: BTreeSet<&str> = specs.iter().map(|spec| spec.host.as_str()).collect();
    checks.push(hosts_online(proxmox, &hosts).await);
    for host in &hosts {
        checks.push(storage(proxmox, host, specs).await);
        checks.push(image(proxmox, host, inputs, specs).await);
    }
    let wanted: Vec<_> = specs.iter().map(VmSpec::signature).collect();
    match surveyor.look(&wanted).await {
        Ok(found) => {
            checks.push(numbers(specs, &found));
            checks.extend(devices(proxmox.who(), specs, &found));
            checks.push(addresses(inputs, specs, &found, dial).await);
        }
        Err(error) => checks.push(Check { name: "machine numbers".to_owned(), outcome: Err(explain(&error)) }),
    }
    checks
}

async fn hosts_online(proxmox: &Proxmox, wanted: &BTreeSet<&str>) -> Check {
    let outcome = proxmox.hosts().await.map(|hosts| {
        let status =
            |name: &str| hosts.iter().find(|host| host.node == name).map_or("unknown", |host| host.status.as_str());
        let down: Vec<String> = wanted
            .iter()
            .filter(|name| status(name) != "online")
            .map(|name| format!("{name} is {}", status(name)))
            .collect();
        if down.is_empty() {
            Ok(format!("{} are online", wanted.iter().copied().collect::<Vec<_>>().join(", ")))
        } else {
            Err(down.join(", "))
        }
    });
    Check { name: "Proxmox hosts".to_owned(), outcome: outcome.unwrap_or_else(|error| Err(told(&error))) }
}

async fn storage(proxmox: &Proxmox, host: &str, specs: &[VmSpec]) -> Check {
    let storage = specs.first().map_or("", |spec| spec.storage.as_str());
    let outcome = match proxmox.storage(host, storage).await {
        Err(error) => Err(told(&error)),
        Ok(status) if !status.active => Err(format!("{storage} is not active on {host}")),
        Ok(status) if !status.holds("images") => Err(format!("{storage} does not hold disk images")),
        Ok(status) => Ok(match status.available {
            Some(bytes) => format!("{} GiB free", bytes >> 30),
            None => "active".to_owned(),
        }),
    };
    Check { name: format!("storage {storage} on {host}"), outcome }
}

async fn image(proxmox: &Proxmox, host: &str, inputs: &Inputs, specs: &[VmSpec]) -> Check {
    let name = format!("Talos image on {host}");
    let Some(volume) = specs.first().map(|spec| spec.media.volume()) else {
        return Check { name, outcome: Ok("no machine needs it".to_owned()) };
    };
    let outcome = match (proxmox.has_volume(host, volume).await, &inputs.talos_image_url) {
        (Err(error), _) => Err(told(&error)),
        (Ok(true), _) => Ok(format!("{volume} is there")),
        (Ok(false), Some(_)) => Ok(format!("{volume} will be fetched")),
        (Ok(false), None) => Err(format!("{volume} is missing; upload it or set talos_image_url")),
    };
    Check { name, outcome }
}

fn numbers(specs: &[VmSpec], found: &[Found]) -> Check {
    let taken: Vec<String> = specs
        .iter()
        .zip(found)
        .filter_map(|(spec, found)| match found {
            Found::Foreign { owner, why } => Some(format!("{} wants {}, which is {owner} ({why})", spec.name, spec.id)),
            Found::Nothing | Found::Ours(_) => None,
        })
        .collect();
    let free = found.iter().filter(|found| matches!(found, Found::Nothing)).count();
    let outcome = if taken.is_empty() {
        Ok(format!("{free} free, {} ours already", found.len() - free))
    } else {
        Err(taken.join("; "))
    };
    Check { name: "machine numbers".to_owned(), outcome }
}

/// Whether devices may be given as they are named; nothing where none has a raw address.
fn devices(who: &str, specs: &[VmSpec], found: &[Found]) -> Option<Check> {
    let count = specs.iter().flat_map(privilege::raw).count();
    let checked = privilege::check(who, specs.iter().zip(found.iter().map(Found::machine)));
    let outcome = match checked {
        Ok(()) => Ok(format!("{who} may give {count} by their raw addresses")),
        Err(error) => Err(told(&error)),
    };
    (count > 0).then(|| Check { name: "PCI devices".to_owned(), outcome })
}

/// Whether anybody answers at an address that a machine is still to get.
async fn addresses(inputs: &Inputs, specs: &[VmSpec], found: &[Found], dial: &dyn Dial) -> Check {
    let new = specs.iter().zip(found).filter(|(_, found)| matches!(found, Found::Nothing)).map(|(spec, _)| spec);
    let new: Vec<(&str, Ipv4Addr)> =
        new.filter_map(|spec| Some((spec.name.as_str(), inputs.nodes.get(&spec.name)?.ip))).collect();
    let asked = futures::future::join_all(new.iter().map(|(_, ip)| somebody_at(dial, *ip))).await;
    let taken: Vec<String> =
        new.iter().zip(asked).filter(|(_, taken)| *taken).map(|((name, ip), _)| format!("{ip} ({name})")).collect();
    let outcome = if taken.is_empty() {
        Ok(format!("{} addresses are silent", new.len()))
    } else {
        Err(format!("somebody answers at {}", taken.join(", ")))
    };
    Check { name: "addresses free".to_owned(), outcome }
}

async fn somebody_at(dial: &dyn Dial, ip: Ipv4Addr) -> bool {
    let asked = futures::future::join_all(
        PORTS.map(|port| tokio::time::timeout(SILENCE.budget(), dial.dial(&Authority::new(ip.to_string(), port)))),
    );
    asked.await.into_iter().any(|answer| match answer {
        Ok(Ok(_)) => true,
        // Somebody must be there to refuse; on loopback the machine itself does.
        Ok(Err(error)) => error.kind() == ErrorKind::ConnectionRefused && !ip.is_loopback(),
        Err(_) => false,
    })
}

fn check(name: &str, outcome: Result<String, ProxmoxError>) -> Check {
    Check { name: name.to_owned(), outcome: outcome.map_err(|error| told(&error)) }
}

/// The error and what to do, in one line.
fn told(error: &impl Explain) -> String {
    let hint = error.hints().first().map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("{error}{hint}")
}

pub(crate) fn explain(error: &UnitError) -> String {
    let hint = error.hints().first().map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("{error}{hint}")
}
