//! For whom the repository at hand is encrypted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fluxlift_config::sops::{self, MOST};
use fluxlift_flux::doctor::{Encrypted, Read, Recipients, Unread};
use fluxlift_kube::Object;
use serde_json::Value;

use crate::system::System;

/// SOPS's own file of rules.
const RULES: &str = ".sops.yaml";

/// The recipients in the repository that `folder` is in, for the paths that `kustomizations` decrypt; `None` when it is
/// in none.
pub(super) fn of(folder: &Path, system: &System, kustomizations: &[Object]) -> Option<Read<Recipients>> {
    let root = repository(&system.dir.join(folder))?;
    Some(read(&root, &decrypted(kustomizations)))
}

/// The Secrets that each path is decrypted with: none where it is a matter of a key service.
type Decrypted = BTreeMap<PathBuf, BTreeSet<(String, String)>>;

fn decrypted(kustomizations: &[Object]) -> Decrypted {
    let mut paths = Decrypted::new();
    for object in kustomizations.iter().filter(|object| !object.at("/spec/decryption").is_null()) {
        let path = object.text("/spec/path").unwrap_or_default().trim_start_matches("./").trim_matches('/');
        let secrets = paths.entry(path.into()).or_default();
        let namespace = object.namespace().unwrap_or_default();
        let name = object.text("/spec/decryption/secretRef/name");
        secrets.extend(name.map(|name| (namespace.to_owned(), name.to_owned())));
    }
    paths
}

fn repository(folder: &Path) -> Option<PathBuf> {
    let found = folder.ancestors().find(|folder| folder.join(".git").exists() || folder.join(RULES).is_file());
    found.map(Path::to_owned)
}

fn read(root: &Path, paths: &Decrypted) -> Read<Recipients> {
    let path = root.join(RULES);
    let rules = match fs::read_to_string(&path) {
        Ok(text) => Some((RULES.to_owned(), rules(&text)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Unread::because(format!("{}: {error}", path.display()))),
    };
    // What the cluster has and this checkout has not is no matter of keys.
    let found = sops::below(paths.keys().map(|path| root.join(path)));
    if !found.whole {
        return Err(Unread::because(format!("more than {MOST} files: not all were looked at")));
    }
    let mut files = Vec::new();
    for (path, text) in found.files {
        let Some(recipients) = recipients(&path, &text) else { continue };
        let path = path.strip_prefix(root).unwrap_or(&path);
        // Below the path of one Kustomization there may be that of another, which applies what is there.
        let nearest = path.ancestors().find_map(|folder| paths.get(folder));
        let opened_by = nearest.into_iter().flatten().cloned().collect();
        files.push(Encrypted { path: path.display().to_string(), recipients, opened_by });
    }
    // Paths of Kustomizations lie within each other.
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files.dedup();
    Ok(Recipients { rules, files })
}

/// The age recipients in `.sops.yaml`: a text with commas, a list, or lists in groups.
fn rules(text: &str) -> Read<Vec<String>> {
    let yaml: Value =
        serde_saphyr::from_str(text).map_err(|_| Unread::because(format!("{RULES} is not valid YAML")))?;
    let mut all = Vec::new();
    for rule in yaml["creation_rules"].as_array().into_iter().flatten() {
        let groups = rule["key_groups"].as_array().into_iter().flatten();
        for age in groups.map(|group| &group["age"]).chain([&rule["age"]]) {
            let listed = age.as_array().into_iter().flatten().filter_map(Value::as_str);
            let written = age.as_str().into_iter().flat_map(|text| text.split(','));
            all.extend(listed.chain(written).map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()));
        }
    }
    Ok(all)
}

/// The age recipients of an encrypted YAML or JSON file; `None` when it is none.
fn recipients(path: &Path, text: &str) -> Option<Vec<String>> {
    let kind = path.extension()?.to_str()?;
    if !["yaml", "yml", "json"].contains(&kind) {
        return None;
    }
    let file: Value = serde_saphyr::from_str(text).ok()?;
    let entries = file["sops"]["age"].as_array().filter(|entries| !entries.is_empty())?;
    Some(entries.iter().filter_map(|entry| entry["recipient"].as_str().map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn recipients_are_found_however_the_rules_write_them() {
        let text =
            "creation_rules:\n  - age: age1a, age1b\n  - age: [age1c]\n  - key_groups: [{age: [age1d]}]\n  - pgp: X\n";
        assert_eq!(rules(text).unwrap(), ["age1a", "age1b", "age1c", "age1d"]);
        assert!(rules("creation_rules: [").is_err());
    }

    #[test]
    fn the_files_of_a_path_tell_for_whom_they_are() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("kubernetes/apps");
        fs::create_dir_all(&folder).unwrap();
        let sops = "a: ENC[AES256_GCM,data:x]\nsops:\n  age: [{recipient: age1a, enc: x}]\n";
        fs::write(folder.join("secret.sops.yaml"), sops).unwrap();
        fs::write(folder.join("plain.yaml"), "a: b\n").unwrap();
        let kustomization = |path: &str, secret: &str| {
            Object::new(json!({"metadata": {"name": secret, "namespace": "flux-system"},
                "spec": {"path": path, "decryption": {"provider": "sops", "secretRef": {"name": secret}}}}))
        };
        let all = [("./kubernetes", "outer"), ("./kubernetes/apps", "inner"), ("./elsewhere", "none")];
        let paths = decrypted(&all.map(|(path, secret)| kustomization(path, secret)));
        let found = read(root.path(), &paths).unwrap();
        let path = "kubernetes/apps/secret.sops.yaml".to_owned();
        let opened_by = vec![("flux-system".to_owned(), "inner".to_owned())];
        assert_eq!(found.files, [Encrypted { path, recipients: vec!["age1a".to_owned()], opened_by }]);
        assert_eq!(found.rules, None);
    }
}
