//! `bundle`: one redacted archive for somebody else to read; and `--bundle`, the same when a run has failed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use fluxlift_core::{ErrorKind, UnitResult};
use fluxlift_engine::{Home, RunReport};
use fluxlift_gate::Proof;
use fluxlift_kube::Kubeconfig;
use fluxlift_net::TcpDial;
use serde_json::Value as Json;

use super::outcome::printed;
use super::report;
use crate::args::Global;
use crate::bundle::{About, Archive, Known, write};
use crate::reach::{Reach, tree_folder};
use crate::run::{Setting, on_runtime};
use crate::system::System;
use crate::ui::{Failure, OutputFormat, note, print_document, print_text, report_failure, warning};
use crate::workspace::{Place, place};

/// Write a support bundle: doctor's findings, the status, conditions, events, the controllers' logs, journal and ledger of
/// the last run, in one archive without secrets.
///
/// What could be read goes in, and the archive says what could not: a cluster that is gone leaves the journal. Nothing in the
/// cluster is changed.
#[derive(Debug, Args)]
pub struct Bundle {
    /// The archive to write
    #[arg(value_name = "FILE", default_value = "fluxlift-bundle.tar.gz")]
    file: PathBuf,
    #[command(flatten)]
    reach: Reach,
    /// Where the state of a run without a tree is kept; outside a tree, the last one if none is named
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

pub(super) fn execute(args: &Bundle, global: &Global, system: &System) -> Result<u8, Failure> {
    on_runtime(async {
        let setting = Setting::real(system, "bundle");
        let place = place(global, system, args.state_dir.as_deref()).ok();
        let home = place.as_ref().map(Place::home);
        let known = match place {
            Some(Place::Tree(_)) => Known::of_tree(&tree_folder(global, system), system, &setting).await,
            _ => Known::default(),
        };
        let ledger = home.as_ref().and_then(report::last);
        let cluster = match args.reach.find(global, system, &setting).await {
            Ok((kubeconfig, _)) => Some(kubeconfig),
            // A name that was typed is meant.
            Err(failure) if args.reach.is_named() => return Err(failure),
            Err(_) => None,
        };
        let about = About { cluster, home: home.as_ref(), ledger, known, because: None };
        let archive = save(&args.file, about, global, system, &setting).await?;
        let document = serde_json::json!({ "bundle": args.file, "files": archive.names(),
            "not_looked_for": archive.unsearched() });
        printed(match global.format {
            OutputFormat::Text => print_text(&format!("{}\n", args.file.display())),
            format => print_document(format, &document, String::new),
        })?;
        Ok(0)
    })
}

/// The option of commands that change a cluster.
#[derive(Debug, Clone, Default, Args)]
pub struct OnFailure {
    /// When the run fails, as when a gate is not proven, write a support bundle to this file
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
}

/// What has failed, and where.
pub(super) struct Failed<'a> {
    /// Why it has.
    because: String,
    /// What was proven and what was not.
    ledger: Option<Json>,
    /// Where state and journal lie, where there are any.
    home: Option<&'a Home>,
    /// The cluster that it was about, where it is known by then.
    cluster: Option<Kubeconfig>,
    known: Known,
}

impl<'a> Failed<'a> {
    /// A run of units.
    pub(super) fn run(report: &RunReport, home: &'a Home, cluster: Option<Kubeconfig>, known: Known) -> Self {
        let errors = report.units.iter().filter_map(|unit| match &unit.result {
            UnitResult::Failed { error } => Some(format!("{}: {error}", unit.path)),
            _ => None,
        });
        let because = errors.collect::<Vec<_>>().join("\n");
        Self { because, ledger: report::last(home), home: Some(home), cluster, known }
    }
}

impl OnFailure {
    /// Whether a run that ended with this `report` shall leave a bundle. Whoever stops a run does not want to wait for one.
    pub(super) fn wants(&self, report: &RunReport) -> bool {
        self.bundle.is_some() && report.failure().is_some() && !report.interrupted
    }

    /// Writes the bundle that was asked for, if the run over the tree of the working folder has failed. No other cluster
    /// than the tree's own is looked at.
    pub(super) async fn after(
        &self,
        report: &RunReport,
        home: &Home,
        global: &Global,
        system: &System,
        setting: &Setting,
    ) {
        if self.wants(report) {
            let found = Reach::default().of_tree(global, system, setting).await;
            let cluster = found.ok().flatten().map(|(kubeconfig, _)| kubeconfig);
            let known = Known::of_tree(&tree_folder(global, system), system, setting).await;
            self.write(Failed::run(report, home, cluster, known), global, system, setting).await;
        }
    }

    /// Writes the bundle that was asked for, if `command`, which is no run of units, has ended with this exit code. There is
    /// no journal of it; `proofs` are what its gates came to.
    pub(super) async fn after_repair(
        &self,
        (command, code, because): (&str, u8, String),
        proofs: &[Proof],
        reach: &Reach,
        (global, system, setting): (&Global, &System, &Setting),
    ) {
        if self.bundle.is_none() || code == 0 || code == ErrorKind::Interrupted.exit_code() {
            return;
        }
        let cluster = reach.find(global, system, setting).await.ok().map(|(kubeconfig, _)| kubeconfig);
        let known = match place(global, system, None) {
            Ok(Place::Tree(_)) => Known::of_tree(&tree_folder(global, system), system, setting).await,
            _ => Known::default(),
        };
        let ledger = Some(report::of_proofs(command, proofs));
        self.write(Failed { because, ledger, home: None, cluster, known }, global, system, setting).await;
    }

    /// Writes the bundle. What is wrong with the bundle is told, and what is wrong with the run stays what the command ends
    /// with.
    pub(super) async fn write(&self, failed: Failed<'_>, global: &Global, system: &System, setting: &Setting) {
        let Some(file) = &self.bundle else { return };
        let Failed { because, ledger, home, cluster, known } = failed;
        let about = About { cluster, home, ledger, known, because: Some(because) };
        if let Err(failure) = save(file, about, global, system, setting).await {
            report_failure(&failure);
        }
    }
}

async fn save(
    file: &Path,
    about: About<'_>,
    global: &Global,
    system: &System,
    setting: &Setting,
) -> Result<Archive, Failure> {
    let (dial, clock) = (Arc::new(TcpDial::default()), Arc::clone(&setting.clock));
    let archive = write(file, about, global, system, dial, clock).await?;
    note("Bundled", &format!("{} files in {}; look before you send it", archive.names().len(), file.display()));
    for missed in archive.unsearched() {
        warning(&format!("{missed}; they are not looked for, and may be in the bundle"));
    }
    Ok(archive)
}
