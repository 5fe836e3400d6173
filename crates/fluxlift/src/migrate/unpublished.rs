//! Whether a checkout is as Git has it, where a migration reads it: what is not committed Flux has never seen.

use std::path::Path;

use fluxlift_config::{CommandRunner, Environment};
use fluxlift_core::ErrorKind;

use crate::ui::Failure;

/// How many names an error holds.
const MOST: usize = 5;

/// Refuses a checkout whose `paths` differ from its commit: a patch that is only there would be taken for one that is live,
/// and one that was only taken out would be lost.
///
/// # Errors
/// When one does, or Git does not say.
pub(super) fn check(
    checkout: &Path,
    paths: &[String],
    git: &dyn CommandRunner,
    env: &Environment,
) -> Result<(), Failure> {
    // An export without Git's own folder is what it is.
    if !checkout.join(".git").exists() {
        return Ok(());
    }
    let words = ["git", "--no-optional-locks", "status", "--porcelain", "--untracked-files=all", "--"];
    let line: Vec<String> = words.into_iter().map(str::to_owned).chain(paths.iter().cloned()).collect();
    let mut env = env.clone();
    // Those of a Git that has called us are about its own repository.
    env.vars.retain(|name, _| !name.starts_with("GIT_"));
    let said = git.run(checkout, &line, &env).map_err(|why| {
        let what = format!("whether {} is as it was committed cannot be told: {why}", checkout.display());
        Failure::new(ErrorKind::Failed, what).with_hint("see that `git status` works there, or leave out --repo")
    })?;
    let changed: Vec<&str> = said.lines().filter_map(|line| line.get(3..)).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let more = changed.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let names = changed.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    let what = format!("{} has what was never committed, and Flux has never seen: {names}{more}", checkout.display());
    Err(Failure::new(ErrorKind::Failed, what)
        .with_hint("commit it, push, and wait until Flux has fetched it; or `git stash` it; or leave out --repo"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Git that says this of these paths, to nobody who brings variables of another one.
    struct Says(Result<&'static str, &'static str>);

    impl CommandRunner for Says {
        fn run(&self, _: &Path, line: &[String], env: &Environment) -> Result<String, String> {
            assert_eq!(line.last().map(String::as_str), Some("clusters/main/flux-system"));
            assert!(env.get("GIT_DIR").is_none() && env.get("PATH").is_some());
            self.0.map(str::to_owned).map_err(str::to_owned)
        }
    }

    fn checked(git: Result<&'static str, &'static str>, has_git: bool) -> Result<(), String> {
        let root = tempfile::tempdir().unwrap();
        if has_git {
            std::fs::create_dir(root.path().join(".git")).unwrap();
        }
        let env = Environment::from_vars([("GIT_DIR", "/another"), ("PATH", "/bin")]);
        let paths = ["clusters/main/flux-system".to_owned()];
        check(root.path(), &paths, &Says(git), &env).map_err(|failure| failure.render())
    }

    #[test]
    fn a_checkout_with_what_was_never_committed_is_refused_by_name() {
        checked(Ok(""), true).unwrap();
        let said = checked(Ok(" M clusters/main/flux-system/kustomization.yaml\n?? a\n?? b\n?? c\n?? d\n?? e\n"), true);
        let said = said.unwrap_err();
        assert!(
            said.contains("never seen: clusters/main/flux-system/kustomization.yaml, a, b, c, d and 1 more"),
            "{said}"
        );
    }

    #[test]
    fn a_git_that_does_not_answer_is_no_clean_checkout() {
        let said = checked(Err("git ended with exit status: 128"), true).unwrap_err();
        assert!(said.contains("cannot be told: git ended with exit status: 128"), "{said}");
        // Without Git's own folder there is nobody to ask.
        checked(Err("never asked"), false).unwrap();
    }
}
