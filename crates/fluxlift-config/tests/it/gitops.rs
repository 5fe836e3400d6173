//! The GitOps content that the reference cluster syncs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kubernetes/clusters/cluster-101").canonicalize().unwrap()
}

/// The objects that the kustomization in `dir` lists, folders included.
fn objects(dir: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(dir.join("kustomization.yaml")).unwrap();
    let listing: Json = serde_saphyr::from_str(&text).unwrap();
    let mut all = Vec::new();
    for name in listing["resources"].as_array().unwrap() {
        let path = dir.join(name.as_str().unwrap());
        if path.is_dir() {
            all.extend(objects(&path));
        } else {
            all.extend(serde_saphyr::from_multiple::<Json>(&std::fs::read_to_string(path).unwrap()).unwrap());
        }
    }
    all
}

fn name(object: &Json) -> (String, String) {
    let field = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
    (field("namespace"), field("name"))
}

fn of_kind<'a>(all: &'a [Json], kind: &str) -> BTreeMap<(String, String), &'a Json> {
    all.iter().filter(|o| o["kind"] == kind).map(|o| (name(o), o)).collect()
}

fn everything() -> Vec<Json> {
    let mut all = objects(&root());
    let children: Vec<PathBuf> = all
        .iter()
        .filter_map(|o| o["spec"]["path"].as_str()?.strip_prefix("./kubernetes/clusters/cluster-101/"))
        .map(|path| root().join(path))
        .collect();
    assert_eq!(children.len(), 4);
    all.extend(children.iter().flat_map(|dir| objects(dir)));
    all
}

#[test]
fn there_are_fifty_releases_in_eight_namespaces_and_eighteen_sources() {
    let all = everything();
    let releases = of_kind(&all, "HelmRelease");
    assert_eq!(releases.len(), 50);
    assert_eq!(releases.keys().map(|(ns, _)| ns).collect::<BTreeSet<_>>().len(), 8);
    assert_eq!((of_kind(&all, "OCIRepository").len(), of_kind(&all, "HelmRepository").len()), (14, 4));
    let from_template = releases.values().filter(|release| release["spec"]["chart"].is_object()).count();
    assert_eq!(from_template, 4);
}

#[test]
fn every_release_finds_its_source_its_namespace_and_what_it_depends_on() {
    let all = everything();
    let releases = of_kind(&all, "HelmRelease");
    let namespaces: BTreeSet<String> = of_kind(&all, "Namespace")
        .into_keys()
        .map(|(_, name)| name)
        .chain(["default".into(), "kube-system".into()])
        .collect();
    for ((namespace, _), release) in &releases {
        let spec = &release["spec"];
        let reference =
            if spec["chartRef"].is_object() { &spec["chartRef"] } else { &spec["chart"]["spec"]["sourceRef"] };
        let at = |r: &Json| {
            (r["namespace"].as_str().unwrap_or(namespace).to_owned(), r["name"].as_str().unwrap().to_owned())
        };
        assert!(of_kind(&all, reference["kind"].as_str().unwrap()).contains_key(&at(reference)), "{release}");
        assert!(namespaces.contains(namespace));
        for needed in spec["dependsOn"].as_array().into_iter().flatten() {
            assert!(releases.contains_key(&at(needed)), "{release}");
        }
    }
}

#[test]
fn chains_of_dependencies_are_four_deep() {
    fn depth(all: &BTreeMap<(String, String), &Json>, at: &(String, String)) -> usize {
        let needs = all[at]["spec"]["dependsOn"].as_array().into_iter().flatten();
        let place =
            |r: &Json| (r["namespace"].as_str().unwrap_or(&at.0).to_owned(), r["name"].as_str().unwrap().to_owned());
        1 + needs.map(|need| depth(all, &place(need))).max().unwrap_or(0)
    }
    let all = everything();
    let releases = of_kind(&all, "HelmRelease");
    assert_eq!(releases.keys().map(|at| depth(&releases, at)).max(), Some(4));
}

#[test]
fn every_file_is_listed() {
    fn files(dir: &Path, found: &mut usize) {
        for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                files(&entry.path(), found);
            } else if entry.file_name() != "kustomization.yaml" {
                *found += 1;
            }
        }
    }
    let mut found = 0;
    files(&root(), &mut found);
    // One object a file, but for the namespaces.
    let all = everything();
    assert_eq!(found, all.len() - of_kind(&all, "Namespace").len() + 1);
}
