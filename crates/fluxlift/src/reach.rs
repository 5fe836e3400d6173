//! Which cluster a command is about, when it is about one and not about a tree: found as the other commands find it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use fluxlift_core::{Clock, ErrorKind, UnitPath, Value};
use fluxlift_kube::{Cluster, Kubeconfig, choose_context};
use fluxlift_net::{Dial, TcpDial};

use crate::args::{Global, Scope};
use crate::bootstrap::target::kubeconfig_files;
use crate::run::Setting;
use crate::system::System;
use crate::ui::Failure;
use crate::workspace::Workspace;

/// How a cluster is named.
#[derive(Debug, Clone, Default, Args)]
pub struct Reach {
    /// The kubeconfig file; otherwise that of the tree in the working folder, then $KUBECONFIG, then ~/.kube/config
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The context in it; otherwise the current one
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
}

/// A cluster, and how it was found.
#[derive(Debug, Clone)]
pub struct Reached {
    /// The connection. Nothing was sent yet.
    pub cluster: Cluster,
    /// Where its kubeconfig is from.
    pub from: String,
}

impl Reach {
    /// Connects over TCP.
    ///
    /// # Errors
    /// When no kubeconfig names a cluster, or its credentials do not fit.
    pub async fn connect(&self, global: &Global, system: &System, setting: &Setting) -> Result<Reached, Failure> {
        let clock = Arc::clone(&setting.clock);
        self.connect_over(global, system, setting, Arc::new(TcpDial::default()), clock).await
    }

    /// The same over any network and clock.
    ///
    /// # Errors
    /// As [`Reach::connect`].
    pub async fn connect_over(
        &self,
        global: &Global,
        system: &System,
        setting: &Setting,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
    ) -> Result<Reached, Failure> {
        let (kubeconfig, from) = self.find(global, system, setting).await?;
        let cluster = Cluster::connect(&kubeconfig, dial, clock, global.seed.unwrap_or(system.seed))?;
        Ok(Reached { cluster, from })
    }

    /// The kubeconfig, and where it is from. Nothing is connected.
    ///
    /// # Errors
    /// When no kubeconfig names a cluster.
    pub async fn find(
        &self,
        global: &Global,
        system: &System,
        setting: &Setting,
    ) -> Result<(Kubeconfig, String), Failure> {
        if self.kubeconfig.is_none()
            && let Some(found) = self.of_tree(global, system, setting).await?
        {
            return Ok(found);
        }
        self.of_files(system)
    }

    /// Whether somebody has named it, rather than left it to be found.
    pub const fn is_named(&self) -> bool {
        self.kubeconfig.is_some() || self.context.is_some()
    }

    fn of_files(&self, system: &System) -> Result<(Kubeconfig, String), Failure> {
        let chosen = choose_context(&kubeconfig_files(self.kubeconfig.as_ref(), system), self.context.as_deref())?;
        let kubeconfig = Kubeconfig::from_text(chosen.content.expose(), Some(&chosen.name), None)?;
        Ok((kubeconfig, format!("context {}", chosen.name)))
    }

    /// The kubeconfig among the outputs of the tree; `None` where there is no tree, or none of its units has one.
    ///
    /// # Errors
    /// When the tree or its state cannot be read, or its units have kubeconfigs of different clusters.
    pub async fn of_tree(
        &self,
        global: &Global,
        system: &System,
        setting: &Setting,
    ) -> Result<Option<(Kubeconfig, String)>, Failure> {
        let Some(dir) = cluster_folder(&system.dir.join(&global.working_dir)) else { return Ok(None) };
        let workspace = Workspace::at(&dir, system, "output", Scope::All)?;
        let outputs = setting.engine(&workspace).outputs().await?;
        let mut found: Option<(String, &UnitPath)> = None;
        for (unit, values) in &outputs {
            let content = values.get("kubeconfig").map(Value::reveal);
            let Some(text) = content.as_ref().and_then(|content| content.as_str()) else { continue };
            match &found {
                Some((other, before)) if other != text => return Err(ambiguous(before, unit)),
                _ => found = Some((text.to_owned(), unit)),
            }
        }
        let Some((text, unit)) = found else { return Ok(None) };
        let kubeconfig = Kubeconfig::from_text(&text, self.context.as_deref(), Some(&dir))?;
        Ok(Some((kubeconfig, format!("the output of {unit}"))))
    }
}

/// The tree that a command in the working folder is about: that of a cluster, where the folder is one or a unit of one.
pub fn tree_folder(global: &Global, system: &System) -> PathBuf {
    let dir = system.dir.join(&global.working_dir);
    cluster_folder(&dir).unwrap_or(dir)
}

/// The folder with the units of a cluster that `dir` is, or is a unit of. Nothing below is searched: `dir` may be
/// somebody's home.
fn cluster_folder(dir: &Path) -> Option<PathBuf> {
    let is_unit = |dir: &Path| dir.join("terragrunt.hcl").is_file();
    if is_unit(dir) {
        return dir.parent().map(Path::to_owned);
    }
    let mut inside = std::fs::read_dir(dir).ok()?.flatten();
    inside.any(|entry| is_unit(&entry.path())).then(|| dir.to_owned())
}

fn ambiguous(one: &UnitPath, other: &UnitPath) -> Failure {
    Failure::new(ErrorKind::Failed, format!("{one} and {other} have kubeconfigs of different clusters"))
        .with_hint("name the folder of one cluster with --working-dir, or a kubeconfig with --kubeconfig")
}
