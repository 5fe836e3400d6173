//! What must be seen at the end of a step, held against what was.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fluxlift_flux::status::Report;
use fluxlift_sim::{World, referee};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Span;
use super::perform::{Acted, Seen};

/// What must be seen at the end of a step; what is not named is not looked at.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expect {
    /// The exit code of the command.
    pub exit: Option<u8>,
    /// What its failure must say.
    #[serde(default)]
    pub says: Vec<String>,
    /// What its failure must not say.
    #[serde(default)]
    pub never_says: Vec<String>,
    /// Gates of the command.
    #[serde(default)]
    pub gates: Vec<GateSeen>,
    /// What the plan would do, by unit.
    #[serde(default)]
    pub plan: BTreeMap<String, String>,
    /// What a rescue did, or would do, in this order.
    pub acts: Option<Vec<ActSeen>>,
    /// The HelmReleases, as the referee counts them.
    pub releases: Option<Releases>,
    /// How many of them were created before every canary of their time was handled.
    pub early: Option<usize>,
    /// What `status` says of objects.
    #[serde(default)]
    pub diagnosis: Vec<RowSeen>,
    /// Objects in the cluster.
    #[serde(default)]
    pub objects: Vec<ObjectSeen>,
    /// Files in the tree.
    #[serde(default)]
    pub files: Vec<FileSeen>,
}

/// A gate, by a part of its name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GateSeen {
    /// A part of its name.
    pub gate: String,
    /// Its last verdict.
    pub verdict: String,
    /// How long it waited, at the least.
    pub waited: Option<Span>,
    /// What its reason or evidence must say.
    pub says: Option<String>,
}

/// An act of a rescue.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ActSeen {
    /// How much force it takes: 1 ask, 2 ask the source, 3 reset, 4 force, 5 restart, 6 edit Helm's storage.
    pub force: u8,
    /// What it is done to.
    pub target: String,
    /// What its reason must say.
    pub why: String,
    /// Whether it helped; nothing of a plan.
    pub helped: Option<bool>,
}

/// HelmReleases.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Releases {
    /// How many there are.
    pub total: usize,
    /// How many are Ready at their generation.
    pub ready: Option<usize>,
    /// How many no controller has looked at.
    pub unobserved: Option<usize>,
    /// The same, at the least.
    pub unobserved_at_least: Option<usize>,
}

/// A line of the status.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RowSeen {
    /// The object, such as `helmrelease/apps/podinfo`.
    pub object: String,
    /// Its verdict.
    pub verdict: String,
    /// Why, in one word.
    pub reason: String,
    /// How the root cause begins.
    pub root_cause: Option<String>,
    /// How the command begins that helps.
    pub hint: Option<String>,
}

/// An object in the cluster.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ObjectSeen {
    /// Its `apiVersion`, `kind` and `metadata`.
    pub object: Json,
    /// A place in it, as a JSON pointer.
    pub at: Option<String>,
    /// What is there; nothing when it is not named, and the whole object is gone when no place is named either.
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
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub what: String,
    /// What should be there.
    pub expected: String,
    /// What was there.
    pub seen: String,
    /// Whether it is as it should be.
    pub holds: bool,
}

impl Check {
    fn new(what: impl Into<String>, expected: impl Into<String>, seen: impl Into<String>, holds: bool) -> Self {
        Self { what: what.into(), expected: expected.into(), seen: seen.into(), holds }
    }

    fn equal(what: impl Into<String>, expected: &str, seen: &str) -> Self {
        Self::new(what, expected, seen, expected == seen)
    }
}

impl Expect {
    /// Holds everything against what a command did, the world, the status and the files in `folder`.
    pub(super) fn check(
        &self,
        seen: Option<&Seen>,
        world: &World,
        status: Option<&Report>,
        folder: &Path,
    ) -> Vec<Check> {
        let mut checks = seen.map(|seen| self.of_command(seen)).unwrap_or_default();
        if let Some(releases) = &self.releases {
            checks.extend(releases.check(world));
        }
        if let Some(early) = self.early {
            let seen = world.referee.early().len();
            checks.push(Check::equal(
                "releases before every canary was handled",
                &early.to_string(),
                &seen.to_string(),
            ));
        }
        checks.extend(self.diagnosis.iter().map(|row| row.check(status)));
        checks.extend(self.objects.iter().map(|object| object.check(world)));
        checks.extend(self.files.iter().map(|file| file.check(folder)));
        checks
    }

    /// Whether anything that only `status` can tell is wanted.
    pub(super) const fn needs_status(&self) -> bool {
        !self.diagnosis.is_empty()
    }

    fn of_command(&self, seen: &Seen) -> Vec<Check> {
        let mut checks = Vec::new();
        if let Some(exit) = self.exit {
            let said = if seen.said.is_empty() { String::new() } else { format!(": {}", seen.said) };
            let found = format!("{}{said}", seen.exit);
            checks.push(Check::new("exit code", exit.to_string(), found, exit == seen.exit));
        }
        for part in &self.says {
            checks.push(Check::new("it says", part, &seen.said, seen.said.contains(part)));
        }
        for part in &self.never_says {
            checks.push(Check::new("it never says", part, &seen.said, !seen.said.contains(part)));
        }
        checks.extend(self.gates.iter().map(|gate| gate.check(seen)));
        for (unit, change) in &self.plan {
            let planned = seen.plan.iter().flat_map(|plan| &plan.units).find(|known| known.path.as_str() == unit);
            let found = planned.map_or_else(|| "no such unit".to_owned(), |unit| unit.change.to_string());
            checks.push(Check::equal(format!("plan of {unit}"), change, &found));
        }
        if let Some(acts) = &self.acts {
            let holds = acts.len() == seen.acts.len() && acts.iter().zip(&seen.acts).all(|(act, done)| act.fits(done));
            let expected: Vec<String> = acts.iter().map(ActSeen::told).collect();
            let found: Vec<String> = seen.acts.iter().map(told).collect();
            checks.push(Check::new("acts of the rescue", expected.join("; "), found.join("; "), holds));
        }
        checks
    }
}

