//! What is remembered of a bootstrap: in the journal while it runs, in the state afterwards.
//!
//! It is bound to the machine that was bootstrapped, not to its name: a cluster whose machines were made anew has none.

use std::collections::BTreeMap;

use fluxlift_core::{Act, ActLog, ActLogError, Prior as PriorAct};
use fluxlift_engine::unit::Prior;
use fluxlift_talos::node::{ControlPlane, Recorded};
use serde_json::{Value as Json, json};

/// What marks the outcome of an act that the machine refused.
const REFUSED: &str = "refused";

/// A machine, by its name and by what tells it from one that is made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Founder {
    /// Its name.
    pub node: String,
    /// Its identity, where it has one.
    pub machine: Option<String>,
}

impl Founder {
    /// The machine `node` as it was seen.
    pub fn of(node: &str, seen: &BTreeMap<String, ControlPlane>) -> Self {
        Self { node: node.to_owned(), machine: seen.get(node).and_then(|plane| plane.machine.clone()) }
    }

    /// The act of bootstrapping it, after what `acts` hold.
    pub fn act(&self, acts: &dyn ActLog) -> Act {
        act_on(acts, self.machine.as_deref()).0.with_detail(self.identity())
    }

    /// What the state remembers.
    pub fn identity(&self) -> Json {
        json!({ "node": self.node, "machine": self.machine })
    }
}

/// The act on a machine with this identity, and what earlier runs left of it. Machines without one share theirs. An act
/// that was refused is over: what is tried after it is another one.
fn act_on(acts: &dyn ActLog, machine: Option<&str>) -> (Act, PriorAct) {
    let target = machine.map_or_else(|| "etcd".to_owned(), |machine| format!("etcd/{machine}"));
    let mut act = Act::new("etcd.bootstrap", target.as_str());
    let mut tries = 1;
    loop {
        match acts.recall(&act) {
            PriorAct::Done(_, outcome) if outcome[REFUSED] == true => tries += 1,
            left => return (act, left),
        }
        act.target = format!("{target}/{tries}");
    }
}

/// What an earlier run left about the machines that were `seen`, the journal before the state.
pub fn recall(acts: &dyn ActLog, prior: Option<&Prior>, seen: &BTreeMap<String, ControlPlane>) -> Recorded {
    let known = seen.iter().filter_map(|(node, plane)| Some((Some(node), Some(plane.machine.as_deref()?))));
    for (node, machine) in known.chain([(None, None)]) {
        let named = |act: &Act| node.cloned().or_else(|| text(&act.detail, "node"));
        match act_on(acts, machine).1 {
            PriorAct::Intended(act) => return named(&act).map_or(Recorded::Nothing, Recorded::Meant),
            PriorAct::Done(act, _) => return named(&act).map_or(Recorded::Nothing, Recorded::Done),
            PriorAct::New => {}
        }
    }
    prior.and_then(|prior| standing(&prior.identity, seen)).map_or(Recorded::Nothing, Recorded::Done)
}

/// The name of the machine that the state remembers, unless it is certainly none of those that were `seen`.
fn standing(identity: &Json, seen: &BTreeMap<String, ControlPlane>) -> Option<String> {
    let node = text(identity, "node")?;
    let Some(machine) = text(identity, "machine") else { return Some(node) };
    let same = seen.iter().find(|(_, plane)| plane.machine.as_deref() == Some(&machine));
    match same {
        Some((node, _)) => Some(node.clone()),
        None if seen.values().all(|plane| plane.machine.is_some()) => None,
        None => Some(node),
    }
}

/// Makes the choice of `founder` durable. True when an earlier run had made the same one.
///
/// # Errors
/// When the journal does not take it: then it must not be done.
pub fn intend(acts: &dyn ActLog, founder: &Founder) -> Result<bool, ActLogError> {
    Ok(acts.intend(&founder.act(acts))? != PriorAct::New)
}

/// Takes the choice of `founder` back: the machine has etcd data already, and they are not ours. Without this the next run
/// would take the intent for its own call that came through, and the data for its own.
///
/// # Errors
/// When the journal does not take it.
pub fn take_back(acts: &dyn ActLog, founder: &Founder) -> Result<(), ActLogError> {
    acts.done(&founder.act(acts), json!({ REFUSED: true }))
}

/// What the state remembers of a cluster that nobody here founded, or `founder` did.
pub fn identity(founder: Option<&Founder>) -> Json {
    founder.map_or_else(|| json!({ "node": null }), Founder::identity)
}

fn text(json: &Json, key: &str) -> Option<String> {
    json[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
