//! CustomResourceDefinitions: how they become kinds.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::Arc;

use serde_json::{Value, json};

use super::kind::{Kind, Version};
use super::update::Part;
use super::{ApiServer, Caller, GroupResource, Key, Status, meta};

/// The finalizer that holds a definition until its objects are gone.
pub const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

impl ApiServer {
    /// Makes a definition Established: from now on its objects are served. A definition that is gone stays gone.
    ///
    /// # Errors
    /// When the definition's status can't be written.
    pub fn establish(&mut self, caller: &Caller<'_>, name: &str) -> Result<(), Status> {
        let key = Key::cluster(&GroupResource::CUSTOM_RESOURCE_DEFINITIONS, name);
        let Some(object) = self.get(&key).filter(|object| !meta::is_terminating(object)) else { return Ok(()) };
        let kind = kind_of(object);
        let names = object["spec"]["names"].clone();
        let storage = kind.storage.clone();
        let now = caller.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        if !meta::finalizers(object).any(|f| f == CLEANUP) {
            self.modify(caller, &key, Part::Object, |object| {
                let list = meta::metadata_mut(object).entry("finalizers").or_insert_with(|| json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.push(json!(CLEANUP));
                }
            })?;
        }
        self.modify(caller, &key, Part::Status, |object| {
            let conditions = json!([
                {
                    "type": "NamesAccepted", "status": "True", "reason": "NoConflicts",
                    "message": "no conflicts found", "lastTransitionTime": now,
                },
                {
                    "type": "Established", "status": "True", "reason": "InitialNamesAccepted",
                    "message": "the initial names have been accepted", "lastTransitionTime": now,
                },
            ]);
            let status = meta::child_mut(object, "status");
            status.insert("acceptedNames".into(), names);
            status.insert("conditions".into(), conditions);
            let stored = status.entry("storedVersions").or_insert_with(|| json!([]));
            if let Some(stored) = stored.as_array_mut().filter(|s| !s.contains(&json!(storage))) {
                stored.push(json!(storage));
            }
        })?;
        self.custom.insert(kind.gr.clone(), Arc::new(kind));
        Ok(())
    }

    /// Takes over a changed definition that is Established already.
    pub fn refresh_definition(&mut self, name: &str) {
        let key = Key::cluster(&GroupResource::CUSTOM_RESOURCE_DEFINITIONS, name);
        if let Some(object) = self.get(&key).filter(|object| is_established(object)) {
            let kind = kind_of(object);
            self.custom.insert(kind.gr.clone(), Arc::new(kind));
        }
    }

    /// Stops serving the kind of a definition that is gone.
    pub(super) fn forget_definition(&mut self, object: &Value) {
        self.custom.remove(&kind_of(object).gr);
    }
}

/// Whether a definition says so itself.
pub fn is_established(object: &Value) -> bool {
    let conditions = meta::list(object, &["status", "conditions"]);
    conditions.iter().any(|c| c["type"] == "Established" && c["status"] == "True")
}

/// The kind that a definition defines.
pub fn kind_of(object: &Value) -> Kind {
    let names = |field: &str| -> Vec<Cow<'static, str>> {
        let list = meta::list(object, &["spec", "names", field]);
        list.iter().filter_map(Value::as_str).map(|s| Cow::Owned(s.to_owned())).collect()
    };
    let name = |field: &str| Cow::Owned(meta::text(object, &["spec", "names", field]).to_owned());
    let defined = meta::list(object, &["spec", "versions"]);
    let mut versions: Vec<_> = defined.iter().filter(|v| v["served"] == true).map(version).collect();
    versions.sort_by_key(|v| Reverse(priority(&v.name)));
    let storage = defined.iter().find(|v| v["storage"] == true).map(|v| meta::text(v, &["name"]).to_owned());
    Kind {
        gr: GroupResource::new(
            meta::text(object, &["spec", "group"]),
            meta::text(object, &["spec", "names", "plural"]),
        ),
        kind: name("kind"),
        singular: name("singular"),
        short_names: names("shortNames"),
        categories: names("categories"),
        namespaced: meta::text(object, &["spec", "scope"]) == "Namespaced",
        versions,
        storage: Cow::Owned(storage.unwrap_or_default()),
        custom: true,
    }
}

fn version(defined: &Value) -> Version {
    let columns = meta::list(defined, &["additionalPrinterColumns"]);
    Version {
        name: Cow::Owned(meta::text(defined, &["name"]).to_owned()),
        status: meta::at(defined, &["subresources", "status"]).is_some(),
        scale: meta::at(defined, &["subresources", "scale"]).cloned().map(Arc::new),
        schema: meta::at(defined, &["schema", "openAPIV3Schema"]).cloned().map(Arc::new),
        columns: columns.iter().filter_map(|c| serde_json::from_value(c.clone()).ok()).collect(),
        deprecated: defined["deprecated"] == true,
    }
}

/// Stable before beta before alpha, and newer before older: (stability, major, minor).
pub fn priority(name: &str) -> (u8, u32, u32) {
    let Some(rest) = name.strip_prefix('v') else { return (0, 0, 0) };
    let number = |text: &str| text.parse().unwrap_or_default();
    for (word, stability) in [("alpha", 1), ("beta", 2)] {
        if let Some((major, minor)) = rest.split_once(word) {
            return (stability, number(major), number(minor));
        }
    }
    (3, number(rest), 0)
}
