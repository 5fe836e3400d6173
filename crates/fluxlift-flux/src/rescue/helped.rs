//! The gate after an act: the controller has taken it up, and the object is ready.

use std::time::Duration;

use fluxlift_core::{Gate, GateName, Observation, Remedy, Timestamp, Verdict};
use fluxlift_kube::Object;
use jiff::SignedDuration;

use super::force::Force;
use crate::diagnosis::{Subject, Truth};

/// How long a controller may take to show any sign that it has taken a request up.
const TAKE_UP: Duration = Duration::from_mins(2);
/// Where a controller hands a request back.
const ECHO: &str = "lastHandledReconcileAt";
/// Times in conditions are whole seconds.
const GRAIN: SignedDuration = SignedDuration::from_secs(1);
/// Failures of a Helm action, after which helm-controller may try again by itself.
const ACTIONS: [&str; 5] = ["InstallFailed", "UpgradeFailed", "RollbackFailed", "UninstallFailed", "TestFailed"];

/// Proven when the object of this UID echoes the token of the act and is Ready at its generation.
///
/// The echo alone proves nothing: it is written at the end of a pass, whatever came of it, and for a suspended object too.
/// But it dates what is written with it: a failure that stands beside the echo is of the pass that handled the act.
#[derive(Debug, Clone)]
pub(super) struct Helped {
    pub(super) title: String,
    pub(super) uid: String,
    pub(super) force: Force,
    /// The token that must come back; `None` after an act that asked for nothing.
    pub(super) token: Option<String>,
    /// When the act was done.
    pub(super) acted: Timestamp,
    /// The revision that is not the one any more.
    pub(super) behind: Option<String>,
}

impl Gate for Helped {
    type Snapshot = Option<Object>;

    fn name(&self) -> GateName {
        GateName::new(format!("{} helped {}", self.force, self.title))
    }

    fn judge(&self, seen: &Observation<'_, Option<Object>>) -> Verdict {
        let title = &self.title;
        let Some(object) = seen.snapshot else { return Verdict::pending(format!("{title} is not to be seen")) };
        let stop = |why: &str, act: &str| Verdict::stuck(format!("{title} {why}"), Remedy::person(act));
        let Some(subject) = Subject::of(object) else {
            return stop("has a status that cannot be read", "look at it with `kubectl get -o yaml`");
        };
        if object.uid() != self.uid {
            return stop("was replaced", "look who replaced it, then run again");
        }
        if subject.deleted.is_some() {
            return stop("is being deleted", "see who deletes it");
        }
        if subject.suspended {
            return stop("was suspended", "resume it, then run again");
        }
        if let Some(missing) = self.unechoed(object) {
            // A pass that does not get as far as Helm hands back the request and not the force.
            if let Some(why) = self.failure(&subject).filter(|_| missing != ECHO) {
                return stop(&format!("was taken up and is not ready ({why})"), "mend what the message names");
            }
            return match seen.unchanged_for >= TAKE_UP && !self.is_at_work(&subject) {
                true => stop("was asked and no controller took it up", "read its controller's log"),
                false => Verdict::pending(format!("{title} has not taken it up: status.{missing} is not the token")),
            };
        }
        if let Some(stalled) = subject.stalled() {
            let said = subject.conditions.ready.as_ref().filter(|ready| !ready.is_true()).unwrap_or(stalled);
            return stop(&format!("was taken up and failed again ({said})"), "mend what the message names");
        }
        if subject.is_ready() {
            return self.ready(object, &subject);
        }
        match self.failure(&subject) {
            Some(why) => stop(&format!("was taken up and is not ready ({why})"), "mend what the message names"),
            None => Verdict::pending(format!("{title}: {}", subject.seen())),
        }
    }
}

