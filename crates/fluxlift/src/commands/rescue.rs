//! `rescue`: the repair of what waiting does not help.

use clap::Args;
use fluxlift_core::{Deadline, Emitter, ErrorKind, EventKind};
use fluxlift_engine::Shutdown;
use fluxlift_flux::rescue::{Force, Limits, Plan, Rescue as Rescuer};
use fluxlift_gate::GateContext;
use fluxlift_kube::Cluster;
use serde::Serialize;

use super::bundle::OnFailure;
use super::outcome::printed;
use super::rescue_text::{outcome_text, plan_text};
use crate::alone::alone;
use crate::args::{Global, deadline};
use crate::reach::Reach;
use crate::run::{Setting, hand_over_signals, on_runtime};
use crate::system::System;
use crate::ui::{Failure, OutputFormat, ask, is_interactive, note, print_document, progress, warning};

/// Repair what waiting does not help: plans first, acts with the least force first, proves after each act that it helped
/// before it goes on, and says what only a person can do.
///
/// Exit code 0 says that all is proven afterwards, 3 that something is not. A HelmRelease is never deleted. A rescue that
/// was stopped is gone on with by running it again.
#[derive(Debug, Args)]
pub struct Rescue {
    /// Which cluster.
    #[command(flatten)]
    pub reach: Reach,
    /// Show what would be done first, and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Only this object, as `status` names it, or as much of that as is unique: helmrelease/apps/podinfo. May be repeated
    #[arg(long, value_name = "OBJECT")]
    only: Vec<String>,
    /// No more force than this: 1 ask, 2 ask the source, 3 reset, 4 force, 5 restart a controller, 6 edit Helm's storage
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=6))]
    max_force: u8,
    /// Restart a controller even while a Helm action runs, which cancels it
    #[arg(long)]
    interrupt: bool,
    /// How long the proof of one act may take
    #[arg(long, value_name = "DURATION", value_parser = deadline, default_value = "10m")]
    act_deadline: Deadline,
    /// What is done when it fails.
    #[command(flatten)]
    on_failure: OnFailure,
}

/// What a dry run prints.
#[derive(Serialize)]
struct Rehearsal<'a> {
    proven: bool,
    #[serde(flatten)]
    plan: &'a Plan,
}

impl Rescue {
    /// A rescue of what there is in `cluster`.
    pub fn rescuer(&self, cx: &GateContext, cluster: &Cluster) -> Rescuer {
        let most = Force::numbered(self.max_force).unwrap_or(Force::Force);
        let limits = Limits { only: self.only.iter().cloned().collect(), most, interrupt: self.interrupt };
        Rescuer::new(cx, cluster, limits, self.act_deadline)
    }
}

pub(super) fn execute(args: &Rescue, global: &Global, system: &System) -> Result<u8, Failure> {
    on_runtime(async {
        let setting = Setting::real(system, "rescue");
        let reached = args.reach.connect(global, system, &setting).await?;
        if global.format == OutputFormat::Text {
            note("Cluster", &format!("{} ({})", reached.cluster.server(), reached.from));
        }
        let cx = told(&setting);
        let mut rescue = args.rescuer(&cx, &reached.cluster);
        let (plan, proven) = rescue.plan().await?;
        if args.dry_run {
            let rehearsal = Rehearsal { proven, plan: &plan };
            printed(print_document(global.format, &rehearsal, || plan_text(&plan)))?;
            return Ok(code(proven));
        }
        if !plan.acts.is_empty() && !global.non_interactive && is_interactive() {
            progress(&plan_text(&plan));
            if !ask(&format!("Do this to {}?", reached.cluster.server())) {
                return Err(Failure::new(ErrorKind::Failed, "the rescue was not confirmed"));
            }
        }
        let work = async { Ok(rescue.run().await?) };
        let ended = interruptible(&cx, alone(&cx, &reached.cluster, system, "rescue", work)).await;
        let (exit, because) = match &ended {
            Ok(outcome) => (code(outcome.proven), outcome_text(outcome)),
            Err(failure) => (failure.exit_code(), failure.told()),
        };
        let failed = ("rescue", exit, because);
        args.on_failure.after_repair(failed, &cx.ledger.proofs(), &args.reach, (global, system, &setting)).await;
        let outcome = ended?;
        printed(print_document(global.format, &outcome, || outcome_text(&outcome)))?;
        Ok(code(outcome.proven))
    })
}

/// The exit code.
pub const fn code(proven: bool) -> u8 {
    if proven { 0 } else { ErrorKind::NotProven.exit_code() }
}

/// Does `work` until it ends or the first Ctrl-C cancels what it waits for.
async fn interruptible<T>(cx: &GateContext, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let shutdown = Shutdown::new();
    let signals = tokio::spawn(hand_over_signals(shutdown.clone()));
    let cancel = cx.cancel.clone();
    let stop = tokio::spawn(async move {
        shutdown.requested().await;
        cancel.cancel();
    });
    let ended = work.await;
    signals.abort();
    stop.abort();
    ended
}

/// A context whose acts, proofs and warnings are told on stderr.
fn told(setting: &Setting) -> GateContext {
    let mut cx = GateContext::quiet(setting.clock.clone());
    cx.events = Emitter::new(|event| match event {
        EventKind::Warning { message } => warning(&message),
        EventKind::Step { verb, what } => note("Rescue", &format!("{verb} {what}")),
        EventKind::GateClosed { gate, verdict, .. } if verdict.is_proven() => note("Proven", gate.as_str()),
        _ => {}
    });
    cx
}
