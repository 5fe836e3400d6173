//! `bootstrap`: Flux onto a cluster that exists already, without a tree.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use fluxlift_core::{Deadline, ErrorKind};
use fluxlift_engine::journal::{History, RunStatus};
use fluxlift_engine::{Command, Engine, Home, RunOptions, RunReport};
use fluxlift_kube::Kubeconfig;
use fluxlift_net::TcpDial;

use super::bundle::{Failed, OnFailure};
use super::chart::Chart;
use super::outcome::{plan_text, refused, show_plan, show_report};
use crate::args::{Global, deadline};
use crate::bootstrap::request::Secrets;
use crate::bootstrap::{Bootstrap as Prepared, FLUX_VERSION, Request, SecretSource, git_url, target};
use crate::bundle::Known;
use crate::migrate::Migration;
use crate::run::{Setting, on_runtime, watched};
use crate::system::System;
use crate::ui::{Failure, ask, is_interactive, note, progress, warning};

/// Bring Flux onto a cluster that exists already, in the order that has no race, and prove it.
///
/// No tree is needed: flux-operator is installed and proven, then its FluxInstance without a sync, then every controller
/// by a canary, and only then the sync is added. Doing it again changes nothing, or what its options say; a run that was
/// killed goes on. At a terminal the plan is shown and confirmed first.
#[derive(Debug, Args)]
pub struct Bootstrap {
    /// The kubeconfig file; $KUBECONFIG, then ~/.kube/config, if none is named
    #[arg(long, value_name = "FILE", help_heading = "Cluster")]
    pub kubeconfig: Option<PathBuf>,
    /// The context in it; the current one if none is named
    #[arg(long, value_name = "NAME", help_heading = "Cluster")]
    pub context: Option<String>,
    /// The repository that Flux shall follow: an http or https address
    #[arg(long, value_name = "URL", help_heading = "Git")]
    pub git_url: String,
    /// Its branch
    #[arg(long, value_name = "NAME", default_value = "main", help_heading = "Git")]
    pub branch: String,
    /// The folder in it that belongs to this cluster, such as clusters/home
    #[arg(long, value_name = "FOLDER", help_heading = "Git")]
    pub path: String,
    /// Do not look first whether the repository has that branch and folder
    #[arg(long, help_heading = "Git")]
    pub skip_git_check: bool,
    /// A file with the token for a private repository, or - for stdin; else FLUXLIFT_GIT_TOKEN, and GITHUB_TOKEN for
    /// github.com or GITLAB_TOKEN for gitlab.com
    #[arg(long, value_name = "FILE", help_heading = "Git")]
    pub git_token_file: Option<PathBuf>,
    /// A file with the age key that decrypts the repository's secrets, or - for stdin
    #[arg(long, value_name = "FILE", help_heading = "Git")]
    pub sops_age_key_file: Option<PathBuf>,
    /// The version of Flux, or a range such as 2.x
    #[arg(long, value_name = "VERSION", default_value = FLUX_VERSION, help_heading = "Flux")]
    pub flux_version: String,
    /// The chart of flux-operator.
    #[command(flatten)]
    pub chart: Chart,
    /// Where the images of Flux come from; ghcr.io/fluxcd if none is named
    #[arg(long, value_name = "REGISTRY", help_heading = "Flux")]
    pub registry: Option<String>,
    /// The controllers, separated by commas; source, kustomize, helm and notification if none is named
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Flux")]
    pub components: Vec<String>,
    /// A YAML file with a list of patches for what Flux installs: {target, patch} each
    #[arg(long, value_name = "FILE", help_heading = "Flux")]
    pub patches: Option<PathBuf>,
    /// Only say what would be done, and why
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub auto_approve: bool,
    /// How long one of the two units may take, such as 90s or 1h30m
    #[arg(long, value_name = "DURATION", value_parser = deadline, default_value = "45m")]
    pub unit_deadline: Deadline,
    /// What is done when it fails.
    #[command(flatten)]
    pub on_failure: OnFailure,
}

impl Bootstrap {
    /// The options as a request.
    ///
    /// # Errors
    /// Usage, when one of them can't be meant so.
    pub fn request(&self, system: &System) -> Result<Request, Failure> {
        let wrong = |why: String| Err(Failure::new(ErrorKind::Usage, why));
        let url = git_url::parse(&self.git_url)?;
        if self.path.trim().is_empty() || self.path.split('/').any(|part| part == "..") || self.path.starts_with('/') {
            return wrong(format!("--path {:?} is not a folder of the repository", self.path));
        }
        if self.branch.trim().is_empty() {
            return wrong("--branch is empty".to_owned());
        }
        let named = |path: &PathBuf| SecretSource::named(path, system);
        let git_token = self.git_token_file.as_ref().map(named).or_else(|| SecretSource::of_token(&url, system));
        let sops_age_key = self.sops_age_key_file.as_ref().map(named);
        if git_token == Some(SecretSource::Stdin) && sops_age_key == git_token {
            return wrong("only one secret can come from stdin".to_owned());
        }
        if git_token.is_some() && url.scheme() == "http" {
            warning("the token will travel in clear: the repository's address is http");
        }
        let absolute = |path: &Option<PathBuf>| path.as_ref().map(|path| system.dir.join(path));
        Ok(Request {
            kubeconfig: target::kubeconfig_files(self.kubeconfig.as_ref(), system),
            context: self.context.clone(),
            cluster: None,
            git_url: self.git_url.clone(),
            branch: self.branch.clone(),
            path: self.path.clone(),
            git_token,
            sops_age_key,
            operator_version: self.chart.operator_version.clone(),
            chart: self.chart.place(system),
            chart_digest: self.chart.chart_digest.clone(),
            operator_values: self.chart.values(system),
            flux_version: self.flux_version.clone(),
            registry: self.registry.clone(),
            components: self.components.clone(),
            patches: absolute(&self.patches),
            handover: None,
        })
    }

