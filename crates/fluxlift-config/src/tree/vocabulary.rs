//! What a configuration file may hold.

use hcl_edit::structure::Body;

use super::block;
use crate::error::Outcome;
use crate::syntax::SourceText;

/// Refuses what is not known at the top of a configuration file.
pub(super) fn check(source: &SourceText, body: &Body) -> Outcome<()> {
    const ATTRIBUTES: &[&str] = &[
        "inputs",
        "prevent_destroy",
        "skip",
        // Read by Terragrunt itself, without meaning here.
        "download_dir",
        "terraform_binary",
        "terraform_version_constraint",
        "terragrunt_version_constraint",
    ];
    const BLOCKS: &[&str] = &[
        "dependencies",
        "dependency",
        "errors",
        "exclude",
        "feature",
        "generate",
        "include",
        "locals",
        "remote_state",
        "terraform",
    ];
    block::only(source, body, "a configuration file", ATTRIBUTES, BLOCKS)
}
