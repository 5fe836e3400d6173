//! What can be made to go wrong with the controllers.

use std::collections::BTreeSet;

use tokio::sync::watch;

/// Faults that are in force. Clones share them.
#[derive(Debug, Clone)]
pub struct Faults {
    held: watch::Sender<BTreeSet<String>>,
    lingering: watch::Sender<BTreeSet<String>>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { held: watch::Sender::new(BTreeSet::new()), lingering: watch::Sender::new(BTreeSet::new()) }
    }
}

impl Faults {
    /// From now on, a Pod of `component` that starts is Ready at once, and its program is started only when it is let go:
    /// the time between "Pod Ready" and the first list is as long as one likes. One that runs already is no longer asked
    /// how it is, and so stays Ready whatever becomes of it.
    pub fn hold(&self, component: &str) {
        insert(&self.held, component);
    }

    /// Lets the programs of `component` start.
    pub fn release(&self, component: &str) {
        remove(&self.held, component);
    }

    /// Whether `component` is held.
    pub fn is_held(&self, component: &str) -> bool {
        self.held.borrow().contains(component)
    }

    /// Waits until `component` is let go.
    pub async fn released(&self, component: &str) {
        without(&self.held, component).await;
    }

    /// From now on, a Pod of `component` that is deleted works on as if it had not been told: it leads and answers, for
    /// as long as one likes.
    pub fn linger(&self, component: &str) {
        insert(&self.lingering, component);
    }

    /// Tells the deleted Pods of `component` that they are.
    pub fn dismiss(&self, component: &str) {
        remove(&self.lingering, component);
    }

    /// Waits until a deleted Pod of `component` may be told.
    pub async fn dismissed(&self, component: &str) {
        without(&self.lingering, component).await;
    }
}

fn insert(into: &watch::Sender<BTreeSet<String>>, component: &str) {
    into.send_modify(|components| {
        components.insert(component.to_owned());
    });
}

fn remove(from: &watch::Sender<BTreeSet<String>>, component: &str) {
    from.send_modify(|components| {
        components.remove(component);
    });
}

async fn without(components: &watch::Sender<BTreeSet<String>>, component: &str) {
    // The sender lives as long as the faults.
    let _ = components.subscribe().wait_for(|components| !components.contains(component)).await;
}
