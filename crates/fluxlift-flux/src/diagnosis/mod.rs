//! Why an object of Flux is not ready: pure functions from what was seen to a cause.
//!
//! ```text
//! objects ──► Scene ──► Diagnosis per object ──► root cause along the edges
//! JSON        graph     cause, since, value      the object that holds the others up
//! ```
//!
//! A [`Subject`] is the few fields of an object that matter, a [`Scene`] all subjects with the edges between them (what
//! depends on what, what is fetched from where, who applied what) and what is known of the controllers. [`diagnose`]
//! reads one subject in its scene, [`Scene::root`] follows the edges to the end.
//!
//! `observedGeneration: -1` alone is not "stuck": it is normal until a controller's first full pass. What it means shows
//! in what else is there, and in whether the source is ready. **Nothing here does I/O or asks for the time.**

mod cause;
mod conditions;
mod fields;
mod kustomization;
mod locked;
mod place;
mod reading;
mod release;
mod root;
mod scene;
mod source;
mod subject;
#[cfg(test)]
mod tests;
mod workforce;

pub use cause::{Cause, Standing};
pub use conditions::{Condition, Conditions, Truth};
pub use place::Place;
pub(crate) use reading::DEPENDENCIES;
pub use reading::{Diagnosis, NEGLECTED, Upstream, diagnose};
pub use root::Root;
pub use scene::Scene;
pub(crate) use subject::Listed;
pub use subject::Subject;
pub use workforce::{Crew, Selects, Workforce};
