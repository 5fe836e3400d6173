//! PCI devices that are passed through.

use fluxlift_core::ChangeKind;
use fluxlift_engine::unit::Unit;
use fluxlift_sim::proxmox::auth;
use serde_json::{Value as Json, json};

use super::lab::{Lab, inputs};

const REFUSED: &str = "solwk01 is given the PCI device 0000:00:02.1 by its raw address, and root@pam!fluxlift may not: \
                       only root@pam itself may";

/// The inputs with this device on one worker.
fn with(device: Json) -> Json {
    let mut inputs = inputs();
    inputs["nodes"]["solwk01"]["pci"] = json!([device]);
    inputs
}

/// The same with the password of root in place of a token.
fn by_password(mut inputs: Json) -> Json {
    let proxmox = inputs["proxmox"].as_object_mut().unwrap();
    proxmox.remove("api_token");
    proxmox.extend([("username".to_owned(), json!("root@pam")), ("password".to_owned(), json!(auth::PASSWORD))]);
    inputs
}

#[tokio::test(start_paused = true)]
async fn a_raw_address_with_a_token_is_refused_before_anything_is_made() {
    let lab = Lab::new();
    let raw = with(json!({ "address": "0000:00:02.1" }));
    for refused in
        [lab.unit(raw.clone()).plan(&lab.cx()).await.map(drop), lab.unit(raw.clone()).apply(&lab.cx()).await.map(drop)]
    {
        let error = refused.unwrap_err();
        assert_eq!(error.to_string(), REFUSED);
        assert!(error.hints()[0].to_string().contains("name it by `mapping`"), "{:?}", error.hints());
    }
    let checks = lab.unit(raw).preflight(&lab.cx()).await;
    let check = checks.iter().find(|check| check.name == "PCI devices").unwrap();
    assert!(check.outcome.as_ref().unwrap_err().starts_with(REFUSED), "{check:?}");
    assert_eq!((lab.tasks("qmcreate"), lab.journal.records()), (vec![], 0));
}

#[tokio::test(start_paused = true)]
async fn a_mapping_with_a_token_and_a_raw_address_with_the_password_of_root_are_taken() {
    for taken in [with(json!({ "mapping": "igpu" })), by_password(with(json!({ "address": "0000:00:02.1" })))] {
        let mut lab = Lab::new();
        lab.apply(taken.clone()).await;
        assert_eq!(lab.plan(taken).await.0, ChangeKind::None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_may_look_after_a_machine_that_has_its_device_already() {
    let mut lab = Lab::new();
    let raw = with(json!({ "address": "0000:00:02.1" }));
    lab.apply(by_password(raw.clone())).await;
    assert_eq!(lab.plan(raw).await.0, ChangeKind::None);
}
