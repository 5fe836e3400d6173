//! The network crate against programs that were not written here.

mod real_packs;
