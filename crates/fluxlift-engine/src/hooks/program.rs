//! Which file a hook's program is.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The file that `name` means to a child with this `PATH`; `name` itself where there is none, or where the child must
/// look for itself.
///
/// A child that looks along a `PATH` of its own can only be forked, and a fork copies the page tables of this whole
/// process.
pub(super) fn find(name: &str, path: Option<&str>) -> PathBuf {
    let path = path.filter(|_| !name.is_empty() && !name.contains('/')).unwrap_or_default();
    // What a relative folder means is known where the child runs.
    let mut files = std::env::split_paths(path).take_while(|folder| folder.is_absolute()).map(|f| f.join(name));
    files.find(|file| is_executable(file)).unwrap_or_else(|| name.into())
}

fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_executable_file_along_the_path_is_the_program() {
        let bin = |name: &str, mode: u32| {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join(name);
            std::fs::write(&file, "").unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            folder
        };
        let (data, first, second) = (bin("tool", 0o644), bin("tool", 0o755), bin("tool", 0o755));
        let path = [&data, &first, &second].map(|folder| folder.path().to_str().unwrap()).join(":");
        let path = Some(path.as_str());
        assert_eq!(find("tool", path), first.path().join("tool"));
        assert_eq!(find("./tool", path), Path::new("./tool"), "a path is not looked up");
        assert_eq!(find("another", path), Path::new("another"), "what is not there is left to the child");
        assert_eq!(find("tool", None), Path::new("tool"));
        let from_where_it_runs = format!("bin:{}", first.path().display());
        assert_eq!(find("tool", Some(&from_where_it_runs)), Path::new("tool"));
    }
}
