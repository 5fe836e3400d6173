//! A root that was taken over and is taken back: the operator is asked for one more pass.
//!
//! When the operator makes the root its own, kustomize-controller may be in the middle of applying the folder that describes
//! the root, and puts back the labels that the operator has taken off. Nobody else would mend that before the operator's next
//! pass by itself, an hour later.

use std::convert::Infallible;

use fluxlift_core::chain;
use fluxlift_flux::Instance;
use fluxlift_flux::annotation::{INSTANCE_NAME, KUSTOMIZATION_NAME, REQUESTED_AT};
use fluxlift_flux::kinds::{KUSTOMIZATION, NAMESPACE};
use fluxlift_kube::{Object, ObjectRef};
use futures::StreamExt as _;
use serde_json::json;

use super::bringup::Bringup;

/// How often the operator is asked at most: whoever takes it back more often than that is no pass that was in flight.
const TIMES: usize = 3;

impl Bringup<'_> {
    /// Asks whenever the root is taken back. Whether it is the operator's in the end is for a gate to say; this never ends.
    pub(super) async fn reclaim(&self) -> Infallible {
        let root = ObjectRef::namespaced(KUSTOMIZATION, NAMESPACE, self.instance.sync.effective_name());
        let mut seen = self.cluster.observe_one(root.clone());
        let mut asked = 0;
        while seen.next().await.is_some() {
            // What was seen may be older than the last request, and what a request did not mend may show nothing new.
            while asked < TIMES && self.cluster.get(&root).await.is_ok_and(|now| is_taken_back(now.as_ref())) {
                asked += 1;
                self.ask_again(&root).await;
            }
        }
        std::future::pending().await
    }

    /// Requests a pass over the instance, and waits until the operator has answered.
    async fn ask_again(&self, root: &ObjectRef) {
        let events = &self.cx.gates.events;
        let token = self.cx.gates.clock.now().to_string();
        let request = json!({"metadata": {"annotations": {REQUESTED_AT: token}}});
        if let Err(error) = self.cluster.merge(&Instance::target(), &request).await {
            events.warn(format!("flux-operator could not be asked for {root} once more: {}", chain(&error)));
            return;
        }
        events.step(
            "asked",
            format!("flux-operator for {root} once more: kustomize-controller has labelled it meanwhile"),
        );
        let mut seen = self.cluster.observe_one(Instance::target());
        let mut asked = false;
        while let Some(observed) = seen.next().await {
            let Ok(Some(instance)) = observed else { continue };
            let ours = instance.annotation(REQUESTED_AT) == Some(&*token);
            // Who asks after us is answered in our place; what is older than our request says nothing.
            if instance.text("/status/lastHandledReconcileAt") == Some(&*token) || (asked && !ours) {
                return;
            }
            asked |= ours;
        }
    }
}

/// Whether the root is an instance's and still labelled as one of its own objects.
fn is_taken_back(root: Option<&Object>) -> bool {
    root.is_some_and(|root| root.label(INSTANCE_NAME).is_some() && root.label(KUSTOMIZATION_NAME).is_some())
}
