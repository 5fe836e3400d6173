//! What a ReplicationDestination says of itself.

use std::time::Duration;

use fluxlift_core::Timestamp;
use fluxlift_kube::Object;
use jiff::SignedDuration;

/// The mover's words for a restore that brought data.
const COMPLETED: &str = "Snapshot restore completed";
/// Its words for one that had nothing to bring.
const EMPTY: [&str; 2] = ["No eligible snapshots", "No snapshots found"];
/// The same where it fails by that: some releases ask for the snapshot `null` then. A repository that can't be listed has
/// "No snapshots found in the repository", which says nothing of what is in it.
const UNMATCHED: [&str; 4] =
    ["No eligible snapshots", "No snapshots found for", "unable to find snapshots", "restore snapshot: null"];
/// What its complaints have in them, as its own filter of logs keeps them.
const COMPLAINTS: [&str; 3] = ["error", "failed", "unable to"];
/// What it says on its way to a repository, which costs no data: one way to connect was tried before another, and a summary
/// of policies.
const CHATTER: [&str; 3] = ["connection failed", " 0 errors", "client identity"];

/// The words of a mover, weighed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It restored a snapshot.
    Restored,
    /// It restored one, and complains beside that in these words: something may be missing.
    Partial(String),
    /// It found none, in these words.
    Empty(String),
    /// It failed, in these words.
    Failed(String),
    /// It says neither.
    Nothing,
}

/// What a destination says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a>(pub &'a Object);

impl<'a> Reading<'a> {
    /// The tag that it is to synchronize by.
    pub fn tag(self) -> Option<&'a str> {
        self.0.text("/spec/trigger/manual").filter(|tag| !tag.is_empty())
    }

    /// The tag of the synchronization that it counts as done.
    pub fn done(self) -> Option<&'a str> {
        self.0.text("/status/lastManualSync")
    }

    /// Whether it is paused.
    pub fn is_paused(self) -> bool {
        self.0.flag("/spec/paused")
    }

    /// Since when a synchronization runs.
    pub fn runs_since(self) -> Option<&'a str> {
        self.0.text("/status/lastSyncStartTime")
    }

    /// The image that it names.
    pub fn image(self) -> Option<&'a str> {
        self.0.text("/status/latestImage/name")
    }

    /// When its last synchronization ended.
    pub fn ended(self) -> Option<Timestamp> {
        self.0.text("/status/lastSyncTime")?.parse().ok()
    }

    /// When its last synchronization began: its end less its duration, in whole seconds as the API keeps them.
    ///
    /// The end is cut to the second and the duration is not, so that the difference is up to a second early.
    pub fn began(self) -> Option<Timestamp> {
        let took: SignedDuration = self.0.text("/status/lastSyncDuration")?.parse().ok()?;
        let began = self.ended()?.checked_sub(took).ok()?;
        let up = if began.subsec_nanosecond() == 0 { 0 } else { 1 };
        Timestamp::from_second(began.as_second() + up).ok()
    }

    /// What its mover said last.
    pub fn said(self) -> Said {
        let logs = self.0.text("/status/latestMoverStatus/logs").unwrap_or_default();
        let line = |words: &[&str]| logs.lines().find(|line| words.iter().any(|word| line.contains(word)));
        let told = |line: &str| line.trim().to_owned();
        match self.0.text("/status/latestMoverStatus/result") {
            Some("Successful") => match (line(&EMPTY), line(&[COMPLETED]), logs.lines().find(|line| complains(line))) {
                (Some(empty), ..) => Said::Empty(told(empty)),
                (None, Some(_), Some(complaint)) => Said::Partial(told(complaint)),
                (None, Some(_), None) => Said::Restored,
                (None, None, _) => Said::Nothing,
            },
            Some(_) => match line(&UNMATCHED) {
                Some(empty) => Said::Empty(told(empty)),
                None => Said::Failed(told(logs.lines().last().unwrap_or("it left no logs"))),
            },
            None => Said::Nothing,
        }
    }

    /// Whether its mover failed. VolSync tries again, and the synchronization goes on for as long.
    pub fn is_failing(self) -> bool {
        self.0.text("/status/latestMoverStatus/result").is_some_and(|result| result != "Successful")
    }

    /// The identities that its repository has snapshots of, where the mover looked.
    pub fn identities(self) -> Vec<String> {
        let listed = self.0.items("/status/kopia/availableIdentities").iter();
        listed.filter_map(|one| one["identity"].as_str().map(str::to_owned)).collect()
    }

    /// The condition of its synchronization, for people.
    pub fn condition(self) -> String {
        self.0
            .condition("Synchronizing")
            .map_or_else(|| "VolSync has said nothing of it yet".to_owned(), |c| c.to_string())
    }

    /// Whether it counts what its trigger asks for as done.
    pub fn is_done(self) -> bool {
        match self.tag() {
            Some(tag) => self.done() == Some(tag),
            None => self.ended().is_some(),
        }
    }

    /// Whether a synchronization by its own trigger ended with data.
    pub fn is_restored(self) -> bool {
        self.is_done() && self.runs_since().is_none() && self.image().is_some() && self.said() == Said::Restored
    }
}

