//! The models of Flux, driven by direct requests: no client of ours takes part.

mod canaries;
mod content;
mod controllers;
mod images;
mod lab;
mod operator;
mod race;
