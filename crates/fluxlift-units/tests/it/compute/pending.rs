//! Changes that a machine takes at its next start only.

use fluxlift_core::ChangeKind;
use fluxlift_sim::machine::Power;
use serde_json::json;

use super::lab::{Lab, inputs};

const WAITS: &str = "vm 101021 solwk01 needs a restart: memory will change at its next start";

#[tokio::test(start_paused = true)]
async fn a_machine_that_runs_with_old_values_is_told_until_it_was_started_again() {
    let mut lab = Lab::new();
    lab.apply(inputs()).await;
    let mut more = inputs();
    more["nodes"]["solwk01"]["memory_mb"] = json!(32768);
    lab.apply(more.clone()).await;
    // The configuration that the server shows has the new value already; the machine does not.
    for _ in 0..2 {
        assert_eq!(lab.plan(more.clone()).await, (ChangeKind::None, WAITS.to_owned()));
    }
    let mut other = more.clone();
    other["nodes"]["solcp01"]["cpu_cores"] = json!(8);
    let (kind, reasons) = lab.plan(other.clone()).await;
    assert_eq!((kind, reasons.ends_with(WAITS)), (ChangeKind::Update, true), "{reasons}");
    lab.apply(other).await;
    let warned = lab.warnings();
    assert_eq!(warned.iter().filter(|line| line.contains("solwk01: memory will change")).count(), 2, "{warned:?}");

    lab.datacenter.with(|world| {
        let guest = world.proxmox.guests.get_mut(&101_021).unwrap();
        guest.apply_pending();
        guest.running = false;
        world.power(Power::Off { vmid: 101_021 });
    });
    lab.apply(more.clone()).await;
    assert_eq!(lab.plan(more).await.0, ChangeKind::None);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_left_pending_by_hand_is_told_as_well() {
    let mut lab = Lab::new();
    lab.apply(inputs()).await;
    lab.datacenter.with(|world| {
        let guest = world.proxmox.guests.get_mut(&101_012).unwrap();
        guest.change("cores", Some("2".into()));
        guest.change("cores", Some("4".into()));
        guest.change("balloon", Some("1024".into()));
    });
    let waits = "vm 101012 solcp02 needs a restart: balloon will change at its next start";
    assert_eq!(lab.plan(inputs()).await, (ChangeKind::None, waits.to_owned()));
}
