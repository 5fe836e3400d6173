//! What must be seen at the end of a step, held against what was.

use std::collections::BTreeMap;
use std::path::Path;

use fluxlift_flux::status::Report;
use fluxlift_sim::{World, referee};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Span;
use super::gate_seen::GateSeen;
use super::perform::{Acted, Restored, Seen};
use super::thing_seen::{FileSeen, ObjectSeen};

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
    /// How long the command took, at the most.
    pub within: Option<Span>,
    /// What the plan would do, by unit.
    #[serde(default)]
    pub plan: BTreeMap<String, String>,
    /// What a rescue did, or would do, in this order.
    pub acts: Option<Vec<ActSeen>>,
    /// What a restore did with each destination, or would do.
    pub restores: Option<Vec<RestoreSeen>>,
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

/// A destination of a restore.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RestoreSeen {
    /// The destination: `namespace/name`.
    pub destination: String,
    /// `restore`, `resume`, `adopt`, `nothing` or `refuse`.
    pub action: String,
    /// What must be said of it: why that is to be done, or how it ended.
    pub says: String,
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
    pub(super) fn new(
        what: impl Into<String>,
        expected: impl Into<String>,
        seen: impl Into<String>,
        holds: bool,
    ) -> Self {
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
        checks.extend(self.gates.iter().map(|gate| gate.check(&seen.proofs)));
        if let Some(most) = self.within {
            let (most, took) = (most.0.as_secs(), seen.took.as_secs());
            checks.push(Check::new("it took", format!("{most}s at the most"), format!("{took}s"), took <= most));
        }
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
        if let Some(restores) = &self.restores {
            let pairs = || restores.iter().zip(&seen.restores);
            let holds = restores.len() == seen.restores.len() && pairs().all(|(wanted, done)| wanted.fits(done));
            let expected: Vec<String> =
                restores.iter().map(|one| told_of(&one.destination, &one.action, &one.says)).collect();
            let found: Vec<String> =
                seen.restores.iter().map(|one| told_of(&one.destination, one.action, &one.says)).collect();
            checks.push(Check::new("restores", expected.join("; "), found.join("; "), holds));
        }
        checks
    }
}

impl RestoreSeen {
    fn fits(&self, done: &Restored) -> bool {
        self.destination == done.destination && self.action == done.action && done.says.contains(&self.says)
    }
}

fn told_of(destination: &str, action: &str, says: &str) -> String {
    format!("{action} {destination} ({says})")
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
