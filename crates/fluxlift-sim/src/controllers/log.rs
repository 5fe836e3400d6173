//! The log lines of controllers, as `kubectl logs` shows them.

use serde_json::json;

use super::{Controller, ProcessId};
use crate::World;
use crate::kube::Key;

/// A line about the process itself.
pub fn say(world: &mut World, process: ProcessId, logger: &str, message: &str, fields: &[(&str, &str)]) {
    let mut line = json!({"level": "info"});
    if !logger.is_empty() {
        line["logger"] = json!(logger);
    }
    write(world, process, line, message, fields);
}

/// A line about an object that a controller works on.
pub fn about(
    world: &mut World,
    process: ProcessId,
    level: &str,
    controller: Controller,
    object: &Key,
    message: &str,
    fields: &[(&str, &str)],
) {
    let line = json!({"level": level, "controller": controller.name(),
        "namespace": object.namespace.as_deref().unwrap_or_default(), "name": object.name});
    write(world, process, line, message, fields);
}

fn write(world: &mut World, process: ProcessId, mut line: serde_json::Value, message: &str, fields: &[(&str, &str)]) {
    let Some(running) = world.controllers.processes.get(&process) else { return };
    let (Some(pod), container) = (running.pod.clone(), running.container.clone()) else { return };
    line["ts"] = json!(world.now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string());
    line["msg"] = json!(message);
    for (key, value) in fields {
        line[*key] = json!(value);
    }
    let namespace = pod.namespace.unwrap_or_default();
    world.kube.log(&namespace, &pod.name, &container, world.now, line.to_string());
}
