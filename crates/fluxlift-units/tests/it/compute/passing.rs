//! Failures that pass by themselves: a proxy that is just reloaded, a connection that breaks.

use fluxlift_core::{ChangeKind, ErrorKind};
use fluxlift_engine::unit::Unit;
use fluxlift_gate::pace;
use fluxlift_sim::machine::Power;
use fluxlift_sim::proxmox::{Fault, Target};

use super::lab::{ALL, Lab, inputs};

fn refused(method: &str, path_end: &str, status: u16) -> Fault {
    Fault::Refused { call: Target::new(method, path_end), status, message: "Connection refused".to_owned() }
}

/// All machines, one of them with another's tags, one off, and one with a smaller disk: an apply has something to ask, to
/// set, to grow and to start.
async fn drifted() -> Lab {
    let mut lab = Lab::new();
    lab.apply(inputs()).await;
    lab.datacenter.with(|world| {
        let guests = &mut world.proxmox.guests;
        guests.get_mut(&101_021).unwrap().config.insert("tags".into(), "fluxlift;sol".into());
        guests.get_mut(&101_022).unwrap().config.insert("scsi0".into(), "local-lvm:vm-101022-disk-1,size=10G".into());
        guests.get_mut(&101_012).unwrap().running = false;
        world.power(Power::Off { vmid: 101_012 });
    });
    lab
}

#[tokio::test(start_paused = true)]
async fn what_may_be_repeated_is_repeated_in_the_open() {
    let calls = [
        ("GET", "/cluster/resources"),
        ("GET", "/config"),
        ("GET", "/pending"),
        ("PUT", "/config"),
        ("PUT", "/resize"),
        ("POST", "/status/start"),
    ];
    for (method, path_end) in calls {
        let target = || Target::new(method, path_end);
        for fault in [refused(method, path_end, 502), Fault::LostRequest(target()), Fault::LostReply(target())] {
            let mut lab = drifted().await;
            lab.datacenter.with(|world| world.proxmox.faults.push(fault.clone()));
            lab.apply(inputs()).await;
            assert_eq!(lab.datacenter.with(|world| world.proxmox.faults.len()), 0, "{fault:?} did not strike");
            let warned = lab.warnings();
            assert!(warned.iter().any(|line| line.contains("; trying again for up to ")), "{fault:?}: {warned:?}");
            assert_eq!(lab.running(), ALL, "{fault:?}");
            assert_eq!(lab.plan(inputs()).await.0, ChangeKind::None, "{fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_survives_a_proxy_that_is_reloaded() {
    let lab = drifted().await;
    lab.datacenter.with(|world| world.proxmox.faults.push(refused("GET", "/cluster/resources", 502)));
    assert_eq!(lab.plan(inputs()).await.0, ChangeKind::Update);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_told_at_once() {
    for status in [403, 500] {
        let lab = drifted().await;
        lab.datacenter.with(|world| world.proxmox.faults.push(refused("PUT", "/config", status)));
        let error = lab.unit(inputs()).apply(&lab.cx()).await.unwrap_err();
        assert!(error.to_string().ends_with("Connection refused"), "{error}");
        assert_eq!(lab.warnings(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn repeating_ends_with_its_budget_and_with_the_run() {
    let lab = drifted().await;
    let forever = || vec![refused("GET", "/cluster/resources", 502); 10_000];
    lab.datacenter.with(|world| world.proxmox.faults = forever());
    let error = lab.unit(inputs()).plan(&lab.cx()).await.unwrap_err();
    assert!(error.to_string().contains("GET /cluster/resources with 502"), "{error}");

    let cancel = lab.cx.cancel.clone();
    let stop = async {
        pace(std::time::Duration::from_secs(3)).await;
        cancel.cancel();
    };
    let (unit, cx) = (lab.unit(inputs()), lab.cx());
    let (planned, ()) = tokio::join!(unit.plan(&cx), stop);
    assert_eq!(planned.unwrap_err().kind(), ErrorKind::Interrupted);
}
