//! The command line of fluxlift, as a library so that tests can drive it.

pub mod ui;
