//! The registry by its answers.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use flate2::read::GzDecoder;
use fluxlift_sim::registry::{CHART_VERSIONS, Challenge, REPOSITORY, Registry, sha256};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};

fn ask(registry: &mut Registry, method: &str, path: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    registry.handle(&request.body(Bytes::new()).unwrap())
}

fn body(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

#[test]
fn two_registries_pack_the_same_bytes() {
    assert_eq!(Registry::with_reference_charts(), Registry::with_reference_charts());
    let saved = serde_json::to_string(&Registry::with_reference_charts()).unwrap();
    assert_eq!(serde_json::from_str::<Registry>(&saved).unwrap(), Registry::with_reference_charts());
}

#[test]
fn what_a_tag_leads_to_has_the_digests_it_says() {
    let mut registry = Registry::with_reference_charts();
    for version in CHART_VERSIONS {
        let manifest = ask(&mut registry, "GET", &format!("/v2/{REPOSITORY}/manifests/{version}"), &[]);
        assert_eq!(manifest.headers()["docker-content-digest"], sha256(manifest.body()));
        let layer = body(&manifest)["layers"][0].clone();
        let digest = layer["digest"].as_str().unwrap();
        let blob = ask(&mut registry, "GET", &format!("/v2/{REPOSITORY}/blobs/{digest}"), &[]);
        assert_eq!(sha256(blob.body()), digest);
        assert_eq!(json!(blob.body().len()), layer["size"]);
    }
}

#[test]
fn a_manifest_is_found_by_its_digest_and_head_has_no_body() {
    let mut registry = Registry::with_reference_charts();
    let digest = registry.digest_of(REPOSITORY, "0.58.1").unwrap().to_owned();
    let path = format!("/v2/{REPOSITORY}/manifests/{digest}");
    let whole = ask(&mut registry, "GET", &path, &[]);
    let head = ask(&mut registry, "HEAD", &path, &[]);
    assert_eq!((whole.status(), head.status()), (StatusCode::OK, StatusCode::OK));
    assert_eq!(head.headers()["content-length"], whole.body().len().to_string());
    assert!(head.body().is_empty());
    let other = ask(&mut registry, "GET", &path, &[("accept", "application/vnd.docker.distribution.manifest.v2+json")]);
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
}

#[test]
fn tags_come_in_pages() {
    let mut registry = Registry::with_reference_charts();
    let first = ask(&mut registry, "GET", &format!("/v2/{REPOSITORY}/tags/list?n=2"), &[]);
    assert_eq!(body(&first)["tags"], json!(["0.14.0", "0.58.0"]));
    assert_eq!(first.headers()["link"], format!("</v2/{REPOSITORY}/tags/list?n=2&last=0.58.0>; rel=\"next\""));
    let second = ask(&mut registry, "GET", &format!("/v2/{REPOSITORY}/tags/list?n=2&last=0.58.0"), &[]);
    assert_eq!(body(&second)["tags"], json!(["0.58.1"]));
    assert!(second.headers().get("link").is_none());
}

#[test]
fn what_is_not_there_has_its_own_error_code() {
    let mut registry = Registry::with_reference_charts();
    let code = |response: Response<Bytes>| body(&response)["errors"][0]["code"].as_str().unwrap().to_owned();
    let mut get = |path: &str| ask(&mut registry, "GET", path, &[]);
    assert_eq!(code(get("/v2/charts/other/tags/list")), "NAME_UNKNOWN");
    assert_eq!(code(get(&format!("/v2/{REPOSITORY}/manifests/9.9.9"))), "MANIFEST_UNKNOWN");
    assert_eq!(code(get(&format!("/v2/{REPOSITORY}/blobs/sha256:00"))), "BLOB_UNKNOWN");
    assert_eq!(code(get(&format!("/v2/{REPOSITORY}/blobs/md5:00"))), "DIGEST_INVALID");
    let put = ask(&mut registry, "PUT", &format!("/v2/{REPOSITORY}/manifests/1"), &[]);
    assert_eq!((put.status(), code(put)), (StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED".to_owned()));
}

#[test]
fn a_registry_with_a_challenge_gives_a_token_to_whoever_asks_properly() {
    let mut registry = Registry::with_reference_charts();
    let realm = "http://127.101.0.3:5000/token".to_owned();
    registry.require_token(Challenge { realm, service: "sim".to_owned(), token: "t0ken".to_owned() });
    let path = format!("/v2/{REPOSITORY}/tags/list");
    let refused = ask(&mut registry, "GET", &path, &[]);
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        refused.headers()["www-authenticate"],
        format!(r#"Bearer realm="http://127.101.0.3:5000/token",service="sim",scope="repository:{REPOSITORY}:pull""#)
    );
    let token = ask(&mut registry, "GET", &format!("/token?service=sim&scope=repository%3A{REPOSITORY}%3Apull"), &[]);
    assert_eq!(body(&token)["token"], "t0ken");
    let served = ask(&mut registry, "GET", &path, &[("authorization", "Bearer t0ken")]);
    assert_eq!(served.status(), StatusCode::OK);
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

/// The files in the chart of this version, in the order in which they are packed.
fn packed(version: &str) -> Vec<String> {
    let mut registry = Registry::with_reference_charts();
    let manifest = ask(&mut registry, "GET", &format!("/v2/{REPOSITORY}/manifests/{version}"), &[]);
    let digest = body(&manifest)["layers"][0]["digest"].as_str().unwrap().to_owned();
    let blob = ask(&mut registry, "GET", &format!("/v2/{REPOSITORY}/blobs/{digest}"), &[]);
    let mut archive = tar::Archive::new(GzDecoder::new(&blob.body()[..]));
    let paths = archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().into_owned());
    paths.map(|path| path.strip_prefix("flux-operator").unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_file_of_the_chart_is_packed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts/flux-operator");
    let mut found = Vec::new();
    walk(&root, &mut found);
    let mut found: Vec<_> = found.iter().map(|p| p.strip_prefix(&root).unwrap().to_str().unwrap()).collect();
    found.sort_unstable();
    for version in CHART_VERSIONS {
        assert_eq!(found, packed(version), "{version}");
    }
}
