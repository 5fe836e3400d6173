//! Between which revisions a claim was made. Its evidence names the revision of one object: a gate that looks at several
//! may have seen the others later, but not after its run went on.

use jiff::Timestamp;

use super::left::RESERVATION;
use crate::history::History;
use crate::ledger::Claim;

/// The revisions between which the claim at `position` was made: not before what was seen for it, nor before what was
/// seen for gates that had been closed when it was opened; and before its run wrote the next time that the cluster is
/// reserved, or set it free.
pub(super) fn window(history: &History, claims: &[Claim], position: usize) -> (u64, u64) {
    let Some(claim) = claims.get(position) else { return (0, u64::MAX) };
    let earlier = |other: &&Claim| other.is_proven() && other.closed.is_some() && other.closed <= claim.opened;
    let seen = claims.iter().filter(earlier).filter_map(|other| other.revision).max();
    let until = claim.closed.map_or(u64::MAX, |closed| went_on(history, closed));
    (claim.revision.max(seen).unwrap_or_default(), until)
}

/// The revision at which whoever had the cluster at this moment told of it the next time: all times are of one clock.
fn went_on(history: &History, moment: Timestamp) -> u64 {
    let mut freed = None;
    for seen in history.of(RESERVATION) {
        match seen.text("/spec/renewTime").and_then(|time| time.parse::<Timestamp>().ok()) {
            Some(renewed) if renewed > moment => return freed.unwrap_or(seen.revision),
            Some(_) => freed = None,
            None => freed = freed.or(Some(seen.revision)),
        }
    }
    freed.unwrap_or(u64::MAX)
}
