//! Where a checkout stands, against what Flux follows.

use std::fs;
use std::path::{Path, PathBuf};

use fluxlift_core::ErrorKind;
use fluxlift_flux::Sync;

use crate::ui::Failure;

/// Where a checkout stands.
#[derive(Debug, Default, PartialEq, Eq)]
struct Head {
    /// The full name of its branch, or the commit where there is no branch.
    here: String,
    /// The commit, where it can be told.
    commit: Option<String>,
}

/// Refuses a checkout that says nothing about what Flux follows, at `revision` by now: patches that it lacks would be lost.
///
/// # Errors
/// When it is of another branch, or at another commit.
pub(super) fn check(root: &Path, sync: &Sync, revision: Option<&str>) -> Result<(), Failure> {
    // An export without Git's own folder stands nowhere.
    let Some(Head { here, commit }) = head(root) else { return Ok(()) };
    if here.starts_with("refs/") && sync.reference.starts_with("refs/heads/") && here != sync.reference {
        let what = format!("{} is at {here}, and Flux follows {}", root.display(), sync.reference);
        return Err(Failure::new(ErrorKind::Failed, what)
            .with_hint("check out the branch that Flux follows, or leave out --repo"));
    }
    let fetched = revision.and_then(|revision| revision.rsplit_once(':')).map(|(_, commit)| commit);
    match (commit, fetched) {
        (Some(commit), Some(fetched)) if commit != fetched => {
            let what = format!(
                "{} is at commit {}, and Flux has fetched {} of {}",
                root.display(),
                short(&commit),
                short(fetched),
                sync.reference
            );
            Err(Failure::new(ErrorKind::Failed, what)
                .with_hint("pull, or push and wait until Flux has fetched it, or leave out --repo"))
        }
        _ => Ok(()),
    }
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

fn head(root: &Path) -> Option<Head> {
    let folder = git_folder(root)?;
    let head = fs::read_to_string(folder.join("HEAD")).ok()?;
    let Some(branch) = head.trim().strip_prefix("ref: ") else {
        let commit = head.trim().to_owned();
        return Some(Head { here: commit.clone(), commit: Some(commit) });
    };
    // Branches are common to all worktrees of a repository.
    let shared = fs::read_to_string(folder.join("commondir")).map(|path| folder.join(path.trim()));
    let shared = shared.unwrap_or(folder);
    let loose = fs::read_to_string(shared.join(branch)).map(|commit| commit.trim().to_owned()).ok();
    Some(Head { here: branch.to_owned(), commit: loose.or_else(|| packed(&shared, branch)) })
}

/// Git's own folder; that of a worktree is named in a file.
fn git_folder(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = fs::read_to_string(&git).ok()?;
    Some(root.join(text.trim().strip_prefix("gitdir: ")?))
}

fn packed(folder: &Path, branch: &str) -> Option<String> {
    let text = fs::read_to_string(folder.join("packed-refs")).ok()?;
    let mut entries = text.lines().filter_map(|line| line.split_once(' '));
    entries.find(|(_, name)| *name == branch).map(|(commit, _)| commit.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "1111111111111111111111111111111111111111";
    const NEW: &str = "2222222222222222222222222222222222222222";

    fn checked(root: &Path, revision: Option<&str>) -> Result<(), String> {
        let sync = Sync::git("http://git.test/home-ops.git", "refs/heads/main", "clusters/home");
        check(root, &sync, revision).map_err(|failure| failure.render())
    }

    fn write(path: PathBuf, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_checkout_of_another_branch_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let at = |head: &str| {
            write(root.path().join(".git/HEAD"), head);
            checked(root.path(), None)
        };
        at("ref: refs/heads/main\n").unwrap();
        assert!(at("ref: refs/heads/feature\n").unwrap_err().contains("refs/heads/feature"));
    }

    #[test]
    fn a_checkout_that_is_not_at_what_flux_has_fetched_is_refused_however_git_keeps_its_branches() {
        let live = format!("main@sha1:{NEW}");
        let loose = tempfile::tempdir().unwrap();
        write(loose.path().join(".git/HEAD"), "ref: refs/heads/main\n");
        write(loose.path().join(".git/refs/heads/main"), &format!("{OLD}\n"));
        let packed = tempfile::tempdir().unwrap();
        write(packed.path().join(".git/HEAD"), "ref: refs/heads/main\n");
        write(packed.path().join(".git/packed-refs"), &format!("# pack-refs with: peeled\n{OLD} refs/heads/main\n"));
        let detached = tempfile::tempdir().unwrap();
        write(detached.path().join(".git/HEAD"), OLD);
        let worktree = tempfile::tempdir().unwrap();
        let own = loose.path().join(".git/worktrees/w");
        write(worktree.path().join(".git"), &format!("gitdir: {}\n", own.display()));
        write(own.join("HEAD"), "ref: refs/heads/main\n");
        write(own.join("commondir"), "../..\n");
        for root in [&loose, &packed, &detached, &worktree] {
            let said = checked(root.path(), Some(&live)).unwrap_err();
            assert!(said.contains("is at commit 111111111111, and Flux has fetched 222222222222"), "{said}");
            checked(root.path(), Some(&format!("main@sha1:{OLD}"))).unwrap();
            // Flux has fetched nothing yet, and nothing can be compared.
            checked(root.path(), None).unwrap();
        }
    }

    #[test]
    fn an_export_without_git_s_own_folder_stands_nowhere() {
        checked(tempfile::tempdir().unwrap().path(), Some(&format!("main@sha1:{NEW}"))).unwrap();
    }
}
