//! The encrypted files of a repository.

use std::path::{Path, PathBuf};

/// How many files are looked at: a repository of manifests has fewer.
pub const MOST: usize = 20_000;

/// What was found below some folders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Below {
    /// The files that SOPS has encrypted, with their text.
    pub files: Vec<(PathBuf, String)>,
    /// Whether all files were looked at; else only the first [`MOST`].
    pub whole: bool,
}

/// Looks for what SOPS has encrypted below `folders`. What is no text or may not be read is passed over, and so is what
/// Git keeps for itself.
pub fn below(folders: impl IntoIterator<Item = PathBuf>) -> Below {
    up_to(MOST, folders)
}

fn up_to(most: usize, folders: impl IntoIterator<Item = PathBuf>) -> Below {
    let mut folders: Vec<PathBuf> = folders.into_iter().collect();
    let (mut files, mut seen) = (Vec::new(), 0);
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() && !path.is_symlink() {
                folders.extend((!path.ends_with(".git")).then_some(path));
                continue;
            }
            if seen == most {
                return Below { files, whole: false };
            }
            seen += 1;
            files.extend(encrypted(&path).map(|text| (path, text)));
        }
    }
    Below { files, whole: true }
}

/// The text of a file that SOPS has encrypted.
fn encrypted(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let sealed = (text.contains("sops:") || text.contains("\"sops\":")) && text.contains("ENC[AES256_GCM,");
    sealed.then_some(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const SEALED: &str = "a: ENC[AES256_GCM,data:x]\nsops:\n  age: []\n";

    #[test]
    fn what_is_encrypted_is_found_in_every_folder_but_gits_own() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["apps/db", ".git"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
            fs::write(root.path().join(folder).join("secret.yaml"), SEALED).unwrap();
        }
        fs::write(root.path().join("plain.yaml"), "a: b\n").unwrap();
        let found = below([root.path().to_owned()]);
        assert_eq!(found.files, [(root.path().join("apps/db/secret.yaml"), SEALED.to_owned())]);
        assert!(found.whole);
    }

    #[test]
    fn a_folder_that_is_too_big_is_looked_at_in_part_and_that_is_said() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a.yaml", "b.yaml", "c.yaml"] {
            fs::write(root.path().join(name), SEALED).unwrap();
        }
        let of = |most| up_to(most, [root.path().to_owned()]);
        assert_eq!((of(2).files.len(), of(2).whole), (2, false));
        assert_eq!((of(3).files.len(), of(3).whole), (3, true));
    }
}
