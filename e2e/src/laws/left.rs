//! What a run leaves: what fluxlift lists as its own, and nothing else.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Breach;
use super::breach::ensure;
use super::canaries::is_canary;
use super::writes::is_made_by_fluxlift;
use crate::history::{Happening, History};

/// Where a run writes that the cluster is its own for as long as it lasts.
pub const RESERVATION: &str = "leases/default/fluxlift";

/// What stays when the chart goes and nobody lists: the namespace, which may hold what others made.
const KEPT: &str = "namespaces/flux-system";

/// What all words begin with that fluxlift writes on the objects of others, for as long as a run lasts.
const MARK: &str = "fluxlift.dev/";

/// The words of those that stay: when a Pod was made because of a restart.
const STAY: [&str; 1] = ["fluxlift.dev/restartedAt"];

/// No canary is left, nor the word that the cluster is taken, nor a mark on anything; no release but canaries was ever
/// deleted, and no Helm release is locked.
///
/// # Errors
/// Names what is left, or what was deleted.
pub fn nothing_is_left_behind(history: &History) -> Result<(), Breach> {
    no_release_is_deleted(history)?;
    no_trace_is_left(history)
}

/// No release but canaries was ever deleted. When their definition goes with the instance, all are.
fn no_release_is_deleted(history: &History) -> Result<(), Breach> {
    let mut last: BTreeMap<&str, &Happening> = BTreeMap::new();
    for seen in history.of("") {
        if seen.object.is_none() && seen.key.starts_with("helm.toolkit.fluxcd.io/helmreleases/") {
            let canary = last.get(seen.key.as_str()).is_some_and(|before| is_canary(before));
            ensure(canary, || format!("{} was deleted at revision {}", seen.key, seen.revision))?;
        }
        last.insert(&seen.key, seen);
    }
    Ok(())
}

/// As [`nothing_is_left_behind`], of what there is in the end alone.
///
/// # Errors
/// Names what is left.
pub fn no_trace_is_left(history: &History) -> Result<(), Breach> {
    for seen in history.now().into_values() {
        ensure(!is_canary(seen), || format!("the canary {} is still there", seen.key))?;
        ensure(seen.key != RESERVATION, || "the cluster is still reserved".to_owned())?;
        let mark = mark(seen);
        ensure(mark.is_none(), || format!("{} still carries {}", seen.key, mark.unwrap_or_default()))?;
        let pending = seen.key.contains("/sh.helm.release.v1.")
            && seen.label("status").is_some_and(|status| status.starts_with("pending"));
        ensure(!pending, || format!("{} is left pending", seen.key))?;
    }
    Ok(())
}

/// A mark of fluxlift's on an object. A ReplicaSet has those that its Deployment had when it was made, for good.
fn mark(seen: &Happening) -> Option<&str> {
    let metadata = seen.object.as_ref().filter(|_| !seen.key.starts_with("replicasets/"))?.get("metadata")?;
    let words = ["labels", "annotations"].into_iter().filter_map(|place| metadata.get(place)?.as_object());
    words.flat_map(|words| words.keys()).map(String::as_str).find(|word| word.starts_with(MARK) && !STAY.contains(word))
}

/// What fluxlift says is its own, in the words of `fluxlift state show`, and what it says that it leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// Names of Helm releases.
    releases: Vec<String>,
    /// Instances, as `namespace/name`.
    instances: Vec<String>,
    /// Lines that say what was left.
    left: Vec<String>,
}

impl Listed {
    /// Reads what `state show` printed of each unit.
    pub fn of(shown: &[Value]) -> Self {
        let named = |field: &'static str| {
            shown.iter().filter_map(move |unit| unit["identity"][field].as_str().map(str::to_owned))
        };
        let instances = named("instance").filter_map(|title| Some(title.split_once('/')?.1.to_owned()));
        Self { releases: named("release").collect(), instances: instances.collect(), left: Vec::new() }
    }

    /// Reads what a destroy told, which lists what it leaves because its chart asks.
    pub fn told(said: &str) -> Self {
        let left = said.lines().filter(|line| line.contains("was left, as its chart asks"));
        Self { left: left.map(str::to_owned).collect(), ..Self::default() }
    }

    /// Whether `seen` belongs to what is listed: to a release, as an object or as Helm's storage of it; to an instance, as
    /// itself or as a Secret that it names; or to what was told to be left.
    fn holds(&self, seen: &Happening, history: &History) -> bool {
        let of_release = |name: &String| {
            seen.annotation("meta.helm.sh/release-name") == Some(name)
                || seen.key.contains(&format!("/sh.helm.release.v1.{name}.v"))
        };
        let of_instance = |title: &String| {
            let key = format!("fluxcd.controlplane.io/fluxinstances/{title}");
            let secret = title.split_once('/').and_then(|(namespace, _)| {
                seen.key.strip_prefix(&format!("secrets/{namespace}/")).map(|name| format!("\"{name}\""))
            });
            let names = |secret: String| {
                let instance = history.of(&key).last().and_then(|instance| instance.object.as_ref());
                // A patch is text within the text.
                instance.is_some_and(|instance| {
                    let text = instance["spec"].to_string().replace("\\\"", "\"");
                    text.contains(&secret) || text.contains(&format!("name: {}", secret.trim_matches('"')))
                })
            };
            seen.key == key || secret.is_some_and(names)
        };
        let name = seen.key.rsplit('/').next().unwrap_or_default();
        let is_definition = seen.key.starts_with("apiextensions.k8s.io/customresourcedefinitions/");
        let is_told =
            |line: &String| is_definition && line.split(' ').any(|word| word.rsplit('/').next() == Some(name));
        self.releases.iter().any(of_release) || self.instances.iter().any(of_instance) || self.left.iter().any(is_told)
    }
}

/// Whatever fluxlift created and still is there belongs to what it lists, or is kept on purpose.
///
/// # Errors
/// Names what is left and not listed.
pub fn only_what_is_listed_is_left(history: &History, listed: &Listed) -> Result<(), Breach> {
    let now = history.now();
    let made = history.of("").filter(|seen| seen.created && is_made_by_fluxlift(seen));
    // What somebody deleted and another made again is the other's.
    let made: BTreeMap<&str, &Happening> = made.map(|seen| (seen.key.as_str(), seen)).collect();
    let left = made.into_iter().filter(|(key, made)| {
        let uid = |seen: &Happening| seen.text("/metadata/uid").map(str::to_owned);
        now.get(key).is_some_and(|last| uid(last) == uid(made)) && *key != KEPT && !listed.holds(now[key], history)
    });
    let left: Vec<&str> = left.map(|(key, _)| key).collect();
    ensure(left.is_empty(), || format!("left, and not listed: {}", left.join(", ")))
}
