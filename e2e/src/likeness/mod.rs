//! Holding the simulated datacenter against the real programs.
//!
//! Both are asked the same, what they answer is made comparable by a [`Normaliser`] each, and [`differences`] finds the
//! fields in which the two are not alike. `docs/sim-likeness.md` lists what may differ and why, and [`listed`] holds the two
//! lists against each other: a difference that is not listed is a fault of the sim, one that is listed and not seen any
//! more is a fault of the document.
//!
//! [`script`] is the language in which the questions are written.

pub mod compare;
pub mod listed;
pub mod normal;
pub mod place;
pub mod script;

pub use compare::{Difference, How, differences};
pub use listed::{Found, Listed, ListedError};
pub use normal::Normaliser;
pub use script::{Script, ScriptError};
