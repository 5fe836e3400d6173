//! The Git server, seen by our own client and by the real one.

mod repo;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use fluxlift_core::clock::FixedClock;
use fluxlift_core::{Explain, Secret, Timestamp};
use fluxlift_gate::TokioClock;
use fluxlift_net::git::{EntryKind, GitCredentials, GitError, GitRemote};
use fluxlift_net::{Connection, HttpClient};
use fluxlift_sim::git::GitRepo;
use fluxlift_sim::{Datacenter, Net, Options, Route, World, serve};

const URL: &str = "http://127.101.0.4:3000/home-ops.git";

fn repo() -> GitRepo {
    let mut files: Vec<(String, String)> =
        (0..40).map(|n| (format!("kubernetes/apps/app{n}/release.yaml"), format!("n: {n}"))).collect();
    files.push(("kubernetes/clusters/cluster-101/kustomization.yaml".into(), "resources: []".into()));
    let mut repo = GitRepo::from_files(files.clone(), Timestamp::UNIX_EPOCH);
    files.push(("README.md".into(), "# Home".into()));
    repo.commit("main", files, "Explain", Timestamp::UNIX_EPOCH);
    repo
}

fn datacenter(repo: GitRepo) -> Datacenter {
    let mut world = World::new(Options::default(), Timestamp::UNIX_EPOCH);
    world.git.publish("home-ops.git", repo);
    Datacenter::new(world, Arc::new(TokioClock::starting_at(Timestamp::UNIX_EPOCH)))
}

fn remote(datacenter: &Datacenter, url: &str, token: Option<&str>) -> GitRemote {
    let http = HttpClient::new(Arc::new(Net::new(datacenter.clone())), None);
    let credentials = token.map(|token| GitCredentials { user: "git".into(), token: Secret::new(token.to_owned()) });
    GitRemote::new(http, url, credentials).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_path_is_found_at_a_branch_without_fetching_any_file() {
    let repo = repo();
    let head = repo.head("main").unwrap();
    let remote = remote(&datacenter(repo), URL, None);
    let seen = remote.look("main", "kubernetes/clusters/cluster-101").await.unwrap();
    assert_eq!((seen.full_ref.as_str(), seen.commit, seen.found), ("refs/heads/main", head, Some(EntryKind::Folder)));
    assert_eq!(remote.look("main", "README.md").await.unwrap().found, Some(EntryKind::File));
    assert_eq!(remote.look("main", "./").await.unwrap().found, Some(EntryKind::Folder));
    assert!(!remote.path_exists("main", "kubernetes/clusters/cluster-102").await.unwrap());
    assert!(!remote.path_exists("main", "README.md/x").await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_does_not_exist_is_named_with_those_that_do() {
    let remote = remote(&datacenter(repo()), URL, None);
    let error = remote.look("master", "kubernetes").await.unwrap_err();
    assert_eq!(error.to_string(), format!(r#"{URL} has no branch, tag or ref "master""#));
    assert_eq!(error.hints()[0].to_string(), "it has the branches main");
}

#[tokio::test(start_paused = true)]
async fn a_private_repository_wants_its_token_and_no_error_shows_it() {
    let mut private = repo();
    private.token = Some("right-token".to_owned());
    let datacenter = datacenter(private);
    assert!(remote(&datacenter, URL, Some("right-token")).path_exists("main", "kubernetes").await.unwrap());
    let nobody = remote(&datacenter, URL, None).refs().await.unwrap_err();
    assert!(matches!(nobody, GitError::Refused { with_credentials: false, status: 401, .. }), "{nobody}");
    let in_url = URL.replace("://", "://git:wrong-token@");
    let wrong = remote(&datacenter, &in_url, None).refs().await.unwrap_err();
    assert!(matches!(wrong, GitError::Refused { with_credentials: true, .. }), "{wrong}");
    assert!(!format!("{wrong:?}").contains("wrong-token"));
}

#[tokio::test(start_paused = true)]
async fn the_files_of_a_folder_come_with_their_content_and_only_they() {
    let datacenter = datacenter(repo());
    let remote = remote(&datacenter, URL, None);
    let files = remote.files("main", "./kubernetes").await.unwrap().unwrap();
    assert!(!files.is_empty() && files.keys().all(|name| !name.starts_with("kubernetes") && !name.contains("README")));
    let whole = remote.files("main", "").await.unwrap().unwrap();
    assert_eq!(whole["README.md"], b"# Home");
    let name = files.keys().next().unwrap();
    assert_eq!(whole[&format!("kubernetes/{name}")], files[name]);
    assert_eq!(remote.files("main", "README.md").await.unwrap(), None);
    assert_eq!(remote.files("main", "gone").await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn another_address_is_no_repository() {
    let datacenter = datacenter(repo());
    let missing = remote(&datacenter, "http://127.101.0.4:3000/other.git", None).refs().await.unwrap_err();
    assert!(matches!(missing, GitError::NotFound { .. }), "{missing}");
    let nobody = remote(&datacenter, "http://127.101.0.99:3000/home-ops.git", None).refs().await.unwrap_err();
    assert!(matches!(nobody, GitError::Unreachable { .. }), "{nobody}");
}

/// Runs the machine's own git; `None` when it has none.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .output()
        .ok()?;
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[tokio::test]
async fn the_real_git_clones_from_it_shallow_and_whole_and_fetches_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    if Command::new("git").arg("--version").output().is_err() {
        println!("skipped: this machine has no git");
        return;
    }
    let repo = repo();
    let head = repo.head("main").unwrap().to_string();
    let mut world = World::new(Options::default(), Timestamp::UNIX_EPOCH);
    world.git.publish("home-ops.git", repo);
    let datacenter = Datacenter::new(world, Arc::new(FixedClock(Timestamp::UNIX_EPOCH)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/home-ops.git", listener.local_addr().unwrap());
    let served = datacenter.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve::connection(served.clone(), Route::Git, Connection::new(stream)));
        }
    });
    tokio::task::spawn_blocking(move || {
        let at = folder.path();
        let run = |arguments: &[&str]| git(at, arguments).unwrap();
        run(&["clone", "-q", "--depth", "1", &url, "shallow"]);
        assert_eq!(run(&["-C", "shallow", "rev-parse", "HEAD"]), head);
        assert_eq!(run(&["-C", "shallow", "rev-list", "--count", "HEAD"]), "1");
        run(&["-C", "shallow", "fsck", "--full"]);
        run(&["-C", "shallow", "fetch", "-q", "--unshallow"]);
        assert_eq!(run(&["-C", "shallow", "rev-list", "--count", "HEAD"]), "2");
        run(&["clone", "-q", &url, "whole"]);
        assert_eq!(run(&["-C", "whole", "rev-list", "--count", "HEAD"]), "2");
        run(&["-C", "whole", "fsck", "--full"]);
        run(&["clone", "-q", "--filter=blob:none", &url, "partial"]);
        assert_eq!(std::fs::read_to_string(at.join("partial/README.md")).unwrap(), "# Home");
        let next = datacenter.with(|world| {
            let repo = world.git.repositories.get_mut("home-ops.git").unwrap();
            repo.commit("main", [("README.md", "# New")], "Start over", Timestamp::UNIX_EPOCH)
        });
        run(&["-C", "whole", "pull", "-q"]);
        assert_eq!(run(&["-C", "whole", "rev-parse", "HEAD"]), next.to_string());
        assert_eq!(run(&["ls-remote", &url, "refs/heads/main"]), format!("{next}\trefs/heads/main"));
    })
    .await
    .unwrap();
}
