//! What is remembered of a bootstrap: in the journal while it runs, in the state afterwards.

use fluxlift_core::{Act, ActLog, ActLogError, Prior as PriorAct};
use fluxlift_engine::unit::Prior;
use fluxlift_talos::node::Recorded;
use serde_json::{Value as Json, json};

/// The act. There is one for a cluster, whichever machine it is for: the machine is its detail.
pub fn act(node: &str) -> Act {
    Act::new("etcd.bootstrap", "etcd").with_detail(json!({ "node": node }))
}

/// What an earlier run left, the journal before the state.
pub fn recall(acts: &dyn ActLog, prior: Option<&Prior>) -> Recorded {
    match acts.recall(&act("")) {
        PriorAct::Intended(act) => node(&act.detail).map_or(Recorded::Nothing, Recorded::Meant),
        PriorAct::Done(act, _) => node(&act.detail).map_or(Recorded::Nothing, Recorded::Done),
        PriorAct::New => prior.and_then(|p| node(&p.identity)).map_or(Recorded::Nothing, Recorded::Done),
    }
}

/// Makes the choice of `node` durable. True when an earlier run had made the same one.
///
/// # Errors
/// When the journal does not take it: then it must not be done.
pub fn intend(acts: &dyn ActLog, node: &str) -> Result<bool, ActLogError> {
    Ok(acts.intend(&act(node))? != PriorAct::New)
}

/// What the state remembers.
pub fn identity(node: Option<&str>) -> Json {
    json!({ "node": node })
}

fn node(json: &Json) -> Option<String> {
    json["node"].as_str().filter(|node| !node.is_empty()).map(str::to_owned)
}
