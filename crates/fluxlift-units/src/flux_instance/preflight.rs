//! Looking before leaping: read-only checks.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;

use fluxlift_core::Secret;
use fluxlift_engine::unit::{Check, UnitSpec};
use fluxlift_net::git::{GitCredentials, GitRemote};
use fluxlift_net::{HttpClient, TlsClient, TlsTrust};

use super::Inputs;
use crate::Outside;

/// How much of the repository is looked through for encrypted files.
const FILES: usize = 2000;

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

/// Whether the key is one, and is among the recipients of every encrypted file below `folder`.
fn age(key: &Secret<String>, folder: &Path) -> Result<String, String> {
    let line = key.expose().lines().map(str::trim).find(|line| line.starts_with("AGE-SECRET-KEY-"));
    let line = line.ok_or("sops_age_key holds no line that begins with AGE-SECRET-KEY-")?;
    let identity = age::x25519::Identity::from_str(line).map_err(|error| format!("sops_age_key is broken: {error}"))?;
    let public = identity.to_public().to_string();
    let encrypted: Vec<(PathBuf, String)> = encrypted_files(folder);
    match encrypted.iter().find(|(_, text)| !text.contains(&public)) {
        Some((path, _)) => Err(format!("{} is not encrypted to {public}", path.display())),
        None => Ok(format!("{public} is a recipient of {} encrypted files", encrypted.len())),
    }
}

/// The files below `folder` that SOPS has encrypted, with their text.
fn encrypted_files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        for path in paths {
            seen += 1;
            if seen > FILES {
                return found;
            }
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path)
                && text.contains("sops:")
                && text.contains("ENC[AES256_GCM,")
            {
                found.push((path, text));
            }
        }
    }
    found
}

/// An error and its causes, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_encrypted_to_somebody_else_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let identity = age::x25519::Identity::generate();
        let key = Secret::new({
            use age::secrecy::ExposeSecret as _;
            identity.to_string().expose_secret().to_owned()
        });
        let file = |name: &str, recipient: &str| {
            let text = format!("a: ENC[AES256_GCM,data:x]\nsops:\n  age:\n    - recipient: {recipient}\n");
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        file("a.yaml", &identity.to_public().to_string());
        assert!(age(&key, folder.path()).unwrap().ends_with("is a recipient of 1 encrypted files"));
        file("b.yaml", "age1somebodyelse");
        assert!(age(&key, folder.path()).unwrap_err().contains("b.yaml is not encrypted to age1"));
    }
}
