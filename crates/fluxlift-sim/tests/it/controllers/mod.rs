//! What the controllers of the cluster share.

mod args;
mod conditions;
mod images;
mod object;
mod program;
mod queue;
mod scheduler;
