//! What must hold of any run, judged from etcd's history alone.

use std::collections::BTreeMap;

use fluxlift_e2e::conditions::is_refused_automation;
use fluxlift_e2e::history::{Happening, History};

use crate::bench::{Broken, Verdict, ensure};

/// The label of fluxlift's canaries.
pub(crate) const CANARY: &str = "fluxlift.dev/canary";

/// The kinds that must have answered before anything is synced, by etcd's key and by the controller that answers.
const MUST_ANSWER: [(&str, &str); 8] = [
    ("source.toolkit.fluxcd.io/gitrepositories/", "source-controller"),
    ("source.toolkit.fluxcd.io/ocirepositories/", "source-controller"),
    ("source.toolkit.fluxcd.io/helmrepositories/", "source-controller"),
    ("source.toolkit.fluxcd.io/helmcharts/", "source-controller"),
    ("source.toolkit.fluxcd.io/buckets/", "source-controller"),
    ("kustomize.toolkit.fluxcd.io/kustomizations/", "kustomize-controller"),
    ("helm.toolkit.fluxcd.io/helmreleases/", "helm-controller"),
    ("notification.toolkit.fluxcd.io/receivers/", "notification-controller"),
];

/// Everything that a sync brings, by etcd's key.
const SYNCED: [&str; 7] = [
    "source.toolkit.fluxcd.io/gitrepositories/",
    "source.toolkit.fluxcd.io/ocirepositories/",
    "source.toolkit.fluxcd.io/helmrepositories/",
    "source.toolkit.fluxcd.io/helmcharts/",
    "source.toolkit.fluxcd.io/buckets/",
    "kustomize.toolkit.fluxcd.io/kustomizations/",
    "helm.toolkit.fluxcd.io/helmreleases/",
];

/// The kinds that must have answered too where the image controllers are listed.
const IMAGES: [(&str, &str); 3] = [
    ("image.toolkit.fluxcd.io/imagerepositories/", "image-reflector-controller"),
    ("image.toolkit.fluxcd.io/imagepolicies/", "image-reflector-controller"),
    ("image.toolkit.fluxcd.io/imageupdateautomations/", "image-automation-controller"),
];

/// No object of the sync, nor the sync itself, before every kind of canary has been answered.
pub(crate) fn nothing_is_synced_before_every_canary_answered(history: &History) -> Verdict {
    answered_before_the_sync(history, &MUST_ANSWER)
}

/// The same for the canaries of the image controllers.
pub(crate) fn nothing_is_synced_before_every_canary_of_images_answered(history: &History) -> Verdict {
    answered_before_the_sync(history, &IMAGES)
}

fn answered_before_the_sync(history: &History, kinds: &[(&str, &str)]) -> Verdict {
    let first = first_synced(history).ok_or_else(|| Broken("nothing was ever synced".to_owned()))?;
    for (kind, controller) in kinds {
        let answered = answered(history, kind)
            .ok_or_else(|| Broken(format!("no canary below {kind} was ever answered by {controller}")))?;
        ensure(answered < first.revision, || {
            format!("{} came at revision {}, but {controller} answered at {answered}", first.key, first.revision)
        })?;
    }
    Ok(())
}

/// The first thing that only a sync brings: the field itself, or an object that is no canary.
pub(crate) fn first_synced(history: &History) -> Option<&Happening> {
    let field = history
        .of("fluxcd.controlplane.io/fluxinstances/")
        .find(|seen| seen.object.as_ref().is_some_and(|instance| instance.pointer("/spec/sync").is_some()));
    let objects = SYNCED.iter().flat_map(|kind| history.of(kind)).filter(|seen| seen.created && !is_canary(seen));
    field.into_iter().chain(objects).min_by_key(|seen| seen.revision)
}

/// The revision at which a canary of this kind was answered for the first time.
fn answered(history: &History, kind: &str) -> Option<u64> {
    history.of(kind).filter(|seen| is_canary(seen)).find_map(|seen| {
        let token = seen.annotation("reconcile.fluxcd.io/requestedAt")?;
        let echoed = seen.text("/status/lastHandledReconcileAt") == Some(token);
        (echoed || seen.object.as_ref().is_some_and(is_refused_automation)).then_some(seen.revision)
    })
}

fn is_canary(seen: &Happening) -> bool {
    seen.label(CANARY).is_some()
}

/// An instance that follows a repository follows it until it is deleted.
pub(crate) fn the_sync_was_never_taken_away(history: &History) -> Verdict {
    let mut synced = false;
    for seen in history.of("fluxcd.controlplane.io/fluxinstances/") {
        let Some(instance) = &seen.object else { continue };
        let has = instance.pointer("/spec/sync").is_some();
        ensure(has || !synced, || format!("the sync was taken away at revision {}", seen.revision))?;
        synced = has;
    }
    ensure(synced, || "nothing was ever synced".to_owned())
}

/// Nothing of fluxlift's making that it does not list is left, no release but canaries was ever deleted, and no Helm
/// release is locked.
pub(crate) fn nothing_is_left_behind(history: &History) -> Verdict {
    let mut last: BTreeMap<&str, &Happening> = BTreeMap::new();
    for seen in history.of("") {
        if seen.object.is_none()
            && seen.key.starts_with("helm.toolkit.fluxcd.io/helmreleases/")
            && !last.get(seen.key.as_str()).is_some_and(|before| is_canary(before))
        {
            return Err(Broken(format!("{} was deleted at revision {}", seen.key, seen.revision)));
        }
        last.insert(&seen.key, seen);
    }
    let now = last.values().filter(|seen| seen.object.is_some());
    for seen in now {
        ensure(!is_canary(seen), || format!("the canary {} is still there", seen.key))?;
        let pending = seen.key.contains("/sh.helm.release.v1.")
            && seen.label("status").is_some_and(|status| status.starts_with("pending"));
        ensure(!pending, || format!("{} is left pending", seen.key))?;
    }
    Ok(())
}
