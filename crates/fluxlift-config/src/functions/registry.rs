//! Which functions there are.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fluxlift_core::Value;

use super::arguments::CallResult;
use super::{
    cidr, collections, conversions, dates, encoding, files, format, go_regex, hashes, numbers, secrets, sets, strings,
    terragrunt,
};
use crate::eval::Evaluator;
use crate::tree::{Place, Session};

/// What functions know besides their arguments.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The run: environment, caches, settings.
    pub(crate) session: &'a Session,
    /// Where the file that calls stands.
    pub(crate) place: &'a Place,
}

/// What happens to sensitive marks inside the arguments.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Marks {
    /// They are taken off, and the whole result is marked.
    Spread,
    /// Those on members stay on the members; for functions that only move members about.
    Keep,
}

/// A function.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// The least and the most arguments.
    pub(crate) arity: (usize, usize),
    pub(crate) marks: Marks,
    pub(crate) run: fn(&Evaluator<'_>, &[Value]) -> CallResult,
}

impl Function {
    /// A function whose result is sensitive when anything in its arguments is.
    pub(super) const fn new(
        name: &'static str,
        least: usize,
        most: usize,
        run: fn(&Evaluator<'_>, &[Value]) -> CallResult,
    ) -> Self {
        Self { name, arity: (least, most), marks: Marks::Spread, run }
    }

    /// A function that moves members about and leaves their marks on them.
    pub(super) const fn keeping(
        name: &'static str,
        least: usize,
        most: usize,
        run: fn(&Evaluator<'_>, &[Value]) -> CallResult,
    ) -> Self {
        Self { name, arity: (least, most), marks: Marks::Keep, run }
    }
}

/// Any number of arguments.
pub(super) const ANY: usize = usize::MAX;

static TABLE: LazyLock<BTreeMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let tables: [&'static [Function]; 14] = [
        cidr::TABLE,
        collections::TABLE,
        conversions::TABLE,
        dates::TABLE,
        encoding::TABLE,
        files::TABLE,
        format::TABLE,
        go_regex::TABLE,
        hashes::TABLE,
        numbers::TABLE,
        secrets::TABLE,
        sets::TABLE,
        strings::TABLE,
        terragrunt::TABLE,
    ];
    tables.into_iter().flatten().map(|function| (function.name, function)).collect()
});

/// The function `name`.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    TABLE.get(name).copied()
}

/// The names of all functions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.keys().copied().chain(["try", "can"])
}

/// Whether Terraform or Terragrunt has a function `name` that is missing here.
pub(crate) fn is_known_elsewhere(name: &str) -> bool {
    const MISSING: &[&str] = &[
        "base64gunzip",
        "base64gzip",
        "bcrypt",
        "constraint_check",
        "ephemeralasnull",
        "filemd5",
        "filesha1",
        "get_aws_account_alias",
        "get_aws_account_id",
        "get_aws_caller_identity_arn",
        "get_aws_caller_identity_user_id",
        "get_default_retryable_errors",
        "get_terraform_cli_args",
        "get_terragrunt_source_cli_flag",
        "get_working_dir",
        "mark_as_read",
        "mark_glob_as_read",
        "md5",
        "plantimestamp",
        "provider",
        "render_aws_provider_block",
        "rsadecrypt",
        "sha1",
        "templatestring",
        "textdecodebase64",
        "textencodebase64",
        "urldecode",
        "uuid",
        "uuidv5",
    ];
    MISSING.contains(&name)
}
