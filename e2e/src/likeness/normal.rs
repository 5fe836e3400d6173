//! What two servers can never agree on, replaced by what they must agree on.
//!
//! A uid becomes the name of its object, a resourceVersion whether the object is newer than when it was last seen, a
//! moment the word `<time>`. What is left is compared as it is.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex, Replacer};
use serde_json::{Map, Value};

/// Makes the answers of one server comparable; it remembers what it saw, so each server has its own.
#[derive(Debug, Clone, Default)]
pub struct Normaliser {
    /// What each uid is called.
    uids: BTreeMap<String, String>,
    /// The version in which each object was last seen, by its uid.
    versions: BTreeMap<String, u64>,
    /// Texts that are this server's own, and what stands for them.
    words: Vec<(String, String)>,
}

/// An expression; the tests use each, so that none is missing.
type Expression = LazyLock<Option<Regex>>;

macro_rules! expressions {
    ($($name:ident = $text:literal;)*) => {
        $(static $name: Expression = LazyLock::new(|| Regex::new($text).ok());)*
    };
}

fn is_match(expression: &Expression, text: &str) -> bool {
    expression.as_ref().is_some_and(|expression| expression.is_match(text))
}

fn replaced(expression: &Expression, text: String, by: impl Replacer) -> String {
    match &**expression {
        Some(expression) => expression.replace_all(&text, by).into_owned(),
        None => text,
    }
}

expressions! {
    UID = r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b";
    TIME = r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)";
    VERSION = r#"(ResourceVersion in record \(|resourceVersion":")\d+"#;
    TOO_OLD = r"too old resource version: \d+ \(\d+\)";
    TOO_LARGE = r"(Too large resource version: \d+, current: )\d+";
    SERVICE_ADDRESS = r"\b10\.96\.\d+\.\d+\b";
    AGE = r"^(<invalid>|<unknown>|(\d+[smhdy])+)$";
}

impl Normaliser {
    /// A normaliser that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `by` stand for `word`, which is this server's own: its administrator's name, its address.
    #[must_use]
    pub fn replacing(mut self, word: impl Into<String>, by: impl Into<String>) -> Self {
        self.learn(word.into(), by.into());
        self
    }

    /// `value` as it can be compared.
    pub fn normal(&mut self, value: &Value) -> Value {
        self.look(value);
        let mut normal = value.clone();
        self.tidy(&mut normal);
        normal
    }

    fn learn(&mut self, word: String, by: String) {
        if !word.is_empty() && !self.words.iter().any(|(known, _)| *known == word) {
            self.words.push((word, by));
            // A word may contain another.
            self.words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        }
    }

    /// Learns uids, versions and drawn names, wherever in `value` they stand.
    fn look(&mut self, value: &Value) {
        match value {
            Value::Object(map) => {
                if let Some(metadata) = map.get("metadata").and_then(Value::as_object) {
                    self.look_at_metadata(metadata);
                }
                map.values().for_each(|value| self.look(value));
            }
            Value::Array(items) => items.iter().for_each(|value| self.look(value)),
            _ => {}
        }
    }

    fn look_at_metadata(&mut self, metadata: &Map<String, Value>) {
        let text = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default();
        let (name, prefix, uid) = (text("name"), text("generateName"), text("uid"));
        if !prefix.is_empty() && name.starts_with(prefix) && name.len() > prefix.len() {
            self.learn(name.to_owned(), format!("{prefix}<drawn>"));
        }
        if is_match(&UID, uid) && !self.uids.contains_key(uid) {
            let name = self.words_replaced(name);
            let before = self.uids.values().filter(|other| other.trim_end_matches(['\'']) == name).count();
            self.uids.insert(uid.to_owned(), format!("{name}{}", "'".repeat(before)));
        }
    }

    fn tidy(&mut self, value: &mut Value) {
        match value {
            Value::Object(map) => self.tidy_map(map),
            Value::Array(items) => items.iter_mut().for_each(|item| self.tidy(item)),
            Value::String(text) => *text = self.text(text),
            _ => {}
        }
    }

