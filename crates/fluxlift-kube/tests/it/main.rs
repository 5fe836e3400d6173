//! The client against a small server that can lie, over an in-memory connection and paused time.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod fake;
mod lean;
mod observing;
mod requests;
