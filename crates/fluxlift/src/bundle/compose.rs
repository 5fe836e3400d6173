//! What goes into a bundle, and in which file.

use std::fs;

use fluxlift_core::Timestamp;
use fluxlift_engine::Home;
use fluxlift_engine::journal::History;
use fluxlift_flux::doctor::{Exam, Report};
use fluxlift_flux::status;
use fluxlift_kube::Cluster;
use serde::Serialize;
use serde_json::{Value, json};

use super::cluster::{self, Seen};
use super::{Archive, BundleError, Known, Redactor};

/// What a bundle is made of.
#[derive(Debug)]
pub struct Run<'a> {
    /// When.
    pub at: Timestamp,
    /// The cluster; `None` when there is none, or it does not answer.
    pub cluster: Option<&'a Cluster>,
    /// What doctor saw; `None` when no kubeconfig names a cluster.
    pub exam: Option<&'a Exam>,
    /// Where the journal and the ledger of the last run lie.
    pub home: Option<&'a Home>,
    /// The ledger, as `report` shows it.
    pub ledger: Option<Value>,
    /// The secrets of the run.
    pub known: Known,
    /// Why it is made: the error of the run, as it was shown.
    pub because: Option<String>,
}

const READ_ME: &str = "\
A support bundle of fluxlift. Everything in it was written for others to read:

  bundle.json        versions, when, what could not be read
  doctor.json        the findings of `fluxlift doctor`
  status.json        how each object of Flux stands, as `fluxlift status` says it
  objects/           of each object: its conditions, generations and references; no values, no patches
                     with backups: VolSync's objects, their claims, volumes and snapshots
  secrets.json       the Secrets in flux-system: names, types and keys
  events.json        events about Flux, backups and claims
  logs/              the last lines of the controllers, of VolSync and of its movers
  ledger.json        the gates of the run, and what they saw
  journal.jsonl      what the last run meant to do, did, and saw

Secrets were taken out: the values of all Secrets that could be read, those of the run and of its environment, in plain
text, base64 and percent-encoding, and what looks like a key, a token or a password. [redacted] stands where they were.
What no program can know is a secret without a name and without a Secret; look before you send it.
";

/// Puts a bundle together.
///
/// # Errors
/// When the secrets are too many to be looked for.
pub async fn compose(run: Run<'_>) -> Result<Archive, BundleError> {
    let Run { at, cluster, exam, home, ledger, mut known, because } = run;
    let mut seen = match cluster {
        Some(cluster) => cluster::read(cluster).await,
        None => Seen::default(),
    };
    known.merge(std::mem::take(&mut seen.known));
    let count = known.len();
    seen.unread.extend(known.missed().iter().map(|what| format!("{what}; they are not looked for")));
    let unsearched = known.missed().to_vec();
    let mut archive = Archive::new(Redactor::new(&known).ok_or(BundleError::TooManySecrets)?, unsearched);
    archive.text("README.txt", READ_ME);
    if let Some(exam) = exam {
        archive.document("doctor.json", &document(&Report::of(exam, &[])));
    }
    match cluster {
        Some(cluster) => match status::look(cluster, None).await {
            Ok(sight) => archive.document("status.json", &document(&status::Report::of(&sight, None))),
            Err(error) => seen.unread.push(format!("the status: {}", fluxlift_core::error::chain(&error))),
        },
        None => seen.unread.push("the cluster: there is none, or it does not answer".to_owned()),
    }
    for (name, document) in &seen.documents {
        archive.document(name, document);
    }
    for (name, log) in &seen.logs {
        archive.text(name, log);
    }
    if let Some(ledger) = &ledger {
        archive.document("ledger.json", ledger);
    }
    if let Some(home) = home {
        match journal(home) {
            Ok(Some(text)) => archive.lines("journal.jsonl", &text),
            Ok(None) => {}
            Err(why) => seen.unread.push(format!("the journal: {why}")),
        }
    }
    let files: Vec<String> = archive.names().into_iter().map(str::to_owned).collect();
    let about = json!({
        "fluxlift": env!("CARGO_PKG_VERSION"),
        "kubernetes": seen.kubernetes,
        "at": at,
        "because": because,
        "secrets_looked_for": count,
        "unread": seen.unread,
        "files": files,
    });
    archive.document("bundle.json", &about);
    Ok(archive)
}

fn journal(home: &Home) -> Result<Option<String>, String> {
    let Some(history) = History::last(home).map_err(|error| fluxlift_core::error::chain(&error))? else {
        return Ok(None);
    };
    fs::read_to_string(home.journal(history.run)).map(Some).map_err(|error| error.to_string())
}

fn document(report: &impl Serialize) -> Value {
    serde_json::to_value(report).unwrap_or_default()
}
