//! `restore`: data back from backups, proven.

use clap::Args;
use fluxlift_core::{Deadline, ErrorKind};
use fluxlift_flux::restore::{Choice, Every, Limits, Plan, Report, Restore as Restorer, RestoreError, Round};
use fluxlift_gate::GateContext;
use fluxlift_kube::Cluster;
use serde_json::json;

use super::bundle::OnFailure;
use super::outcome::printed;
use super::restore_text::released_text;
use crate::alone::alone;
use crate::args::{Global, deadline};
use crate::follow::followed;
use crate::reach::Reach;
use crate::run::{Setting, on_runtime};
use crate::system::System;
use crate::ui::{Failure, OutputFormat, ask, is_interactive, note, print_document, progress, report_failure};

pub use super::restore_text::{plan_text, report_text};

/// Restore applications from their backups by VolSync or kopiur, and prove that data came back.
///
/// Backups are held until the restore that they depend on is proven, with a label that says by whom and why. A restore
/// that found no snapshot, or read an empty repository, or was paused or triggered by somebody else midway, is named and
/// counts as none. A restore that was stopped is gone on with by running it again. Exit code 0 says that all is proven,
/// 3 that something is not.
#[derive(Debug, Args)]
pub struct Restore {
    /// Which cluster.
    #[command(flatten)]
    pub reach: Reach,
    /// The destinations to restore: NAME, or NAMESPACE/NAME
    #[arg(value_name = "NAME", required_unless_present_any = ["all", "dry_run"], conflicts_with = "all")]
    names: Vec<String>,
    /// Restore all destinations that there are
    #[arg(long)]
    all: bool,
    /// Only the destinations in this namespace
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Only say what would be done, and why
    #[arg(long)]
    dry_run: bool,
    /// Restore nothing: let the backups go that an earlier run held, and take its marks off destinations
    #[arg(long, conflicts_with = "dry_run")]
    release: bool,
    /// How many restores may read from one repository at a time
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..))]
    per_repository: u8,
    /// How long each step of a restore may take: to be idle, to synchronize, the image, the claims
    #[arg(long, value_name = "DURATION", value_parser = deadline, default_value = "1h")]
    restore_deadline: Deadline,
    /// What is done when it fails.
    #[command(flatten)]
    on_failure: OnFailure,
}

/// What the command came to.
#[derive(Debug)]
pub enum Done {
    /// Nothing was done: what would be.
    Planned(Plan),
    /// Nothing was done: since a plan was confirmed more has come to do, and this is it by now.
    Changed(Plan),
    /// What was restored.
    Restored(Report),
    /// The backups that were let go.
    Released(Vec<String>),
}

impl Restore {
    fn choice(&self) -> Choice {
        if self.names.is_empty() { Choice::All } else { Choice::Names(self.names.clone()) }
    }

    /// A round of restores in `cluster`.
    pub fn round(&self, cx: &GateContext, cluster: &Cluster, system: &System, seed: u64) -> Round {
        let limits =
            Limits { per_repository: self.per_repository.into(), restore: self.restore_deadline, ..Limits::default() };
        let owner = system.owner("restore");
        Round::new(cx, cluster, limits, format!("{}@{}", owner.user, owner.host), seed)
    }

    /// What there is to do. Reads only.
    ///
    /// # Errors
    /// When a name fits no destination, or the cluster refuses or does not answer.
    pub async fn plan(&self, round: &Round) -> Result<Plan, RestoreError> {
        Restorer::new(round, &Every).plan(&self.choice(), self.namespace.as_deref()).await
    }

    /// Does what the options say, as things are by now; if somebody has confirmed a plan, no more than that.
    ///
    /// # Errors
    /// As [`Restore::plan`], and when VolSync is not proven to work.
    pub async fn carry_out(&self, round: &Round, confirmed: Option<&Plan>) -> Result<Done, RestoreError> {
        let restore = Restorer::new(round, &Every);
        if self.release {
            let released = restore.release(&self.choice(), self.namespace.as_deref()).await?;
            return Ok(Done::Released(released.iter().map(ToString::to_string).collect()));
        }
        let plan = self.plan(round).await?;
        if confirmed.is_some_and(|confirmed| plan.goes_beyond(confirmed)) {
            return Ok(Done::Changed(plan));
        }
        Ok(if self.dry_run { Done::Planned(plan) } else { Done::Restored(restore.run(&plan).await?) })
    }
}

