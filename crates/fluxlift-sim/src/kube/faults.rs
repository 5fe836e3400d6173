//! Faults that were put into the API, as data.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::wire::request::Verb;
use super::{GroupResource, Status};

/// Something that goes wrong for some requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// For which verbs; none for all.
    pub verbs: Vec<Verb>,
    /// For which resource; none for all.
    pub resource: Option<GroupResource>,
    /// For which name; none for all, and for lists.
    pub name: Option<String>,
    /// How many requests it lets pass first.
    pub skip: u32,
    /// How many requests it strikes then.
    pub count: u32,
    /// What it does.
    pub effect: Effect,
}

/// What a fault does to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Effect {
    /// It is refused: 409, 410, 429, 500, or anything else.
    Refuse(Status),
    /// Its answer comes later.
    Delay(Duration),
    /// The connection breaks; the request was `handled` before that, or never.
    Drop {
        /// Whether it took effect.
        handled: bool,
    },
    /// It takes effect twice, and the second answer comes back.
    Duplicate,
    /// A read shows what was so many revisions ago.
    Stale(u64),
    /// A watch ends at once with 410 in its stream.
    WatchExpired,
    /// A watch ends at once, without a word.
    WatchEnd,
}

impl Fault {
    /// A fault that strikes the next `count` requests of any kind.
    pub const fn any(count: u32, effect: Effect) -> Self {
        Self { verbs: Vec::new(), resource: None, name: None, skip: 0, count, effect }
    }

    /// The same fault, for one verb of one resource.
    #[must_use]
    pub fn on(mut self, verb: Verb, resource: GroupResource) -> Self {
        self.verbs.push(verb);
        self.resource = Some(resource);
        self
    }
}

/// The faults of a cluster; of those that fit a request, the first strikes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// Puts a fault in.
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// What happens to a request; counts it.
    pub fn strike(&mut self, verb: Verb, resource: &GroupResource, name: Option<&str>) -> Option<Effect> {
        let fits = |fault: &Fault| {
            (fault.verbs.is_empty() || fault.verbs.contains(&verb))
                && fault.resource.as_ref().is_none_or(|r| r == resource)
                && fault.name.as_deref().is_none_or(|wanted| name == Some(wanted))
        };
        for fault in self.0.iter_mut().filter(|fault| fits(fault)) {
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if fault.count > 0 {
                fault.count -= 1;
                let effect = fault.effect.clone();
                self.0.retain(|fault| fault.count > 0);
                return Some(effect);
            }
        }
        None
    }
}
