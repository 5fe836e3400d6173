//! Release records: what is written, and what Helm itself wrote.

use fluxlift_core::{Namespace, ReleaseName, Timestamp};
use fluxlift_helm::release::{NewRelease, Release, ReleaseError, Status, StoredRelease};
use serde_json::{Value, json};

use crate::chart::flux_operator;

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

fn record(config: &Value) -> Release {
    Release::new(&NewRelease {
        name: &ReleaseName::new("flux-operator").unwrap(),
        namespace: &Namespace::new("flux-system").unwrap(),
        revision: 3,
        chart: &flux_operator(),
        config,
        manifest: "---\n# Source: x\na: b\n",
        notes: "hello",
        first_deployed: at(0),
        now: at(60),
        status: Status::PendingUpgrade,
        description: "Preparing upgrade",
    })
}

#[test]
fn a_record_survives_its_secret() {
    let release = record(&json!({"token": "s3cret"}));
    let mut secret = release.to_secret(at(60)).unwrap();
    assert_eq!(secret["metadata"]["name"], "sh.helm.release.v1.flux-operator.v3");
    assert_eq!(secret["type"], "helm.sh/release.v1");
    assert_eq!(
        secret["metadata"]["labels"],
        json!({"createdAt": "1700000060", "name": "flux-operator", "owner": "helm", "status": "pending-upgrade", "version": "3"})
    );
    secret["metadata"]["resourceVersion"] = json!("7");
    let stored = StoredRelease::from_secret(&secret).unwrap();
    assert_eq!(stored.release, release);
    assert_eq!(stored.resource_version, "7");
    assert!(!format!("{stored:?}").contains("s3cret"));
}

#[test]
fn the_json_has_the_shape_that_helm_gives_it() {
    let mut json = record(&json!({"a": 1})).json().clone();
    for list in ["templates", "files"] {
        for file in json["chart"][list].as_array_mut().unwrap() {
            file["data"] = json!("(base64)");
        }
    }
    json["chart"]["values"] = json!("(values.yaml)");
    insta::assert_json_snapshot!(json);
}

#[test]
fn another_status_changes_the_labels_and_nothing_that_is_not_known() {
    let mut json = record(&json!({})).json().clone();
    json["hooks"] = json!([{"name": "x"}]);
    json["chart"]["modtime"] = json!("2024-01-01T00:00:00Z");
    let mut secret = Release::from_json(json).unwrap().to_secret(at(60)).unwrap();
    secret["metadata"]["labels"]["team"] = json!("blue");
    secret["metadata"]["resourceVersion"] = json!("7");
    let stored = StoredRelease::from_secret(&secret).unwrap();
    let updated = stored.to_secret(Status::Superseded, "Superseded", at(90)).unwrap();
    let labels = &updated["metadata"]["labels"];
    assert_eq!(
        (&labels["status"], &labels["modifiedAt"], &labels["team"]),
        (&json!("superseded"), &json!("1700000090"), &json!("blue"))
    );
    assert_eq!(updated["metadata"]["resourceVersion"], "7");
    let again = StoredRelease::from_secret(&updated).unwrap().release;
    assert_eq!(again.status(), Status::Superseded);
    assert_eq!(again.json()["hooks"], json!([{"name": "x"}]));
    assert_eq!(again.json()["chart"]["modtime"], "2024-01-01T00:00:00Z");
}

#[test]
fn a_record_that_helm_4_wrote_is_read() {
    let secret: Value = serde_json::from_str(include_str!("recorded/helm-release.json")).unwrap();
    let release = StoredRelease::from_secret(&secret).unwrap().release;
    assert_eq!((release.name(), release.namespace(), release.revision()), ("flux-operator", "flux-system", 2));
    assert_eq!((release.chart_name(), release.chart_version()), ("flux-operator", "0.58.1"));
    assert_eq!(release.status(), Status::Deployed);
    assert_eq!(release.config(), json!({"replicas": 2}));
    assert!(release.manifest().starts_with("---\n# Source: flux-operator/templates/"));
    assert!(release.first_deployed().is_some());
}

#[test]
fn what_is_no_record_says_so() {
    let secret = |kind: &str, data: &str| json!({"metadata": {"name": "s"}, "type": kind, "data": {"release": data}});
    let read = |secret: &Value| StoredRelease::from_secret(secret).unwrap_err();
    assert!(matches!(read(&secret("Opaque", "")), ReleaseError::NotARelease { .. }));
    assert!(matches!(read(&secret("helm.sh/release.v1", "!!")), ReleaseError::Damaged { .. }));
    assert!(matches!(read(&secret("helm.sh/release.v1", "SDRzSUFBQUE=")), ReleaseError::Damaged { .. }));
}
