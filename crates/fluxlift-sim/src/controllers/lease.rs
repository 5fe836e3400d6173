//! Leader election, as client-go does it with the Flux controllers' timing: 35 s, 30 s, 5 s.

use jiff::SignedDuration;
use rand::Rng;
use serde_json::json;

use super::object::text;
use super::process::{self, ProcessId};
use super::{ControllerWake, log};
use crate::World;
use crate::kube::{Caller, GroupResource, Key};

/// How long a Lease counts after its last renewal was seen.
const DURATION: SignedDuration = SignedDuration::from_secs(35);
/// How often a leader renews, and the least that a candidate waits between two tries.
const RETRY: SignedDuration = SignedDuration::from_secs(5);

/// A process tries to get or to renew its Lease.
pub fn contend(world: &mut World, id: ProcessId) {
    let Some(process) = world.controllers.processes.get(&id) else { return };
    let Some(name) = process.lease_name() else { return };
    let key = Key::namespaced(&GroupResource::LEASES, &process.namespace, name);
    if !process.args.leader_election {
        lead(world, id, &key);
        return;
    }
    let (identity, was_leader) = (process.identity.clone(), process.leader);
    let held = world.kube.api.shared(&key).cloned();
    let holder = held.as_ref().map_or("", |lease| text(lease, "/spec/holderIdentity"));
    let mine = holder == identity;
    let refused = world.flux.faults.keeps_from_leading(process.program);
    let free = !refused && (mine || holder.is_empty() || expired(world, id, held.as_deref()));
    let mut delay = RETRY;
    if free && !world.flux.faults.is_frozen(world.controllers.processes[&id].program) {
        write(world, id, &key, &identity, mine);
        if !was_leader {
            lead(world, id, &key);
        }
    } else if was_leader && !mine {
        // Another took the Lease: a leader that lost it exits.
        log::say(world, id, "", "leader election lost", &[]);
        super::pods::exited(world, id, 1);
        return;
    } else {
        // A candidate waits with jitter (factor 1.2).
        delay += SignedDuration::from_millis(world.random.gen_range(0..6000));
    }
    world.agenda.after(world.now, delay, ControllerWake::Lease { process: id }.into());
}

/// Whether the record of another has stood unchanged for the Lease's duration, by this process's own watch.
fn expired(world: &mut World, id: ProcessId, lease: Option<&serde_json::Value>) -> bool {
    let record = lease.map(|lease| lease["spec"].to_string()).unwrap_or_default();
    let now = world.now;
    let Some(process) = world.controllers.processes.get_mut(&id) else { return false };
    match &process.seen_lease {
        Some((seen, since)) if *seen == record => now.duration_since(*since) >= DURATION,
        _ => {
            process.seen_lease = Some((record, now));
            false
        }
    }
}

fn lead(world: &mut World, id: ProcessId, key: &Key) {
    let Some(process) = world.controllers.processes.get_mut(&id) else { return };
    process.leader = true;
    let active = process.is_active();
    log::say(world, id, "", &format!("successfully acquired lease {}", super::object::path(key)), &[]);
    if active {
        process::activate(world, id);
    }
}

fn write(world: &mut World, id: ProcessId, key: &Key, identity: &str, renewal: bool) {
    let now = world.now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    let namespace = key.namespace.clone().unwrap_or_default();
    let held = world.kube.api.get(key).cloned();
    let exists = held.is_some();
    let mut lease = held.unwrap_or_else(|| {
        json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": key.name, "namespace": namespace}, "spec": {}})
    });
    let spec = &mut lease["spec"];
    spec["renewTime"] = json!(now);
    spec["leaseDurationSeconds"] = json!(DURATION.as_secs());
    if !renewal {
        let transitions = spec["leaseTransitions"].as_i64().map_or(0, |count| count + 1);
        spec["leaseTransitions"] = json!(transitions);
        spec["holderIdentity"] = json!(identity);
        spec["acquireTime"] = json!(now);
    }
    store(world, id, key, exists, lease);
}

/// Gives the Lease back when its process ends in order.
pub fn release(world: &mut World, id: ProcessId) {
    let Some(process) = world.controllers.processes.get(&id) else { return };
    let (Some(name), true) = (process.lease_name(), process.leader && process.args.leader_election) else { return };
    let key = Key::namespaced(&GroupResource::LEASES, &process.namespace, name);
    let Some(mut lease) = world.kube.api.get(&key).cloned() else { return };
    lease["spec"]["holderIdentity"] = json!("");
    lease["spec"]["leaseDurationSeconds"] = json!(1);
    store(world, id, &key, true, lease);
}

fn store(world: &mut World, id: ProcessId, key: &Key, exists: bool, lease: serde_json::Value) {
    let Some(process) = world.controllers.processes.get(&id) else { return };
    let caller = Caller::controller(process.program.name(), world.now);
    // A namespace that is going away takes no Lease; the next try finds out.
    let _ = match exists {
        true => world.kube.api.update(&caller, key, lease),
        false => world.kube.api.create(&caller, &key.gr, key.namespace.as_deref(), lease),
    };
}
