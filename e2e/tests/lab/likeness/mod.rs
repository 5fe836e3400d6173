//! The simulated API, asked the same as the real one: `steps/` holds the questions, `docs/sim-likeness.md` the answers that
//! may differ.

mod exchange;
mod servers;
mod side;
mod topics;

pub(crate) use topics::trial;
