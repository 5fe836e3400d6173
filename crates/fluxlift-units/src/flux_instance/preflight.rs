//! Looking before leaping: read-only checks.

use std::path::Path;
use std::sync::Arc;

use fluxlift_config::sops::{self, Format, Identities, MOST};
use fluxlift_core::{Secret, chain};
use fluxlift_engine::unit::{Check, UnitSpec};
use fluxlift_net::git::{GitCredentials, GitRemote};
use fluxlift_net::{HttpClient, TlsClient, TlsTrust};

use super::Inputs;
use crate::Outside;

/// Checks what the unit needs, besides the cluster.
pub async fn checks(inputs: &Inputs, spec: &UnitSpec, outside: &Outside) -> Vec<Check> {
    let mut checks = vec![git(inputs, spec, outside).await];
    if let Some(key) = inputs.age_key() {
        let folder = spec.repo_root.join(inputs.path(spec));
        checks.push(Check { name: "age key opens the repository's secrets".to_owned(), outcome: age(key, &folder) });
    }
    checks
}

async fn git(inputs: &Inputs, spec: &UnitSpec, outside: &Outside) -> Check {
    let (branch, path) = (&inputs.git_branch, inputs.path(spec));
    let name = format!("Git {branch} has {path}");
    let tls = TlsClient::new(&TlsTrust::System, Arc::clone(&outside.clock)).ok();
    let http = HttpClient::new(Arc::clone(&outside.dial), tls);
    let credentials = inputs.token().map(|token| GitCredentials { user: "git".to_owned(), token: token.clone() });
    let outcome = match GitRemote::new(http, &inputs.git_repository, credentials) {
        Ok(remote) => match remote.look(branch, &path).await {
            Ok(seen) if seen.found.is_some() => Ok(format!("{} is at {}", seen.full_ref, seen.commit)),
            Ok(seen) => Err(format!("{} has no {path}: push the folder or change git_path", seen.full_ref)),
            Err(error) => Err(chain(&error)),
        },
        Err(error) => Err(chain(&error)),
    };
    Check { name, outcome }
}

/// Whether the key is one, and opens every encrypted file below `folder`.
fn age(key: &Secret<String>, folder: &Path) -> Result<String, String> {
    let identities = Identities::parse("sops_age_key", key.expose()).map_err(|error| chain(&error))?;
    let public = identities.recipients().join(", ");
    if public.is_empty() {
        return Err("sops_age_key holds no line that begins with AGE-SECRET-KEY-".to_owned());
    }
    let encrypted = sops::below([folder.to_owned()]);
    for (path, text) in &encrypted.files {
        sops::decrypt(path, text, Format::of_path(path), &identities)
            .map_err(|error| format!("{public} does not open {}: {}", path.display(), chain(&error)))?;
    }
    let part =
        if encrypted.whole { String::new() } else { format!(", of whose files the first {MOST} were looked at") };
    Ok(match encrypted.files.len() {
        0 => format!("{public} is a key; {} holds nothing to open{part}", folder.display()),
        files => format!("{public} opens all {files} encrypted files in {}{part}", folder.display()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_the_key_does_not_open_is_named() {
        use age::secrecy::ExposeSecret as _;
        let folder = tempfile::tempdir().unwrap();
        let (identity, other) = (age::x25519::Identity::generate(), age::x25519::Identity::generate());
        let key = Secret::new(identity.to_string().expose_secret().to_owned());
        let file = |name: &str, recipient: String| {
            let now = fluxlift_core::Timestamp::UNIX_EPOCH;
            let text = sops::encrypt("a: b\n", Format::Yaml, &[recipient], now, &mut rand::thread_rng()).unwrap();
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        assert!(age(&key, folder.path()).unwrap().ends_with("holds nothing to open"));
        file("a.yaml", identity.to_public().to_string());
        assert!(age(&key, folder.path()).unwrap().contains("opens all 1 encrypted files"));
        file("b.yaml", other.to_public().to_string());
        let error = age(&key, folder.path()).unwrap_err();
        assert!(error.contains("does not open") && error.contains("b.yaml"), "{error}");
    }
}
