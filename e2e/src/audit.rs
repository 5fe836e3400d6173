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

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What was to be done, in Kubernetes's own word.
    pub verb: String,
    /// The path and the query.
    pub uri: String,
}

impl Request {
    /// Those that the API server wrote down at `log`, in order.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn all(log: &Path) -> Result<Vec<Self>, LabError> {
        let text = std::fs::read_to_string(log).map_err(LabError::io(format!("read {}", log.display())))?;
        let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(events.map(|event| Self { verb: word(&event["verb"]), uri: word(&event["requestURI"]) }).collect())
    }

    /// The resourceVersion from which something is watched, or that a list may not be older than.
    pub fn version(&self) -> Option<u64> {
        let query = self.uri.split_once('?')?.1;
        query.split('&').find_map(|pair| pair.strip_prefix("resourceVersion=")?.parse().ok())
    }
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
    fn a_watch_is_asked_for_from_a_version() {
        let request = |uri: &str| Request { verb: "watch".to_owned(), uri: uri.to_owned() };
        assert_eq!(request("/api/v1/pods?watch=true&resourceVersion=12&timeoutSeconds=1").version(), Some(12));
        assert_eq!(request("/api/v1/pods?watch=true&resourceVersion=").version(), None);
        assert_eq!(request("/api/v1/pods").version(), None);
    }

    #[test]
    fn requests_are_told_apart_by_what_they_do() {
        let log = "{\"verb\":\"get\"}\n{\"verb\":\"watch\"}\n{\"verb\":\"patch\"}\n{\"verb\":\"create\"}\n";
        assert_eq!(Requests::of(log), Requests { reads: 1, watches: 1, writes: 2 });
        assert_eq!(Requests::of(log).total(), 4);
    }
}
