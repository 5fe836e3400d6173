//! From `flux bootstrap` to flux-operator, without losing a workload.
//!
//! Reading is apart from judging: [`Seen`] is what the cluster shows, [`Folder`] what the repository holds in
//! `<path>/flux-system/` and right above it, and [`plan`] a pure function from both, and from what was asked for, to a [`Plan`] or a
//! [`Refusal`]. [`Census`] is who lived before; [`Adopted`] is the gate that finds all of them alive afterwards, under the
//! operator's root. Only then may the folder leave Git, and [`deleted_with`] says what would go with it.

mod above;
mod adopted;
mod arguments;
mod carry;
mod census;
mod folder;
mod judge;
mod patched;
mod plan;
mod refusal;
mod removal;
mod seen;
mod selector;
#[cfg(test)]
mod tests;

pub use above::Above;
pub use adopted::{Adopted, Holdings};
pub use carry::Carried;
pub use census::Census;
pub use folder::{Folder, FolderError, Member, NAMES};
pub use judge::{Wish, followed, go_on, plan};
pub use plan::{Phase, Plan};
pub use refusal::Refusal;
pub use removal::{deleted_with, goes_with};
pub use seen::Seen;