pub(super) fn execute(args: &Restore, global: &Global, system: &System) -> Result<u8, Failure> {
    on_runtime(async {
        let setting = Setting::real(system, "restore");
        let reached = args.reach.connect(global, system, &setting).await?;
        if global.format == OutputFormat::Text {
            note("Cluster", &format!("{} ({})", reached.cluster.server(), reached.from));
        }
        let seed = global.seed.unwrap_or(system.seed);
        let round = |cx: &GateContext| args.round(cx, &reached.cluster, system, seed);
        let unseen = round(&GateContext::quiet(setting.clock.clone()));
        let asks = !args.dry_run && !args.release && !global.non_interactive && is_interactive();
        let mut planned = if asks { Some(args.plan(&unseen).await?) } else { None };
        let done = loop {
            if let Some(plan) = &planned {
                confirm(plan, reached.cluster.server())?;
            }
            let done = match args.dry_run {
                true => args.carry_out(&unseen, None).await?,
                false => {
                    let work = async |cx: &GateContext| {
                        let work = async { Ok(args.carry_out(&round(cx), planned.as_ref()).await?) };
                        (alone(cx, &reached.cluster, system, "restore", work).await, cx.ledger.proofs())
                    };
                    let (ended, proofs) = followed(&setting.clock, work).await;
                    let (exit, because) = match &ended {
                        // Nothing was done yet: it is asked for again.
                        Ok(Done::Changed(_)) => (0, String::new()),
                        Ok(done) => (done.exit_code(), done.because()),
                        Err(failure) => (failure.exit_code(), failure.told()),
                    };
                    let failed = ("restore", exit, because);
                    args.on_failure.after_repair(failed, &proofs, &args.reach, (global, system, &setting)).await;
                    ended?
                }
            };
            match done {
                Done::Changed(plan) => planned = Some(plan),
                done => break done,
            }
        };
        done.failures().iter().for_each(report_failure);
        printed(done.print(global.format))?;
        Ok(done.exit_code())
    })
}

/// Shows a plan that acts, and has it confirmed.
fn confirm(plan: &Plan, server: &str) -> Result<(), Failure> {
    if !plan.acts() {
        return Ok(());
    }
    progress(&plan_text(plan));
    match ask(&format!("Restore these on {server}?")) {
        true => Ok(()),
        false => Err(Failure::new(ErrorKind::Failed, "the restore was not confirmed")),
    }
}

impl Done {
    /// What did not end well, each by itself.
    pub fn failures(&self) -> Vec<Failure> {
        let Self::Restored(report) = self else { return Vec::new() };
        let failed = |outcome: &fluxlift_flux::restore::Outcome| {
            let error: &RestoreError = outcome.result.as_ref().err()?;
            Some(Failure::about(&outcome.path(), error))
        };
        report.outcomes.iter().filter_map(failed).collect()
    }

    /// Why it did not end well, in plain text.
    fn because(&self) -> String {
        self.failures().iter().map(Failure::told).collect::<Vec<_>>().join("\n")
    }

    /// 0 when all is proven, else what the failure says; 3 for a plan with something left to do.
    pub fn exit_code(&self) -> u8 {
        let failure = match self {
            Self::Planned(plan) | Self::Changed(plan) => (!plan.is_done()).then_some(ErrorKind::NotProven),
            Self::Restored(report) => report.failure(),
            Self::Released(_) => None,
        };
        failure.map_or(0, ErrorKind::exit_code)
    }

    fn print(&self, format: OutputFormat) -> std::io::Result<()> {
        match self {
            Self::Planned(plan) | Self::Changed(plan) => print_document(format, &plan.to_json(), || plan_text(plan)),
            Self::Restored(report) => print_document(format, &report.to_json(), || report_text(report)),
            Self::Released(backups) => {
                print_document(format, &json!({ "released": backups }), || released_text(backups))
            }
        }
    }
}
