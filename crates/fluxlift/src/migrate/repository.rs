//! The folder `flux-system/` of the repository: from a checkout, or from the server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fluxlift_core::{Clock, ErrorKind};
use fluxlift_flux::Sync;
use fluxlift_flux::migration::{Folder, Plan};
use fluxlift_net::git::{GitCredentials, GitRemote};
use fluxlift_net::{Dial, HttpClient, TlsClient, TlsTrust};
use url::Url;

use crate::bootstrap::SecretSource;
use crate::system::System;
use crate::ui::Failure;

/// How long the server may take over one commit of the repository.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the repository is read.
#[derive(Debug, Clone)]
pub enum Place {
    /// A checkout on this machine.
    Checkout(PathBuf),
    /// The server that Flux follows.
    Server,
}

/// Reads the folder that `flux bootstrap` wrote for what `sync` follows; `None` when there is no such folder. Says where it
/// was looked for.
///
/// # Errors
/// When the place cannot be read.
pub async fn folder(
    place: &Place,
    sync: &Sync,
    token: Option<&SecretSource>,
    system: &System,
    dial: Arc<dyn Dial>,
    clock: Arc<dyn Clock>,
) -> Result<(Option<Folder>, String), Failure> {
    let path = Plan::folder_of(&sync.path);
    if let Place::Checkout(root) = place {
        check_branch(root, sync)?;
    }
    let (files, shown) = match place {
        Place::Checkout(root) => (checkout(root, &path)?, root.display().to_string()),
        Place::Server => {
            (server(sync, &path, token, system, dial, clock).await?, format!("{} of {}", sync.reference, sync.url))
        }
    };
    let folder = files.map(|files| Folder::parse(&path, &files)).transpose()?;
    Ok((folder, shown))
}

fn checkout(root: &Path, path: &str) -> Result<Option<BTreeMap<String, String>>, Failure> {
    if !root.is_dir() {
        return Err(Failure::new(ErrorKind::Failed, format!("{} is no folder", root.display())));
    }
    let top = root.join(path);
    if !top.is_dir() {
        return Ok(None);
    }
    let (mut files, mut folders) = (BTreeMap::new(), vec![top.clone()]);
    while let Some(folder) = folders.pop() {
        let unreadable = |error| Failure::because(format!("{} cannot be read", folder.display()), &error);
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if let (Ok(name), Ok(text)) = (path.strip_prefix(&top), std::fs::read_to_string(&path)) {
                files.insert(name.to_string_lossy().into_owned(), text);
            }
        }
    }
    Ok(Some(files))
}

/// A checkout of another branch says nothing about what Flux follows: patches that it lacks would be lost.
fn check_branch(root: &Path, sync: &Sync) -> Result<(), Failure> {
    // An export without Git's own folder has no branch.
    let Ok(head) = std::fs::read_to_string(root.join(".git/HEAD")) else { return Ok(()) };
    let here = head.trim().strip_prefix("ref: ").unwrap_or(head.trim());
    if here.starts_with("refs/") && sync.reference.starts_with("refs/heads/") && here != sync.reference {
        let what = format!("{} is at {here}, and Flux follows {}", root.display(), sync.reference);
        return Err(Failure::new(ErrorKind::Failed, what)
            .with_hint("check out the branch that Flux follows, or leave out --repo"));
    }
    Ok(())
}

async fn server(
    sync: &Sync,
    path: &str,
    token: Option<&SecretSource>,
    system: &System,
    dial: Arc<dyn Dial>,
    clock: Arc<dyn Clock>,
) -> Result<Option<BTreeMap<String, String>>, Failure> {
    let hint = "name a checkout of it with --repo; for a private repository give a token in FLUXLIFT_GIT_TOKEN or with \
                --git-token-file";
    let url = Url::parse(&sync.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(|| {
        Failure::new(ErrorKind::Failed, format!("{} cannot be read from here: it is no http address", sync.url))
            .with_hint("name a checkout of it with --repo")
    })?;
    let token = token.cloned().or_else(|| SecretSource::of_token(&url, system));
    let token = token.map(|source| source.read("Git token", system)).transpose()?;
    let credentials = token.map(|token| GitCredentials { user: "git".to_owned(), token });
    let tls = TlsClient::new(&TlsTrust::System, clock).ok();
    let http = HttpClient::new(dial, tls).with_timeout(PATIENCE);
    let remote = GitRemote::new(http, &sync.url, credentials)?;
    let files = remote.files(&sync.reference, path).await.map_err(|error| Failure::from(error).with_hint(hint))?;
    let text = |(name, bytes): (String, Vec<u8>)| Some((name, String::from_utf8(bytes).ok()?));
    Ok(files.map(|files| files.into_iter().filter_map(text).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_of_another_branch_is_refused() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join(".git")).unwrap();
        let at = |head: &str| {
            std::fs::write(root.path().join(".git/HEAD"), head).unwrap();
            let sync = Sync::git("http://git.test/home-ops.git", "refs/heads/main", "clusters/home");
            check_branch(root.path(), &sync)
        };
        at("ref: refs/heads/main\n").unwrap_or_else(|failure| panic!("{}", failure.render()));
        assert!(at("ref: refs/heads/feature\n").unwrap_err().render().contains("refs/heads/feature"));
    }
}
