//! The Secret with the repository's address and password.

use fluxlift_core::{Gate, GateName, Observation, Verdict};
use fluxlift_kube::Object;

use super::super::Destination;

/// What a mover can't do without.
const KEYS: [&str; 2] = ["KOPIA_REPOSITORY", "KOPIA_PASSWORD"];

/// Proven when the Secret is there with an address and a password. Neither is told.
#[derive(Debug, Clone)]
pub struct SecretPresent {
    namespace: String,
    name: String,
}

impl SecretPresent {
    /// The Secret of `destination`.
    pub fn of(destination: &Destination) -> Self {
        Self { namespace: destination.namespace.clone(), name: destination.secret.clone() }
    }
}

impl Gate for SecretPresent {
    type Snapshot = Option<Object>;

    fn name(&self) -> GateName {
        GateName::new(format!("secret/{}/{} present", self.namespace, self.name))
    }

    fn judge(&self, seen: &Observation<'_, Option<Object>>) -> Verdict {
        let title = format!("secret/{}/{}", self.namespace, self.name);
        let Some(secret) = seen.snapshot else { return Verdict::pending(format!("{title} does not exist yet")) };
        if secret.is_terminating() {
            return Verdict::pending(format!("{title} is being deleted"));
        }
        let lacks =
            |key: &&&str| secret.at("/data").get(**key).and_then(|value| value.as_str()).is_none_or(str::is_empty);
        match KEYS.iter().find(lacks) {
            Some(key) => Verdict::pending(format!("{title} has no {key}")),
            None => Verdict::proven(secret.evidence(format!("has {}", KEYS.join(" and ")))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn judge(data: Value) -> Verdict {
        let snapshot =
            Some(Object::new(json!({"kind": "Secret", "metadata": {"name": "s", "namespace": "apps"}, "data": data})));
        let gate = SecretPresent { namespace: "apps".to_owned(), name: "s".to_owned() };
        gate.judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    }

    #[test]
    fn a_secret_without_a_password_is_refused_and_what_it_holds_is_not_told() {
        assert_eq!(
            judge(json!({"KOPIA_REPOSITORY": "czM6Ly9h"})),
            Verdict::pending("secret/apps/s has no KOPIA_PASSWORD")
        );
        assert!(!judge(json!({"KOPIA_REPOSITORY": "", "KOPIA_PASSWORD": "cA=="})).is_proven());
        let proven = judge(json!({"KOPIA_REPOSITORY": "czM6Ly9h", "KOPIA_PASSWORD": "cGFzcw=="}));
        assert!(proven.is_proven() && !format!("{proven:?}").contains("cGFz"), "{proven:?}");
    }
}
