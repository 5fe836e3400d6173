//! What the Lease says, and what that means for us.

use std::time::Duration;

use fluxlift_core::Timestamp;
use serde_json::{Value, json};

use crate::{Object, ObjectRef, kind};

/// Where the Lease is.
pub(super) const NAMESPACE: &str = "default";
/// What it is called.
pub(super) const NAME: &str = "fluxlift";
/// What tells one claim's Lease from another's.
const KEY: &str = "fluxlift.dev/state";
/// How long it lasts when nobody renews it.
pub(super) const LASTS: Duration = Duration::from_secs(30);
/// The longest that is believed of another one.
const LONGEST: i64 = 300;

/// The Lease by which a cluster is reserved.
pub fn target() -> ObjectRef {
    ObjectRef::namespaced(kind::LEASE, NAMESPACE, NAME)
}

/// A run that wants the cluster for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who it is, for people.
    pub holder: String,
    /// What it has in common with the runs that it succeeds at once. Of two runs with the same key, whoever makes the
    /// claims lets only one live.
    pub key: String,
}

/// How the Lease stands to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nobody holds it.
    Free,
    /// It is ours, or that of a run before us that is gone.
    Ours,
    /// Another one holds it, and by our clock it has missed a renewal, or was renewed at no time that can be true.
    Quiet {
        holder: String,
        /// How long it must stay silent to be taken for dead.
        wait: Duration,
    },
    /// Another one holds it.
    Held { holder: String, renewed: Timestamp },
}

impl Standing {
    /// How `lease` stands to `claim` at `now`.
    pub(super) fn of(lease: &Object, claim: &Claim, now: Timestamp) -> Self {
        let holder = lease.text("/spec/holderIdentity").unwrap_or_default().to_owned();
        if holder.is_empty() {
            return Self::Free;
        }
        if !claim.key.is_empty() && lease.annotation(KEY) == Some(&claim.key) {
            return Self::Ours;
        }
        let seconds = lease.number("/spec/leaseDurationSeconds").unwrap_or_default();
        let lasts = match u64::try_from(seconds.clamp(0, LONGEST)) {
            Ok(seconds @ 1..) => Duration::from_secs(seconds),
            _ => LASTS,
        };
        let renewed = lease.text("/spec/renewTime").and_then(|time| time.parse::<Timestamp>().ok());
        // Whoever lives renews more often than twice in the time that it lasts.
        let (beat, age) = (lasts / 2, renewed.map(|renewed| now.duration_since(renewed)));
        match (renewed, age) {
            (Some(renewed), Some(age)) if age.unsigned_abs() <= beat => Self::Held { holder, renewed },
            // The clock of another machine may be ahead of ours, but not for how long a run that died would block all others.
            (_, Some(age)) if age.is_negative() => Self::Quiet { holder, wait: lasts },
            (_, Some(age)) => Self::Quiet { holder, wait: lasts.saturating_sub(age.unsigned_abs()).max(beat) },
            (_, None) => Self::Quiet { holder, wait: lasts },
        }
    }
}

/// The Lease of `claim`, taken at `now`; instead of `before`, where there is one.
pub(super) fn taken(before: Option<&Object>, claim: &Claim, now: Timestamp) -> Object {
    let mut lease = Object::named(&target()).with_annotation(KEY, &claim.key).with("spec", spec(claim, now, now));
    if let Some(before) = before {
        lease.json_mut()["metadata"]["resourceVersion"] = Value::from(before.resource_version());
        // Without it an API server makes a Lease anew that was deleted meanwhile, whatever the version says.
        lease.json_mut()["metadata"]["uid"] = before.at("/metadata/uid").clone();
    }
    lease
}

/// The same Lease, renewed at `now`.
pub(super) fn renewed(lease: &Object, claim: &Claim, now: Timestamp) -> Object {
    let mut next = taken(Some(lease), claim, now);
    next.json_mut()["spec"]["acquireTime"] = lease.at("/spec/acquireTime").clone();
    next
}

