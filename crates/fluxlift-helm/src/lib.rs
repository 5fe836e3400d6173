//! Helm without Helm: chart fetch, templates, release storage, install and upgrade.
pub mod chart;
pub mod fetch;
pub mod manifest;
pub mod template;
pub mod version;
pub mod yaml;
