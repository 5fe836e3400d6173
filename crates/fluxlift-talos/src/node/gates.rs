//! The gates of a bootstrap.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fluxlift_core::{Evidence, Gate, GateName, Observation, Remedy, Verdict};

use super::{EtcdSight, NodeState, RegisteredNode, Sight};
use crate::proto::resource::Stage;

/// A machine can be given its configuration: it waits for one, or is ours already.
#[derive(Debug, Clone)]
pub struct Awaiting {
    /// The machine's name.
    pub node: String,
}

impl Gate for Awaiting {
    type Snapshot = NodeState;

    fn name(&self) -> GateName {
        GateName::new(format!("node/{} answers", self.node))
    }

    fn judge(&self, seen: &Observation<'_, NodeState>) -> Verdict {
        let object = format!("node/{}", self.node);
        match seen.snapshot {
            NodeState::Maintenance { fingerprint } => {
                Verdict::proven(Evidence::new(object, format!("stage=maintenance fingerprint={fingerprint}")))
            }
            NodeState::Ours(status) => Verdict::proven(Evidence::new(object, format!("stage={}", status.stage.word()))),
            NodeState::Unreachable { why } => Verdict::pending(why.clone()),
            other => out_of_reach(other, seen.unchanged_for),
        }
    }
}

/// A machine runs the configuration that is meant for it.
#[derive(Debug, Clone)]
pub struct RunsConfig {
    /// The machine's name.
    pub node: String,
    /// The configuration's digest, for the evidence.
    pub digest: String,
}

impl Gate for RunsConfig {
    type Snapshot = Sight;

    fn name(&self) -> GateName {
        GateName::new(format!("node/{} runs its configuration", self.node))
    }

    fn judge(&self, seen: &Observation<'_, Sight>) -> Verdict {
        let sight = seen.snapshot;
        match &sight.state {
            NodeState::Ours(status) if sight.settled() => {
                let field = format!("stage={} config=sha256:{}", status.stage.word(), short(&self.digest));
                Verdict::proven(Evidence::new(format!("node/{}", self.node), field))
            }
            NodeState::Ours(status) if sight.as_meant == Some(false) => {
                Verdict::pending(format!("{}, with another configuration", status.stage.word()))
            }
            NodeState::Ours(status) => Verdict::pending(status.to_string()),
            NodeState::Maintenance { .. } => Verdict::pending("still in maintenance"),
            NodeState::Unreachable { why } => Verdict::pending(why.clone()),
            other => out_of_reach(other, seen.unchanged_for),
        }
    }
}

/// A machine is up: running and fine.
#[derive(Debug, Clone)]
pub struct Running {
    /// The machine's name.
    pub node: String,
}

impl Gate for Running {
    type Snapshot = NodeState;

    fn name(&self) -> GateName {
        GateName::new(format!("node/{} is running", self.node))
    }

    fn judge(&self, seen: &Observation<'_, NodeState>) -> Verdict {
        match seen.snapshot {
            NodeState::Ours(status) if status.stage == Stage::Running && status.ready => {
                Verdict::proven(Evidence::new(format!("node/{}", self.node), "stage=running ready=true"))
            }
            NodeState::Ours(status) => Verdict::pending(status.to_string()),
            NodeState::Unreachable { why } => Verdict::pending(why.clone()),
            NodeState::Maintenance { .. } => Verdict::stuck(
                "in maintenance: it has lost its configuration",
                Remedy::person("run apply on the apply unit again"),
            ),
            other => out_of_reach(other, seen.unchanged_for),
        }
    }
}

/// How long a refusal may last: a machine that has just booted may not have the time yet.
const GRACE: Duration = Duration::from_secs(60);

/// What waiting cannot mend.
fn out_of_reach(state: &NodeState, unchanged_for: Duration) -> Verdict {
    let act = match state {
        NodeState::Foreign { .. } => {
            "reset that machine, or correct its address; fluxlift takes over no machine of another cluster"
        }
        other if unchanged_for < GRACE => return Verdict::pending(other.to_string()),
        _ => "check the clocks on both sides and the client certificate; apply on the secrets unit renews it",
    };
    Verdict::stuck(state.to_string(), Remedy::person(act))
}

/// What etcd shows on each control plane, by machine.
pub type EtcdSights = BTreeMap<String, EtcdSight>;

/// How long etcd may take to begin on a machine that was bootstrapped: its image is there already.
const BEGIN: Duration = Duration::from_secs(5 * 60);

/// Every control plane runs etcd with a vote, and all know exactly each other.
#[derive(Debug, Clone)]
pub struct EtcdConsistent {
    /// The control planes.
    pub nodes: BTreeSet<String>,
}

impl Gate for EtcdConsistent {
    type Snapshot = EtcdSights;

    fn name(&self) -> GateName {
        GateName::new("etcd members consistent")
    }

