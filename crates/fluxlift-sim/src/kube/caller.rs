//! Who asks, and when.

use fluxlift_core::Timestamp;

/// Who makes a request.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The user's name.
    pub user: &'a str,
    /// The user's groups.
    pub groups: &'a [String],
    /// The field manager, as it will stand in `managedFields`.
    pub manager: &'a str,
    /// The moment of the request.
    pub now: Timestamp,
    /// Whether to check everything and store nothing.
    pub dry_run: bool,
}

impl<'a> Caller<'a> {
    /// A part of the cluster itself, writing under its own name.
    pub const fn controller(manager: &'a str, now: Timestamp) -> Self {
        Self { user: manager, groups: &[], manager, now, dry_run: false }
    }
}
