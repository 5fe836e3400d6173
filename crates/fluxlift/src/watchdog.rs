//! A watchdog on the clock on the wall over a clock that jumps.
//!
//! Under virtual time nothing that runs may wait for real, so a loop that never lets time advance, or a wait that
//! nothing ends, would hang for ever and without a word. A thread of its own looks at the virtual clock every now and
//! then; when that has stood still for too long, it says so.
//!
//! It counts its own looks and never reads the real time: a program that was stopped, or a machine that slept, wakes up
//! with one look more and not with an hour of standstill.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use fluxlift_core::deadline::human_duration;
use fluxlift_core::{ErrorKind, Event, EventKind, Explain, Hint};
use fluxlift_engine::EventSink;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::ui::finished_line;

/// When a watchdog looks, and when it has seen enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The real time between two looks.
    pub look: Duration,
    /// For how long virtual time may stand still. Drawing a key takes seconds in which it does.
    pub limit: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { look: Duration::from_millis(500), limit: Duration::from_secs(60) }
    }
}

/// Virtual time stands still.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "virtual time has stood still for {} of real time, {} into the run; the last event was {}",
    human_duration(*.real),
    human_duration(*.reached),
    .last.as_deref().unwrap_or("none at all")
)]
pub struct Standstill {
    /// How much real time has passed since it last advanced.
    pub real: Duration,
    /// How far it came.
    pub reached: Duration,
    /// The last thing that happened.
    pub last: Option<String>,
}

impl Explain for Standstill {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Failed
    }

    fn hints(&self) -> Vec<Hint> {
        vec![
            Hint::new("a loop that never waits, or a wait that nothing ends: please report it with the seed"),
            Hint::new("`--time real` runs the same on the clock on the wall, where nothing has to advance it"),
        ]
    }
}

/// Remembers the last event of a run. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Witness(Arc<Mutex<Option<String>>>);

impl Witness {
    /// A sink that shows every event to this witness.
    pub fn sink(&self) -> EventSink {
        let witness = self.clone();
        EventSink::new(move |event| witness.see(&event))
    }

    fn see(&self, event: &Event) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(told(event));
    }

    fn last(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An event in one line without colour, those too that only the live view shows.
fn told(event: &Event) -> String {
    let unit = event.unit.as_ref().map_or("the run", |unit| unit.as_str());
    let what = match &event.kind {
        EventKind::GateOpened { gate, .. } => format!("{unit} waits for {gate}"),
        EventKind::GateJudged { gate, verdict, .. } => format!("{unit} waits for {gate}: {verdict}"),
        _ => finished_line(event, 0).unwrap_or_else(|| format!("something of {unit}")),
    };
    let words: Vec<&str> = what.split_whitespace().collect();
    format!("\"{}\" at {}", anstream::adapter::strip_str(&words.join(" ")), event.at)
}

/// How long a clock has stood still, by looks at it.
#[derive(Debug)]
struct Stillness {
    seen: Duration,
    still: Duration,
}

impl Stillness {
    /// One look, `passed` after the one before: for how long `now` has been the time, once that is `limit` or more.
    fn judge(&mut self, now: Duration, passed: Duration, limit: Duration) -> Option<Duration> {
        if now != self.seen {
            (self.seen, self.still) = (now, Duration::ZERO);
            return None;
        }
        self.still += passed;
        (self.still >= limit).then_some(self.still)
    }
}

/// Watches a runtime's paused clock until it is dropped.
#[derive(Debug)]
pub struct Watchdog {
    _lives: Sender<()>,
}

impl Watchdog {
    /// Watches the clock of `runtime`, on which a run began at `start`, and calls `found` when it stands still, once.
    ///
    /// # Errors
    /// When there can be no more threads.
    pub fn over(
        runtime: Handle,
        start: Instant,
        patience: Patience,
        witness: Witness,
        found: impl FnOnce(Standstill) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (lives, ends) = channel();
        let watch = move || {
            // Within the runtime's context its clock is the one that is read here.
            let _within = runtime.enter();
            let mut stillness = Stillness { seen: Duration::ZERO, still: Duration::ZERO };
            while ends.recv_timeout(patience.look) == Err(RecvTimeoutError::Timeout) {
                let reached = start.elapsed();
                if let Some(real) = stillness.judge(reached, patience.look, patience.limit) {
                    return found(Standstill { real, reached, last: witness.last() });
                }
            }
        };
        thread::Builder::new().name("watchdog".to_owned()).spawn(watch)?;
        Ok(Self { _lives: lives })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluxlift_core::{GateName, Timestamp, UnitPath, Verdict};

    const LOOK: Duration = Duration::from_millis(25);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn time_that_advances_before_the_limit_is_healthy_however_long_it_takes() {
        let mut stillness = Stillness { seen: seconds(0), still: seconds(0) };
        for now in 0..1_000 {
            // Three looks at each moment: the drawing of a key.
            for _ in 0..3 {
                assert_eq!(stillness.judge(seconds(now), seconds(10), seconds(40)), None);
            }
        }
    }

    #[test]
    fn time_that_stands_still_for_the_limit_is_a_standstill() {
        let mut stillness = Stillness { seen: seconds(7), still: seconds(0) };
        assert_eq!(stillness.judge(seconds(8), seconds(10), seconds(30)), None);
        assert_eq!(stillness.judge(seconds(8), seconds(10), seconds(30)), None);
        assert_eq!(stillness.judge(seconds(8), seconds(10), seconds(30)), None);
        assert_eq!(stillness.judge(seconds(8), seconds(10), seconds(30)), Some(seconds(30)));
    }

    /// What the watchdog says of `stuck`, an hour of virtual time after the start.
    fn said_of(stuck: impl AsyncFnOnce(&mut tokio::sync::oneshot::Receiver<Standstill>) -> Standstill) -> Standstill {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let (say, mut hear) = tokio::sync::oneshot::channel();
        let witness = Witness::default();
        let verdict = Verdict::pending("caches are not synced");
        let kind = EventKind::GateJudged { gate: GateName::new("canary"), verdict, waited: seconds(2) };
        let unit = Some(UnitPath::new("flux-instance").unwrap());
        witness.see(&Event { at: Timestamp::UNIX_EPOCH, unit, kind });
        let patience = Patience { look: LOOK, limit: 4 * LOOK };
        let found = |standstill| drop(say.send(standstill));
        runtime.block_on(async {
            let start = Instant::now();
            fluxlift_gate::pace(seconds(3600)).await;
            let _watchdog = Watchdog::over(Handle::current(), start, patience, witness, found).unwrap();
            stuck(&mut hear).await
        })
    }

    #[test]
    fn a_loop_that_never_lets_time_advance_is_named_with_the_time_and_the_last_event() {
        let standstill = said_of(async |said| {
            loop {
                match said.try_recv() {
                    Ok(standstill) => return standstill,
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        });
        assert_eq!((standstill.reached, standstill.real), (seconds(3600), 4 * LOOK));
        assert_eq!(
            standstill.to_string(),
            "virtual time has stood still for 0.1s of real time, 1h00m into the run; the last event was \"flux-instance \
             waits for canary: caches are not synced\" at 1970-01-01T00:00:00Z"
        );
        assert_eq!(standstill.kind().exit_code(), 1);
    }

    #[test]
    fn a_wait_that_nothing_ends_is_named_too() {
        let standstill = said_of(async |said| said.await.unwrap());
        assert_eq!(standstill.reached, seconds(3600));
    }
}