impl ActSeen {
    fn fits(&self, done: &Acted) -> bool {
        self.force == done.act.force.number()
            && self.target == done.act.target
            && done.act.why.contains(&self.why)
            && self.helped == done.helped
    }

    fn told(&self) -> String {
        in_words(self.force, &self.target, &self.why, self.helped)
    }
}

fn told(done: &Acted) -> String {
    in_words(done.act.force.number(), &done.act.target, &done.act.why, done.helped)
}

fn in_words(force: u8, target: &str, why: &str, helped: Option<bool>) -> String {
    let ending = match helped {
        Some(true) => ", which helped",
        Some(false) => ", in vain",
        None => "",
    };
    format!("force {force} on {target} ({why}){ending}")
}

impl GateSeen {
    fn check(&self, seen: &Seen) -> Check {
        let named: Vec<_> =
            seen.proofs.iter().filter(|(_, proof)| proof.gate.to_string().contains(&self.gate)).collect();
        let fits = |proof: &fluxlift_gate::Proof| {
            proof.verdict.word() == self.verdict
                && self.waited.is_none_or(|least| proof.waited >= least.0)
                && self.says.as_ref().is_none_or(|part| proof.verdict.to_string().contains(part))
        };
        let told = |(unit, proof): &&(fluxlift_core::UnitPath, fluxlift_gate::Proof)| {
            format!("{unit}: {} {} after {}s", proof.gate, proof.verdict, proof.waited.as_secs())
        };
        let mut expected = self.verdict.clone();
        if let Some(least) = self.waited {
            expected += &format!(" after {}s or more", least.0.as_secs());
        }
        if let Some(part) = &self.says {
            expected += &format!(", saying {part}");
        }
        let holds = named.iter().any(|(_, proof)| fits(proof));
        let found = named.iter().filter(|(_, proof)| !holds || fits(proof)).map(told).collect::<Vec<_>>().join("; ");
        let found = if found.is_empty() { "no such gate".to_owned() } else { found };
        Check::new(format!("gate {}", self.gate), expected, found, holds)
    }
}

impl Releases {
    fn check(&self, world: &World) -> Vec<Check> {
        let tally = referee::count(world);
        let mut checks = vec![Check::equal("HelmReleases", &self.total.to_string(), &tally.total.to_string())];
        let exact =
            [("Ready", self.ready, tally.ready), ("at observedGeneration -1", self.unobserved, tally.unobserved)];
        for (what, expected, seen) in exact {
            if let Some(expected) = expected {
                checks.push(Check::equal(format!("of them {what}"), &expected.to_string(), &seen.to_string()));
            }
        }
        if let Some(least) = self.unobserved_at_least {
            let (expected, seen) = (format!("{least} or more"), tally.unobserved.to_string());
            checks.push(Check::new("of them at observedGeneration -1", expected, seen, tally.unobserved >= least));
        }
        checks
    }
}

impl RowSeen {
    fn check(&self, status: Option<&Report>) -> Check {
        let row = status.and_then(|report| report.objects.iter().find(|row| row.title() == self.object));
        let expected = json!({"verdict": self.verdict, "reason": self.reason,
            "root_cause": self.root_cause, "hint": self.hint});
        let Some(row) = row else { return Check::new(&self.object, expected.to_string(), "no such object", false) };
        let begins = |wanted: &Option<String>, found: &Option<String>| {
            wanted.as_ref().is_none_or(|start| found.as_ref().is_some_and(|text| text.starts_with(start)))
        };
        let holds = row.verdict == self.verdict
            && row.reason == self.reason
            && begins(&self.root_cause, &row.root_cause)
            && begins(&self.hint, &row.hint);
        let found = json!({"verdict": row.verdict, "reason": row.reason,
            "root_cause": row.root_cause, "hint": row.hint});
        Check::new(&self.object, expected.to_string(), found.to_string(), holds)
    }
}

impl ObjectSeen {
    fn check(&self, world: &World) -> Check {
        let object = world.kube.api.key_of(&self.object).and_then(|key| world.kube.api.get(&key));
        let title = format!("{} {}", self.object["kind"].as_str().unwrap_or("?"), self.object["metadata"]["name"]);
        let found = match &self.at {
            Some(place) => object.and_then(|object| object.pointer(place)).cloned(),
            None => object.map(|_| json!("there")),
        };
        let told = |value: &Option<Json>| value.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let what = self.at.as_ref().map_or_else(|| title.clone(), |place| format!("{title} at {place}"));
        Check::new(what, told(&self.is), told(&found), self.is == found)
    }
}

impl FileSeen {
    fn check(&self, folder: &Path) -> Check {
        let text = fs::read_to_string(folder.join(&self.file));
        let holds = text.as_ref().is_ok_and(|text| text.contains(&self.holds));
        // It may be a kubeconfig: what is in it is nobody's business.
        let seen = text.map_or_else(|error| error.to_string(), |text| format!("{} bytes", text.len()));
        Check::new(&self.file, format!("it holds {}", self.holds), seen, holds)
    }
}
