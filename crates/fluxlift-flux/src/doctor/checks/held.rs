//! No restore that was killed holds backups still, or has left a destination midway.

use fluxlift_kube::Object;

use crate::annotation::{HELD, HELD_BY, HELD_WHY, RESTORING};
use crate::doctor::ids::{BACKUPS_HELD, RESTORE_UNFINISHED};
use crate::doctor::{Finding, Judged, Read};

const ACT: &str = "if no restore runs, `fluxlift restore --all` goes on with it; `fluxlift restore --release --all` lets the backups go";

pub(super) fn judge(marked: &Read<Vec<Object>>) -> Read<Judged> {
    let marked = marked.as_ref()?;
    let mut judged = Judged::default();
    for object in marked {
        let said = |name| object.annotation(name);
        if let Some(run) = object.label(HELD) {
            let (who, why) = (said(HELD_BY).unwrap_or("somebody"), said(HELD_WHY).unwrap_or("no reason is given"));
            let seen = format!("it is paused by {who} in run {run}: {why}");
            judged.push(Finding::warning(BACKUPS_HELD, seen, ACT).about(object.title()));
        } else if let Some(run) = object.label(RESTORING) {
            let seen = format!("run {run} restores it, and has not proven yet that it was");
            judged.push(Finding::warning(RESTORE_UNFINISHED, seen, ACT).about(object.title()));
        }
    }
    if judged.findings.is_empty() {
        judged.saw("fluxlift holds no ReplicationSource or SnapshotSchedule, and restores no ReplicationDestination");
    }
    Ok(judged)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::doctor::Unread;

    #[test]
    fn a_backup_that_is_held_is_told_with_who_holds_it_and_why() {
        assert!(judge(&Ok(Vec::new())).unwrap().findings.is_empty());
        let source = json!({"kind": "ReplicationSource", "metadata": {"name": "plex", "namespace": "media",
            "labels": {HELD: "run1"}, "annotations": {HELD_BY: "me@here", HELD_WHY: "media/plex-dst is not proven"}}});
        let found = judge(&Ok(vec![Object::new(source)])).unwrap().findings;
        assert_eq!(found[0].object.as_deref(), Some("replicationsource/media/plex"));
        assert_eq!(found[0].seen, "it is paused by me@here in run run1: media/plex-dst is not proven");
    }

    #[test]
    fn a_destination_midway_is_told_and_lists_that_may_not_be_read_are_not_empty_ones() {
        let destination = json!({"kind": "ReplicationDestination", "metadata": {"name": "plex-dst",
            "namespace": "media", "labels": {RESTORING: "run1"}}});
        let found = judge(&Ok(vec![Object::new(destination)])).unwrap().findings;
        assert_eq!(found[0].id, "restore-unfinished");
        assert!(judge(&Err(Unread::because("forbidden"))).is_err());
    }
}
