//! What is decided, as a table.

use std::sync::LazyLock;

use fluxlift_helm::action::{Decision, Desired, decide};
use fluxlift_helm::chart::Chart;
use fluxlift_helm::manifest::ObjectId;
use fluxlift_helm::release::{History, NewRelease, Release, Status};
use serde_json::{Value, json};

use crate::chart::flux_operator;
use crate::release::at;

fn history(statuses: &[Status]) -> History {
    let chart: Chart = flux_operator();
    let identity = crate::chart::identity();
    let secrets: Vec<Value> = (1..)
        .zip(statuses)
        .map(|(revision, &status)| {
            let release = Release::new(&NewRelease {
                name: &identity.name,
                namespace: &identity.namespace,
                revision,
                chart: &chart,
                config: &json!({"a": 1, "b": 2}),
                manifest: "same",
                notes: "",
                first_deployed: at(0),
                now: at(0),
                status,
                description: "as it was",
            });
            release.to_secret(at(0)).unwrap()
        })
        .collect();
    History::from_secrets(&secrets).unwrap()
}

fn decided<'a>(statuses: &[Status], change: impl Fn(Desired<'a>) -> Desired<'a>) -> String {
    static CONFIG: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(r#"{"b": 2, "a": 1}"#).unwrap());
    let desired =
        change(Desired { chart: "flux-operator", version: "0.58.1", config: &CONFIG, manifest: "same", missing: &[] });
    let decision = decide(&history(statuses), &desired);
    match &decision {
        Decision::Upgrade { .. } => format!("{decision}: {}", decision.reasons().join(", ")),
        Decision::TakeOver { .. } => {
            format!("{decision}, {}", if decision.is_upgrade() { "an upgrade" } else { "an install" })
        }
        _ => decision.to_string(),
    }
}

#[test]
fn what_is_stored_decides_what_is_done() {
    use Status::{
        Deployed, Failed, PendingInstall, PendingRollback, PendingUpgrade, Superseded, Uninstalled, Uninstalling,
        Unknown,
    };
    let table: &[(&[Status], &str)] = &[
        (&[], "install as revision 1"),
        (&[Deployed], "revision 1 is deployed and the same"),
        (&[Superseded, Deployed], "revision 2 is deployed and the same"),
        (&[Deployed, Deployed], "revision 2 is deployed and the same"),
        (&[Uninstalled], "install as revision 2"),
        (&[Failed], "take over revision 1, which is failed, as revision 2, an install"),
        (&[PendingInstall], "take over revision 1, which is pending-install, as revision 2, an install"),
        (&[Deployed, PendingUpgrade], "take over revision 2, which is pending-upgrade, as revision 3, an upgrade"),
        (
            &[Deployed, Failed, PendingRollback],
            "take over revision 3, which is pending-rollback, as revision 4, an upgrade",
        ),
        (&[Deployed, Failed], "take over revision 2, which is failed, as revision 3, an upgrade"),
        (&[Superseded], "take over revision 1, which is superseded, as revision 2, an install"),
        (&[Deployed, Uninstalling], "revision 2 is uninstalling"),
        (&[Unknown], "revision 1 is unknown"),
    ];
    for (statuses, expected) in table {
        assert_eq!(decided(statuses, |desired| desired), *expected, "{statuses:?}");
    }
}

#[test]
fn every_difference_is_an_upgrade_and_is_named() {
    let with = |change: &dyn Fn(Desired<'static>) -> Desired<'static>| decided(&[Status::Deployed], change);
    assert_eq!(
        with(&|d| Desired { version: "0.58.2", ..d }),
        "upgrade revision 1 to 2: the chart's version changes from 0.58.1 to 0.58.2"
    );
    assert_eq!(
        with(&|d| Desired { chart: "other", ..d }),
        "upgrade revision 1 to 2: the chart changes from flux-operator to other"
    );
    assert_eq!(
        with(&|d| Desired { manifest: "other", ..d }),
        "upgrade revision 1 to 2: the chart renders something else"
    );
    let other = json!({"a": 1});
    assert_eq!(
        decided(&[Status::Deployed], |d| Desired { config: &other, ..d }),
        "upgrade revision 1 to 2: the values change"
    );
    let missing = [ObjectId {
        api_version: "apps/v1".to_owned(),
        kind: "Deployment".to_owned(),
        namespace: Some("flux-system".to_owned()),
        name: "flux-operator".to_owned(),
    }];
    assert_eq!(
        decided(&[Status::Deployed], |d| Desired { missing: &missing, ..d }),
        "upgrade revision 1 to 2: Deployment/flux-system/flux-operator is missing"
    );
}
