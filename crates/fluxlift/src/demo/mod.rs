//! The demo: a whole bootstrap against the simulated datacenter.
//!
//! It writes a normal tree, builds a world, and runs the ordinary `run-all apply` against it. What differs from a real
//! run is the dialler that it is given, and the clock.

mod bootstrapped;
mod cluster;
mod outcome;
mod run;
mod tree;

pub use bootstrapped::bootstrapped;
pub use cluster::{API, cluster, control_plane, install_network, join_nodes, make_cluster};
pub use outcome::{Outcome, Releases};
pub use run::{CHART, Demo, REPOSITORY, REPOSITORY_PATH, serve, world};
pub use tree::{Gitops, LIVE, TreeError, git_content, write};