    fn tidy_map(&mut self, map: &mut Map<String, Value>) {
        if map.get("kind").is_some_and(|kind| kind == "Table") {
            tidy_ages(map);
        }
        if let Some(Value::Object(metadata)) = map.get_mut("metadata") {
            self.tidy_version(metadata);
        }
        // Owners are named by their uid in the names of fields.
        let named: Vec<String> = map.keys().filter(|name| is_match(&UID, name)).cloned().collect();
        for name in named {
            if let Some(value) = map.remove(&name) {
                map.insert(self.text(&name), value);
            }
        }
        for (name, value) in map.iter_mut() {
            match (name.as_str(), &mut *value) {
                ("continue", Value::String(token)) if !token.is_empty() => "<continue>".clone_into(token),
                ("token", Value::String(token)) if !token.is_empty() => "<token>".clone_into(token),
                ("managedFields", Value::Array(entries)) => {
                    // They are sorted by time, and what happened within a second has no order.
                    entries.sort_by_cached_key(|entry| {
                        ["operation", "manager", "subresource", "apiVersion"].map(|name| entry[name].to_string())
                    });
                    self.tidy(value);
                }
                ("causes", Value::Array(causes)) => {
                    // Managers are told in the order of their last writes, which may be the same second.
                    causes.sort_by_cached_key(|cause| ["field", "reason"].map(|name| cause[name].to_string()));
                    self.tidy(value);
                }
                // Already tidied.
                ("resourceVersion", Value::String(version)) if version.starts_with('<') => {}
                _ => self.tidy(value),
            }
        }
    }

    /// An object's version says whether it is newer than it was; a list's says nothing.
    fn tidy_version(&mut self, metadata: &mut Map<String, Value>) {
        let uid = metadata.get("uid").and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(Value::String(version)) = metadata.get_mut("resourceVersion") else { return };
        let Ok(number) = version.parse::<u64>() else { return };
        let word = if uid.is_empty() {
            "<version>"
        } else {
            match self.versions.insert(uid, number) {
                None => "<first version>",
                Some(before) if before == number => "<same version>",
                Some(before) if before < number => "<newer version>",
                Some(_) => "<older version>",
            }
        };
        word.clone_into(version);
    }

    fn text(&self, text: &str) -> String {
        if text.starts_with("-----BEGIN CERTIFICATE-----") {
            return "<certificate>".to_owned();
        }
        let text = self.words_replaced(text);
        let text = replaced(&TIME, text, |found: &Captures<'_>| match found.get(1) {
            Some(_) => "<micro time>",
            None => "<time>",
        });
        let text = replaced(&UID, text, |found: &Captures<'_>| match self.uids.get(&found[0]) {
            Some(name) => format!("<uid of {name}>"),
            None => "<uid>".to_owned(),
        });
        let text = replaced(&TOO_OLD, text, "too old resource version: <version> (<version>)");
        let text = replaced(&TOO_LARGE, text, "${1}<version>");
        let text = replaced(&VERSION, text, "${1}<version>");
        replaced(&SERVICE_ADDRESS, text, "<service address>")
    }

    fn words_replaced(&self, text: &str) -> String {
        self.words.iter().fold(text.to_owned(), |text, (word, by)| text.replace(word, by))
    }
}

