//! The models of Flux, driven by direct requests: no client of ours takes part.

mod build;
mod canaries;
mod content;
mod controllers;
mod definitions;
mod images;
mod lab;
mod operator;
mod patches;
mod profile;
mod race;
mod source;
mod status;
mod substitute;
