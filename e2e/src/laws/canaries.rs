//! fluxlift's canaries, as etcd has seen them.

use crate::conditions::{is_not_found, is_refused_automation};
use crate::history::{Happening, History};

/// The label of a canary. Its value is the word of the run that sent it.
pub const LABEL: &str = "fluxlift.dev/canary";

/// A kind of canary, by etcd's key and by the controller that answers.
pub(super) type Answerer = (&'static str, &'static str);

/// The kinds that must have answered before anything is synced.
pub(super) const CONTROLLERS: [Answerer; 8] = [
    ("source.toolkit.fluxcd.io/gitrepositories/", "source-controller"),
    ("source.toolkit.fluxcd.io/ocirepositories/", "source-controller"),
    ("source.toolkit.fluxcd.io/helmrepositories/", "source-controller"),
    ("source.toolkit.fluxcd.io/helmcharts/", "source-controller"),
    ("source.toolkit.fluxcd.io/buckets/", "source-controller"),
    ("kustomize.toolkit.fluxcd.io/kustomizations/", "kustomize-controller"),
    ("helm.toolkit.fluxcd.io/helmreleases/", "helm-controller"),
    ("notification.toolkit.fluxcd.io/receivers/", "notification-controller"),
];

/// The kinds that must have answered too where the image controllers are listed.
pub(super) const IMAGES: [Answerer; 3] = [
    ("image.toolkit.fluxcd.io/imagerepositories/", "image-reflector-controller"),
    ("image.toolkit.fluxcd.io/imagepolicies/", "image-reflector-controller"),
    ("image.toolkit.fluxcd.io/imageupdateautomations/", "image-automation-controller"),
];

/// The kinds that must have walked to source-controller, and found nothing there.
pub(super) const WALKERS: [Answerer; 2] = [
    ("kustomize.toolkit.fluxcd.io/kustomizations/", "kustomize-controller"),
    ("helm.toolkit.fluxcd.io/helmreleases/", "helm-controller"),
];

/// Whether it is a canary.
pub fn is_canary(seen: &Happening) -> bool {
    seen.label(LABEL).is_some()
}

/// The canaries of one run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round<'a> {
    history: &'a History,
    word: &'a str,
}

impl<'a> Round<'a> {
    /// The last run that sent a canary before revision `before`.
    pub(super) fn last_before(history: &'a History, before: u64) -> Option<Self> {
        let sent = history.of("").filter(|seen| seen.created && seen.revision < before);
        sent.filter_map(|seen| seen.label(LABEL)).last().map(|word| Self { history, word })
    }

    /// The word of the run.
    pub(super) const fn word(&self) -> &'a str {
        self.word
    }

    /// Where it is told of.
    pub(super) const fn history(&self) -> &'a History {
        self.history
    }

    /// The revision at which its first canary was created.
    pub(super) fn began(&self) -> Option<u64> {
        self.of("").find(|seen| seen.created).map(|seen| seen.revision)
    }

    /// The revision at which a canary of this kind was answered for the first time.
    pub(super) fn answered(&self, kind: &'a str) -> Option<u64> {
        let answered = |seen: &&Happening| {
            let token = seen.annotation("reconcile.fluxcd.io/requestedAt");
            let echoed = token.is_some() && seen.text("/status/lastHandledReconcileAt") == token;
            echoed || seen.object.as_ref().is_some_and(is_refused_automation)
        };
        self.of(kind).find(answered).map(|seen| seen.revision)
    }

    /// The revision at which a canary of this kind had asked source-controller for what is not there.
    pub(super) fn walked(&self, kind: &'a str) -> Option<u64> {
        self.of(kind).find(|seen| seen.object.as_ref().is_some_and(is_not_found)).map(|seen| seen.revision)
    }

    fn of(&self, kind: &'a str) -> impl Iterator<Item = &'a Happening> {
        let word = self.word;
        self.history.of(kind).filter(move |seen| seen.label(LABEL) == Some(word))
    }
}
