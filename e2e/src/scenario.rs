//! The scenarios of failures as far as the lab can play them: the same files that the simulation plays.
//!
//! What a file asks for and the lab cannot do is an error, never left out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// How many times faster than in the file time passes on the lab: machines that take minutes are programs here.
pub const HASTE: u32 = 20;

/// A scenario.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Scenario {
    /// What there is before the first step.
    pub start: Start,
    /// Variables of the commands.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// What happens.
    pub steps: Vec<Step>,
}

/// What there is before the first step, of what a lab can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// A control plane with a node that is Ready.
    Cluster,
    /// The same without the node.
    ClusterWithoutNodes,
}

/// One step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// What it is.
    pub say: String,
    /// Whether everything begins anew.
    #[serde(default)]
    pub anew: bool,
    /// What is broken from now on.
    pub world: Option<World>,
    /// Objects that an administrator applies first.
    #[serde(default)]
    pub objects: Vec<Value>,
    /// The arguments of fluxlift.
    pub run: Option<String>,
    /// How long to wait after that.
    pub wait: Option<Span>,
    /// What happens meanwhile.
    #[serde(default)]
    pub later: Vec<Later>,
    /// What must be seen at its end.
    #[serde(default)]
    pub expect: Expect,
}

/// What is broken; nothing else is any more.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct World {
    /// Programs that stand still.
    #[serde(default)]
    pub frozen: BTreeSet<String>,
}

/// Something that happens while a command runs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Later {
    /// How long after the step began.
    pub after: Span,
    /// What is broken from then on.
    pub world: Option<World>,
    /// Whether the node joins.
    #[serde(default)]
    pub nodes: bool,
}

/// What must be seen at the end of a step.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expect {
    /// The exit code of the command.
    pub exit: Option<i32>,
    /// What it must say.
    #[serde(default)]
    pub says: Vec<String>,
    /// Gates of the command.
    #[serde(default)]
    pub gates: Vec<GateSeen>,
    /// The HelmReleases.
    pub releases: Option<Releases>,
    /// How many of them were created before every canary was answered: the law knows of none alone.
    pub early: Option<usize>,
    /// What `status` says of objects.
    #[serde(default)]
    pub diagnosis: Vec<RowSeen>,
    /// What a rescue would do, in this order.
    pub acts: Option<Vec<ActSeen>>,
    /// Objects in the cluster.
    #[serde(default)]
    pub objects: Vec<ObjectSeen>,
}

/// A line of the status.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RowSeen {
    /// The object, such as `helmrelease/apps/podinfo`.
    pub object: String,
    /// Its verdict.
    pub verdict: String,
    /// Why, in one word.
    pub reason: String,
}

impl RowSeen {
    /// Whether one of the `rows` of a status is it.
    pub fn is_among(&self, rows: &[Value]) -> bool {
        rows.iter().any(|row| {
            let text = |field: &str| row[field].as_str().unwrap_or_default();
            let object = format!("{}/{}/{}", text("kind").to_lowercase(), text("namespace"), text("name"));
            object == self.object && text("verdict") == self.verdict && text("reason") == self.reason
        })
    }
}

/// An act that a rescue would do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ActSeen {
    /// How much force it takes.
    pub force: u8,
    /// What it is done to.
    pub target: String,
    /// What its reason must say.
    pub why: String,
}

impl ActSeen {
    /// Whether `act` of a plan is it.
    pub fn is(&self, act: &Value) -> bool {
        act["force"] == self.force
            && act["target"] == self.target.as_str()
            && act["why"].as_str().is_some_and(|why| why.contains(&self.why))
    }
}

/// A gate, by a part of its name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GateSeen {
    /// A part of its name.
    pub gate: String,
    /// Its last verdict.
    pub verdict: String,
    /// How long it waited, at the least.
    pub waited: Option<Span>,
}

/// HelmReleases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Releases {
    /// How many there are.
    pub total: usize,
    /// How many are Ready at their generation.
    pub ready: Option<usize>,
    /// How many no controller has looked at.
    pub unobserved: Option<usize>,
}

/// An object in the cluster.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ObjectSeen {
    /// Its `apiVersion`, `kind` and `metadata`.
    pub object: Value,
    /// A place in it, as a JSON pointer.
    pub at: Option<String>,
    /// What is there; nothing when it is not named.
    pub is: Option<Value>,
}

/// A length of time, as long as it is on the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

