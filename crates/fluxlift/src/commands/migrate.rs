//! `migrate`: from `flux bootstrap` and `flux_bootstrap_git` to flux-operator, without losing a workload.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use fluxlift_core::{Deadline, ErrorKind};
use fluxlift_engine::{Command, Engine, RunOptions, RunReport};
use fluxlift_flux::migration::Wish;
use fluxlift_net::{Dial, TcpDial};

use super::bootstrap::{bundled, where_it_is};
use super::bundle::OnFailure;
use super::chart::Chart;
use super::migrate_text::{Document, plan_text, render};
use super::outcome::{printed, refused, show_failures, show_plan, show_report};
use crate::args::{Global, deadline};
use crate::bootstrap::request::Secrets;
use crate::bootstrap::target::{self, Target};
use crate::bootstrap::{Bootstrap as Prepared, Request, SecretSource};
use crate::migrate::code::Whereabouts;
use crate::migrate::repository::Place;
use crate::migrate::{Asked, Migration};
use crate::run::{Setting, on_runtime, watched};
use crate::system::System;
use crate::ui::{Failure, ask, is_interactive, note, print_document, progress};

/// Hand a Flux that `flux bootstrap` or the resource flux_bootstrap_git has installed over to flux-operator, and prove that
/// nothing was lost.
///
/// Cluster and repository are looked at first: components, version, address, ref, folder, pull secret, and every patch go
/// along. What would take workloads down is refused. Then the operator is installed, the instance brought up without a sync,
/// each controller proven by a canary, and the root taken over; every Kustomization and HelmRelease must be the one of
/// before. Git and Terraform are not touched: what to do there is printed, in order.
#[derive(Debug, Args)]
pub struct Migrate {
    /// The kubeconfig file; $KUBECONFIG, then ~/.kube/config, if none is named
    #[arg(long, value_name = "FILE", help_heading = "Cluster")]
    pub kubeconfig: Option<PathBuf>,
    /// The context in it; the current one if none is named
    #[arg(long, value_name = "NAME", help_heading = "Cluster")]
    pub context: Option<String>,
    /// A checkout of the repository; it is read from its server if none is named
    #[arg(long, value_name = "DIR", help_heading = "Git")]
    pub repo: Option<PathBuf>,
    /// A file with the token for a private repository, or - for stdin; else FLUXLIFT_GIT_TOKEN, and GITHUB_TOKEN for
    /// github.com or GITLAB_TOKEN for gitlab.com
    #[arg(long, value_name = "FILE", help_heading = "Git")]
    pub git_token_file: Option<PathBuf>,
    /// The folder that the root applies: refused unless it is the one that it applies now
    #[arg(long, value_name = "FOLDER", help_heading = "Git")]
    pub path: Option<String>,
    /// The name of the root: refused unless it is the one that it has now
    #[arg(long, value_name = "NAME", help_heading = "Git")]
    pub sync_name: Option<String>,
    /// The folder with the .tf files of flux_bootstrap_git; the checkout is searched if none is named
    #[arg(long, value_name = "DIR", help_heading = "Terraform")]
    pub terraform: Option<PathBuf>,
    /// A state as JSON, as `terraform state pull` prints it
    #[arg(long, value_name = "FILE", help_heading = "Terraform")]
    pub terraform_state: Option<PathBuf>,
    /// The version of Flux; the one that runs if none is named
    #[arg(long, value_name = "VERSION", help_heading = "Flux")]
    pub flux_version: Option<String>,
    /// The controllers, separated by commas; those that run if none is named
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Flux")]
    pub components: Vec<String>,
    /// The chart of flux-operator.
    #[command(flatten)]
    pub chart: Chart,
    /// Only look and judge: what would go along, what is refused, what is left to do. Nothing is written anywhere
    #[arg(long, conflicts_with_all = ["dry_run", "back"])]
    pub check: bool,
    /// Only say what would be done to the cluster, and why
    #[arg(long, conflicts_with = "back")]
    pub dry_run: bool,
    /// Take the operator off again, as long as it has not taken over the root
    #[arg(long)]
    pub back: bool,
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

impl Migrate {
    /// The options as what is asked for.
    pub fn asked(&self, system: &System) -> Asked {
        let absolute = |path: &Option<PathBuf>| path.as_ref().map(|path| system.dir.join(path));
        Asked {
            kubeconfig: target::kubeconfig_files(self.kubeconfig.as_ref(), system),
            context: self.context.clone(),
            place: absolute(&self.repo).map_or(Place::Server, Place::Checkout),
            git_token: self.git_token_file.as_ref().map(|path| SecretSource::named(path, system)),
            code: Whereabouts {
                folder: absolute(&self.terraform),
                state: absolute(&self.terraform_state),
                checkout: absolute(&self.repo),
            },
            wish: Wish {
                path: self.path.clone(),
                name: self.sync_name.clone(),
                components: self.components.clone(),
                version: self.flux_version.clone(),
                place: String::new(),
            },
            operator_version: self.chart.operator_version.clone(),
            chart: self.chart.place(system),
            chart_digest: self.chart.chart_digest.clone(),
            operator_values: self.chart.values(system),
        }
    }

