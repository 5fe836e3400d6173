//! Plans: which act, on what, after what.

mod objects;
mod order;
mod rows;
mod waking;