impl Span {
    /// Reads `45s`, `10m` or `1h30m`.
    pub fn read(text: &str) -> Result<Self, String> {
        let span = text.parse::<jiff::SignedDuration>().map_err(|error| format!("{text:?}: {error}"))?;
        let whole = Duration::try_from(span).map_err(|error| format!("{text:?}: {error}"))?;
        Ok(Self(whole / HASTE))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl Scenario {
    /// Reads a file.
    ///
    /// # Errors
    /// What the lab does not understand of it, and where.
    pub fn read(text: &str) -> Result<Self, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }
}

/// The arguments of a command with its deadlines as long as they are on the lab.
///
/// # Errors
/// When a deadline cannot be read.
pub fn in_haste(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    for word in line.split_whitespace() {
        let is_deadline = words.last().is_some_and(|before: &String| before.ends_with("-deadline"));
        words.push(if is_deadline { format!("{}s", Span::read(word)?.0.as_secs()) } else { word.to_owned() });
    }
    Ok(words)
}

impl Releases {
    /// What differs from `found`, in words.
    pub fn differ(self, found: &[Value]) -> Option<String> {
        let unobserved = found.iter().filter(|release| !has_been_looked_at(release)).count();
        let ready = found.iter().filter(|release| crate::conditions::is_ready_now(release)).count();
        let holds = self.total == found.len()
            && self.ready.is_none_or(|wanted| wanted == ready)
            && self.unobserved.is_none_or(|wanted| wanted == unobserved);
        let seen =
            || format!("{} releases, {ready} of them Ready, {unobserved} never looked at: {self:?}", found.len());
        (!holds).then(seen)
    }
}

/// Whether its controller has seen any generation of it: it writes -1 before it has.
fn has_been_looked_at(release: &Value) -> bool {
    release["status"]["observedGeneration"].as_i64().is_some_and(|seen| seen > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FILE: &str = "number: 1\ntitle: t\nstart: cluster\nsteps:\n  - say: s\n    wait: 1m\n";

    #[test]
    fn time_passes_faster_than_in_the_file() {
        let read = Scenario::read(FILE).unwrap();
        assert_eq!(read.steps[0].wait, Some(Span(Duration::from_secs(3))));
        assert_eq!(
            in_haste("bootstrap --unit-deadline 10m -x 5m").unwrap().join(" "),
            "bootstrap --unit-deadline 30s -x 5m"
        );
        assert!(in_haste("bootstrap --unit-deadline soon").is_err());
    }

    #[test]
    fn what_the_lab_cannot_do_is_an_error() {
        for (of, instead) in [("cluster", "tree"), ("wait: 1m", "backups: []"), ("wait: 1m", "world: { api: [] }")] {
            assert!(Scenario::read(&FILE.replace(of, instead)).is_err(), "{instead}");
        }
    }

    #[test]
    fn a_row_and_an_act_are_the_ones_that_are_named_and_no_others() {
        let row = |reason: &str| RowSeen {
            object: "fluxinstance/flux-system/flux".to_owned(),
            verdict: "proven".to_owned(),
            reason: reason.to_owned(),
        };
        let rows = [json!({"kind": "FluxInstance", "namespace": "flux-system", "name": "flux", "verdict": "proven",
            "reason": "Ready"})];
        assert!(row("Ready").is_among(&rows) && !row("Progressing").is_among(&rows) && !row("Ready").is_among(&[]));
        let act = |force: u8| ActSeen { force, target: "helmrelease/a/b".to_owned(), why: "failed".to_owned() };
        let done = json!({"force": 3, "target": "helmrelease/a/b", "why": "it has failed"});
        assert!(act(3).is(&done) && !act(4).is(&done));
    }

    #[test]
    fn releases_are_counted_and_not_believed() {
        let ready = |generation: i64, seen: i64| {
            json!({"metadata": {"generation": generation}, "status": {"observedGeneration": seen,
                "conditions": [{"type": "Ready", "status": "True", "observedGeneration": seen}]}})
        };
        let wanted = Releases { total: 2, ready: Some(2), unobserved: Some(0) };
        assert_eq!(wanted.differ(&[ready(1, 1), ready(1, 1)]), None);
        for wrong in [vec![ready(1, 1)], vec![ready(1, 1), ready(2, 1)], vec![ready(1, 1), ready(1, -1)]] {
            assert!(wanted.differ(&wrong).is_some(), "{wrong:?}");
        }
    }
}