fn spec(claim: &Claim, acquired: Timestamp, renewed: Timestamp) -> Value {
    json!({
        "holderIdentity": claim.holder,
        "leaseDurationSeconds": LASTS.as_secs(),
        "acquireTime": micro(acquired),
        "renewTime": micro(renewed),
    })
}

/// A time as a Lease has it: with six digits behind the point, no more and no less.
fn micro(time: Timestamp) -> String {
    format!("{time:.6}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-01T12:00:00Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn claim(key: &str) -> Claim {
        Claim { holder: format!("ada of {key}"), key: key.to_owned() }
    }

    /// The Lease of `a`, last renewed so many seconds ago.
    fn of_a(ago: i64) -> Object {
        taken(None, &claim("a"), now() - jiff::SignedDuration::from_secs(ago))
    }

    #[test]
    fn a_lease_that_is_renewed_is_another_s_and_one_that_is_not_is_watched_until_it_has_run_out_and_for_one_beat_at_least()
     {
        let held = |ago| matches!(Standing::of(&of_a(ago), &claim("b"), now()), Standing::Held { .. });
        assert!(held(0) && held(15));
        let quiet = |seconds| Standing::Quiet { holder: "ada of a".into(), wait: Duration::from_secs(seconds) };
        for (ago, wait) in [(16, 15), (30, 15), (3600, 15)] {
            assert_eq!(Standing::of(&of_a(ago), &claim("b"), now()), quiet(wait), "{ago}s");
        }
        let mut long = of_a(40);
        long.json_mut()["spec"]["leaseDurationSeconds"] = json!(60);
        assert_eq!(Standing::of(&long, &claim("b"), now()), quiet(30));
    }

    #[test]
    fn a_lease_from_a_clock_that_is_ahead_of_ours_blocks_nobody_for_longer_than_any_other() {
        let standing = |ago| Standing::of(&of_a(ago), &claim("b"), now());
        assert!(matches!(standing(-10), Standing::Held { .. }));
        assert!(matches!(standing(-20), Standing::Quiet { wait: LASTS, .. }));
        assert!(matches!(standing(-3600), Standing::Quiet { wait: LASTS, .. }));
    }

    #[test]
    fn a_lease_of_our_own_folder_is_ours_and_one_without_a_folder_never() {
        assert_eq!(Standing::of(&of_a(5), &claim("a"), now()), Standing::Ours);
        let nameless = taken(None, &claim(""), now());
        assert!(matches!(Standing::of(&nameless, &claim(""), now()), Standing::Held { .. }));
    }

    #[test]
    fn a_lease_without_a_holder_is_free_and_one_without_a_time_has_run_out() {
        let mut lease = of_a(0);
        lease.json_mut()["spec"]["renewTime"] = Value::Null;
        lease.json_mut()["spec"]["leaseDurationSeconds"] = json!(-5);
        assert!(matches!(Standing::of(&lease, &claim("b"), now()), Standing::Quiet { wait: LASTS, .. }));
        lease.json_mut()["spec"]["holderIdentity"] = json!("");
        assert_eq!(Standing::of(&lease, &claim("b"), now()), Standing::Free);
    }

    #[test]
    fn a_renewal_keeps_when_it_was_taken_and_is_for_that_very_lease_and_version() {
        let mut lease = of_a(20);
        lease.json_mut()["metadata"]["resourceVersion"] = json!("7");
        lease.json_mut()["metadata"]["uid"] = json!("u");
        let next = renewed(&lease, &claim("a"), now());
        assert_eq!(next.text("/spec/acquireTime"), Some("2026-01-01T11:59:40.000000Z"));
        assert_eq!(next.text("/spec/renewTime"), Some("2026-01-01T12:00:00.000000Z"));
        assert_eq!((next.resource_version(), next.text("/metadata/uid")), ("7", Some("u")));
    }
}
