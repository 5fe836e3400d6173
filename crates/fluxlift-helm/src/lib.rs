//! Helm without Helm: chart fetch, templates, release storage, install, upgrade and removal.
//!
//! A chart goes through the modules from left to right: [`fetch`] brings it, [`chart`] reads it, [`template`] and
//! [`manifest`] turn it and some values into objects, [`release`] stores what was deployed the way Helm does, and
//! [`action`] does it all in an order that survives a crash. [`yaml`] and [`version`] serve them.
//!
//! **What is rendered is what Helm renders, byte for byte**, for the charts that are supported; what is not supported
//! (sub-charts, hooks, functions that depend on time or chance) is refused by name, never done half.

pub mod action;
pub mod chart;
pub mod fetch;
pub mod manifest;
pub mod release;
pub mod template;
pub mod version;
pub mod yaml;
