//! A gate that must be seen, held against the ledger of a command.

use std::collections::BTreeMap;

use fluxlift_core::UnitPath;
use fluxlift_gate::Proof;
use serde::Deserialize;

use super::{Check, Span};

/// A gate, by a part of its name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GateSeen {
    /// A part of its name.
    pub gate: String,
    /// Its last verdict; where the part fits several gates, that of each.
    pub verdict: String,
    /// How long it waited, at the least.
    pub waited: Option<Span>,
    /// What its reason or evidence must say.
    pub says: Option<String>,
}

impl GateSeen {
    /// Of each gate with that name the last verdict must be the expected one. How long it waited and what it says is asked of
    /// one of them: the same name may stand for a wait that was over at once.
    pub(super) fn check(&self, proofs: &[(UnitPath, Proof)]) -> Check {
        let mut last: BTreeMap<(&UnitPath, String), &Proof> = BTreeMap::new();
        for (unit, proof) in proofs.iter().filter(|(_, proof)| proof.gate.to_string().contains(&self.gate)) {
            last.insert((unit, proof.gate.to_string()), proof);
        }
        let agrees = |proof: &Proof| proof.verdict.word() == self.verdict;
        let fits = |proof: &Proof| {
            agrees(proof)
                && self.waited.is_none_or(|least| proof.waited >= least.0)
                && self.says.as_ref().is_none_or(|part| proof.verdict.to_string().contains(part))
        };
        let mut expected = self.verdict.clone();
        if let Some(least) = self.waited {
            expected += &format!(" after {}s or more", least.0.as_secs());
        }
        if let Some(part) = &self.says {
            expected += &format!(", saying {part}");
        }
        let holds = last.values().all(|proof| agrees(proof)) && last.values().any(|proof| fits(proof));
        let told = |((unit, gate), proof): (&(&UnitPath, String), &&Proof)| {
            format!("{unit}: {gate} {} after {}s", proof.verdict, proof.waited.as_secs())
        };
        let shown = last.iter().filter(|(_, proof)| !holds || fits(proof));
        let found = shown.map(told).collect::<Vec<_>>().join("; ");
        let found = if found.is_empty() { "no such gate".to_owned() } else { found };
        Check::new(format!("gate {}", self.gate), expected, found, holds)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fluxlift_core::{Evidence, GateName, Timestamp, Verdict};

    use super::*;

    fn proof(gate: &'static str, verdict: Verdict, waited: u64) -> (UnitPath, Proof) {
        let (opened, waited) = (Timestamp::UNIX_EPOCH, Duration::from_secs(waited));
        let (deadline, unchanged_for) = (Duration::MAX, Duration::ZERO);
        let proof = Proof { gate: GateName::new(gate), opened, waited, deadline, unchanged_for, verdict };
        (UnitPath::new("flux-instance").unwrap(), proof)
    }

    fn holds(verdict: &str, proofs: &[(UnitPath, Proof)]) -> bool {
        let gate = GateSeen { gate: "node".into(), verdict: verdict.into(), waited: None, says: None };
        gate.check(proofs).holds
    }

    #[test]
    fn the_last_verdict_of_a_gate_counts_and_of_several_gates_each() {
        let (pending, late) = (|| Verdict::pending("no node"), || Verdict::pending("no Pod"));
        let proven = || Verdict::proven(Evidence::new("node/a", "Ready"));
        assert!(holds("proven", &[proof("node", pending(), 1), proof("node", proven(), 2)]));
        assert!(!holds("pending", &[proof("node", pending(), 1), proof("node", proven(), 2)]));
        assert!(!holds("proven", &[proof("node a", proven(), 1), proof("node b", late(), 2)]));
        assert!(!holds("proven", &[proof("controller", proven(), 1)]), "a gate that never was is no proof");
    }
}
