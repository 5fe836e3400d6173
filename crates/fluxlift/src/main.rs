//! The fluxlift command.
fn main() {}
