//! The simulated datacenter, seen by clients.

mod git;
