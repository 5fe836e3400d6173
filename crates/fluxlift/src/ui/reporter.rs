//! Who turns events into something to look at.

use std::io::IsTerminal;

use fluxlift_core::Event;

use super::live::LiveReporter;
use super::plain::PlainReporter;

/// A consumer of a run's events.
pub trait Reporter: Send {
    /// Takes one event in.
    fn event(&mut self, event: &Event);

    /// Some time has passed: what is on the screen may be out of date.
    fn tick(&mut self) {}

    /// The run is over: leave the terminal as it should stay.
    fn finish(&mut self) {}
}

/// The reporter that fits stderr: a live view where a person looks at a terminal, plain lines elsewhere.
pub fn reporter_for_stderr() -> Box<dyn Reporter> {
    let person = std::io::stderr().is_terminal()
        && std::env::var_os("CI").is_none()
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    if person { Box::new(LiveReporter::new()) } else { Box::new(PlainReporter::new(anstream::stderr())) }
}
