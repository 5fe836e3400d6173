//! A repository that brings the infrastructure alone, for whole runs that are made very often.

use fluxlift::demo::{self, git_content};
use fluxlift_sim::World;
use fluxlift_sim::git::GitRepo;

/// The releases of the infrastructure.
pub(crate) const RELEASES: usize = 13;

const ROOT: &str = "kubernetes/clusters/cluster-101/kustomization.yaml";

/// The same world, whose repository brings the sources and the infrastructure, and nothing that stands on them.
pub(crate) fn alone(mut world: World) -> World {
    let kept = |line: &&str| !line.contains("platform.yaml") && !line.contains("apps.yaml");
    let cut = |text: Vec<u8>| {
        let text = String::from_utf8(text).unwrap();
        text.lines().filter(kept).map(|line| format!("{line}\n")).collect::<String>().into_bytes()
    };
    let files = git_content("2.9.4").into_iter();
    let files = files.map(|(path, text)| if path == ROOT { (path, cut(text)) } else { (path, text) });
    world.git.publish(demo::REPOSITORY_PATH, GitRepo::from_files(files, world.now));
    world
}
