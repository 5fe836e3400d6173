//! The FluxReport, made fresh: the proof that flux-operator leads and works.
//!
//! A report can lie. It says Ready even when its computation failed, one from an earlier install stays Ready, and it
//! echoes no token. So: roll out, delete the report, and demand a new one of another UID from the expected version.

use fluxlift_core::{Gate, GateName, Observation, Verdict};
use fluxlift_kube::{Object, ObjectRef};

use crate::kinds::{FLUX_REPORT, NAMESPACE};

/// The report's only name.
pub fn target() -> ObjectRef {
    ObjectRef::namespaced(FLUX_REPORT, NAMESPACE, "flux")
}

/// Proven by a report that was not there before, Ready, of the operator's expected version.
#[derive(Debug, Clone)]
pub struct FreshReport {
    stale: Option<String>,
    version: String,
}

impl FreshReport {
    /// A report of another UID than `stale`, by flux-operator `version`.
    pub fn new(stale: Option<String>, version: impl Into<String>) -> Self {
        Self { stale, version: version.into() }
    }
}

impl Gate for FreshReport {
    type Snapshot = Option<Object>;

    fn name(&self) -> GateName {
        GateName::new("fluxreport/flux fresh")
    }

    fn judge(&self, seen: &Observation<'_, Option<Object>>) -> Verdict {
        let Some(report) = seen.snapshot else {
            return Verdict::pending("flux-operator has written no report yet: it is not leader, or cannot write");
        };
        if report.is_terminating() || Some(report.uid()) == self.stale.as_deref() {
            return Verdict::pending("the report is still the one from before");
        }
        // Its first write lags behind its generation, so that is not demanded here.
        let Some(ready) = report.condition("Ready").filter(|ready| ready.is_true()) else {
            return Verdict::pending("the new report is not Ready yet");
        };
        match report.text("/spec/operator/version") {
            Some(version) if bare(version) != bare(&self.version) => Verdict::pending(format!(
                "the report was written by flux-operator {version}, not {}: the old leader still answers",
                self.version
            )),
            Some(version) => Verdict::proven(report.evidence(format!("{ready} by flux-operator {version}"))),
            // Operators before 0.20 do not name their version; the new UID has to do.
            None => Verdict::proven(report.evidence(format!("{ready}; it names no operator version"))),
        }
    }
}

fn bare(version: &str) -> &str {
    version.trim_start_matches('v')
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn judge(uid: &str, status: &str, version: &str) -> Verdict {
        let report = Object::new(json!({"kind": "FluxReport", "metadata": {"name": "flux", "uid": uid},
            "spec": {"operator": {"version": version}}, "status": {"conditions": [{"type": "Ready", "status": status}]}}));
        let gate = FreshReport::new(Some("old".to_owned()), "0.58.1");
        gate.judge(&Observation { snapshot: &Some(report), unchanged_for: Duration::ZERO })
    }

    #[test]
    fn a_report_left_by_an_earlier_install_is_refused() {
        assert_eq!(judge("old", "True", "v0.58.1"), Verdict::pending("the report is still the one from before"));
    }

    #[test]
    fn a_report_by_the_old_leader_is_refused() {
        assert!(judge("new", "True", "v0.57.0").to_string().contains("the old leader still answers"));
        assert!(judge("new", "True", "v0.58.1").is_proven());
    }

    #[test]
    fn a_new_report_that_is_not_ready_is_refused() {
        assert!(!judge("new", "Unknown", "v0.58.1").is_proven());
    }
}
