//! What the reference tree delivers. The tests of the units read it by this very file.

use std::path::{Path, PathBuf};

/// The GitOps content of the reference tree; with `beta` for the request's own Flux.
pub(crate) fn reference_content(beta: bool) -> Vec<(String, Vec<u8>)> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().find(|folder| folder.join("kubernetes").is_dir()).unwrap();
    let (mut files, mut folders) = (Vec::new(), vec![PathBuf::from("kubernetes")]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(root.join(&path)).unwrap();
                // What the tree does for the request's own Flux, which knows the kind only as a beta.
                let old = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository";
                let new = "apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: OCIRepository";
                let text = if beta { text.replace(old, new) } else { text };
                files.push((path.to_str().unwrap().to_owned(), text.into_bytes()));
            }
        }
    }
    files.sort();
    files
}
