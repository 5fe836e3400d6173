//! What a bundle says of backups, of restores and of the volumes that they are about: without them nobody can tell why a
//! restore is not proven.

use std::collections::BTreeSet;

use fluxlift_flux::kinds;
use fluxlift_flux::restore::kinds::{CLAIM, VOLUME};
use fluxlift_flux::restore::volsync::kinds::{DESTINATION, SNAPSHOT, SOURCE};
use fluxlift_kube::{Cluster, Object, Query, kind};
use serde_json::Value;

use super::cluster::Seen;
use super::record;

/// The movers of VolSync: each has a field of its name in the objects.
const MOVERS: [&str; 5] = ["kopia", "restic", "rsyncTLS", "rsync", "rclone"];
/// Of a mover: which repository by the name of its Secret, whose data, from when, and into what.
const MOVER: [&str; 14] = [
    "repository",
    "sourceIdentity",
    "restoreAsOf",
    "previous",
    "shallow",
    "copyMethod",
    "capacity",
    "accessModes",
    "storageClassName",
    "volumeSnapshotClassName",
    "destinationPVC",
    "cacheCapacity",
    "retain",
    "moverVolumes",
];
const SPEC: [&str; 15] = [
    "trigger",
    "paused",
    "sourcePVC",
    "accessModes",
    "resources",
    "storageClassName",
    "volumeName",
    "dataSource",
    "dataSourceRef",
    "source",
    "volumeSnapshotClassName",
    "persistentVolumeReclaimPolicy",
    "claimRef",
    "capacity",
    "nfs",
];
const STATUS: [&str; 14] = [
    "lastManualSync",
    "lastSyncTime",
    "lastSyncStartTime",
    "lastSyncDuration",
    "nextSyncTime",
    "latestImage",
    "latestMoverStatus",
    "accessModes",
    "capacity",
    "boundVolumeSnapshotContentName",
    "readyToUse",
    "restoreSize",
    "creationTime",
    "error",
];
/// Whether a volume was made for its claim: everything of the kind is said by this annotation.
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";

/// Reads them, where there are any.
pub(super) async fn read(seen: &mut Seen, cluster: &Cluster) {
    let mut namespaces = BTreeSet::new();
    for kind in [DESTINATION, SOURCE, SNAPSHOT] {
        let Some(Some(kind)) = seen.or_note(kind.plural(), kinds::served(cluster, &kind)).await else { continue };
        let found = seen.list(cluster, Query::all(kind.clone())).await;
        namespaces.extend(found.iter().filter_map(Object::namespace).map(str::to_owned));
        seen.documents.push(document(kind.plural(), &found));
    }
    if namespaces.is_empty() {
        return;
    }
    let mut claims = Vec::new();
    for namespace in &namespaces {
        claims.extend(seen.list(cluster, Query::all(CLAIM).within(namespace.as_str())).await);
        let pods = seen.list(cluster, Query::all(kind::POD).within(namespace.as_str())).await;
        let movers: Vec<Object> = pods.into_iter().filter(|pod| pod.name().starts_with("volsync-")).collect();
        seen.logs(cluster, &movers).await;
    }
    seen.documents.push(document(CLAIM.plural(), &claims));
    let volumes = seen.list(cluster, Query::all(VOLUME)).await;
    let theirs =
        |volume: &Object| volume.text("/spec/claimRef/namespace").is_some_and(|name| namespaces.contains(name));
    let volumes: Vec<Object> = volumes.into_iter().filter(theirs).collect();
    seen.documents.push(document(VOLUME.plural(), &volumes));
    let volsync = Query::all(kind::POD).labelled("app.kubernetes.io/name=volsync");
    let volsync = seen.list(cluster, volsync).await;
    seen.logs(cluster, &volsync).await;
}

fn document(plural: &str, objects: &[Object]) -> (String, Value) {
    (format!("objects/{plural}.json"), objects.iter().map(of).collect())
}

/// What a bundle says of `object`.
fn of(object: &Object) -> Value {
    let mut record = record::of(object);
    for (field, value) in record::pick(object.at("/spec"), &SPEC) {
        record["spec"][field] = value;
    }
    for mover in MOVERS.iter().filter(|mover| object.at("/spec")[**mover].is_object()) {
        record["spec"][*mover] = Value::Object(record::pick(&object.at("/spec")[*mover], &MOVER));
    }
    // What else a driver was told may be a key to the storage.
    let driver = record::pick(object.at("/spec/csi"), &["driver", "volumeHandle"]);
    if !driver.is_empty() {
        record["spec"]["csi"] = Value::Object(driver);
    }
    for (field, value) in record::pick(object.at("/status"), &STATUS) {
        record["status"][field] = value;
    }
    if let Some(by) = object.annotation(PROVISIONED_BY) {
        record["metadata"]["annotations"][PROVISIONED_BY] = Value::from(by);
    }
    record
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_restore_and_its_volume_all_is_taken_that_its_gates_look_at_and_no_key_to_the_storage() {
        let destination = of(&Object::new(json!({"kind": "ReplicationDestination", "metadata": {"name": "app-dst"},
            "spec": {"trigger": {"manual": "restore-once"}, "kopia": {"repository": "kopia", "customCA": {"x": "y"},
                "sourceIdentity": {"sourceName": "app"}}},
            "status": {"lastManualSync": "restore-once", "latestMoverStatus": {"result": "Successful", "logs": "none"}}})));
        assert_eq!(
            destination["spec"]["kopia"],
            json!({"repository": "kopia", "sourceIdentity": {"sourceName": "app"}})
        );
        assert_eq!(destination["spec"]["trigger"]["manual"], "restore-once");
        assert_eq!(destination["status"]["latestMoverStatus"]["result"], "Successful");
        let volume = of(&Object::new(json!({"kind": "PersistentVolume", "metadata": {"name": "pvc-1",
            "annotations": {PROVISIONED_BY: "csi.example.org", "other": "x"}},
            "spec": {"csi": {"driver": "csi.example.org", "volumeHandle": "v-1", "volumeAttributes": {"secret": "x"}}}})));
        assert_eq!(volume["spec"]["csi"], json!({"driver": "csi.example.org", "volumeHandle": "v-1"}));
        assert_eq!(volume["metadata"]["annotations"], json!({PROVISIONED_BY: "csi.example.org"}));
    }
}
