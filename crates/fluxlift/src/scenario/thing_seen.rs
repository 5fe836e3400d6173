//! Objects and files that must be seen.

use std::fs;
use std::path::Path;

use fluxlift_sim::World;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Check;

/// An object in the cluster.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ObjectSeen {
    /// Its `apiVersion`, `kind` and `metadata`.
    pub object: Json,
    /// A place in it, as a JSON pointer.
    pub at: Option<String>,
    /// What is there. Where it is not named, the object is there and has nothing at that place; where no place is named
    /// either, the whole object is gone.
    pub is: Option<Json>,
}

/// A file in the tree.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileSeen {
    /// The file.
    pub file: String,
    /// What it must hold.
    pub holds: String,
    /// What it must not hold.
    pub lacks: Option<String>,
}

impl ObjectSeen {
    pub(super) fn check(&self, world: &World) -> Check {
        let object = world.kube.api.key_of(&self.object).and_then(|key| world.kube.api.get(&key));
        let title = format!("{} {}", self.object["kind"].as_str().unwrap_or("?"), self.object["metadata"]["name"]);
        let found = match &self.at {
            Some(place) => object.and_then(|object| object.pointer(place)).cloned(),
            None => object.map(|_| json!("there")),
        };
        // Of an object that is gone nothing can be said to be missing.
        let holds = self.is == found && (self.at.is_none() || object.is_some());
        let told = |value: &Option<Json>| value.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let seen = if object.is_none() { "no such object".to_owned() } else { told(&found) };
        let what = self.at.as_ref().map_or_else(|| title.clone(), |place| format!("{title} at {place}"));
        Check::new(what, told(&self.is), seen, holds)
    }
}

impl FileSeen {
    pub(super) fn check(&self, folder: &Path) -> Check {
        let text = fs::read_to_string(folder.join(&self.file));
        let lacks = |text: &str| self.lacks.as_ref().is_none_or(|part| !text.contains(part));
        let holds = text.as_ref().is_ok_and(|text| text.contains(&self.holds) && lacks(text));
        // It may be a kubeconfig: what is in it is nobody's business.
        let seen = text.map_or_else(|error| error.to_string(), |text| format!("{} bytes", text.len()));
        let without = self.lacks.as_ref().map_or_else(String::new, |part| format!(" and not {part}"));
        Check::new(&self.file, format!("it holds {}{without}", self.holds), seen, holds)
    }
}

#[cfg(test)]
mod tests {
    use fluxlift_core::Timestamp;
    use fluxlift_sim::Options;

    use super::*;

    fn holds(name: &str, at: Option<&str>, is: Option<Json>) -> bool {
        let mut world = World::new(Options::default(), Timestamp::UNIX_EPOCH);
        let now = world.now;
        let caller = fluxlift_sim::kube::Caller::controller("test", now);
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps"}});
        world.kube.api.create(&caller, &fluxlift_sim::kube::GroupResource::NAMESPACES, None, namespace).unwrap();
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        ObjectSeen { object, at: at.map(str::to_owned), is }.check(&world).holds
    }

    #[test]
    fn nothing_at_a_place_is_seen_in_an_object_that_is_there_and_not_in_one_that_is_gone() {
        let place = Some("/metadata/labels/held-by");
        assert!(holds("apps", place, None) && !holds("gone", place, None));
        assert!(holds("apps", Some("/metadata/name"), Some(json!("apps"))));
        assert!(holds("gone", None, None) && !holds("apps", None, None) && holds("apps", None, Some(json!("there"))));
    }

    #[test]
    fn a_file_is_seen_by_what_it_holds_and_by_what_it_does_not() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("kubeconfig"), "server: https://new:6443").unwrap();
        let seen = |file: &str, holds: &str, lacks: Option<&str>| {
            let file = FileSeen { file: file.into(), holds: holds.into(), lacks: lacks.map(str::to_owned) };
            file.check(folder.path()).holds
        };
        assert!(seen("kubeconfig", "new", None) && seen("kubeconfig", "new", Some("old")));
        assert!(!seen("kubeconfig", "new", Some("server")) && !seen("gone", "", None));
    }
}
