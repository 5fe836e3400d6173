//! What a Pod's status says.

use std::net::Ipv4Addr;

use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

/// How a Pod is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    /// What the cluster is told about where it is.
    pub(super) address: Ipv4Addr,
    /// Whether its program runs, or is said to.
    pub(super) up: bool,
    /// Whether its probe says that it is ready.
    pub(super) ready: bool,
    /// How often it was started again.
    pub(super) restarts: i32,
    /// When the Pod was taken on.
    pub(super) since: String,
    /// When the program was started.
    pub(super) started: String,
    /// When `ready` changed last.
    pub(super) changed: String,
    /// How it ended before.
    pub(super) ended: Option<Ended>,
}

/// The end of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) started: String,
    pub(super) finished: String,
}

/// The status, as a merge patch.
pub(super) fn patch(pod: &Pod, state: &State) -> Value {
    let ended = state.ended.as_ref().map(|ended| {
        json!({"exitCode": ended.code, "reason": if ended.code == 0 { "Completed" } else { "Error" },
            "startedAt": ended.started, "finishedAt": ended.finished})
    });
    let containers: Vec<Value> = pod.spec.iter().flat_map(|spec| &spec.containers).map(|container| {
        let image = container.image.clone().unwrap_or_default();
        let now = if state.up {
            json!({"running": {"startedAt": state.started}})
        } else if ended.is_some() {
            json!({"waiting": {"reason": "CrashLoopBackOff", "message": "the program ended and is started again soon"}})
        } else {
            json!({"waiting": {"reason": "ContainerCreating"}})
        };
        json!({"name": container.name, "image": image, "imageID": image, "ready": state.ready, "started": state.up,
            "restartCount": state.restarts, "state": now,
            "lastState": ended.as_ref().map_or(json!({}), |ended| json!({"terminated": ended}))})
    }).collect();
    let condition = |kind: &str, is: bool| {
        let mut condition = json!({"type": kind, "status": if is { "True" } else { "False" }, "lastProbeTime": null,
            "lastTransitionTime": if kind == "Ready" || kind == "ContainersReady" { &state.changed } else { &state.since }});
        if !is {
            condition["reason"] = json!("ContainersNotReady");
            condition["message"] = json!("its containers are not ready");
        }
        condition
    };
    json!({"status": {
        "phase": if state.up || ended.is_some() { "Running" } else { "Pending" },
        "hostIP": "10.0.0.1", "podIP": state.address.to_string(), "podIPs": [{"ip": state.address.to_string()}],
        "startTime": state.since,
        "conditions": [
            condition("PodReadyToStartContainers", true), condition("Initialized", true), condition("PodScheduled", true),
            condition("ContainersReady", state.ready), condition("Ready", state.ready),
        ],
        "containerStatuses": containers,
    }})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let time = "2026-01-01T00:00:00Z".to_owned();
        State {
            address: Ipv4Addr::new(10, 244, 0, 100),
            up: true,
            ready: false,
            restarts: 0,
            since: time.clone(),
            started: time.clone(),
            changed: time,
            ended: None,
        }
    }

    fn pod() -> Pod {
        serde_json::from_value(json!({"spec": {"containers": [{"name": "manager", "image": "x/y:1"}]}})).unwrap()
    }

    #[test]
    fn a_program_that_runs_but_is_not_ready_is_running_and_not_ready() {
        let status = patch(&pod(), &state())["status"].clone();
        assert_eq!(status["phase"], "Running");
        assert_eq!(status["containerStatuses"][0]["ready"], false);
        let ready = status["conditions"].as_array().unwrap().iter().find(|c| c["type"] == "Ready").unwrap();
        assert_eq!(ready["status"], "False");
    }

    #[test]
    fn a_program_that_ended_is_waiting_and_its_end_is_told() {
        let time = "2026-01-01T00:00:00Z".to_owned();
        let ended = Some(Ended { code: 137, started: time.clone(), finished: time });
        let status = patch(&pod(), &State { up: false, restarts: 1, ended, ..state() })["status"].clone();
        assert_eq!(status["containerStatuses"][0]["lastState"]["terminated"]["exitCode"], 137);
        assert_eq!(status["containerStatuses"][0]["restartCount"], 1);
        assert_eq!(status["phase"], "Running");
    }
}
