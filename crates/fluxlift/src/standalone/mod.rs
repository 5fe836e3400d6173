//! Runs without a tree: what `bootstrap` and `--native` are made of.
//!
//! Their units are given, not read from files, and their state lies in the XDG state folder instead of beside a tree.

pub mod home;
pub mod units;

pub use units::{Standalone, StandaloneUnit};
