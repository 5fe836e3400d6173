//! Which objects a folder is built into.

use fluxlift_sim::controllers::object::text;
use fluxlift_sim::flux::kustomize::build::folder;
use fluxlift_sim::git::repo::Files;
use serde_json::Value;

fn files(list: &[(&str, &str)]) -> Files {
    list.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().into())).collect()
}

fn names(objects: &[Value]) -> Vec<String> {
    objects.iter().map(|o| format!("{}/{}", text(o, "/metadata/namespace"), text(o, "/metadata/name"))).collect()
}

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ";

#[test]
fn a_kustomization_file_says_what_belongs_to_a_folder() {
    let files = files(&[
        ("apps/kustomization.yaml", "resources: [a.yaml, ../shared]\nnamespace: web\n"),
        ("apps/a.yaml", &format!("{MAP}a\n---\n{MAP}b\n")),
        ("apps/left-out.yaml", &format!("{MAP}c\n")),
        ("shared/kustomization.yaml", "resources: [namespace.yaml]\n"),
        ("shared/namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n"),
    ]);
    assert_eq!(names(&folder(&files, "./apps").unwrap()), ["web/a", "web/b", "/web"]);
}

#[test]
fn a_folder_without_one_is_built_from_all_of_its_yaml() {
    let files = files(&[
        ("apps/a.yaml", &format!("{MAP}a\n")),
        ("apps/deep/kustomization.yaml", "resources: [b.yaml]\n"),
        ("apps/deep/b.yaml", &format!("{MAP}b\n")),
        ("apps/deep/not-listed.yaml", &format!("{MAP}c\n")),
        ("apps/README.md", "words"),
    ]);
    assert_eq!(names(&folder(&files, "apps/").unwrap()), ["/a", "/b"]);
}

#[test]
fn what_is_missing_or_not_simulated_is_named() {
    let error = |list: &[(&str, &str)], path| folder(&files(list), path).unwrap_err().to_string();
    assert!(error(&[("a/x.yaml", MAP)], "b").contains("kustomization path not found"));
    assert!(error(&[("a/kustomization.yaml", "resources: [gone.yaml]")], "a").contains("gone.yaml"));
    assert!(error(&[("a/kustomization.yaml", "images: []")], "a").contains("images is not simulated"));
    assert!(error(&[("a/kustomization.yaml", "resources: [../a]")], "a").contains("cycle"));
    assert!(error(&[("a/x.yaml", "just: words")], "a").contains("failed to decode"));
}
