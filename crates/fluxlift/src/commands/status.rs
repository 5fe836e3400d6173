//! `status`: the whole chain of Flux at a glance. It reads, and changes nothing.

use std::time::Duration;

use clap::Args;
use fluxlift_core::{Deadline, Emitter, ErrorKind, EventKind};
use fluxlift_engine::Shutdown;
use fluxlift_flux::canary::{Deadlines, Expect};
use fluxlift_flux::status::{Report, Sight, StatusError, look};
use fluxlift_flux::{CanaryRun, Component};
use fluxlift_gate::GateContext;
use fluxlift_kube::{Class, Cluster};
use futures::StreamExt as _;

use super::outcome::printed;
use crate::args::{Global, interval};
use crate::reach::Reach;
use crate::run::{Setting, hand_over_signals, on_runtime};
use crate::system::System;
use crate::ui::{Failure, OutputFormat, note, print_document, print_text, report_failure, warning};

pub use super::status_text::render as text;

/// How long a controller that is there may take to handle a canary.
const PATIENCE: Deadline = Deadline::minutes(2);

/// Show how the whole of Flux stands: operator, FluxInstance, controllers, sources, Kustomizations, HelmReleases; what each
/// object that is not ready waits for, for how long, what is at the root of it, and the one command that helps.
///
/// Exit code 0 says that all is proven, 3 that something is not. Suspended objects are listed and not judged.
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    reach: Reach,
    /// Only the objects in this namespace, and what comes before them
    #[arg(short, long, value_name = "NAMESPACE", conflicts_with = "all_namespaces")]
    namespace: Option<String>,
    /// The objects in all namespaces: what is shown unless -n is given
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Go on, and show what has changed, until Ctrl-C
    #[arg(short, long)]
    watch: bool,
    /// With --watch: the time between two looks
    #[arg(long, value_name = "DURATION", value_parser = interval, default_value = "5s", requires = "watch")]
    every: Duration,
    /// First prove each controller by a canary. Only this writes to the cluster, and takes away what it wrote
    #[arg(long, conflicts_with = "watch")]
    canaries: bool,
}

pub(super) fn execute(args: &Status, global: &Global, system: &System) -> Result<u8, Failure> {
    on_runtime(async {
        let setting = Setting::real(system, "status");
        let reached = args.reach.connect(global, system, &setting).await?;
        if args.watch {
            return watch(args, global, &reached.cluster).await;
        }
        if global.format == OutputFormat::Text {
            note("Cluster", &format!("{} ({})", reached.cluster.server(), reached.from));
        }
        let mut sight = look(&reached.cluster, args.namespace.as_deref()).await?;
        let mut unproven = None;
        if args.canaries {
            let seed = global.seed.unwrap_or(system.seed);
            unproven = prove(&reached.cluster, &sight.chain.components(), &setting, seed).await.err();
            sight = look(&reached.cluster, args.namespace.as_deref()).await?;
        }
        let report = args.report(&sight);
        if let Some(failure) = &unproven {
            report_failure(failure);
        }
        printed(print_document(global.format, &report, || text(&report)))?;
        Ok(unproven.map_or_else(|| exit_code(&report), |failure| failure.exit_code()))
    })
}

/// Proves that each controller works, and takes the canaries away whatever came of it.
async fn prove(cluster: &Cluster, controllers: &[Component], setting: &Setting, seed: u64) -> Result<(), Failure> {
    let mut cx = GateContext::quiet(setting.clock.clone());
    cx.events = Emitter::new(|event| {
        if let EventKind::Warning { message } = event {
            warning(&message);
        }
    });
    let deadlines = Deadlines { canary: PATIENCE, ..Deadlines::default() };
    let round = CanaryRun::new(&cx, cluster, controllers, deadlines, seed);
    let proven = round.prove(Expect::AfterRollout).await;
    round.remove().await?;
    proven?;
    let names: Vec<&str> = controllers.iter().map(|controller| controller.name()).collect();
    note("Proven", &format!("by a canary each: {}", names.join(", ")));
    Ok(())
}

impl Status {
    fn report(&self, sight: &Sight) -> Report {
        let report = Report::of(sight, self.namespace.as_deref());
        for what in &report.summary.unread {
            warning(&format!("{what}: not shown, because this user may not read them"));
        }
        report
    }
}

fn exit_code(report: &Report) -> u8 {
    if report.summary.converged { 0 } else { ErrorKind::NotProven.exit_code() }
}

/// Shows a status whenever it differs from the one before, until the first signal; then what counted last.
async fn watch(args: &Status, global: &Global, cluster: &Cluster) -> Result<u8, Failure> {
    let shutdown = Shutdown::new();
    let signals = tokio::spawn(hand_over_signals(shutdown.clone()));
    let namespace = args.namespace.as_deref();
    let looks = fluxlift_gate::every(args.every, || look(cluster, namespace));
    let mut looks = std::pin::pin!(looks);
    let mut shown: Option<Report> = None;
    loop {
        let seen = tokio::select! {
            biased;
            () = shutdown.requested() => break,
            seen = looks.next() => seen,
        };
        match seen {
            None => break,
            Some(Ok(sight)) => {
                let report = args.report(&sight);
                if shown.as_ref().is_none_or(|before| before.differs(&report)) {
                    show(&report, global.format)?;
                }
                shown = Some(report);
            }
            Some(Err(StatusError::Request(error))) if shown.is_some() && error.class() == Class::Transient => {
                warning(&format!("{error}; looking again"));
            }
            Some(Err(error)) => return Err(error.into()),
        }
    }
    signals.abort();
    shown.map(|report| exit_code(&report)).ok_or_else(|| Failure::new(ErrorKind::Interrupted, "nothing was seen yet"))
}

/// One document: a line of JSON, a YAML document, or text with a line between.
fn show(report: &Report, format: OutputFormat) -> Result<(), Failure> {
    printed(match format {
        OutputFormat::Text => print_text(&format!("{}\n", text(report))),
        OutputFormat::Json => {
            serde_json::to_string(report).map_err(Into::into).and_then(|line| print_text(&(line + "\n")))
        }
        OutputFormat::Yaml => {
            print_text("---\n").and_then(|()| print_document(OutputFormat::Yaml, report, String::new))
        }
    })
}
