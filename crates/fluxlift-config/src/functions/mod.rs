//! The functions of the tree: Terraform's, and Terragrunt's own.

mod arguments;
mod cidr;
mod collections;
mod conversions;
mod dates;
mod encoding;
mod files;
mod format;
mod go_regex;
mod hashes;
mod numbers;
mod registry;
mod secrets;
mod sets;
mod strings;
mod terragrunt;

pub(crate) use arguments::{Args, CallError, CallResult};
pub(crate) use files::{glob_matches, normal};
pub(crate) use registry::{Context, Function, Marks, find, is_known_elsewhere, names};
pub(crate) use terragrunt::relative;
