//! Migration, as data: no cluster, no clock.

mod adopted;
mod folder;
mod plan;
