//! Where the events of a run go.

use std::fmt;
use std::sync::Arc;

use fluxlift_core::{Clock, Emitter, Event, EventKind, UnitPath};
use tokio::sync::mpsc;

/// Takes the events of a run, in their order.
#[derive(Clone)]
pub struct EventSink(Arc<dyn Fn(Event) + Send + Sync>);

impl EventSink {
    /// Hands every event to `sink`, which must not block.
    pub fn new(sink: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// Drops every event.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// Sends every event into a channel. A receiver that is gone is no reason to stop a run.
    pub fn channel() -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self::new(move |event| drop(sender.send(event))), receiver)
    }

    /// Both sinks, this one first.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(move |event| {
            (self.0)(event.clone());
            (other.0)(event);
        })
    }

    fn put(&self, event: Event) {
        (self.0)(event);
    }
}

impl fmt::Debug for EventSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventSink")
    }
}

/// A sink with a clock: it says things about the run, or lends a unit its own voice.
#[derive(Clone)]
pub(crate) struct Speaker {
    sink: EventSink,
    clock: Arc<dyn Clock>,
}

impl Speaker {
    pub(crate) fn new(sink: EventSink, clock: Arc<dyn Clock>) -> Self {
        Self { sink, clock }
    }

    /// Says something about the run.
    pub(crate) fn run(&self, kind: EventKind) {
        self.sink.put(Event { at: self.clock.now(), unit: None, kind });
    }

    /// Says something about a unit.
    pub(crate) fn unit(&self, unit: &UnitPath, kind: EventKind) {
        self.sink.put(Event { at: self.clock.now(), unit: Some(unit.clone()), kind });
    }

    /// The voice of `unit`; `also` hears everything first.
    pub(crate) fn emitter(&self, unit: &UnitPath, also: impl Fn(&EventKind) + Send + Sync + 'static) -> Emitter {
        let (speaker, unit) = (self.clone(), unit.clone());
        Emitter::new(move |kind| {
            also(&kind);
            speaker.unit(&unit, kind);
        })
    }
}
