//! When everything that Git holds was Ready, as etcd tells it: the same for all three ways.

use std::collections::BTreeMap;
use std::time::Instant;

use fluxlift_e2e::conditions::holds;
use fluxlift_e2e::history::Happening;
use fluxlift_e2e::live::Seen;
use fluxlift_e2e::releases;

/// How many releases Git holds.
pub(crate) const RELEASES: usize = 50;
/// How many Kustomizations: the root, and the one that it brings.
const KUSTOMIZATIONS: usize = 2;
/// The label of fluxlift's canaries.
pub(crate) const CANARY: &str = "fluxlift.dev/canary";

/// How far it has come.
#[derive(Debug, Default)]
pub(crate) struct Follow {
    releases: BTreeMap<String, bool>,
    kustomizations: BTreeMap<String, bool>,
    /// When all releases were Ready at their generation for the first time.
    pub(crate) ready: Option<Instant>,
    /// When the Kustomizations were too.
    pub(crate) delivered: Option<Instant>,
}

impl Follow {
    /// Takes in what happened next.
    pub(crate) fn take(&mut self, seen: &Seen) {
        let happening = &seen.happening;
        if happening.key.starts_with(&format!("helm.toolkit.fluxcd.io/helmreleases/{}/", releases::NAMESPACE)) {
            note(&mut self.releases, happening);
        } else if happening.key.starts_with("kustomize.toolkit.fluxcd.io/kustomizations/")
            && happening.label(CANARY).is_none()
        {
            note(&mut self.kustomizations, happening);
        }
        if all(&self.releases, RELEASES) {
            self.ready.get_or_insert(seen.at);
            if all(&self.kustomizations, KUSTOMIZATIONS) {
                self.delivered.get_or_insert(seen.at);
            }
        }
    }

    /// How many releases are Ready.
    pub(crate) fn count(&self) -> usize {
        self.releases.values().filter(|ready| **ready).count()
    }
}

fn note(objects: &mut BTreeMap<String, bool>, happening: &Happening) {
    match &happening.object {
        Some(object) => objects.insert(happening.key.clone(), holds("delivered set ready", object) == Some(true)),
        None => objects.remove(&happening.key),
    };
}

fn all(objects: &BTreeMap<String, bool>, wanted: usize) -> bool {
    objects.len() == wanted && objects.values().all(|ready| *ready)
}
