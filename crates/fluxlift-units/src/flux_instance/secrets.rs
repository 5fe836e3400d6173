//! The two Secrets that Flux reads: the age key and the Git credentials.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::Secret;
use fluxlift_engine::unit::{UnitContext, UnitError};
use fluxlift_flux::instance::{GIT_SECRET, SOPS_KEY, SOPS_SECRET};
use fluxlift_flux::kinds::NAMESPACE;
use fluxlift_kube::{ApplyAs, Cluster, Deletion, Object, ObjectRef, RequestError, kind};
use serde_json::{Value, json};

use super::Inputs;

/// What says that a Secret is ours to delete.
const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "fluxlift");

/// The Secrets that the inputs call for.
pub fn wanted(inputs: &Inputs) -> Vec<Object> {
    let mut secrets = Vec::new();
    if let Some(key) = inputs.age_key() {
        secrets.push(secret(SOPS_SECRET, &[(SOPS_KEY, key)]));
    }
    if let Some(token) = inputs.token() {
        let user = Secret::new("git".to_owned());
        secrets.push(secret(GIT_SECRET, &[("username", &user), ("password", token)]));
    }
    secrets
}

fn target(name: &str) -> ObjectRef {
    ObjectRef::namespaced(kind::SECRET, NAMESPACE, name)
}

fn secret(name: &str, data: &[(&str, &Secret<String>)]) -> Object {
    let data: Value =
        data.iter().map(|(key, value)| ((*key).to_owned(), json!(STANDARD.encode(value.expose())))).collect();
    Object::named(&target(name)).with("type", json!("Opaque")).with("data", data)
}

/// Which of them differ from what the cluster has, one line each.
pub async fn differences(cluster: &Cluster, wanted: &[Object]) -> Result<Vec<String>, RequestError> {
    let mut found = Vec::new();
    for secret in wanted {
        match cluster.get(&target(secret.name())).await? {
            None => found.push(format!("{} does not exist", secret.title())),
            Some(live) if !holds(&live, secret) => found.push(format!("{} differs", secret.title())),
            Some(_) => {}
        }
    }
    Ok(found)
}

/// Whether every key of `wanted` is in `live` as it should be. Other keys there are somebody else's.
fn holds(live: &Object, wanted: &Object) -> bool {
    let wanted = wanted.at("/data").as_object().into_iter().flatten();
    wanted.into_iter().all(|(key, value)| live.at("/data").get(key) == Some(value))
}

/// Makes them so. Only a Secret that we create gets our mark: one that was there before stays somebody else's, and gets
/// our keys.
pub async fn apply(cx: &UnitContext, cluster: &Cluster, wanted: &[Object]) -> Result<(), UnitError> {
    for secret in wanted {
        let live = cluster.get(&target(secret.name())).await?;
        let ours = live.is_none_or(|live| live.label(MANAGED_BY.0) == Some(MANAGED_BY.1));
        let secret = if ours { &secret.clone().with_label(MANAGED_BY.0, MANAGED_BY.1) } else { secret };
        cluster.apply(&kind::SECRET, secret, ApplyAs::OWNER).await?;
        cx.gates.events.step("applied", secret.title());
    }
    Ok(())
}

/// Deletes those that carry our mark.
pub async fn delete(cx: &UnitContext, cluster: &Cluster) -> Result<(), UnitError> {
    for name in [SOPS_SECRET, GIT_SECRET] {
        let target = target(name);
        let Some(live) = cluster.get(&target).await? else { continue };
        if live.label(MANAGED_BY.0) == Some(MANAGED_BY.1) && cluster.delete(&target, &Deletion::of(&live)).await? {
            cx.gates.events.step("deleted", target.to_string());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_the_names_and_keys_that_flux_reads() {
        let inputs: Inputs =
            serde_json::from_value(json!({"flux_version": "2.9.4", "git_repository": "http://g/r.git",
            "sops_age_key": "AGE-SECRET-KEY-1X", "github_token": "t"}))
            .unwrap();
        let secrets = wanted(&inputs);
        assert_eq!(secrets[0].title(), "secret/flux-system/sops-age");
        assert_eq!(secrets[0].at("/data")["age.agekey"], STANDARD.encode("AGE-SECRET-KEY-1X"));
        assert_eq!(secrets[1].title(), "secret/flux-system/flux-system");
        assert_eq!(secrets[1].at("/data")["username"], STANDARD.encode("git"));
    }

    #[test]
    fn keys_of_somebody_else_are_no_difference() {
        let ours = secret(SOPS_SECRET, &[(SOPS_KEY, &Secret::new("k".to_owned()))]);
        let with = |data: Value| Object::new(json!({ "data": data }));
        assert!(holds(&with(json!({SOPS_KEY: STANDARD.encode("k"), "other.agekey": "eA=="})), &ours));
        assert!(!holds(&with(json!({SOPS_KEY: STANDARD.encode("old")})), &ours));
        assert!(!holds(&with(json!({})), &ours));
    }

    #[test]
    fn an_empty_token_makes_no_secret() {
        let inputs: Inputs =
            serde_json::from_value(json!({"flux_version": "2.x", "git_repository": "http://g", "github_token": ""}))
                .unwrap();
        assert!(wanted(&inputs).is_empty());
    }
}
