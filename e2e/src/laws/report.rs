//! The report of flux-operator: it counts when the operator that is there now wrote it, and wrote it anew.

use super::Breach;
use super::breach::ensure;
use super::proofs::seen;
use crate::history::{Happening, History};
use crate::ledger::Claim;

/// A report counts when it came into being after the operator that was rolled out before it, and names its version.
///
/// # Errors
/// Says whose report it is.
pub(super) fn is_of_this_operator(history: &History, report: &Happening, before: &[Claim]) -> Result<(), Breach> {
    let rollout = before.iter().rev().find(|claim| claim.is_proven() && claim.gate.starts_with("deployment/"));
    let rollout = rollout.ok_or_else(|| Breach(format!("{} was proven before any rollout", report.key)))?;
    let rolled_out = seen(history, rollout)?;
    let generation = |seen: &Happening| seen.object.as_ref().map(|object| object["metadata"]["generation"].clone());
    let of_it = |seen: &&Happening| {
        seen.text("/metadata/uid") == rollout.uid.as_deref() && generation(seen) == generation(rolled_out)
    };
    let specified = history.of(&rolled_out.key).find(of_it).map_or(0, |first| first.revision);
    let same = |seen: &&Happening| seen.created && seen.text("/metadata/uid") == report.text("/metadata/uid");
    let made = history.of(&report.key).find(same).map_or(0, |first| first.revision);
    ensure(made > specified, || {
        format!("{} of revision {made} proves nothing: the operator was specified at revision {specified}", report.key)
    })?;
    let (told, wanted) = (report.text("/spec/operator/version").map(bare), version(rolled_out).map(bare));
    ensure(told.is_some() && told == wanted, || {
        format!("{} was written by version {told:?}, and {wanted:?} was rolled out", report.key)
    })
}

/// The version of the image that a Deployment runs: `v0.58.1` of `ghcr.io/…/flux-operator:v0.58.1@sha256:…`.
fn version(deployment: &Happening) -> Option<&str> {
    let image = deployment.text("/spec/template/spec/containers/0/image")?;
    Some(image.split('@').next().unwrap_or(image).rsplit_once(':')?.1)
}

fn bare(version: &str) -> &str {
    version.trim_start_matches('v')
}
