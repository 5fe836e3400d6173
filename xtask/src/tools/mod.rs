//! `cargo xtask tools`: the real programs of the lab, each built from its own `e2e/tools/<folder>/go.mod`.
//!
//! A folder pins one Go module with every dependency; the binaries go to a cache outside the checkout, keyed by what
//! the build depends on, so that a change of a pin builds anew and a switch of branches builds nothing.

mod build;
mod cache;
mod catalog;
mod command;
mod go;
mod key;
mod listing;
mod pins;
mod request;
mod vendored;
mod view;

pub(crate) use command::run;
