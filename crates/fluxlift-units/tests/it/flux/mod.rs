//! The two Flux units against the simulated cluster, under paused time.

mod canaries;
mod changes;
#[path = "../../../../fluxlift-sim/tests/it/flux/content.rs"]
mod content;
mod faults;
mod gated;
mod images;
mod infrastructure;
mod lab;
mod rescue;
mod restores;
mod rivals;
mod script;
mod strategies;
mod waking;
