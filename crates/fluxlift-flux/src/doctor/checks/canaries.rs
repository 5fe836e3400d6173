//! No canary is left over.

use crate::doctor::ids::CANARY_LEFT;
use crate::doctor::{Finding, Judged, Read};

pub(super) fn judge(canaries: &Read<Vec<String>>) -> Read<Judged> {
    let canaries = canaries.as_ref()?;
    let mut judged = Judged::default();
    for canary in canaries {
        let act = "the next proof sweeps it: `fluxlift status --canaries`, unless a run is at work just now";
        judged.push(Finding::warning(CANARY_LEFT, "a canary of fluxlift is still there", act).about(&**canary));
    }
    if canaries.is_empty() {
        judged.saw("no canary is left");
    }
    Ok(judged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Unread;

    #[test]
    fn a_canary_that_is_left_is_named_and_a_list_that_may_not_be_read_is_not_an_empty_one() {
        assert!(judge(&Ok(Vec::new())).unwrap().findings.is_empty());
        let found = judge(&Ok(vec!["helmrelease/flux-system/fluxlift-canary-1".to_owned()])).unwrap().findings;
        assert_eq!(found[0].object.as_deref(), Some("helmrelease/flux-system/fluxlift-canary-1"));
        assert!(judge(&Err(Unread::because("forbidden"))).is_err());
    }
}
