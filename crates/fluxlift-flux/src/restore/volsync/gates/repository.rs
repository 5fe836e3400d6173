//! The repository is where it should be, and is the one that it should be.

use fluxlift_core::{Evidence, Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_kube::Object;

use super::super::mark::VOLUME_HANDLE;
use super::super::{Destination, Store};
use super::written::ClaimSight;

/// By this annotation a volume says that it was made for its claim.
const PROVISIONED: &str = "pv.kubernetes.io/provisioned-by";

/// Proven when the repository lies outside of the cluster, or its claim is bound to the volume that it should be bound to.
///
/// A claim that was provisioned anew is bound to an empty volume, and every restore from it "succeeds" with nothing. The
/// expected handle is in the claim's annotation [`VOLUME_HANDLE`]; without it a volume that a person wrote is taken for
/// the right one, and a volume that was provisioned is not.
///
/// Whether a repository outside really answers only the mover can tell: its logs are judged later.
#[derive(Debug, Clone)]
pub struct RepositoryReachable {
    path: String,
    store: Store,
    namespace: String,
    place: String,
}

impl RepositoryReachable {
    /// The repository of `destination`, which is called `place`.
    pub fn of(destination: &Destination, place: &str) -> Self {
        Self {
            path: format!("{}/{}", destination.namespace, destination.name),
            store: destination.store.clone(),
            namespace: destination.namespace.clone(),
            place: place.to_owned(),
        }
    }

    fn claim(&self, name: &str, (claim, volume): &ClaimSight) -> Verdict {
        let title = format!("persistentvolumeclaim/{}/{name}", self.namespace);
        let Some(claim) = claim else { return Verdict::pending(format!("{title} does not exist yet")) };
        if claim.is_terminating() {
            return Verdict::pending(format!("{title} is being deleted"));
        }
        match claim.text("/status/phase") {
            Some("Bound") => {}
            Some("Lost") => {
                let act = "make the repository's PersistentVolume anew, with its volumeHandle, and the claim after it";
                return Verdict::stuck(format!("{title} has lost its volume"), Remedy::person(act));
            }
            phase => return Verdict::pending(format!("{title} is {}", phase.unwrap_or("without a phase"))),
        }
        let Some(volume) = volume else { return Verdict::pending(format!("the volume of {title} is not to be seen")) };
        if volume.text("/spec/claimRef/uid") != Some(claim.uid()) {
            return Verdict::pending(format!("{} belongs to another claim than {title}", volume.title()));
        }
        judge_volume(claim, volume)
    }
}

fn judge_volume(claim: &Object, volume: &Object) -> Verdict {
    let handle = handle(volume);
    let shown = handle.as_deref().unwrap_or("no handle");
    let proven = |why: &str| Verdict::proven(volume.evidence(format!("volumeHandle={shown}, {why}")));
    match claim.annotation(VOLUME_HANDLE) {
        Some(expected) if handle.as_deref() == Some(expected) => proven("as expected"),
        Some(expected) => {
            let why = format!("{} is bound to volume {shown} instead of {expected}", claim.title());
            let act = "bind it to a PersistentVolume with that volumeHandle (Retain, and volumeName in the claim)";
            Verdict::stuck(why, Remedy::person(act))
        }
        None => match volume.annotation(PROVISIONED) {
            None => proven("written by a person"),
            Some(driver) => {
                let why = format!(
                    "{} is bound to a volume that {driver} provisioned for it, {shown}: in a new cluster it is empty",
                    claim.title()
                );
                let act = format!(
                    "bind it to the volume with the backups; if {shown} is that volume, say so: kubectl annotate pvc -n {} \
                     {} {VOLUME_HANDLE}={shown}",
                    claim.namespace().unwrap_or_default(),
                    claim.name()
                );
                Verdict::stuck(why, Remedy::person(act))
            }
        },
    }
}

/// What names the data of a volume, whatever the volume's object is called.
fn handle(volume: &Object) -> Option<String> {
    let csi = volume.text("/spec/csi/volumeHandle").map(str::to_owned);
    csi.or_else(|| Some(format!("{}:{}", volume.text("/spec/nfs/server")?, volume.text("/spec/nfs/path")?)))
}

impl Gate for RepositoryReachable {
    type Snapshot = ClaimSight;

    fn name(&self) -> GateName {
        GateName::new(format!("repository of {}", self.path))
    }

    fn judge(&self, seen: &Observation<'_, ClaimSight>) -> Verdict {
        match &self.store {
            Store::Claim(name) => self.claim(name, seen.snapshot),
            Store::Nfs { .. } | Store::Remote => {
                Verdict::proven(Evidence::new(&self.place, "lies outside of the cluster: no claim can be a wrong one"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn judge(claim: Value, volume: Value) -> Verdict {
        let gate = RepositoryReachable {
            path: "apps/app".to_owned(),
            store: Store::Claim("kopia".to_owned()),
            namespace: "apps".to_owned(),
            place: "claim kopia".to_owned(),
        };
        let object = |json: Value| Some(Object::new(json)).filter(|object| !object.json().is_null());
        gate.judge(&Observation { snapshot: &(object(claim), object(volume)), unchanged_for: Duration::ZERO })
    }

    fn claim(annotations: Value) -> Value {
        json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "kopia", "namespace": "apps", "uid": "c1",
            "annotations": annotations}, "spec": {"volumeName": "kopia"}, "status": {"phase": "Bound"}})
    }

    fn volume(handle: &str, annotations: Value, owner: &str) -> Value {
        json!({"kind": "PersistentVolume", "metadata": {"name": "kopia", "annotations": annotations},
            "spec": {"claimRef": {"uid": owner}, "csi": {"volumeHandle": handle}}})
    }

    #[test]
    fn a_bound_claim_on_a_freshly_provisioned_volume_is_refused_by_name() {
        let fresh = volume("new-1", json!({PROVISIONED: "csi.example.org"}), "c1");
        let Verdict::Stuck { why, remedy: Remedy::Person { act } } = judge(claim(json!({})), fresh.clone()) else {
            panic!()
        };
        assert!(why.contains("csi.example.org provisioned for it, new-1"), "{why}");
        assert!(act.contains("fluxlift.dev/volume-handle=new-1"), "{act}");
        assert!(judge(claim(json!({VOLUME_HANDLE: "new-1"})), fresh).is_proven());
    }

    #[test]
    fn a_bound_claim_on_another_volume_than_the_expected_one_is_refused() {
        let other = judge(claim(json!({VOLUME_HANDLE: "old-1"})), volume("old-2", json!({}), "c1"));
        assert!(matches!(other, Verdict::Stuck { .. }), "{other}");
        assert!(judge(claim(json!({VOLUME_HANDLE: "old-1"})), volume("old-1", json!({}), "c1")).is_proven());
    }

    #[test]
    fn a_volume_that_a_person_wrote_is_taken_and_one_of_another_claim_is_not() {
        assert!(judge(claim(json!({})), volume("old-1", json!({}), "c1")).is_proven());
        assert!(!judge(claim(json!({})), volume("old-1", json!({}), "c0")).is_proven());
        assert!(!judge(claim(json!({})), Value::Null).is_proven());
        assert!(!judge(Value::Null, Value::Null).is_proven());
    }
}
