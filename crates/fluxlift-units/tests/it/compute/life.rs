//! Machines from nothing to nothing, and what may happen on the way.

use std::collections::BTreeMap;
use std::path::PathBuf;

use fluxlift_config::{LoadOptions, NoOutputs, Tree};
use fluxlift_core::{ChangeKind, ErrorKind, UnitPath, Value};
use fluxlift_engine::unit::Unit;
use fluxlift_sim::proxmox::{Fault, Target};
use serde_json::{Value as Json, json};

use super::lab::{ALL, Lab, START, inputs};

#[tokio::test(start_paused = true)]
async fn an_empty_cluster_gets_its_machines_and_a_second_plan_is_no_change() {
    let mut lab = Lab::new();
    let (kind, reasons) = lab.plan(inputs()).await;
    assert_eq!(kind, ChangeKind::Create);
    insta::assert_snapshot!(reasons, @r"
    create vm 101011 solcp01 on pve01 (4 cores, 8192 MiB, 40 GiB)
    create vm 101012 solcp02 on pve02 (4 cores, 8192 MiB, 40 GiB)
    create vm 101013 solcp03 on pve03 (4 cores, 8192 MiB, 40 GiB)
    create vm 101021 solwk01 on pve01 (6 cores, 16384 MiB, 80 GiB)
    create vm 101022 solwk02 on pve02 (6 cores, 16384 MiB, 80 GiB)
    create vm 101023 solwk03 on pve03 (6 cores, 16384 MiB, 80 GiB)
    ");
    let applied = lab.apply(inputs()).await;
    assert_eq!(lab.running(), ALL);
    assert_eq!(lab.tasks("qmcreate"), ALL.map(|id| id.to_string()));
    insta::assert_snapshot!(
        serde_json::to_string_pretty(
            &applied.outputs.iter().map(|(k, v)| (k, v.redacted())).collect::<BTreeMap<_, _>>()
        )
        .unwrap()
    );
    assert_eq!(lab.plan(inputs()).await, (ChangeKind::None, String::new()));
    lab.apply(inputs()).await;
    assert_eq!(lab.tasks("qmcreate").len() + lab.tasks("qmstart").len() + lab.tasks("resize").len(), 18);
    assert_eq!(lab.warnings(), Vec::<String>::new());
    let gates: Vec<String> =
        lab.cx.ledger.proofs().iter().map(|proof| format!("{} {}", proof.gate, proof.verdict.word())).collect();
    assert!(gates.contains(&"vm/101011 solcp01 runs proven".to_owned()), "{gates:?}");
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_somebody_elses_is_an_error_before_anything_is_made() {
    let lab = Lab::new();
    lab.stranger(101_022);
    let error = lab.unit(inputs()).apply(&lab.cx()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"the number of solwk02 is taken: vm 101022 "nas" on pve02 is not a machine of this cluster"#
    );
    assert!(error.hints()[0].to_string().contains("its MAC address is BC:24:11:99:99:99"), "{:?}", error.hints());
    assert_eq!(lab.tasks("qmcreate"), Vec::<String>::new());
    assert_eq!(lab.journal.records(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_dies_at_any_record_is_gone_on_with_and_no_machine_is_made_twice() {
    // Two machines show all there is: one being made while the other is.
    let mut two = inputs();
    two["nodes"].as_object_mut().unwrap().retain(|name, _| name.ends_with("01"));
    let complete = {
        let mut lab = Lab::new();
        lab.apply(two.clone()).await;
        lab.journal.records()
    };
    assert_eq!(complete, 4);
    for record in 0..complete {
        let mut lab = Lab::new();
        lab.journal.dies_at(Some(record));
        let error = lab.unit(two.clone()).apply(&lab.cx()).await.unwrap_err();
        assert!(error.to_string().contains("the journal could not record"), "{error}");
        lab.journal.dies_at(None);
        lab.apply(two.clone()).await;
        assert_eq!(lab.running(), [101_011, 101_021], "after dying at record {record}");
        assert_eq!(lab.tasks("qmcreate"), ["101011", "101021"], "after dying at record {record}");
        assert_eq!(lab.plan(two.clone()).await.0, ChangeKind::None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_an_earlier_run_started_is_waited_for_and_finished() {
    let mut lab = Lab::new();
    let unit = lab.unit(inputs());
    let cx = lab.cx();
    // The first run is dropped while Proxmox still works on its creations: their answers are lost.
    let cut = tokio::time::timeout(std::time::Duration::from_secs(4), unit.apply(&cx)).await;
    assert!(cut.is_err());
    let locked =
        lab.datacenter.with(|world| world.proxmox.guests.values().filter(|guest| guest.lock.is_some()).count());
    assert_eq!(locked, 4);
    lab.apply(inputs()).await;
    assert_eq!(lab.tasks("qmcreate"), ALL.map(|id| id.to_string()));
    assert_eq!(lab.running(), ALL);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_changed_by_hand_is_shown_and_put_back() {
    let mut lab = Lab::new();
    lab.apply(inputs()).await;
    lab.datacenter.with(|world| {
        let guest = world.proxmox.guests.get_mut(&101_021).unwrap();
        guest.config.insert("memory".into(), "4096".into());
        guest.config.insert("tags".into(), "fluxlift;prod;sol".into());
        world.proxmox.guests.get_mut(&101_012).unwrap().running = false;
        world.power(fluxlift_sim::machine::Power::Off { vmid: 101_012 });
    });
    let (kind, reasons) = lab.plan(inputs()).await;
    assert_eq!(kind, ChangeKind::Update);
    insta::assert_snapshot!(reasons, @r"
    start vm 101012 solcp02
    vm 101021 solwk01: memory: 4096 -> 16384
    vm 101021 solwk01: tags: fluxlift;prod;sol -> fluxlift;kubernetes;prod;sol;talos
    ");
    lab.apply(inputs()).await;
    assert_eq!(lab.running(), ALL);
    assert_eq!(lab.warnings(), ["vm 101021 solwk01: memory will change at its next start"]);
    let waits = "vm 101021 solwk01 needs a restart: memory will change at its next start";
    assert_eq!(lab.plan(inputs()).await, (ChangeKind::None, waits.to_owned()));
    let tags = lab.datacenter.with(|world| world.proxmox.guests[&101_021].get("tags").to_owned());
    assert_eq!(tags, "fluxlift;kubernetes;prod;sol;talos");
}

#[tokio::test(start_paused = true)]
async fn destroy_takes_what_is_ours_leaves_the_rest_and_may_be_repeated() {
    let mut lab = Lab::new();
    lab.apply(inputs()).await;
    lab.datacenter.with(|world| world.proxmox.remove(101_013));
    lab.stranger(101_013);
    lab.unit(inputs()).destroy(&lab.cx()).await.unwrap();
    let left: Vec<u32> = lab.datacenter.with(|world| world.proxmox.guests.keys().copied().collect());
    assert_eq!(left, [101_013]);
    assert!(lab.warnings()[0].contains(r#"vm 101013 "nas" on pve02 is left: it is not ours"#), "{:?}", lab.warnings());
    lab.unit(inputs()).destroy(&lab.cx()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_begins_nothing_and_can_be_resumed() {
    let lab = Lab::new();
    lab.cx.cancel.cancel();
    let error = lab.unit(inputs()).apply(&lab.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(lab.tasks("qmcreate"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_missing_image_is_fetched_from_where_the_tree_says_and_else_named() {
    let mut lab = Lab::new();
    let mut other = inputs();
    other["talos_image_file_id"] = json!("local:import/talos-v1.13.0-nocloud-amd64.raw");
    let error = lab.unit(other.clone()).apply(&lab.cx()).await.unwrap_err();
    assert_eq!(error.to_string(), "the image local:import/talos-v1.13.0-nocloud-amd64.raw is not on pve01");
    other["talos_image_url"] = json!("https://factory.talos.dev/image/x/v1.13.0/nocloud-amd64.raw.zst");
    lab.apply(other).await;
    assert_eq!(lab.tasks("download").len(), 1);
    assert_eq!(lab.datacenter.with(|world| world.machines[&101_011].talos_version.clone()), "v1.13.0");
}

#[tokio::test(start_paused = true)]
async fn preflight_says_what_it_saw_and_what_is_in_the_way() {
    let lab = Lab::new();
    let lines = |checks: Vec<fluxlift_engine::unit::Check>| {
        let line = |check: fluxlift_engine::unit::Check| match check.outcome {
            Ok(seen) => format!("ok    {}: {seen}", check.name),
            Err(wrong) => format!("wrong {}: {wrong}", check.name),
        };
        checks.into_iter().map(line).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(lines(lab.unit(inputs()).preflight(&lab.cx()).await), @r"
    ok    Proxmox credentials: 127.101.0.2:8006 knows root@pam!fluxlift (version 9.0.11)
    ok    Proxmox hosts: pve01, pve02, pve03 are online
    ok    storage local-lvm on pve01: 4000 GiB free
    ok    Talos image on pve01: local:import/talos-v1.12.0-nocloud-amd64.qcow2 is there
    ok    storage local-lvm on pve02: 4000 GiB free
    ok    Talos image on pve02: local:import/talos-v1.12.0-nocloud-amd64.qcow2 is there
    ok    storage local-lvm on pve03: 4000 GiB free
    ok    Talos image on pve03: local:import/talos-v1.12.0-nocloud-amd64.qcow2 is there
    ok    machine numbers: 6 free, 0 ours already
    ok    addresses free: 6 addresses are silent
    ");
    lab.stranger(101_011);
    lab.datacenter.with(|world| world.proxmox.hosts.insert("pve03".into(), false));
    insta::assert_snapshot!(lines(lab.unit(inputs()).preflight(&lab.cx()).await), @r#"
    ok    Proxmox credentials: 127.101.0.2:8006 knows root@pam!fluxlift (version 9.0.11)
    wrong Proxmox hosts: pve03 is offline
    ok    storage local-lvm on pve01: 4000 GiB free
    ok    Talos image on pve01: local:import/talos-v1.12.0-nocloud-amd64.qcow2 is there
    ok    storage local-lvm on pve02: 4000 GiB free
    ok    Talos image on pve02: local:import/talos-v1.12.0-nocloud-amd64.qcow2 is there
    wrong storage local-lvm on pve03: Proxmox refused GET /nodes/pve03/storage/local-lvm/status with 595: No route to host
    wrong Talos image on pve03: Proxmox refused GET /nodes/pve03/storage/local/content with 595: No route to host
    wrong machine numbers: solcp01 wants 101011, which is vm 101011 "nas" on pve02 (its name is "nas", it lacks the tags fluxlift;sol, its MAC address is BC:24:11:99:99:99)
    ok    addresses free: 5 addresses are silent
    "#);
    let mut wrong = inputs();
    wrong["proxmox"]["api_token"] = json!("root@pam!fluxlift=another-secret");
    let checks = lines(lab.unit(wrong).preflight(&lab.cx()).await);
    assert!(
        checks.starts_with("wrong Proxmox credentials: Proxmox does not know the token root@pam!fluxlift"),
        "{checks}"
    );
    assert!(!checks.contains("another-secret"));
}

#[tokio::test(start_paused = true)]
async fn machines_of_a_version_that_nothing_can_be_generated_for_are_not_made_and_can_be_destroyed() {
    let mut lab = Lab::new();
    let mut newer = inputs();
    newer["talos_version"] = json!("v1.14.0");
    let refused = "machine configurations for Talos 1.14 are not supported yet";
    assert_eq!(lab.unit(newer.clone()).plan(&lab.cx()).await.unwrap_err().to_string(), refused);
    assert_eq!(lab.unit(newer.clone()).apply(&lab.cx()).await.unwrap_err().to_string(), refused);
    assert_eq!(lab.tasks("qmcreate"), Vec::<String>::new());
    lab.apply(inputs()).await;
    lab.destroy(newer).await;
    assert_eq!(lab.running(), Vec::<u32>::new());
}

/// Makes good inputs bad.
type Spoil = fn(&mut Json);

#[tokio::test(start_paused = true)]
async fn inputs_that_contradict_themselves_are_named() {
    let lab = Lab::new();
    let cases: [(&str, Spoil); 5] = [
        ("nodes: solcp01 and solcp02 have the same vm_id", |i| i["nodes"]["solcp02"]["vm_id"] = json!(101_011)),
        ("nodes: solcp01 and solcp02 have the same address", |i| i["nodes"]["solcp02"]["ip"] = json!("127.101.0.11")),
        ("nodes.solcp01.ip: 10.0.0.1 lies outside of", |i| i["nodes"]["solcp01"]["ip"] = json!("10.0.0.1")),
        ("proxmox.api_token: it is not of the form", |i| i["proxmox"]["api_token"] = json!("hunter2")),
        ("talos_image_file_id:", |i| i["talos_image_file_id"] = json!("/var/lib/vz/x.raw")),
    ];
    for (expected, change) in cases {
        let mut wrong = inputs();
        change(&mut wrong);
        let error = lab.unit(wrong).plan(&lab.cx()).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("hunter2"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_reference_tree_makes_its_machines_on_the_simulated_cluster() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let options = LoadOptions::new(root.join("terraform/infra/live/clusters/cluster-101"), START.parse().unwrap());
    let tree = Tree::load(options).unwrap();
    let evaluated = tree.inputs(&UnitPath::new("compute").unwrap(), "apply", &NoOutputs).unwrap();
    assert!(evaluated.inputs["proxmox"].has_sensitive());
    let mut lab = Lab::new();
    let reference = Value::Map(evaluated.inputs).reveal();
    lab.apply(reference.clone()).await;
    assert_eq!(lab.running(), ALL);
    let machine = lab.datacenter.with(|world| world.machines[&101_021].clone());
    assert_eq!((machine.cores, machine.memory_mib, machine.host.as_str()), (6, 16384, "pve01"));
    assert_eq!(lab.plan(reference).await.0, ChangeKind::None);
}

/// The answer to a creation is lost: whether the machine is there decides, in the same run.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_creation_makes_no_second_machine() {
    let mut lab = Lab::new();
    lab.datacenter.with(|world| world.proxmox.faults.push(Fault::LostReply(Target::new("POST", "/qemu"))));
    lab.apply(inputs()).await;
    assert_eq!(lab.tasks("qmcreate"), ALL.map(|id| id.to_string()));
    assert_eq!(lab.running(), ALL);
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_never_arrived_is_an_error_that_a_second_run_mends() {
    let mut lab = Lab::new();
    lab.datacenter.with(|world| world.proxmox.faults.push(Fault::LostRequest(Target::new("POST", "/qemu"))));
    let error = lab.unit(inputs()).apply(&lab.cx()).await.unwrap_err();
    assert!(error.to_string().contains("did not answer POST /nodes/pve01/qemu"), "{error}");
    assert_eq!(lab.running(), &ALL[1..], "the others were finished");
    lab.apply(inputs()).await;
    assert_eq!(lab.running(), ALL);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_fails_says_why_and_where_its_log_is() {
    let lab = Lab::new();
    let exit = "start failed: QEMU exited with code 1".to_owned();
    lab.datacenter.with(|world| world.proxmox.faults.push(Fault::TaskFails { kind: "qmstart".into(), exit }));
    let error = lab.unit(inputs()).apply(&lab.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotProven);
    assert!(error.to_string().contains("qmstart ended with: start failed: QEMU exited with code 1"), "{error}");
    assert!(error.hints()[0].to_string().contains("pvenode task log UPID:pve01:"), "{:?}", error.hints());
}
