//! The two Flux units against the simulated cluster, under paused time.

mod canaries;
mod changes;
mod faults;
mod gated;
mod lab;
mod strategies;
