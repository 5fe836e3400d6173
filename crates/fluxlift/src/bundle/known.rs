//! The secrets that are known: of the run, of the cluster, of this process's environment.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::Value;
use fluxlift_kube::Object;
use serde_json::Value as Json;
use zeroize::Zeroize as _;

use super::patterns::{names_a_secret, passwords};
use super::spelling::SHORTEST;

/// Entries of Secrets that are public.
const PUBLIC: [&str; 6] = ["ca.crt", "tls.crt", "namespace", "username", "user", "type"];
/// Where Helm keeps what it has installed: compressed, and large. Its values are those of the release.
const HELM: &str = "helm.sh/release.v1";

/// Secret values. They are wiped when they are dropped, and never shown.
#[derive(Default)]
pub struct Known {
    secrets: BTreeSet<String>,
    /// Those that are no text: keystores, keys of a cipher.
    binary: BTreeSet<Vec<u8>>,
    missed: Vec<String>,
}

/// Words that every file is full of, and that are no secret although somebody may keep them as one.
const WORDS: [&str; 8] = [
    "flux-system",
    "kube-system",
    "default",
    "kubernetes",
    "source-controller",
    "kustomize-controller",
    "helm-controller",
    "notification-controller",
];
/// From this length on, a word of letters of both cases and digits is taken for a key.
const RANDOM: usize = 20;

impl Known {
    /// Adds a secret, and what of it may be found alone: of a text of several lines those that are keys themselves, and
    /// what stands under the name of a secret.
    pub fn add(&mut self, secret: &str) {
        let secret = secret.trim();
        self.keep(secret);
        self.add_passwords(secret);
        if let Ok(json @ (Json::Object(_) | Json::Array(_))) = serde_json::from_str::<Json>(secret) {
            self.add_named(&json);
        } else if secret.contains('\n') {
            secret.lines().for_each(|line| self.add_line(line));
        }
    }

    fn add_line(&mut self, line: &str) {
        let line = line.trim().trim_start_matches("- ");
        let (name, value) = line.split_once(": ").or_else(|| line.split_once('=')).unwrap_or(("", line));
        let value = value.trim().trim_matches(['"', '\'']);
        if names_a_secret(name.trim().trim_matches(['"', '\''])) || is_random(value) {
            self.keep(value);
        }
    }

    fn add_passwords(&mut self, text: &str) {
        passwords(text).iter().for_each(|password| self.keep(password));
    }

    fn keep(&mut self, secret: &str) {
        // Shorter ones would be found everywhere, and say little.
        if secret.len() >= SHORTEST && !WORDS.contains(&secret) {
            self.secrets.insert(secret.to_owned());
        }
    }

    fn add_leaves(&mut self, json: &Json) {
        match json {
            Json::String(text) => self.add(text),
            Json::Array(items) => items.iter().for_each(|item| self.add_leaves(item)),
            Json::Object(fields) => fields.values().for_each(|value| self.add_leaves(value)),
            _ => {}
        }
    }

    /// Adds what is marked as sensitive in a unit's inputs or outputs.
    pub fn add_marked(&mut self, value: &Value) {
        match value {
            Value::Sensitive(inner) => self.add_leaves(&inner.reveal()),
            Value::List(items) => items.iter().for_each(|item| self.add_marked(item)),
            Value::Map(fields) => fields.values().for_each(|value| self.add_marked(value)),
            _ => {}
        }
    }

    /// Adds the values of a Secret.
    pub fn add_secret(&mut self, secret: &Object) {
        if secret.text("/type") == Some(HELM) {
            return;
        }
        for (name, value) in secret.at("/data").as_object().into_iter().flatten() {
            let bytes = STANDARD.decode(value.as_str().unwrap_or_default()).unwrap_or_default();
            if PUBLIC.contains(&name.as_str()) {
                continue;
            }
            match String::from_utf8(bytes) {
                Ok(mut text) => {
                    self.add(&text);
                    text.zeroize();
                }
                Err(error) => self.add_bytes(error.into_bytes()),
            }
        }
    }

