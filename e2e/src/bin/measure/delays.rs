//! How long fluxlift takes to act on a condition that has come true.
//!
//! It came true when etcd told this process of the first revision from which on it held, by the lab's own reading of the
//! gate; fluxlift has acted when the gate's line arrives on its stderr. Neither time is fluxlift's own. Gates that held
//! before fluxlift asked are counted apart: there was nothing to wait for.

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

use fluxlift_e2e::LabError;
use fluxlift_e2e::conditions::{holds, is_of_an_absence};
use fluxlift_e2e::ledger::Claim;
use fluxlift_e2e::live::Seen;

use crate::follow::{CANARY, Follow};

/// The delays of one run, in milliseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Delays {
    /// By gate, in the order in which they were closed.
    pub(crate) waited: Vec<(String, f64)>,
    /// The gates that held before they were opened.
    pub(crate) held_before: Vec<String>,
    /// From the last answer of a canary in etcd to the sync in etcd: no word of fluxlift's is needed for this one.
    pub(crate) to_sync: f64,
}

/// A moment by both clocks: fluxlift's journal has the time of day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) instant: Instant,
    pub(crate) time: jiff::Timestamp,
}

impl Moment {
    /// Now.
    #[expect(clippy::disallowed_methods, reason = "what is measured is real time")]
    pub(crate) fn now() -> Self {
        Self { instant: Instant::now(), time: jiff::Timestamp::now() }
    }

    fn at(&self, time: jiff::Timestamp) -> Instant {
        let since = Duration::try_from(time.duration_since(self.time)).unwrap_or_default();
        self.instant + since
    }
}

/// What one run left behind.
pub(crate) struct Traces<'a> {
    /// etcd's history.
    pub(crate) seen: &'a [Seen],
    /// fluxlift's stderr, line by line.
    pub(crate) told: &'a [(Instant, String)],
    /// The proofs in fluxlift's journal.
    pub(crate) claims: &'a [Claim],
    /// When it began.
    pub(crate) began: Moment,
}

impl Traces<'_> {
    /// The delays of every gate that was proven.
    pub(crate) fn delays(&self) -> Result<Delays, LabError> {
        let mut delays = Delays::default();
        let mut lines: Vec<&(Instant, String)> = self.told.iter().filter(|(_, line)| line.contains("Proven")).collect();
        let mut answered: Option<Instant> = None;
        for claim in self.claims.iter().filter(|claim| claim.is_proven()) {
            let line = lines.iter().position(|(_, line)| line.contains(&format!("  {} in ", claim.gate)));
            let line = line.ok_or_else(|| unexpected(format!("no line tells of {:?}", claim.gate)))?;
            let (acted, _) = lines.remove(line);
            let since = self.since(claim, *acted)?;
            if claim.gate.starts_with("canary ") || claim.gate.starts_with("path ") {
                answered = answered.max(Some(since));
            }
            if claim.opened.is_some_and(|opened| since <= self.began.at(opened)) {
                delays.held_before.push(claim.gate.clone());
            } else {
                delays.waited.push((claim.gate.clone(), milliseconds(since, *acted)));
            }
        }
        let answered = answered.ok_or_else(|| unexpected("no canary was answered"))?;
        delays.to_sync = milliseconds(answered, self.synced()?);
        Ok(delays)
    }

    /// Since when what a claim says has held.
    fn since(&self, claim: &Claim, acted: Instant) -> Result<Instant, LabError> {
        if claim.gate == "delivered set ready" {
            let mut follow = Follow::default();
            self.seen.iter().for_each(|seen| follow.take(seen));
            return follow.delivered.ok_or_else(|| unexpected("not everything was delivered"));
        }
        if is_of_an_absence(&claim.gate) {
            return self.cleared(acted);
        }
        let of =
            |seen: &&Seen| seen.happening.text("/metadata/uid").is_some_and(|uid| claim.uid.as_deref() == Some(uid));
        let upto = |seen: &&Seen| claim.revision.is_some_and(|revision| seen.happening.revision <= revision);
        let mut since = None;
        for seen in self.seen.iter().filter(of).filter(upto) {
            let object = seen.happening.object.as_ref().ok_or_else(|| unexpected("an object without a value"))?;
            let held = holds(&claim.gate, object);
            let held = held.ok_or_else(|| unexpected(format!("no law says what {:?} must have seen", claim.gate)))?;
            since = if held { since.or(Some(seen.at)) } else { None };
        }
        since.ok_or_else(|| unexpected(format!("{:?} was called proven, and etcd does not say so", claim.gate)))
    }

    /// When the last canary was gone.
    fn cleared(&self, acted: Instant) -> Result<Instant, LabError> {
        let canary = |seen: &&Seen| seen.happening.label(CANARY).is_some();
        let keys: BTreeSet<&str> = self.seen.iter().filter(canary).map(|seen| seen.happening.key.as_str()).collect();
        let gone = |seen: &&Seen| seen.happening.object.is_none() && keys.contains(seen.happening.key.as_str());
        let mut gone = self.seen.iter().filter(gone).map(|seen| seen.at);
        let first = gone.clone().next();
        let last = gone.by_ref().take_while(|at| *at <= acted).last().or(first);
        last.ok_or_else(|| unexpected("no canary was ever taken away"))
    }

    /// When the sync was there.
    fn synced(&self) -> Result<Instant, LabError> {
        let synced = |seen: &&Seen| {
            seen.happening.key.starts_with("fluxcd.controlplane.io/fluxinstances/")
                && seen.happening.object.as_ref().is_some_and(|instance| instance.pointer("/spec/sync").is_some())
        };
        self.seen.iter().find(synced).map(|seen| seen.at).ok_or_else(|| unexpected("nothing was ever synced"))
    }
}

/// From one to the other; less than nothing where this process was told later than fluxlift.
fn milliseconds(from: Instant, to: Instant) -> f64 {
    let forwards = to.saturating_duration_since(from).as_secs_f64();
    (forwards - from.saturating_duration_since(to).as_secs_f64()) * 1e3
}

fn unexpected(what: impl Into<String>) -> LabError {
    LabError::Unexpected(what.into())
}

impl fmt::Display for Delays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (gate, delay) in &self.waited {
            writeln!(f, "  {delay:9.1} ms  {gate}")?;
        }
        for gate in &self.held_before {
            writeln!(f, "  held before   {gate}")?;
        }
        Ok(())
    }
}
