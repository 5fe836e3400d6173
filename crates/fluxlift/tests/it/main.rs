//! The command line, as its users see it: the real binary, its output and its exit codes.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod alone;
mod blueprint;
mod bootstrap;
mod bundle;
mod cli;
mod configuration;
mod converged;
mod crash;
mod docs;
mod doctor;
mod errors;
mod folder;
#[path = "../../../fluxlift-units/tests/it/flux/infrastructure.rs"]
mod infrastructure;
mod interrupted;
mod killed;
mod kubectl;
mod locking;
mod migrate;
mod preflight;
mod rescue;
mod reserved;
mod restore;
mod saved_plan;
mod scenarios;
mod served;
mod status;
mod tree;
mod virtual_run;