    fn add_bytes(&mut self, secret: Vec<u8>) {
        if secret.len() >= SHORTEST {
            self.binary.insert(secret);
        }
    }

    /// Adds what stands under the name of a secret anywhere in a document, such as a HelmRelease's values, and what is a key
    /// by its looks.
    pub fn add_named(&mut self, json: &Json) {
        match json {
            Json::String(text) if is_random(text) => self.keep(text),
            Json::String(text) => self.add_passwords(text),
            Json::Array(items) => items.iter().for_each(|item| self.add_named(item)),
            Json::Object(fields) => {
                for (name, value) in fields {
                    match value.as_str() {
                        Some(text) if names_a_secret(name) => self.add(text),
                        _ => self.add_named(value),
                    }
                }
            }
            _ => {}
        }
    }

    /// Adds the variables of the environment whose names say that they are secrets.
    pub fn add_environment(&mut self, vars: &BTreeMap<String, String>) {
        let secret = |name: &str| {
            let name = name.trim_end_matches("_FILE");
            name.ends_with("_KEY") || names_a_secret(name)
        };
        vars.iter().filter(|(name, _)| secret(name)).for_each(|(_, value)| self.add(value));
    }

    /// Remembers that some could not be read, and so are not looked for.
    pub fn miss(&mut self, what: impl Into<String>) {
        self.missed.push(what.into());
    }

    /// What could not be read, and why.
    pub fn missed(&self) -> &[String] {
        &self.missed
    }

    /// Takes over what another one knows.
    pub fn merge(&mut self, mut other: Self) {
        self.secrets.append(&mut other.secrets);
        self.binary.append(&mut other.binary);
        self.missed.append(&mut other.missed);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.secrets.len() + self.binary.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(String::as_str)
    }

    pub(super) fn binary(&self) -> impl Iterator<Item = &[u8]> {
        self.binary.iter().map(Vec::as_slice)
    }
}

/// Whether it looks like a key: long, of one piece, of letters of both cases and digits.
fn is_random(text: &str) -> bool {
    let has = |is: fn(&u8) -> bool| text.bytes().any(|byte| is(&byte));
    let encoded = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'_' | b'-'));
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    text.len() >= RANDOM && encoded && mixed
}

impl Drop for Known {
    fn drop(&mut self) {
        while let Some(mut secret) = self.secrets.pop_first() {
            secret.zeroize();
        }
        while let Some(mut secret) = self.binary.pop_first() {
            secret.zeroize();
        }
    }
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets", self.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn knows(known: &Known, secret: &str) -> bool {
        known.iter().any(|one| one == secret)
    }

    #[test]
    fn the_parts_of_a_file_are_known_as_well_as_the_whole() {
        let mut known = Known::default();
        known.add("host: db.example.org\npassword: \"correct horse\"\nTOKEN=0123456789\n");
        assert!(knows(&known, "correct horse") && knows(&known, "0123456789") && !knows(&known, "db.example.org"));
        known.add(r#"{"auths": {"ghcr.io": {"password": "hunter2"}}}"#);
        assert!(knows(&known, "hunter2") && !knows(&known, "ghcr.io"));
    }

    #[test]
    fn only_what_is_marked_is_taken_from_a_unit() {
        let mut known = Known::default();
        let inner = Value::map([("key", Value::from("sesame-open"))]).sensitive();
        known.add_marked(&Value::map([("plain", Value::from("cluster-101")), ("keys", inner)]));
        assert!(knows(&known, "sesame-open") && !knows(&known, "cluster-101"));
        assert_eq!(format!("{known:?}"), "1 secrets");
    }

    #[test]
    fn values_under_the_name_of_a_secret_are_known_and_their_neighbours_are_not() {
        let mut known = Known::default();
        known.add_named(&json!({"auth": {"adminPassword": "hunter2hunter2", "host": "db.example.org"},
            "url": "https://me:hunter3@git.example.org/x"}));
        assert!(knows(&known, "hunter2hunter2") && knows(&known, "hunter3") && !knows(&known, "db.example.org"));
    }
}
