//! The units against the simulated datacenter.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod claimant;
mod compute;
mod flux;
mod journal;
mod restore;
mod talos;
