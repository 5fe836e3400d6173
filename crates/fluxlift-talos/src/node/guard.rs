//! Whether etcd may be bootstrapped.
//!
//! Talos guards one machine only: a second control plane that has not joined yet accepts the call and splits the
//! cluster. So the choice is made here, from what all control planes show and what the journal remembers.

use std::collections::{BTreeMap, BTreeSet};

use super::EtcdSight;

/// What the journal or the state remembers of an earlier bootstrap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// Nothing.
    Nothing,
    /// It was meant for this machine; whether the call was made is not known.
    Meant(String),
    /// It was done on this machine.
    Done(String),
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Call bootstrap on this machine; there and only there "already exists" is success.
    Bootstrap(String),
    /// etcd was bootstrapped; go on to prove its membership.
    GoOn,
    /// Somebody else's whole cluster of exactly our machines: nothing to bootstrap.
    Adopt,
    /// It must not be done.
    Refuse {
        /// Why.
        why: String,
    },
}

/// Decides from `sights`, one for each control plane, and from what is `recorded`; `chosen` is the machine that would
/// be taken if none was yet.
pub fn decide(recorded: &Recorded, chosen: &str, sights: &BTreeMap<String, EtcdSight>) -> Decision {
    let refuse = |why: String| Decision::Refuse { why };
    if let Some((node, sight)) = sights.iter().find(|(_, s)| !s.is_clear()) {
        return refuse(format!("etcd on {node} {sight}, so nobody knows whether the cluster exists already"));
    }
    let started: Vec<&String> = sights.iter().filter(|(_, s)| runs(s)).map(|(node, _)| node).collect();
    match recorded {
        Recorded::Done(_) if started.is_empty() => Decision::GoOn,
        Recorded::Meant(node) if started.is_empty() => Decision::Bootstrap(node.clone()),
        Recorded::Meant(node) | Recorded::Done(node) if started.contains(&node) => Decision::GoOn,
        Recorded::Meant(node) | Recorded::Done(node) => refuse(format!(
            "etcd runs on {}, but the bootstrap was recorded for {node}, where it does not run",
            list(&started)
        )),
        Recorded::Nothing if started.is_empty() => Decision::Bootstrap(chosen.to_owned()),
        Recorded::Nothing if is_whole(sights) => Decision::Adopt,
        Recorded::Nothing => {
            refuse(format!("etcd already runs on {}, and it was not bootstrapped from here", list(&started)))
        }
    }
}

const fn runs(sight: &EtcdSight) -> bool {
    matches!(sight, EtcdSight::Running(_) | EtcdSight::Silent(_))
}

/// Whether every machine runs etcd and all know exactly each other.
fn is_whole(sights: &BTreeMap<String, EtcdSight>) -> bool {
    let ours: BTreeSet<&str> = sights.keys().map(String::as_str).collect();
    sights.values().all(|sight| match sight {
        EtcdSight::Running(members) => members.iter().map(|m| m.hostname.as_str()).collect::<BTreeSet<_>>() == ours,
        _ => false,
    })
}

fn list(nodes: &[&String]) -> String {
    nodes.iter().map(|n| n.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::EtcdMember;

    fn member(name: &str) -> EtcdMember {
        EtcdMember { id: name.len() as u64, hostname: name.to_owned(), learner: false }
    }

    fn running(members: &[&str]) -> EtcdSight {
        EtcdSight::Running(members.iter().map(|m| member(m)).collect())
    }

    fn waiting() -> EtcdSight {
        EtcdSight::Waiting("Preparing".to_owned())
    }

    fn sights<const N: usize>(list: [(&str, EtcdSight); N]) -> BTreeMap<String, EtcdSight> {
        list.map(|(node, sight)| (node.to_owned(), sight)).into()
    }

    #[test]
    fn a_fresh_cluster_is_bootstrapped_on_the_chosen_machine() {
        let fresh = sights([("a", waiting()), ("b", waiting())]);
        assert_eq!(decide(&Recorded::Nothing, "a", &fresh), Decision::Bootstrap("a".to_owned()));
    }

    #[test]
    fn an_interrupted_bootstrap_is_repeated_on_its_own_machine_only() {
        let fresh = sights([("a", waiting()), ("b", waiting())]);
        assert_eq!(decide(&Recorded::Meant("b".to_owned()), "a", &fresh), Decision::Bootstrap("b".to_owned()));
        let begun = sights([("a", waiting()), ("b", running(&["b"]))]);
        assert_eq!(decide(&Recorded::Meant("b".to_owned()), "a", &begun), Decision::GoOn);
        let done = Recorded::Done("b".to_owned());
        assert_eq!(decide(&done, "a", &fresh), Decision::GoOn, "a starting etcd is not bootstrapped again");
    }

    #[test]
    fn an_etcd_that_has_failed_or_was_stopped_stops_the_bootstrap_of_another() {
        for state in ["Failed", "Stopping", "Finished", "Waiting"] {
            let lost = sights([("a", waiting()), ("b", EtcdSight::Unclear(state.to_owned()))]);
            let decision = decide(&Recorded::Nothing, "a", &lost);
            assert!(matches!(&decision, Decision::Refuse { why } if why.contains(state)), "{decision:?}");
        }
    }

    #[test]
    fn etcd_that_somebody_else_started_is_left_alone() {
        let theirs = sights([("a", waiting()), ("b", running(&["b"]))]);
        for recorded in [Recorded::Nothing, Recorded::Meant("a".to_owned()), Recorded::Done("a".to_owned())] {
            assert!(matches!(decide(&recorded, "a", &theirs), Decision::Refuse { .. }), "{recorded:?}");
        }
        let silent = sights([("a", waiting()), ("b", EtcdSight::Silent("timed out".to_owned()))]);
        assert!(matches!(decide(&Recorded::Nothing, "a", &silent), Decision::Refuse { .. }));
    }

    #[test]
    fn a_whole_cluster_of_our_machines_is_adopted() {
        let whole = sights([("a", running(&["a", "b"])), ("b", running(&["a", "b"]))]);
        assert_eq!(decide(&Recorded::Nothing, "a", &whole), Decision::Adopt);
        let split = sights([("a", running(&["a"])), ("b", running(&["b"]))]);
        assert!(matches!(decide(&Recorded::Nothing, "a", &split), Decision::Refuse { .. }));
    }

    #[test]
    fn a_machine_that_cannot_be_asked_stops_everything() {
        let dark = sights([("a", waiting()), ("b", EtcdSight::Unknown("connection refused".to_owned()))]);
        for recorded in [Recorded::Nothing, Recorded::Meant("a".to_owned()), Recorded::Done("a".to_owned())] {
            assert!(matches!(decide(&recorded, "a", &dark), Decision::Refuse { .. }));
        }
    }
}
