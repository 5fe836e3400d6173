//! No rescue that was killed has left anything midway.

use crate::doctor::ids::RESCUE_UNFINISHED;
use crate::doctor::{Finding, Judged, Read};

pub(super) fn judge(rescued: &Read<Vec<String>>) -> Read<Judged> {
    let rescued = rescued.as_ref()?;
    let mut judged = Judged::default();
    for object in rescued {
        let seen = "a rescue has acted on it, and has not taken its mark off";
        let act = "if no rescue runs, `fluxlift rescue` goes on from there";
        judged.push(Finding::warning(RESCUE_UNFINISHED, seen, act).about(&**object));
    }
    if rescued.is_empty() {
        judged.saw("no rescue is unfinished");
    }
    Ok(judged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Unread;

    #[test]
    fn what_a_rescue_left_is_named_and_lists_that_may_not_be_read_are_not_empty_ones() {
        assert!(judge(&Ok(Vec::new())).unwrap().findings.is_empty());
        let found = judge(&Ok(vec!["helmrelease/media/plex".to_owned()])).unwrap().findings;
        assert_eq!((found[0].id, found[0].object.as_deref()), ("rescue-unfinished", Some("helmrelease/media/plex")));
        assert!(judge(&Err(Unread::because("forbidden"))).is_err());
    }
}
