//! Machines that the tree does not name any more.

use fluxlift_core::ChangeKind;
use serde_json::json;

use super::lab::{ALL, Lab, inputs};

#[tokio::test(start_paused = true)]
async fn a_machine_that_the_tree_no_longer_names_goes_only_if_the_state_says_that_we_made_it() {
    let mut lab = Lab::new();
    lab.apply(inputs()).await;
    lab.stranger(500);
    let mut fewer = inputs();
    fewer["nodes"].as_object_mut().unwrap().remove("solwk03");
    let (kind, reasons) = lab.plan(fewer.clone()).await;
    assert_eq!(kind, ChangeKind::Delete);
    assert_eq!(reasons, "destroy vm 101023 solwk03 on pve03: the tree does not name it any more");
    lab.apply(fewer.clone()).await;
    assert_eq!(lab.running(), &ALL[..5]);
    assert_eq!(lab.plan(fewer).await.0, ChangeKind::None);
    assert!(lab.datacenter.with(|world| world.proxmox.guests.contains_key(&500)));
}

#[tokio::test(start_paused = true)]
async fn a_tree_without_machines_destroys_all_that_it_made() {
    let mut lab = Lab::new();
    lab.apply(inputs()).await;
    let mut none = inputs();
    none["nodes"] = json!({});
    let (kind, reasons) = lab.plan(none.clone()).await;
    assert_eq!(kind, ChangeKind::Delete);
    assert_eq!(reasons.lines().filter(|line| line.starts_with("destroy vm ")).count(), ALL.len(), "{reasons}");
    lab.apply(none.clone()).await;
    assert_eq!(lab.tasks("qmdestroy"), ALL.map(|id| id.to_string()));
    assert_eq!(lab.plan(none).await, (ChangeKind::None, String::new()));
}

#[tokio::test(start_paused = true)]
async fn destroying_takes_machines_that_only_the_state_remembers() {
    let mut lab = Lab::new();
    lab.apply(inputs()).await;
    let mut none = inputs();
    none["nodes"] = json!({});
    lab.destroy(none).await;
    assert_eq!(lab.tasks("qmdestroy"), ALL.map(|id| id.to_string()));
}

#[tokio::test(start_paused = true)]
async fn machines_that_all_give_way_to_others_are_replaced() {
    let mut lab = Lab::new();
    lab.apply(inputs()).await;
    let mut others = inputs();
    let old = others["nodes"].as_object().unwrap().clone();
    let renumbered = old.into_iter().map(|(name, mut node)| {
        node["vm_id"] = json!(node["vm_id"].as_u64().unwrap() + 1000);
        (name.replace("sol", "luna"), node)
    });
    others["nodes"] = renumbered.collect::<serde_json::Map<_, _>>().into();
    assert_eq!(lab.plan(others).await.0, ChangeKind::Replace);
}

#[tokio::test(start_paused = true)]
async fn what_has_the_number_of_a_machine_of_ours_is_left_and_told_once() {
    let mut lab = Lab::new();
    lab.apply(inputs()).await;
    lab.datacenter.with(|world| world.proxmox.remove(101_023));
    lab.stranger(101_023);
    let mut fewer = inputs();
    fewer["nodes"].as_object_mut().unwrap().remove("solwk03");
    let told = "vm 101023 \"nas\" on pve02 is left, with the number of solwk03, which the tree does not name: it is not \
                ours (its name is \"nas\", it lacks the tags fluxlift;sol, its MAC address is BC:24:11:99:99:99)";
    assert_eq!(lab.plan(fewer.clone()).await, (ChangeKind::Update, told.to_owned()));
    lab.apply(fewer.clone()).await;
    assert_eq!(lab.warnings(), [told]);
    assert_eq!(lab.tasks("qmdestroy"), Vec::<String>::new());
    assert!(lab.datacenter.with(|world| world.proxmox.guests[&101_023].running));
    assert_eq!(lab.plan(fewer).await, (ChangeKind::None, String::new()));
}
