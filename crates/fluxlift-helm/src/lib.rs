//! Helm without Helm: chart fetch, templates, release storage, install and upgrade