    fn judge(&self, seen: &Observation<'_, EtcdSights>) -> Verdict {
        let mut views = Vec::new();
        let mut pending = None;
        for node in &self.nodes {
            match seen.snapshot.get(node) {
                Some(EtcdSight::Running(members)) => views.push((node, members)),
                Some(other) => pending = pending.or_else(|| Some(format!("etcd on {node} {other}"))),
                None => pending = pending.or_else(|| Some(format!("{node} was not asked"))),
            }
        }
        for (node, members) in &views {
            for (other, theirs) in &views {
                if !members.is_empty()
                    && !theirs.is_empty()
                    && members.iter().all(|m| theirs.iter().all(|t| t.id != m.id))
                {
                    return Verdict::stuck(
                        format!("etcd is split: {node} and {other} belong to different clusters"),
                        Remedy::person("decide which of the two holds the truth and reset the other machine"),
                    );
                }
            }
        }
        let waits = |sight: &EtcdSight| matches!(sight, EtcdSight::Waiting(_));
        if seen.unchanged_for >= BEGIN && !seen.snapshot.is_empty() && seen.snapshot.values().all(waits) {
            return Verdict::stuck(
                "etcd waits on every control plane, as on new machines, although its bootstrap is recorded",
                Remedy::person(
                    "if these machines were wiped, take the bootstrap unit out of the state with `fluxlift state rm`, \
                     then apply it again; else look at the console of the machine that was bootstrapped",
                ),
            );
        }
        // Etcd takes one learner at a time: whoever waits may wait for its vote.
        if let Some(learner) = views.iter().flat_map(|(_, members)| *members).find(|member| member.learner) {
            let others = pending.map(|why| format!(", and {why}")).unwrap_or_default();
            return Verdict::pending(format!("{} has no vote yet{others}", learner.hostname));
        }
        if let Some(why) = pending {
            return Verdict::pending(why);
        }
        let Some((first, members)) = views.first() else { return Verdict::pending("no control plane was asked") };
        let names: BTreeSet<&str> = members.iter().map(|m| m.hostname.as_str()).collect();
        let wanted: BTreeSet<&str> = self.nodes.iter().map(String::as_str).collect();
        if let Some((node, _)) = views.iter().find(|(_, view)| view != members) {
            return Verdict::pending(format!("{first} and {node} know different members"));
        }
        if names != wanted {
            let names: Vec<&str> = names.into_iter().collect();
            return Verdict::pending(format!("the members are {}, not yet all control planes", names.join(", ")));
        }
        let ids: Vec<String> = members.iter().map(|m| format!("{}={:x}", m.hostname, m.id)).collect();
        Verdict::proven(Evidence::new("etcd", format!("members {}", ids.join(" "))))
    }
}

/// What each API server says of itself, by machine.
pub type ReadySights = BTreeMap<String, Result<(), String>>;

/// Every API server is ready.
#[derive(Debug, Clone)]
pub struct ApiServersReady {
    /// The gate's name, such as `kube-apiserver ready on each control plane`.
    pub name: &'static str,
    /// The machines, or the one endpoint.
    pub nodes: BTreeSet<String>,
}

impl Gate for ApiServersReady {
    type Snapshot = ReadySights;

    fn name(&self) -> GateName {
        GateName::new(self.name)
    }

    fn judge(&self, seen: &Observation<'_, ReadySights>) -> Verdict {
        for node in &self.nodes {
            match seen.snapshot.get(node) {
                Some(Ok(())) => {}
                Some(Err(why)) => return Verdict::pending(format!("{node}: {why}")),
                None => return Verdict::pending(format!("{node} was not asked")),
            }
        }
        if self.nodes.is_empty() {
            return Verdict::pending("no API server was asked");
        }
        let nodes: Vec<&str> = self.nodes.iter().map(String::as_str).collect();
        Verdict::proven(Evidence::new(nodes.join(" "), "/readyz=ok"))
    }
}

/// Every machine has registered in Kubernetes. Ready is not asked for: without a CNI no node is.
#[derive(Debug, Clone)]
pub struct NodesRegistered {
    /// The machines.
    pub nodes: BTreeSet<String>,
}

impl Gate for NodesRegistered {
    type Snapshot = Vec<RegisteredNode>;

    fn name(&self) -> GateName {
        GateName::new("nodes registered")
    }

    fn judge(&self, seen: &Observation<'_, Vec<RegisteredNode>>) -> Verdict {
        let there: BTreeSet<&str> = seen.snapshot.iter().map(|n| n.name.as_str()).collect();
        let missing: Vec<&str> = self.nodes.iter().map(String::as_str).filter(|n| !there.contains(n)).collect();
        if self.nodes.is_empty() || !missing.is_empty() {
            return Verdict::pending(format!(
                "{} of {} nodes, without {}",
                there.len(),
                self.nodes.len(),
                missing.join(", ")
            ));
        }
        let ready = seen.snapshot.iter().filter(|n| n.ready).count();
        let names: Vec<&str> = self.nodes.iter().map(String::as_str).collect();
        Verdict::proven(Evidence::new(names.join(" "), format!("registered={} ready={ready}", names.len())))
    }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::EtcdMember;

    #[test]
    fn a_member_without_a_vote_is_named_before_those_that_wait_for_it() {
        let member = |name: &str, id, learner| EtcdMember { id, hostname: name.to_owned(), learner };
        let seen = EtcdSight::Running(vec![member("cp01", 1, false), member("cp02", 2, true)]);
        let waits = EtcdSight::Waiting("Preparing".to_owned());
        let snapshot = [("cp01", seen.clone()), ("cp02", seen), ("cp03", waits)].map(|(node, s)| (node.to_owned(), s));
        let snapshot = EtcdSights::from(snapshot);
        let gate = EtcdConsistent { nodes: snapshot.keys().cloned().collect() };
        let verdict = gate.judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO });
        assert_eq!(verdict.to_string(), "cp02 has no vote yet, and etcd on cp03 waits (Preparing)");
    }
}
