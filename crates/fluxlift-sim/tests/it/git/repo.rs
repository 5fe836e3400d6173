//! A repository as its files and commits.

use fluxlift_core::Timestamp;
use fluxlift_sim::git::GitRepo;

fn files() -> [(&'static str, &'static str); 3] {
    [("README.md", "hi"), ("kubernetes/apps/a.yaml", "a: 1"), ("kubernetes/flux/b.yaml", "b: 1")]
}

#[test]
fn a_revision_gives_back_the_files_that_were_committed() {
    let mut repo = GitRepo::from_files(files(), Timestamp::UNIX_EPOCH);
    let first = repo.head("main").unwrap();
    let second = repo.commit("main", [("only.yaml", "x")], "Clean up", Timestamp::UNIX_EPOCH);
    assert_eq!(repo.head("refs/heads/main"), Some(second));
    let kept: Vec<String> = repo.files_at(&first).unwrap().into_keys().collect();
    assert_eq!(kept, ["README.md", "kubernetes/apps/a.yaml", "kubernetes/flux/b.yaml"]);
    assert_eq!(repo.files_at(&second).unwrap().len(), 1);
    assert_eq!(repo.revision("main").unwrap().to_string(), format!("main@sha1:{second}"));
    assert_eq!(repo.head("feature"), None);
}

#[test]
fn the_same_files_at_the_same_moment_are_the_same_commit() {
    let one = GitRepo::from_files(files(), Timestamp::UNIX_EPOCH);
    let mut reversed = files();
    reversed.reverse();
    assert_eq!(GitRepo::from_files(reversed, Timestamp::UNIX_EPOCH), one);
}

#[test]
fn a_repository_survives_being_saved() {
    let repo = GitRepo::from_files(files(), Timestamp::UNIX_EPOCH);
    let text = serde_json::to_string(&repo).unwrap();
    assert_eq!(serde_json::from_str::<GitRepo>(&text).unwrap(), repo);
}
