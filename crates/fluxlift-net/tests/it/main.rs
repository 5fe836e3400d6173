//! The network crate against programs that were not written here.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod real_packs;
