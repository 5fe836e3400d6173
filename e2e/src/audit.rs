//! What was asked of the API server with the kubeconfig that users of the lab get, as the API server itself wrote it down.

use std::path::Path;

use serde_json::{Value, json};

use crate::LabError;

/// The user of that kubeconfig. Nobody but those who are judged has it.
pub const USER: &str = "lab-user";

/// What the API server writes down: each request of [`USER`], once, when it comes in.
pub(crate) fn policy() -> Value {
    json!({"apiVersion": "audit.k8s.io/v1", "kind": "Policy",
        "omitStages": ["ResponseStarted", "ResponseComplete", "Panic"],
        "rules": [{"level": "Metadata", "users": [USER]}, {"level": "None"}]})
}

/// How many requests there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requests {
    /// That read once.
    pub reads: usize,
    /// That go on reading.
    pub watches: usize,
    /// That change something, or try to.
    pub writes: usize,
}

impl Requests {
    /// Those that the API server wrote down at `log`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(log: &Path) -> Result<Self, LabError> {
        let text = std::fs::read_to_string(log).map_err(LabError::io(format!("read {}", log.display())))?;
        Ok(Self::of(&text))
    }

    fn of(log: &str) -> Self {
        let mut requests = Self::default();
        for event in log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            match event["verb"].as_str().unwrap_or_default() {
                "get" | "list" => requests.reads += 1,
                "watch" => requests.watches += 1,
                _ => requests.writes += 1,
            }
        }
        requests
    }

    /// All of them.
    pub const fn total(&self) -> usize {
        self.reads + self.watches + self.writes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart_by_what_they_do() {
        let log = "{\"verb\":\"get\"}\n{\"verb\":\"watch\"}\n{\"verb\":\"patch\"}\n{\"verb\":\"create\"}\n";
        assert_eq!(Requests::of(log), Requests { reads: 1, watches: 1, writes: 2 });
        assert_eq!(Requests::of(log).total(), 4);
    }
}
