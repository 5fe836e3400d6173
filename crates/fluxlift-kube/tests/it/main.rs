//! The client against a small server that can lie, over an in-memory connection and paused time.

mod fake;
mod observing;
mod requests;
