//! The driver: one gate, one stream of observations, one deadline.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use fluxlift_core::{Clock, Deadline, Emitter, EventKind, Gate, Observation, Verdict};
use futures::{Stream, StreamExt};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::{GateError, Ledger, ObserveError, Proof};

/// How often an unchanged snapshot is judged again, for gates whose verdict depends on how long it has been so.
const REJUDGE: Duration = Duration::from_secs(1);

/// What every gate of a unit's run shares: time, cancellation, events and the ledger.
#[derive(Clone)]
pub struct GateContext {
    /// The injected clock.
    pub clock: Arc<dyn Clock>,
    /// Where events go.
    pub events: Emitter,
    /// Ends every wait.
    pub cancel: CancellationToken,
    /// Where proofs go.
    pub ledger: Ledger,
}

impl std::fmt::Debug for GateContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GateContext").finish_non_exhaustive()
    }
}

impl GateContext {
    /// A context without reporters, for calls outside a run and for tests.
    pub fn quiet(clock: Arc<dyn Clock>) -> Self {
        Self { clock, events: Emitter::silent(), cancel: CancellationToken::new(), ledger: Ledger::default() }
    }

    /// Waits until `gate` is proven by an observation of `source`, and gives that observation.
    ///
    /// A stream that ends is an observation that failed: the gate is blind, never proven. Transient errors show in the
    /// verdict and the wait goes on; the stream itself paces its retries. While they last nothing is judged: what was seen
    /// before may not be so any more.
    ///
    /// # Errors
    /// When the deadline passes, the gate is stuck, the observation is impossible, or the run is cancelled; each with
    /// the last verdict.
    pub async fn prove<G, S>(&self, gate: &G, deadline: Deadline, source: S) -> Result<G::Snapshot, GateError>
    where
        G: Gate + ?Sized,
        G::Snapshot: PartialEq,
        S: Stream<Item = Result<G::Snapshot, ObserveError>>,
    {
        let mut wait = Wait::open(self, gate.name(), deadline);
        let mut source = pin!(source);
        let mut rejudge = tokio::time::interval(REJUDGE);
        rejudge.set_missed_tick_behavior(MissedTickBehavior::Skip);
        rejudge.reset();
        let mut last: Option<(G::Snapshot, Instant)> = None;
        loop {
            let outcome = tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Err(wait.cancelled()),
                () = until(wait.ends) => return Err(wait.out_of_time()),
                seen = source.next() => seen,
                _ = rejudge.tick(), if last.is_some() => {
                    if let Some((snapshot, since)) = &last {
                        let verdict = gate.judge(&Observation { snapshot, unchanged_for: since.elapsed() });
                        if let Some(end) = wait.take(verdict) {
                            end?;
                            if let Some((snapshot, _)) = last {
                                return Ok(snapshot);
                            }
                        }
                    }
                    continue;
                }
            };
            match outcome {
                Some(Ok(snapshot)) => {
                    let since = match &last {
                        Some((old, since)) if *old == snapshot => *since,
                        _ => Instant::now(),
                    };
                    let seen = Observation { snapshot: &snapshot, unchanged_for: since.elapsed() };
                    if let Some(end) = wait.take(gate.judge(&seen)) {
                        end?;
                        return Ok(snapshot);
                    }
                    last = Some((snapshot, since));
                }
                // Time in which nothing could be seen is no time in which nothing changed.
                Some(Err(error)) if error.transient => {
                    wait.note(&error);
                    last = None;
                }
                Some(Err(error)) => return Err(wait.blind(error)),
                None => return Err(wait.blind(ObserveError::terminal("the observation ended"))),
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the gate driver is the one place that may wait for time to pass")]
pub(crate) async fn until(at: Instant) {
    tokio::time::sleep_until(at).await;
}

/// One wait in progress: what to say when it ends, however it ends.
pub(crate) struct Wait<'a> {
    cx: &'a GateContext,
    gate: fluxlift_core::GateName,
    deadline: Deadline,
    opened: fluxlift_core::Timestamp,
    started: Instant,
    pub(crate) ends: Instant,
    last: Verdict,
    /// Since when the last verdict is what it is.
    since: Instant,
    closed: bool,
}

impl<'a> Wait<'a> {
    pub(crate) fn open(cx: &'a GateContext, gate: fluxlift_core::GateName, deadline: Deadline) -> Self {
        cx.events.emit(EventKind::GateOpened { gate: gate.clone(), deadline: deadline.budget() });
        let started = Instant::now();
        Self {
            cx,
            gate,
            deadline,
            opened: cx.clock.now(),
            started,
            ends: started + deadline.budget(),
            last: Verdict::pending("nothing observed yet"),
            since: started,
            closed: false,
        }
    }

    /// Takes a verdict in: `None` to go on waiting, else how it ends.
    pub(crate) fn take(&mut self, verdict: Verdict) -> Option<Result<(), GateError>> {
        let changed = self.is_now(verdict);
        match &mut self.last {
            Verdict::Pending { .. } => {
                if changed {
                    self.announce();
                }
                None
            }
            Verdict::Proven { evidence } => {
                evidence.at.get_or_insert_with(|| self.cx.clock.now());
                self.close();
                Some(Ok(()))
            }
            Verdict::Stuck { why, remedy } => {
                let (why, remedy) = (why.clone(), remedy.clone());
                self.close();
                Some(Err(GateError::Stuck { gate: self.gate.clone(), waited: self.waited(), why, remedy }))
            }
        }
    }

    /// A transient error: shown as the verdict, not believed to be one.
    fn note(&mut self, error: &ObserveError) {
        if self.is_now(Verdict::pending(error.chain())) {
            self.announce();
        }
    }

    /// Keeps `verdict` as the last one. True when it is another one than before.
    fn is_now(&mut self, verdict: Verdict) -> bool {
        let changed = verdict != self.last;
        if changed {
            (self.last, self.since) = (verdict, Instant::now());
        }
        changed
    }

    pub(crate) fn cancelled(mut self) -> GateError {
        self.close();
        let (gate, last) = (self.gate.clone(), self.last.clone());
        GateError::Cancelled { gate, waited: self.waited(), last, unchanged_for: self.since.elapsed() }
    }

    pub(crate) fn out_of_time(mut self) -> GateError {
        self.close();
        let (gate, last) = (self.gate.clone(), self.last.clone());
        GateError::Deadline { gate, waited: self.waited(), last, unchanged_for: self.since.elapsed() }
    }

    fn blind(mut self, source: ObserveError) -> GateError {
        self.close();
        GateError::Blind { gate: self.gate.clone(), waited: self.waited(), last: self.last.clone(), source }
    }

    fn waited(&self) -> Duration {
        self.started.elapsed()
    }

    fn announce(&self) {
        self.cx.events.emit(EventKind::GateJudged {
            gate: self.gate.clone(),
            verdict: self.last.clone(),
            waited: self.waited(),
        });
    }

    pub(crate) fn close(&mut self) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        let waited = self.waited();
        self.cx.ledger.record(Proof {
            gate: self.gate.clone(),
            opened: self.opened,
            waited,
            deadline: self.deadline.budget(),
            unchanged_for: self.since.elapsed(),
            verdict: self.last.clone(),
        });
        self.cx.events.emit(EventKind::GateClosed { gate: self.gate.clone(), verdict: self.last.clone(), waited });
    }
}

impl Drop for Wait<'_> {
    /// A wait that is dropped (its unit's deadline passed, the run was aborted) still leaves its last verdict behind.
    fn drop(&mut self) {
        self.close();
    }
}
