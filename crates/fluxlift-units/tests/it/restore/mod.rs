//! Restores by VolSync against the simulated cluster, under paused time.

mod killed;
mod lab;
mod lies;
mod proven;