/// How old a row's object is depends on when one asks.
fn tidy_ages(table: &mut Map<String, Value>) {
    let rows = table.get_mut("rows").and_then(Value::as_array_mut);
    for cell in rows.into_iter().flatten().filter_map(|row| row.get_mut("cells")?.as_array_mut()).flatten() {
        if cell.as_str().is_some_and(|text| is_match(&AGE, text)) {
            *cell = Value::from("<age>");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ONE: &str = "11111111-1111-4111-8111-111111111111";
    const TWO: &str = "22222222-2222-4222-8222-222222222222";

    fn object(name: &str, uid: &str, version: &str) -> Value {
        json!({"metadata": {"name": name, "uid": uid, "resourceVersion": version}})
    }

    #[test]
    fn a_uid_is_called_by_its_object_and_the_next_of_that_name_by_a_dash_more() {
        let mut normaliser = Normaliser::new();
        assert_eq!(normaliser.normal(&object("a", ONE, "10"))["metadata"]["uid"], "<uid of a>");
        assert_eq!(normaliser.normal(&object("a", TWO, "11"))["metadata"]["uid"], "<uid of a'>");
        let message = json!({"message": format!("UID in precondition: {ONE}, UID in object meta: {TWO}")});
        let normal = normaliser.normal(&message);
        assert_eq!(normal["message"], "UID in precondition: <uid of a>, UID in object meta: <uid of a'>");
    }

    #[test]
    fn a_version_says_whether_the_object_changed() {
        let mut normaliser = Normaliser::new();
        let mut say =
            |version: &str| normaliser.normal(&object("a", ONE, version))["metadata"]["resourceVersion"].clone();
        assert_eq!(say("100"), "<first version>");
        assert_eq!(say("100"), "<same version>");
        assert_eq!(say("117"), "<newer version>");
        assert_eq!(say("100"), "<older version>");
    }

    #[test]
    fn versions_in_messages_say_nothing() {
        let mut normaliser = Normaliser::new();
        let normal = normaliser.normal(&json!(["too old resource version: 1 (44)", "ResourceVersion in record (7)"]));
        let expected =
            json!(["too old resource version: <version> (<version>)", "ResourceVersion in record (<version>)"]);
        assert_eq!(normal, expected);
        let normal = normaliser.normal(&json!("Too large resource version: 999, current: 120"));
        assert_eq!(normal, "Too large resource version: 999, current: <version>");
    }

    #[test]
    fn an_owner_is_called_by_its_name_where_fields_are_named_by_its_uid() {
        let mut normaliser = Normaliser::new();
        normaliser.normal(&object("a", ONE, "10"));
        let normal = normaliser.normal(&json!({format!("k:{{\"uid\":\"{ONE}\"}}"): {}}));
        assert_eq!(normal, json!({"k:{\"uid\":\"<uid of a>\"}": {}}));
    }

    #[test]
    fn moments_addresses_tokens_and_ages_are_no_difference() {
        let mut normaliser = Normaliser::new();
        let normal = normaliser.normal(&json!({
            "at": "2026-01-01T00:00:00Z", "exactly": "2026-01-01T00:00:00.000001Z", "address": "10.96.3.4",
            "continue": "abc", "token": "secret",
            "table": {"kind": "Table", "rows": [{"cells": ["a", "3m2s", 5]}]},
        }));
        assert_eq!(
            normal,
            json!({
                "at": "<time>", "exactly": "<micro time>", "address": "<service address>",
                "continue": "<continue>", "token": "<token>",
                "table": {"kind": "Table", "rows": [{"cells": ["a", "<age>", 5]}]},
            })
        );
    }

    #[test]
    fn a_drawn_name_is_known_again_wherever_it_stands() {
        let mut normaliser = Normaliser::new();
        normaliser.normal(&json!({"metadata": {"generateName": "job-", "name": "job-x7k2p", "uid": ONE}}));
        assert_eq!(
            normaliser.normal(&json!("configmaps \"job-x7k2p\" not found")),
            "configmaps \"job-<drawn>\" not found"
        );
        assert_eq!(normaliser.normal(&json!(ONE)), "<uid of job-<drawn>>");
    }

    #[test]
    fn a_servers_own_words_are_replaced_the_longest_first() {
        let mut normaliser = Normaliser::new().replacing("admin", "<user>").replacing("lab-admin", "<user>");
        assert_eq!(normaliser.normal(&json!("User \"lab-admin\"")), "User \"<user>\"");
    }

    #[test]
    fn the_causes_of_a_refusal_have_no_order() {
        let causes = |fields: [&str; 2]| json!({"causes": fields.map(|field| json!({"field": field}))});
        let normal = |value| Normaliser::new().normal(&value);
        assert_eq!(normal(causes([".b", ".a"])), normal(causes([".a", ".b"])));
    }

    #[test]
    fn field_managers_have_an_order_of_their_own() {
        let entries = |names: [&str; 2]| json!({"managedFields": names.map(|name| json!({"manager": name, "operation": "Update"}))});
        let normal = |value| Normaliser::new().normal(&value);
        assert_eq!(normal(entries(["b", "a"])), normal(entries(["a", "b"])));
    }
}
