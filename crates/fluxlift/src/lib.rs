//! The command line of fluxlift, as a library so that tests can drive it.
//!
//! One file a command under [`commands`]: it reads its arguments, calls a library and prints the result. What commands
//! share is here: [`args`], [`system`] (the only place that asks the system for anything), [`workspace`] (a loaded tree
//! with its state), [`standalone`] (runs without one), [`reach`] (the one cluster that a command is about), [`alone`]
//! (the only one that changes it),
//! [`scenario`] (failures as data, played), [`doctor`] (what is the matter with it), [`bundle`] (what somebody else needs to
//! see of it), [`run`] (an engine with somebody watching), [`watchdog`] (over time that does not advance). **Only [`ui`]
//! writes to a terminal.**

pub mod alone;
pub mod app;
pub mod args;
pub mod bootstrap;
pub mod bundle;
pub mod commands;
pub mod demo;
pub mod doctor;
mod follow;
pub mod migrate;
pub mod modules;
pub mod reach;
pub mod run;
pub mod scenario;
pub mod standalone;
pub mod system;
pub mod tree;
pub mod ui;
pub mod watchdog;
pub mod workspace;
