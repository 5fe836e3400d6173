//! One file a command: its arguments, and one function that reads them, calls a library and prints the result.

pub mod apply;
pub mod bootstrap;
pub mod bundle;
pub mod chart;
pub mod completion;
pub mod demo;
pub mod destroy;
pub mod doctor;
pub mod graph;
pub mod migrate;
pub mod migrate_text;
pub mod output;
pub mod plan;
pub mod preflight;
pub mod report;
pub mod rescue;
pub mod restore;
pub mod resume;
pub mod sim;
pub mod state;
pub mod status;
pub mod validate;

mod dispatch;
mod doctor_text;
mod outcome;
mod rescue_text;
mod restore_text;
mod standalone;
mod status_text;

pub use dispatch::execute;
