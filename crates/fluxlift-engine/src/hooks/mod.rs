//! The user's own commands around a unit's work.
//!
//! A failing before-hook keeps the unit from working. After-hooks run when it ended well, and those that ask for it also
//! when it did not; error-hooks run when its error matches. What a unit has done is kept even when a hook after it fails.

mod hook;
mod program;
mod system;

pub use hook::{Hook, HookError, HookRunner, Moment};
pub use system::SystemHooks;

pub(crate) use hook::Hooks;