impl Helped {
    /// The first field that does not carry the token.
    fn unechoed(&self, object: &Object) -> Option<&'static str> {
        let token = self.token.as_deref()?;
        let echoes: &[&'static str] = match self.force {
            Force::Reset => &[ECHO, "lastHandledResetAt"],
            Force::Force => &[ECHO, "lastHandledForceAt"],
            _ => &[ECHO],
        };
        let differs = |field: &&&str| object.text(&format!("/status/{field}")) != Some(token);
        echoes.iter().find(differs).copied()
    }

    /// Whether work goes on that began with the act or after it.
    fn is_at_work(&self, subject: &Subject) -> bool {
        let began = subject.conditions.work().and_then(|work| work.since);
        began.is_some_and(|began| began >= self.acted.checked_sub(GRAIN).unwrap_or(self.acted))
    }

    fn ready(&self, object: &Object, subject: &Subject) -> Verdict {
        let title = &self.title;
        if subject.place.is_source() && subject.revision.is_none() {
            return Verdict::pending(format!("{title} is Ready without an artifact"));
        }
        match &self.behind {
            Some(old) if subject.revision.as_ref() == Some(old) => {
                Verdict::pending(format!("{title} is Ready, and still at {old}"))
            }
            _ if self.token.is_some() => {
                Verdict::proven(object.evidence("status.conditions[Ready]=True, the token echoed"))
            }
            _ => Verdict::proven(object.evidence("status.conditions[Ready]=True")),
        }
    }

    /// What the pass that took the act up has come to, where this object can't be helped any further by it.
    fn failure(&self, subject: &Subject) -> Option<String> {
        let ready = subject.conditions.ready.as_ref().filter(|ready| ready.status == Truth::False)?;
        let of_the_pass = ready.is_of(subject.generation) && self.token.is_some();
        let goes_on = subject.place.kind == "HelmRelease" && ACTIONS.contains(&ready.reason.as_str());
        (of_the_pass && !goes_on).then(|| ready.to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ACTED: &str = "2026-01-01T00:10:00Z";

    fn gate(force: Force) -> Helped {
        let token = Some("token".to_owned());
        let (title, uid) = ("helmrelease/apps/a".to_owned(), "u".to_owned());
        Helped { title, uid, force, token, acted: ACTED.parse().unwrap(), behind: None }
    }

    /// A release at generation 2 that has echoed the token everywhere, with what `patch` changes.
    fn object(kind: &str, patch: &Value) -> Object {
        let mut json = json!({"kind": kind, "metadata": {"name": "a", "namespace": "apps", "uid": "u", "generation": 2},
            "spec": {}, "status": {"observedGeneration": 2, "lastHandledReconcileAt": "token",
                "lastHandledResetAt": "token", "lastHandledForceAt": "token", "conditions": [ready("True", "Done")]}});
        for part in ["metadata", "spec", "status"] {
            for (field, value) in patch[part].as_object().into_iter().flatten() {
                json[part][field] = value.clone();
            }
        }
        Object::new(json)
    }

    fn ready(status: &str, reason: &str) -> Value {
        json!({"type": "Ready", "status": status, "reason": reason, "message": "m", "observedGeneration": 2,
            "lastTransitionTime": "2026-01-01T00:00:00Z"})
    }

    fn judge(gate: &Helped, object: Object, unchanged: u64) -> Verdict {
        gate.judge(&Observation { snapshot: &Some(object), unchanged_for: Duration::from_secs(unchanged) })
    }

    fn release(patch: &Value) -> Object {
        object("HelmRelease", patch)
    }

    #[test]
    fn ready_at_its_generation_with_the_token_echoed_is_help() {
        for force in [Force::Ask, Force::Source, Force::Reset, Force::Force, Force::Storage] {
            assert!(judge(&gate(force), release(&json!({})), 0).is_proven(), "{force}");
        }
    }

    #[test]
    fn a_success_that_is_older_than_the_act_is_none() {
        let before = release(&json!({"status": {"lastHandledReconcileAt": "of yesterday"}}));
        assert!(matches!(judge(&gate(Force::Ask), before, 0), Verdict::Pending { .. }));
        let unforced = release(&json!({"status": {"lastHandledForceAt": "of yesterday"}}));
        assert!(matches!(judge(&gate(Force::Force), unforced, 0), Verdict::Pending { .. }));
    }

    #[test]
    fn ready_of_an_older_generation_is_no_help() {
        for status in [
            json!({"observedGeneration": 1}),
            json!({"observedGeneration": 2, "conditions": [
                {"type": "Ready", "status": "True", "observedGeneration": 1, "lastTransitionTime": ACTED}]}),
        ] {
            let verdict = judge(&gate(Force::Ask), release(&json!({ "status": status })), 0);
            assert!(matches!(verdict, Verdict::Pending { .. }), "{verdict}");
        }
    }

    #[test]
    fn handled_and_failed_again_ends_the_wait() {
        let stalled =
            json!({"type": "Stalled", "status": "True", "reason": "RetriesExceeded", "message": "2 attempts"});
        let status = json!({"conditions": [ready("False", "UpgradeFailed"), stalled]});
        let verdict = judge(&gate(Force::Reset), release(&json!({ "status": status })), 0);
        let Verdict::Stuck { why, .. } = verdict else { panic!("{verdict}") };
        assert!(why.contains("failed again (Ready=False (UpgradeFailed): m)"), "{why}");
    }

    #[test]
    fn handled_and_held_up_by_something_else_ends_the_wait_and_is_no_help() {
        let waits = release(&json!({"status": {"conditions": [ready("False", "DependencyNotReady")]}}));
        assert!(matches!(judge(&gate(Force::Ask), waits, 0), Verdict::Stuck { .. }));
        let fails = object("GitRepository", &json!({"status": {"conditions": [ready("False", "GitOperationFailed")]}}));
        assert!(matches!(judge(&gate(Force::Source), fails, 0), Verdict::Stuck { .. }));
        let retries = release(&json!({"status": {"conditions": [ready("False", "InstallFailed")]}}));
        assert!(matches!(judge(&gate(Force::Ask), retries, 0), Verdict::Pending { .. }), "it is tried again");
    }

    #[test]
    fn a_pass_that_did_not_get_as_far_as_helm_has_not_forced_anything() {
        let waits = json!({"lastHandledForceAt": "of yesterday", "conditions": [ready("False", "DependencyNotReady")]});
        let verdict = judge(&gate(Force::Force), release(&json!({ "status": waits })), 0);
        let Verdict::Stuck { why, .. } = verdict else { panic!("{verdict}") };
        assert!(why.contains("was taken up and is not ready (Ready=False (DependencyNotReady)"), "{why}");
    }

    #[test]
    fn a_kustomization_that_fails_beside_the_echo_was_not_helped() {
        let fails = object("Kustomization", &json!({"status": {"conditions": [ready("False", "BuildFailed")]}}));
        assert!(matches!(judge(&gate(Force::Ask), fails, 0), Verdict::Stuck { .. }));
    }

    #[test]
    fn a_source_without_an_artifact_is_not_ready_whatever_it_says() {
        assert!(matches!(judge(&gate(Force::Source), object("Bucket", &json!({})), 0), Verdict::Pending { .. }));
        let fetched = object("Bucket", &json!({"status": {"artifact": {"revision": "r"}}}));
        assert!(judge(&gate(Force::Source), fetched, 0).is_proven());
    }

    #[test]
    fn a_kustomization_that_stays_at_the_old_revision_is_not_helped_by_being_ready() {
        let behind = Helped { behind: Some("main@sha1:1".to_owned()), ..gate(Force::Ask) };
        let at = |revision: &str| object("Kustomization", &json!({"status": {"lastAppliedRevision": revision}}));
        assert!(matches!(judge(&behind, at("main@sha1:1"), 0), Verdict::Pending { .. }));
        assert!(judge(&behind, at("main@sha1:2"), 0).is_proven());
    }

    #[test]
    fn another_object_of_the_name_a_suspended_one_and_one_on_its_way_out_are_refused() {
        for patch in [
            json!({"metadata": {"uid": "another"}}),
            json!({"spec": {"suspend": true}}),
            json!({"metadata": {"deletionTimestamp": ACTED}}),
        ] {
            let verdict = judge(&gate(Force::Ask), release(&patch), 0);
            assert!(matches!(verdict, Verdict::Stuck { .. }), "{patch}: {verdict}");
        }
    }

    #[test]
    fn after_a_restart_nothing_is_echoed_and_only_ready_at_its_generation_is_help() {
        let gate = Helped { token: None, ..gate(Force::Restart) };
        let old = json!({"type": "Ready", "status": "True", "observedGeneration": 1, "lastTransitionTime": ACTED});
        for status in [
            json!({"observedGeneration": -1, "conditions": []}),
            json!({"observedGeneration": 2, "conditions": [old]}),
            // A failure of before the restart is no verdict on it.
            json!({"observedGeneration": 2, "conditions": [ready("False", "ArtifactFailed")]}),
        ] {
            let verdict = judge(&gate, release(&json!({ "status": status })), 0);
            assert!(matches!(verdict, Verdict::Pending { .. }), "{verdict}");
        }
        assert!(judge(&gate, release(&json!({})), 0).is_proven());
    }

    #[test]
    fn a_request_that_nobody_takes_up_ends_the_wait_unless_work_goes_on() {
        let silent = || json!({"lastHandledReconcileAt": null, "conditions": []});
        let of = |status: Value, seconds| judge(&gate(Force::Ask), release(&json!({ "status": status })), seconds);
        assert!(matches!(of(silent(), 119), Verdict::Pending { .. }));
        assert!(matches!(of(silent(), 120), Verdict::Stuck { .. }));
        let working = |since: &str| {
            let work = json!({"type": "Reconciling", "status": "True", "message": "m", "lastTransitionTime": since});
            json!({"lastHandledReconcileAt": null, "conditions": [work]})
        };
        assert!(matches!(of(working(ACTED), 120), Verdict::Pending { .. }));
        assert!(matches!(of(working("2026-01-01T00:00:00Z"), 120), Verdict::Stuck { .. }), "that is work of before");
    }
}
