//! Variables in what a Kustomization delivers.

use std::collections::BTreeMap;

use fluxlift_sim::Options;
use serde_json::json;

use super::lab::Lab;

/// What the `texts` come to where `domain` is a variable.
fn replaced<const N: usize>(texts: [&str; N]) -> [String; N] {
    let mut lab = Lab::running(Options::default());
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "texts", "namespace": "default"},
        "data": texts.iter().enumerate().map(|(n, text)| (n.to_string(), *text)).collect::<BTreeMap<_, _>>()});
    lab.publish([("texts/map.yaml".to_owned(), map.to_string().into_bytes())]);
    let metadata = json!({"name": "texts", "namespace": "flux-system"});
    lab.apply(json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": metadata,
        "spec": {"interval": "1h", "url": "http://127.101.0.4:3000/home-ops.git", "ref": {"branch": "main"}}}));
    lab.apply(json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": metadata,
        "spec": {"interval": "1h", "prune": false, "path": "texts",
            "sourceRef": {"kind": "GitRepository", "name": "texts"},
            "postBuild": {"substitute": {"domain": "example.org"}}}}));
    lab.until(60, "the delivery", |lab| lab.find("ConfigMap", "default/texts").is_some());
    let delivered = lab.get("ConfigMap", "default/texts");
    std::array::from_fn(|n| delivered["data"][n.to_string()].as_str().unwrap().to_owned())
}

#[test]
fn a_variable_is_replaced_or_takes_its_default() {
    let texts = ["https://${domain}/${path:=home}", "$${domain} ${gone}", "an open ${end"];
    assert_eq!(replaced(texts), ["https://example.org/home", "${domain} ", "an open ${end"]);
}
