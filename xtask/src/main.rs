//! Tools of the house: tidy checks, benches, pictures.
fn main() {}
