//! Every row of the table of stuck objects, and for each a likeness of it that must be refused.

mod attendance;
mod edges;
mod helm;
mod kustomizations;
mod minus_one;
mod scenes;
mod sources;
