//! The bundle as text: what `talosctl gen secrets` writes, and what the Terraform provider keeps.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::Secret;

use super::{Certificates, SecretsBundle, SecretsError};
use crate::pki::Pair;
use crate::yaml::Node;

/// Two spellings of one field: talosctl's and the Terraform provider's.
struct Field {
    name: &'static str,
    paths: &'static [&'static [&'static str]],
}

const fn field(name: &'static str, paths: &'static [&'static [&'static str]]) -> Field {
    Field { name, paths }
}

impl SecretsBundle {
    /// The bundle as `talosctl gen secrets` writes it.
    pub fn to_yaml(&self) -> Secret<String> {
        let pair = |p: &Pair| Node::of([("crt", encoded(&p.crt)), ("key", encoded(p.key.expose()))]);
        let text = |s: &Secret<String>| Node::from(s.expose().as_str());
        let certs = Node::map()
            .with("etcd", pair(&self.certs.etcd))
            .with("k8s", pair(&self.certs.k8s))
            .with("k8saggregator", pair(&self.certs.k8s_aggregator))
            .with("k8sserviceaccount", Node::of([("key", encoded(self.certs.k8s_service_account.expose()))]))
            .with("os", pair(&self.certs.os));
        let bundle = Node::map()
            .with(
                "cluster",
                Node::of([("id", Node::from(self.cluster_id.as_str())), ("secret", text(&self.cluster_secret))]),
            )
            .with(
                "secrets",
                Node::of([
                    ("bootstraptoken", text(&self.bootstrap_token)),
                    ("secretboxencryptionsecret", text(&self.secretbox_encryption_secret)),
                ]),
            )
            .with("trustdinfo", Node::of([("token", text(&self.trustd_token))]))
            .with("certs", certs);
        Secret::new(bundle.to_string())
    }

    /// The bundle as the Terraform provider's `machine_secrets` attribute, in clear: mark it before it goes anywhere.
    pub fn to_terraform(&self) -> serde_json::Value {
        let pair =
            |p: &Pair| serde_json::json!({ "cert": STANDARD.encode(&p.crt), "key": STANDARD.encode(p.key.expose()) });
        serde_json::json!({
            "cluster": { "id": self.cluster_id, "secret": self.cluster_secret.expose() },
            "secrets": {
                "bootstrap_token": self.bootstrap_token.expose(),
                "secretbox_encryption_secret": self.secretbox_encryption_secret.expose(),
            },
            "trustdinfo": { "token": self.trustd_token.expose() },
            "certs": {
                "etcd": pair(&self.certs.etcd),
                "k8s": pair(&self.certs.k8s),
                "k8s_aggregator": pair(&self.certs.k8s_aggregator),
                "k8s_serviceaccount": { "key": STANDARD.encode(self.certs.k8s_service_account.expose()) },
                "os": pair(&self.certs.os),
            },
        })
    }

    fn from_node(node: &Node) -> Result<Self, SecretsError> {
        let bundle = Self {
            cluster_id: plain(node, &field("cluster.id", &[&["cluster", "id"]]))?.to_owned(),
            cluster_secret: secret(node, &field("cluster.secret", &[&["cluster", "secret"]]))?,
            bootstrap_token: secret(
                node,
                &field("secrets.bootstraptoken", &[&["secrets", "bootstraptoken"], &["secrets", "bootstrap_token"]]),
            )?,
            secretbox_encryption_secret: secret(
                node,
                &field(
                    "secrets.secretboxencryptionsecret",
                    &[&["secrets", "secretboxencryptionsecret"], &["secrets", "secretbox_encryption_secret"]],
                ),
            )?,
            trustd_token: secret(node, &field("trustdinfo.token", &[&["trustdinfo", "token"]]))?,
            certs: Certificates {
                etcd: pair(node, "certs.etcd", &["etcd"])?,
                k8s: pair(node, "certs.k8s", &["k8s"])?,
                k8s_aggregator: pair(node, "certs.k8saggregator", &["k8saggregator", "k8s_aggregator"])?,
                k8s_service_account: Secret::new(decoded(
                    node,
                    &field(
                        "certs.k8sserviceaccount",
                        &[&["certs", "k8sserviceaccount", "key"], &["certs", "k8s_serviceaccount", "key"]],
                    ),
                )?),
                os: pair(node, "certs.os", &["os"])?,
            },
        };
        bundle.check()?;
        Ok(bundle)
    }
}

impl FromStr for SecretsBundle {
    type Err = SecretsError;

    /// Reads and checks a bundle in either shape, as YAML or JSON.
    fn from_str(text: &str) -> Result<Self, SecretsError> {
        Self::from_node(&text.parse().map_err(SecretsError::Yaml)?)
    }
}

fn encoded(pem: &str) -> Node {
    Node::from(STANDARD.encode(pem))
}

fn plain<'a>(node: &'a Node, field: &Field) -> Result<&'a str, SecretsError> {
    let found = field.paths.iter().find_map(|path| node.text(path));
    found.filter(|text| !text.is_empty()).ok_or(SecretsError::Missing { field: field.name })
}

fn secret(node: &Node, field: &Field) -> Result<Secret<String>, SecretsError> {
    plain(node, field).map(|text| Secret::new(text.to_owned()))
}

fn decoded(node: &Node, field: &Field) -> Result<String, SecretsError> {
    let bytes = STANDARD.decode(plain(node, field)?).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(SecretsError::Form { field: field.name, expected: "base64 of PEM" })
}

fn pair(node: &Node, name: &'static str, spellings: &[&str]) -> Result<Pair, SecretsError> {
    let part = |keys: &[&str]| -> Result<String, SecretsError> {
        let found =
            spellings.iter().flat_map(|s| keys.iter().map(move |k| ["certs", s, k])).find_map(|p| node.text(&p));
        let text = found.filter(|t| !t.is_empty()).ok_or(SecretsError::Missing { field: name })?;
        let bytes = STANDARD.decode(text).ok().and_then(|b| String::from_utf8(b).ok());
        bytes.ok_or(SecretsError::Form { field: name, expected: "base64 of PEM" })
    };
    Ok(Pair { crt: part(&["crt", "cert"])?, key: Secret::new(part(&["key"])?) })
}
