//! An engine with somebody watching: events on stderr, Ctrl-C in two stages.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use fluxlift_core::{Clock, Event};
use fluxlift_engine::lock::Owner;
use fluxlift_engine::unit::Modules;
use fluxlift_engine::{Engine, EventSink, Shutdown};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, MissedTickBehavior};

use crate::modules;
use crate::system::System;
use crate::ui::{Failure, Reporter, report_failure, reporter_for_stderr};
use crate::watchdog::{Patience, Standstill, Watchdog, Witness};
use crate::workspace::Workspace;

/// How often the live view may redraw although nothing happened.
const REDRAW: Duration = Duration::from_millis(100);

/// On which clock something runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// The clock on the wall.
    #[default]
    Real,
    /// A clock that jumps over every wait.
    Virtual,
}

/// Runs `work` on a runtime of one thread, on the clock on the wall.
///
/// # Errors
/// When there is no runtime, or as `work` fails.
pub fn on_runtime<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    at_pace(Pace::Real, &Witness::default(), work)
}

/// The same, on the clock that `pace` says. When a virtual one stands still, the process ends with what `witness` saw
/// last: nothing else can end a loop that never waits.
///
/// # Errors
/// When there is no runtime, or as `work` fails.
pub fn at_pace<T>(pace: Pace, witness: &Witness, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(pace == Pace::Virtual).build();
    let runtime = runtime.map_err(|error| Failure::because("the runtime could not be started", &error))?;
    runtime.block_on(async {
        let _watchdog = match pace {
            Pace::Real => None,
            Pace::Virtual => Some(watch_over(witness)?),
        };
        work.await
    })
}

fn watch_over(witness: &Witness) -> Result<Watchdog, Failure> {
    Watchdog::over(Handle::current(), Instant::now(), Patience::default(), witness.clone(), give_up)
        .map_err(|error| Failure::because("the watchdog over virtual time could not be started", &error))
}

/// Ends the process because virtual time stands still. The journal on disk is that of a run that was killed.
fn give_up(standstill: Standstill) {
    let failure = Failure::from(standstill);
    report_failure(&failure);
    std::process::exit(failure.exit_code().into());
}

/// What an engine is made of besides its workspace.
pub struct Setting {
    /// What makes units.
    pub modules: Arc<dyn Modules>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who runs it, for the lock.
    pub owner: Owner,
}

impl Setting {
    /// The real clock and the real network, for `command`. Needs a runtime.
    pub fn real(system: &System, command: impl Into<String>) -> Self {
        let clock = system.clock();
        Self { modules: modules::real(clock.clone(), system), clock, owner: system.owner(command) }
    }

    /// An engine over `workspace`.
    pub fn engine<'a>(&'a self, workspace: &'a Workspace) -> Engine<'a> {
        let mut engine = Engine::new(
            &workspace.blueprint,
            &*self.modules,
            workspace.home.clone(),
            self.owner.clone(),
            self.clock.clone(),
        );
        engine.vault = workspace.vault.clone();
        engine.working_dir.clone_from(&workspace.working_dir);
        engine
    }
}

/// Shows the events of `work` on stderr and hands Ctrl-C to it, until it ends. Who listened before still does.
pub async fn watched<T>(engine: &mut Engine<'_>, work: impl AsyncFnOnce(&Engine<'_>) -> T) -> T {
    let (sink, events) = EventSink::channel();
    let before = std::mem::replace(&mut engine.events, EventSink::silent());
    engine.events = before.clone().and(sink);
    let view = tokio::spawn(show(events, reporter_for_stderr()));
    let signals = tokio::spawn(hand_over_signals(engine.shutdown.clone()));
    let result = work(engine).await;
    signals.abort();
    // The channel ends with its last sender, and the view with the channel.
    engine.events = before;
    // A view that panicked has said so itself, and the result counts all the same.
    let _ = view.await;
    result
}

pub(crate) async fn show(mut events: UnboundedReceiver<Event>, mut reporter: Box<dyn Reporter>) {
    let mut redraw = tokio::time::interval(REDRAW);
    redraw.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            biased;
            event = events.recv() => match event {
                Some(event) => reporter.event(&event),
                None => break,
            },
            _ = redraw.tick() => reporter.tick(),
        }
    }
    reporter.finish();
}

/// The first SIGINT or SIGTERM asks the run to stop, the second one aborts it.
pub(crate) async fn hand_over_signals(shutdown: Shutdown) {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        shutdown.request();
    }
}
