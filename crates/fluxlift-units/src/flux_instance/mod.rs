//! `flux-instance`: Flux itself and what it follows (module `flux_instance`), phase 2.
//!
//! Controllers first, then the proof of each by canaries, then the sync, then everything that it delivers. An instance
//! that already has a sync keeps it: it is never taken away, and its name and folder are never changed. What is stuck on
//! the way is rescued, and the user's own script comes last, when all is proven.

pub mod bringup;
pub mod converge;
pub mod destroy;
pub mod inputs;
mod let_go;
pub mod preflight;
pub mod race;
mod reclaim;
pub mod restores;
mod script;
pub mod secrets;
pub mod survey;
pub mod unit;

pub use inputs::Inputs;
pub use unit::FluxInstance;