/// Whether a mover complains in this line. Options are not its words.
fn complains(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().filter(|word| !word.starts_with("--")).collect();
    let line = words.join(" ").to_lowercase();
    COMPLAINTS.iter().any(|word| line.contains(word)) && !CHATTER.iter().any(|words| line.contains(words))
}

/// For how long words that say nothing may still become some.
pub(super) const HUSH: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(result: &str, logs: &str) -> Said {
        let object = json!({"status": {"latestMoverStatus": {"result": result, "logs": logs}}});
        Reading(&Object::new(object)).said()
    }

    #[test]
    fn success_is_what_the_mover_says_and_not_what_its_exit_code_says() {
        assert_eq!(said("Successful", "Repository connected\nSnapshot restore completed"), Said::Restored);
        let empty = "No eligible snapshots found for app@apps";
        assert_eq!(said("Successful", &format!("Repository connected\n{empty}")), Said::Empty(empty.to_owned()));
        assert_eq!(said("Successful", &format!("{empty}\nSnapshot restore completed")), Said::Empty(empty.to_owned()));
        assert_eq!(said("Successful", ""), Said::Nothing);
        assert_eq!(said("Failed", "a\nERROR b"), Said::Failed("ERROR b".to_owned()));
    }

    #[test]
    fn a_mover_that_fails_because_nothing_matches_is_told_from_one_that_fails() {
        for words in [
            "No eligible snapshots found",
            "No snapshots found for app@apps:/data",
            "ERROR unable to find snapshots for source \"app@apps:/data\"",
            "ERROR: Failed to restore snapshot: null",
        ] {
            assert_eq!(said("Failed", &format!("{words}\nERROR gone")), Said::Empty(words.to_owned()));
        }
        // It could not list them: nobody knows what is there.
        let unread = "ERROR: Failed to restore snapshot: k1\nNo snapshots found in the repository";
        assert_eq!(said("Failed", unread), Said::Failed("No snapshots found in the repository".to_owned()));
    }

    #[test]
    fn a_restore_with_complaints_beside_it_is_not_known_to_be_whole() {
        let beside =
            |words: &str| said("Successful", &format!("{words}\nINFO: Snapshot restore completed successfully"));
        for words in ["ERROR ignored error input/output error on db/a", "Ignored 3 errors.", "unable to set owner of a"]
        {
            assert_eq!(beside(words), Said::Partial(words.to_owned()));
        }
        for chatter in [
            "JSON config connection failed, trying other methods...",
            "Policy configuration summary: 2 applied, 0 errors",
            "Restore command: kopia snapshot restore k1 . --ignore-permission-errors",
            "ERROR: Failed to set client identity - this may affect snapshot ownership",
        ] {
            assert_eq!(beside(chatter), Said::Restored, "{chatter}");
        }
    }

    #[test]
    fn the_start_is_the_end_less_the_duration_and_never_a_second_early() {
        let object = json!({"status": {"lastSyncTime": "2026-01-01T00:01:00Z", "lastSyncDuration": "32.25s"}});
        let object = Object::new(object);
        assert_eq!(Reading(&object).began().unwrap().to_string(), "2026-01-01T00:00:28Z");
        let object = json!({"status": {"lastSyncTime": "2026-01-01T00:02:00Z", "lastSyncDuration": "1m2.345s"}});
        assert_eq!(Reading(&Object::new(object)).began().unwrap().to_string(), "2026-01-01T00:00:58Z");
    }
}
