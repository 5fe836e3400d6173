//! A bootstrap whose cluster is known, ready to be run.

use std::sync::Arc;

use fluxlift_core::{Clock, ErrorKind, Secret};
use fluxlift_engine::journal::History;
use fluxlift_engine::{Blueprint, Command, Engine, Home, RunError, RunOptions, RunReport};
use fluxlift_net::Dial;

use super::Request;
use super::repository::Repository;
use super::request::{Secrets, TOKEN};
use super::target::Target;
use crate::run::Setting;
use crate::standalone::{Standalone, home};
use crate::system::System;
use crate::ui::Failure;

/// A bootstrap whose cluster is known.
#[derive(Debug)]
pub struct Bootstrap {
    /// The cluster.
    pub target: Target,
    /// Where its state, journals and lock lie.
    pub home: Home,
    units: Standalone,
    request: Request,
    arguments: serde_json::Value,
}

impl Bootstrap {
    /// Finds the cluster of `request` and reads the secrets.
    ///
    /// # Errors
    /// When the cluster does not answer or is another one than the request says, or something cannot be read.
    pub async fn prepare(
        mut request: Request,
        secrets: Secrets,
        system: &System,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        let target = Target::find(&request, system, dial, clock).await?;
        if request.cluster.as_ref().is_some_and(|known| *known != target.identity) {
            let message = format!("the cluster at {} is not the one that was bootstrapped", target.server);
            return Err(Failure::new(ErrorKind::Failed, message)
                .with_hint(format!("check what the context {} points at; nothing was changed", target.chosen.name)));
        }
        // From here on the request means this very cluster, whatever becomes the current context.
        request.cluster = Some(target.identity.clone());
        request.context = Some(target.chosen.name.clone());
        let units = request.units(&target, secrets, system)?;
        let arguments = serde_json::to_value(&request)
            .map_err(|error| Failure::because("the request cannot be written down", &error))?;
        Ok(Self { home: home::of_cluster(&target.identity, system)?, target, units, request, arguments })
    }

    /// Looks whether the repository has what Flux shall follow, as far as this machine can see it.
    ///
    /// # Errors
    /// When the server says that it has not.
    pub async fn check_repository(&self, dial: Arc<dyn Dial>, clock: Arc<dyn Clock>) -> Result<(), Failure> {
        let Request { git_url, branch, path, .. } = &self.request;
        let token = self.units.units.iter().find_map(|unit| unit.inputs.get(TOKEN)?.as_str());
        let token = token.map(|token| Secret::new(token.to_owned()));
        Repository { url: git_url, branch, path, token: token.as_ref() }.check(dial, clock).await
    }

    /// The request of the last run in `home`.
    ///
    /// # Errors
    /// When there is none, or its run was no bootstrap.
    pub fn remembered(home: &Home) -> Result<Request, Failure> {
        let Some(history) = History::last(home)? else {
            let message = format!("nothing was ever run with its state in {}", home.folder().display());
            return Err(Failure::new(ErrorKind::Failed, message));
        };
        asked(&history).ok_or_else(|| {
            let message = format!("the journal of {} does not say what it was asked for", history.run);
            Failure::new(ErrorKind::Failed, message).with_hint("run its command again")
        })
    }

    /// The request of the last run in `home`, when it took Flux over from `flux bootstrap` and did not come to its end.
    pub fn unfinished_handover(home: &Home) -> Option<Request> {
        let history = History::resumable(home).ok()?;
        let (command, ..) = history.request()?;
        asked(&history).filter(|request| request.handover.is_some() && command == Command::Apply)
    }

    /// The two units.
    pub const fn blueprint(&self) -> &dyn Blueprint {
        &self.units
    }

    /// An engine over the two units.
    pub fn engine<'a>(&'a self, setting: &'a Setting) -> Engine<'a> {
        let (owner, clock) = (setting.owner.clone(), setting.clock.clone());
        let mut engine = Engine::new(&self.units, &*setting.modules, self.home.clone(), owner, clock);
        engine.arguments = self.arguments.clone();
        engine
    }

    /// Runs it. When the last run was asked for the same and did not come to its end, that one goes on.
    ///
    /// # Errors
    /// As for [`Engine::run`] and [`Engine::resume`].
    pub async fn run(&self, engine: &Engine<'_>, options: RunOptions) -> Result<RunReport, RunError> {
        if self.is_unfinished(&options) {
            engine.resume().await
        } else {
            engine.run(Command::Apply, options, None).await
        }
    }

    fn is_unfinished(&self, options: &RunOptions) -> bool {
        // A journal that can't be read is told by whoever writes the next one.
        let Ok(history) = History::resumable(&self.home) else { return false };
        let Some((command, then, ..)) = history.request() else { return false };
        command == Command::Apply
            && RunOptions { seed: options.seed, ..then.clone() } == *options
            && asked(&history).is_some_and(|before| self.request.wants_the_same_as(&before))
    }
}

/// What a run was asked for, if it was a bootstrap.
fn asked(history: &History) -> Option<Request> {
    serde_json::from_value(history.arguments()?.clone()).ok()
}