    fn options(&self, global: &Global, system: &System) -> RunOptions {
        RunOptions {
            seed: global.seed.unwrap_or(system.seed),
            unit_deadline: self.unit_deadline,
            ..RunOptions::default()
        }
    }
}

pub(super) fn execute(args: &Migrate, global: &Global, system: &System) -> Result<u8, Failure> {
    on_runtime(async {
        let setting = Setting::real(system, "migrate");
        Errand { args, global, system, setting, dial: Arc::new(TcpDial::default()) }.run().await
    })
}

/// One call of the command.
struct Errand<'a> {
    args: &'a Migrate,
    global: &'a Global,
    system: &'a System,
    setting: Setting,
    dial: Arc<dyn Dial>,
}

impl Errand<'_> {
    async fn run(&self) -> Result<u8, Failure> {
        let asked = self.args.asked(self.system);
        let clock = || Arc::clone(&self.setting.clock);
        let target = Migration::reach(&asked, self.system, Arc::clone(&self.dial), clock()).await?;
        if self.args.back {
            return self.back(&asked, &target).await;
        }
        if !self.args.check && !self.args.dry_run {
            let begun = Migration::unfinished(&asked, &target, self.system, Arc::clone(&self.dial), clock()).await?;
            if let Some(request) = begun {
                note("Going on", "with the migration of this cluster that was begun");
                return self.hand_over(&asked, request).await;
            }
        }
        let migration = Migration::look(&asked, self.system, Arc::clone(&self.dial), clock()).await?;
        if self.args.check || migration.is_adopted() {
            return self.show(&migration, None);
        }
        let request = migration.request(&asked);
        if self.args.dry_run {
            let prepared = self.prepare(request).await?;
            let mut engine = prepared.engine(&self.setting);
            let options = self.args.options(self.global, self.system);
            let work = async |engine: &Engine<'_>| engine.plan(Command::Apply, &options).await;
            let plan = watched(&mut engine, work).await.map_err(refused)?;
            progress(&plan_text(&migration));
            show_plan(&plan, self.global.format)?;
            return Ok(0);
        }
        if !self.args.auto_approve && !self.global.non_interactive && is_interactive() {
            progress(&plan_text(&migration));
            let server = &migration.target.server;
            if !ask(&format!("Hand Flux on {server} (context {}) over?", migration.target.chosen.name)) {
                return Err(Failure::new(ErrorKind::Failed, "the migration was not confirmed"));
            }
        }
        self.hand_over(&asked, request).await
    }

    async fn prepare(&self, request: Request) -> Result<Prepared, Failure> {
        let clock = Arc::clone(&self.setting.clock);
        Prepared::prepare(request, Secrets::Read, self.system, Arc::clone(&self.dial), clock).await
    }

    /// Runs the two units, and says what is left.
    async fn hand_over(&self, asked: &Asked, request: Request) -> Result<u8, Failure> {
        let prepared = self.prepare(request).await?;
        let mut engine = prepared.engine(&self.setting);
        let options = self.args.options(self.global, self.system);
        let work = async |engine: &Engine<'_>| prepared.run(engine, options).await;
        let report = watched(&mut engine, work).await.map_err(refused)?;
        show_failures(&report);
        bundled(&self.args.on_failure, &prepared, &report, (self.global, self.system, &self.setting)).await;
        where_it_is(&prepared.home);
        let clock = Arc::clone(&self.setting.clock);
        match Migration::look(asked, self.system, Arc::clone(&self.dial), clock).await {
            Ok(migration) => {
                self.show(&migration, Some(&report))?;
                Ok(report.failure().map_or(0, |kind| kind.exit_code()))
            }
            Err(failure) => report.failure().map_or(Err(failure), |kind| Ok(kind.exit_code())),
        }
    }

    /// Takes the operator off a cluster whose root it has not taken over.
    async fn back(&self, asked: &Asked, target: &Target) -> Result<u8, Failure> {
        let clock = Arc::clone(&self.setting.clock);
        let request = Migration::way_back(asked, target, self.system, Arc::clone(&self.dial), clock).await?;
        let prepared = self.prepare(request).await?;
        let mut engine = prepared.engine(&self.setting);
        let options = self.args.options(self.global, self.system);
        let work = async |engine: &Engine<'_>| engine.run(Command::Destroy, options, None).await;
        let report = watched(&mut engine, work).await.map_err(refused)?;
        bundled(&self.args.on_failure, &prepared, &report, (self.global, self.system, &self.setting)).await;
        show_report(&report, self.global.format)
    }

    fn show(&self, migration: &Migration, report: Option<&RunReport>) -> Result<u8, Failure> {
        let document = Document::of(migration, report);
        printed(print_document(self.global.format, &document, || render(migration, report)))?;
        Ok(0)
    }
}
