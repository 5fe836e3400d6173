//! The annotations by which Flux is asked for things.

/// Asks a controller for a pass at once; it echoes the value in `status.lastHandledReconcileAt`.
pub const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";
/// Forces one install or upgrade of a HelmRelease, when it has the same value as [`REQUESTED_AT`] and is new.
pub const FORCE_AT: &str = "reconcile.fluxcd.io/forceAt";
/// Clears the failure counts of a HelmRelease, by the same rule.
pub const RESET_AT: &str = "reconcile.fluxcd.io/resetAt";
/// Ours, on an object that a rescue acts on, until the rescue has ended: what was done, so that the next one goes on.
pub const RESCUE: &str = "fluxlift.dev/rescue";
/// Ours, on a Pod template: a change of it rolls the Deployment.
pub const RESTARTED_AT: &str = "fluxlift.dev/restartedAt";
/// The finalizer of every Flux controller.
pub const FINALIZER: &str = "finalizers.fluxcd.io";
/// Ours, on a FluxInstance: it was changed, and its controllers are not proven since. It is applied with the change
/// itself and taken off after the proof, so that no crash and no lost state can make one look like the other.
pub const UNPROVEN: &str = "fluxlift.dev/unproven";
/// The label by which flux-operator marks what belongs to a FluxInstance.
pub const INSTANCE_NAME: &str = "fluxcd.controlplane.io/name";
/// The label by which kustomize-controller marks what a Kustomization applied.
pub const KUSTOMIZATION_NAME: &str = "kustomize.toolkit.fluxcd.io/name";
/// The label by which helm-controller marks what a HelmRelease installed.
pub const RELEASE_NAME: &str = "helm.toolkit.fluxcd.io/name";
/// Ours, a label on a ReplicationSource or a SnapshotSchedule that a restore holds: its value names the run.
pub const HELD: &str = "fluxlift.dev/held-by-restore";
/// Ours, beside it: who holds it, `user@host`.
pub const HELD_BY: &str = "fluxlift.dev/held-by";
/// Ours, beside it: why, for people.
pub const HELD_WHY: &str = "fluxlift.dev/held-why";
/// Ours, a label on a ReplicationDestination that is being restored: its value names the run.
pub const RESTORING: &str = "fluxlift.dev/restoring";
/// The label by which flux-operator marks what a ResourceSet made.
pub const RESOURCE_SET_NAME: &str = "resourceset.fluxcd.controlplane.io/name";
