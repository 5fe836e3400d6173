//! The API server answers, and calls itself ready.

use fluxlift_kube::Pulse;

use crate::doctor::ids::{API_NOT_READY, API_UNREACHABLE};
use crate::doctor::{Finding, Judged, Read};

pub(super) fn judge(api: &Read<Pulse>) -> Judged {
    let pulse = match api {
        Ok(pulse) => pulse,
        Err(why) => {
            let act = "check that the control planes are up, that this machine reaches them, and that the kubeconfig \
                       is this cluster's: `kubectl get --raw /readyz`";
            return Judged::found(Finding::error(API_UNREACHABLE, why.to_string(), act));
        }
    };
    if pulse.is_ready() {
        return Judged::fine("/readyz answers with ok");
    }
    // Who may not ask has still been answered.
    if matches!(pulse.status.as_u16(), 401 | 403) {
        let mut judged = Judged::default();
        judged.not_known(format!("/readyz answers with {}: this user may not ask", pulse.status));
        return judged;
    }
    let failing = match pulse.failing.as_slice() {
        [] => String::new(),
        failing => format!("; not ready: {}", failing.join(", ")),
    };
    let act = "wait a moment if it has just started; else see what fails with `kubectl get --raw '/readyz?verbose'`, \
               and read the logs of kube-apiserver and etcd";
    Judged::found(Finding::error(API_NOT_READY, format!("/readyz answers with {}{failing}", pulse.status), act))
}

#[cfg(test)]
mod tests {
    use fluxlift_core::Timestamp;

    use super::*;
    use crate::doctor::{Severity, Unread};

    fn answered(status: u16, failing: &[&str]) -> Judged {
        judge(&Ok(Pulse {
            status: status.try_into().unwrap(),
            failing: failing.iter().map(|&name| name.to_owned()).collect(),
            date: None,
            at: Timestamp::UNIX_EPOCH,
        }))
    }

    #[test]
    fn an_answer_that_is_ok_is_fine() {
        assert!(answered(200, &[]).findings.is_empty());
    }

    #[test]
    fn a_server_that_answers_and_is_not_ready_is_not_taken_for_a_healthy_one() {
        let found = answered(500, &["etcd"]).findings;
        assert_eq!((found[0].id, found[0].severity), ("api-not-ready", Severity::Error));
        assert!(found[0].seen.ends_with("not ready: etcd"));
    }

    #[test]
    fn no_answer_is_an_error_and_no_permission_is_not_known() {
        assert_eq!(judge(&Err(Unread::because("refused"))).findings[0].id, "api-unreachable");
        assert_eq!(answered(403, &[]).findings[0].severity, Severity::Unknown);
    }
}
