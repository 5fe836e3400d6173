//! The folder `flux-system/` of the repository: from a checkout, or from the server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fluxlift_config::SystemCommands;
use fluxlift_core::{Clock, ErrorKind};
use fluxlift_flux::Sync;
use fluxlift_flux::kinds::NAMESPACE;
use fluxlift_flux::migration::{Above, Folder, FolderError, NAMES, Plan};
use fluxlift_net::git::{GitCredentials, GitRemote};
use fluxlift_net::{Dial, HttpClient, TlsClient, TlsTrust};
use url::Url;

use super::code::SKIPPED;
use super::{checkout, unpublished};
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

/// Reads the folder that `flux bootstrap` wrote for what `sync` follows, and what is above it; `None` when there is no such
/// folder. Says where it was looked for. A checkout must be at `revision`, where Flux has fetched one, and be it as Git has it.
///
/// # Errors
/// When the place cannot be read, or is a checkout of something else.
pub async fn folder(
    place: &Place,
    (sync, revision): (&Sync, Option<&str>),
    token: Option<&SecretSource>,
    system: &System,
    dial: Arc<dyn Dial>,
    clock: Arc<dyn Clock>,
) -> Result<(Option<Folder>, String), Failure> {
    let path = Plan::folder_of(&sync.path);
    let root = path.strip_suffix(NAMESPACE).unwrap_or_default().trim_end_matches('/');
    let (files, shown) = match place {
        Place::Checkout(checkout) => {
            checkout::check(checkout, sync, revision)?;
            // Once the root is taken over nothing is carried along any more, and the steps are done in a checkout.
            if revision.is_some() {
                unpublished::check(checkout, &read_of(&path, root), &SystemCommands, &system.env)?;
            }
            (files_of(checkout, root)?, checkout.display().to_string())
        }
        Place::Server => {
            (server(sync, root, token, system, dial, clock).await?, format!("{} of {}", sync.reference, sync.url))
        }
    };
    Ok((files.map(|files| parsed(&path, root, files)).transpose()?.flatten(), shown))
}

/// What says how the folder at `path` is delivered: all that is in it, and the file above it.
fn read_of(path: &str, root: &str) -> Vec<String> {
    let above = NAMES.iter().map(|name| format!("{root}/{name}").trim_start_matches('/').to_owned());
    above.chain([path.to_owned()]).collect()
}

/// The folder at `path` among the `files` of all that the root applies.
fn parsed(path: &str, root: &str, files: BTreeMap<String, String>) -> Result<Option<Folder>, FolderError> {
    let start = format!("{NAMESPACE}/");
    let (inside, above): (BTreeMap<_, _>, BTreeMap<_, _>) =
        files.into_iter().partition(|(name, _)| name.starts_with(&start));
    let inside: BTreeMap<String, String> =
        inside.into_iter().filter_map(|(name, text)| Some((name.strip_prefix(&start)?.to_owned(), text))).collect();
    if inside.is_empty() {
        return Ok(None);
    }
    let folder = Folder::parse(path, &inside)?;
    Ok(Some(Folder { above: Above::parse(root, &above)?, ..folder }))
}

fn files_of(root: &Path, path: &str) -> Result<Option<BTreeMap<String, String>>, Failure> {
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
            let is_folder = path.is_dir() && !path.is_symlink();
            if is_folder && !path.file_name().is_some_and(|name| SKIPPED.iter().any(|skipped| name == *skipped)) {
                folders.push(path);
            } else if let (false, Ok(name), Ok(text)) =
                (is_folder, path.strip_prefix(&top), std::fs::read_to_string(&path))
            {
                files.insert(name.to_string_lossy().into_owned(), text);
            }
        }
    }
    Ok(Some(files))
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
