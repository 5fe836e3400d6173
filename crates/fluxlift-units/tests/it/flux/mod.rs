//! The two Flux units against the simulated cluster, under paused time.

mod canaries;
mod changes;
mod faults;
mod gated;
mod images;
mod lab;
mod rescue;
mod restores;
mod script;
mod strategies;
