//! Work that is no run of units, with somebody watching: events on stderr, and Ctrl-C ends every wait.

use std::sync::Arc;

use fluxlift_core::{Clock, Emitter, Event, EventKind};
use fluxlift_engine::Shutdown;
use fluxlift_gate::GateContext;
use tokio::sync::mpsc::unbounded_channel;

use crate::args::this_folder;
use crate::run::{hand_over_signals, show};
use crate::ui::reporter_for_stderr;

/// Does `work`, shows its events as those of the one thing that runs, and hands it Ctrl-C. Needs a runtime.
pub(crate) async fn followed<T>(clock: &Arc<dyn Clock>, work: impl AsyncFnOnce(&GateContext) -> T) -> T {
    let (sender, events) = unbounded_channel();
    let view = tokio::spawn(show(events, reporter_for_stderr()));
    let mut cx = GateContext::quiet(Arc::clone(clock));
    let told = Arc::clone(clock);
    // A view that is gone is no reason to stop.
    cx.events = Emitter::new(move |kind| drop(sender.send(Event { at: told.now(), unit: Some(this_folder()), kind })));
    let shutdown = Shutdown::new();
    let signals = tokio::spawn(hand_over_signals(shutdown.clone()));
    let (cancel, asked) = (cx.cancel.clone(), shutdown.clone());
    let stop = tokio::spawn(async move {
        asked.requested().await;
        cancel.cancel();
    });
    // The live view has a place for what it waits for.
    cx.events.emit(EventKind::UnitStarted);
    let result = work(&cx).await;
    signals.abort();
    stop.abort();
    // The channel ends with its last sender, and the view with the channel.
    drop(cx);
    let _ = view.await;
    result
}