    /// The engine's options; everything random in the run follows `seed`.
    pub fn options(&self, seed: u64) -> RunOptions {
        RunOptions { seed, unit_deadline: self.unit_deadline, ..RunOptions::default() }
    }
}

pub(super) fn execute(args: &Bootstrap, global: &Global, system: &System) -> Result<u8, Failure> {
    let request = args.request(system)?;
    let options = args.options(global.seed.unwrap_or(system.seed));
    on_runtime(async {
        let setting = Setting::real(system, "bootstrap");
        let prepared = prepare(request, Secrets::Read, &setting, system).await?;
        if !args.skip_git_check {
            prepared.check_repository(Arc::new(TcpDial::default()), Arc::clone(&setting.clock)).await?;
        }
        let mut engine = prepared.engine(&setting);
        let asked = !args.dry_run && !args.auto_approve && !global.non_interactive && is_interactive();
        if args.dry_run || asked {
            let planned = watched(&mut engine, async |engine| engine.plan(Command::Apply, &options).await).await;
            let plan = planned.map_err(refused)?;
            if args.dry_run {
                show_plan(&plan, global.format)?;
                return Ok(0);
            }
            progress(&plan_text(&plan));
            let question = format!("Bootstrap {} (context {})?", prepared.target.server, prepared.target.chosen.name);
            if plan.has_changes() && !ask(&question) {
                return Err(Failure::new(ErrorKind::Failed, "the bootstrap was not confirmed"));
            }
        }
        let work = async |engine: &Engine<'_>| prepared.run(engine, options).await;
        let report = watched(&mut engine, work).await.map_err(refused)?;
        bundled(&args.on_failure, &prepared, &report, (global, system, &setting)).await;
        let code = show_report(&report, global.format)?;
        where_it_is(&prepared.home);
        Ok(code)
    })
}

/// `resume` for a run whose state lies in `home`.
pub(super) fn resume(home: &Home, on_failure: &OnFailure, global: &Global, system: &System) -> Result<u8, Failure> {
    let history = History::resumable(home)?;
    let command = history.request().map_or(Command::Apply, |(command, ..)| command);
    let secrets = if command == Command::Destroy { Secrets::LeaveOut } else { Secrets::Read };
    let request = Prepared::remembered(home)?;
    let report = on_runtime(async {
        let setting = Setting::real(system, "resume");
        if command == Command::Apply {
            let (dial, clock) = (Arc::new(TcpDial::default()), Arc::clone(&setting.clock));
            Migration::may_go_on(&request, system, dial, clock).await?;
        }
        let mut prepared = prepare(request, secrets, &setting, system).await?;
        // A folder that was copied or moved is resumed where it is.
        prepared.home = home.clone();
        let mut engine = prepared.engine(&setting);
        let report = watched(&mut engine, async |engine| engine.resume().await).await.map_err(refused)?;
        bundled(on_failure, &prepared, &report, (global, system, &setting)).await;
        Ok(report)
    })?;
    show_report(&report, global.format)
}

/// Writes the bundle that was asked for, if the run has failed.
pub(super) async fn bundled(
    on_failure: &OnFailure,
    prepared: &Prepared,
    report: &RunReport,
    (global, system, setting): (&Global, &System, &Setting),
) {
    if !on_failure.wants(report) {
        return;
    }
    let chosen = &prepared.target.chosen;
    let cluster = Kubeconfig::from_text(chosen.content.expose(), Some(&chosen.name), None).ok();
    let known = Known::of_units(&prepared.engine(setting), prepared.blueprint()).await;
    on_failure.write(Failed::run(report, &prepared.home, cluster, known), global, system, setting).await;
}

/// `destroy` for what a bootstrap whose state lies in `home` made.
pub(super) fn destroy(
    home: &Home,
    options: RunOptions,
    approved: bool,
    global: &Global,
    system: &System,
) -> Result<u8, Failure> {
    let request = Prepared::remembered(home)?;
    let options = RunOptions { only: None, ..options };
    let report = on_runtime(async {
        let setting = Setting::real(system, "destroy");
        let mut prepared = prepare(request, Secrets::LeaveOut, &setting, system).await?;
        prepared.home = home.clone();
        let mut engine = prepared.engine(&setting);
        if !approved {
            let plan = engine.plan(Command::Destroy, &options).await.map_err(refused)?;
            progress(&plan_text(&plan));
            if plan.has_changes() && !ask(&format!("Take Flux off {}?", prepared.target.server)) {
                return Err(Failure::new(ErrorKind::Failed, "the destroy was not confirmed"));
            }
        }
        let work = async |engine: &Engine<'_>| engine.run(Command::Destroy, options, None).await;
        watched(&mut engine, work).await.map_err(refused)
    })?;
    show_report(&report, global.format)
}

async fn prepare(request: Request, secrets: Secrets, setting: &Setting, system: &System) -> Result<Prepared, Failure> {
    let dial = Arc::new(TcpDial::default());
    Prepared::prepare(request, secrets, system, dial, Arc::clone(&setting.clock)).await
}

/// Says where the state lies, and how a run that did not succeed goes on.
pub(super) fn where_it_is(home: &Home) {
    let folder = home.folder().display();
    note("Kept", &format!("the state is in {folder}; show the proofs with `fluxlift report --state-dir {folder}`"));
    if let Ok(Some(history)) = History::last(home)
        && history.status() != RunStatus::Succeeded
    {
        note("Resume", &format!("run the same command again, or `fluxlift resume --state-dir {folder}`"));
    }
}
