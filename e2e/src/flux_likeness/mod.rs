//! How like the simulated Flux is to the real one: the same situations, and what each shows of its objects.
//!
//! A [`Situation`] is data: what is done, what is waited for, whose statuses are followed. A [`Theatre`] plays it: the
//! [`Simulated`] one in memory, the [`Real`] one with the programs of a lab. Each gives, for every object that is followed,
//! the [`sequence`](sequence::Sequence) of its statuses in a form that the two have in common ([`fields`]), and
//! [`compare`](compare::compare) says what differs. A difference is a bug of the simulation, or it is in the
//! [list](listed) with its reason; the list is held against the run in both directions.

pub mod act;
pub mod compare;
pub mod fields;
pub mod kinds;
pub mod listed;
pub mod real;
pub mod recorded;
pub mod sequence;
pub mod shape;
pub mod simulated;
pub mod situation;
pub mod theatre;

pub use act::Act;
pub use real::Real;
pub use simulated::Simulated;
pub use situation::Situation;
pub use theatre::Theatre;
