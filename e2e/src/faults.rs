//! What can be made to go wrong with the controllers.

use std::collections::BTreeSet;

use tokio::sync::watch;

/// Faults that are in force. Clones share them.
#[derive(Debug, Clone)]
pub struct Faults {
    held: watch::Sender<BTreeSet<String>>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { held: watch::Sender::new(BTreeSet::new()) }
    }
}

impl Faults {
    /// From now on, a Pod of `component` that starts is Ready at once, and its program is started only when it is let go:
    /// the time between "Pod Ready" and the first list is as long as one likes.
    pub fn hold(&self, component: &str) {
        self.held.send_modify(|held| {
            held.insert(component.to_owned());
        });
    }

    /// Lets the programs of `component` start.
    pub fn release(&self, component: &str) {
        self.held.send_modify(|held| {
            held.remove(component);
        });
    }

    /// Whether `component` is held.
    pub fn is_held(&self, component: &str) -> bool {
        self.held.borrow().contains(component)
    }

    /// Waits until `component` is let go.
    pub async fn released(&self, component: &str) {
        // The sender lives as long as this value.
        let _ = self.held.subscribe().wait_for(|held| !held.contains(component)).await;
    }
}
