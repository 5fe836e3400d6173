//! The rest of a unit: hooks, retries, arguments, generated files, remote state. They may use outputs.

use std::collections::BTreeMap;
use std::time::Duration;

use fluxlift_core::Value;
use hcl_edit::structure::Block;

use super::block::{self, Reader};
use crate::error::Outcome;
use crate::eval::convert;

/// A command that runs around a unit's own work.
#[derive(Debug, Clone, PartialEq)]
pub struct Hook {
    /// Its name.
    pub name: String,
    /// When it runs.
    pub moment: HookMoment,
    /// The commands that it runs around: `apply`, `plan`, `destroy`, …
    pub commands: Vec<String>,
    /// Program and arguments. Arguments may be secret: see [`Hook::sensitive`].
    pub execute: Vec<String>,
    /// Where it runs, relative to the module's working folder; `None` for that folder itself.
    pub working_dir: Option<String>,
    /// Whether an after-hook runs after a failure too.
    pub run_on_error: bool,
    /// Whether its output is thrown away.
    pub suppress_stdout: bool,
    /// Regular expressions for the errors that an error-hook is for.
    pub on_errors: Vec<String>,
    /// Whether an argument holds a secret: then no one may print the command.
    pub sensitive: bool,
    /// Whether every argument is known. One that is not reads `(known after apply)`, and the hook can't run.
    pub known: bool,
}

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HookMoment {
    /// Before the work; a failure stops it.
    Before,
    /// After the work.
    After,
    /// When the work failed.
    Error,
}

/// `extra_arguments` for Terraform.
#[derive(Debug, Clone, PartialEq)]
pub struct ExtraArguments {
    /// Its name.
    pub name: String,
    /// The commands that get them.
    pub commands: Vec<String>,
    /// The arguments.
    pub arguments: Vec<String>,
    /// Variables for the child process.
    pub env_vars: BTreeMap<String, Value>,
    /// Variable files that must exist.
    pub required_var_files: Vec<String>,
    /// Variable files that may be missing.
    pub optional_var_files: Vec<String>,
}

/// `retry` in an `errors` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// Its name.
    pub name: String,
    /// Regular expressions for the errors that it is for.
    pub errors: Vec<String>,
    /// How often the work is tried in all.
    pub max_attempts: u32,
    /// How long to wait between attempts.
    pub pause: Duration,
}

/// `generate`: a file written into the module's working folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Generate {
    /// Its label.
    pub name: String,
    /// The file, relative to the module's working folder.
    pub path: String,
    /// `overwrite`, `overwrite_terragrunt`, `skip` or `error`.
    pub if_exists: String,
    /// The content; it may be sensitive.
    pub contents: Value,
    /// What begins the signature line.
    pub comment_prefix: String,
    /// Whether the signature line is left out.
    pub disable_signature: bool,
}

/// `remote_state` for Terraform modules.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteState {
    /// The backend.
    pub backend: String,
    /// Its configuration.
    pub config: Value,
    /// The file to generate and what to do when it exists.
    pub generate: Option<(String, String)>,
}

/// What a layer says of a hook.
pub(super) enum Said {
    /// This is how it is.
    Runs(Hook),
    /// Its own condition leaves it out, whatever a file that is included says of one of this name.
    LeftOut(HookMoment, String),
}

/// The hooks in a `terraform` block.
pub(super) fn hooks(block: &Block, reader: &Reader<'_>) -> Outcome<Vec<Said>> {
    const ATTRIBUTES: &[&str] = &["source", "include_in_copy", "exclude_from_copy", "copy_terraform_lock_file"];
    const BLOCKS: &[&str] = &["before_hook", "after_hook", "error_hook", "extra_arguments"];
    block::only(reader.e.source, &block.body, "terraform", ATTRIBUTES, BLOCKS)?;
    let mut hooks = Vec::new();
    for inner in block.body.blocks() {
        let moment = match inner.ident.value().as_str() {
            "before_hook" => HookMoment::Before,
            "after_hook" => HookMoment::After,
            "error_hook" => HookMoment::Error,
            _ => continue,
        };
        let reader = Reader { body: &inner.body, ..*reader };
        hooks.push(hook(inner, moment, &reader)?);
    }
    Ok(hooks)
}

fn hook(block: &Block, moment: HookMoment, reader: &Reader<'_>) -> Outcome<Said> {
    const ATTRIBUTES: &[&str] =
        &["commands", "execute", "working_dir", "run_on_error", "suppress_stdout", "if", "on_errors"];
    block::only(reader.e.source, reader.body, "a hook", ATTRIBUTES, &[])?;
    let name = block::required_label(reader.e.source, block)?.to_owned();
    if reader.boolean("if")? == Some(false) {
        return Ok(Said::LeftOut(moment, name));
    }
    let value = reader.value("execute")?.unwrap_or_default();
    let execute: Vec<String> = match (value.unmarked(), reader.attribute("execute")) {
        (Value::Unknown, _) => vec![UNKNOWN.to_owned()],
        (Value::List(argv), _) if argv.iter().all(is_argument) && !argv.is_empty() => {
            argv.iter().map(argument).collect()
        }
        (_, Some(attribute)) => {
            return Err(reader
                .e
                .fault(&attribute.value, "`execute` must be a list of strings that begins with a program"));
        }
        (_, None) => return Err(reader.e.fault(&block.ident, "`execute` is missing")),
    };
    Ok(Said::Runs(Hook {
        name,
        moment,
        commands: reader.texts("commands")?.unwrap_or_default(),
        execute,
        working_dir: reader.text("working_dir")?,
        run_on_error: reader.boolean("run_on_error")?.unwrap_or(false),
        suppress_stdout: reader.boolean("suppress_stdout")?.unwrap_or(false),
        on_errors: reader.texts("on_errors")?.unwrap_or_default(),
        sensitive: value.has_sensitive(),
        known: !value.has_unknown(),
    }))
}

/// What stands for an argument that is not known yet.
const UNKNOWN: &str = "(known after apply)";

fn is_argument(value: &Value) -> bool {
    convert::to_text(value).is_some() || *value.unmarked() == Value::Unknown
}

fn argument(value: &Value) -> String {
    convert::to_text(value).unwrap_or_else(|| UNKNOWN.to_owned())
}

/// The arguments in a `terraform` block.
pub(super) fn extra_arguments(block: &Block, reader: &Reader<'_>) -> Outcome<Vec<ExtraArguments>> {
    const ATTRIBUTES: &[&str] = &["commands", "arguments", "env_vars", "required_var_files", "optional_var_files"];
    block
        .body
        .get_blocks("extra_arguments")
        .map(|inner| {
            let reader = Reader { body: &inner.body, ..*reader };
            block::only(reader.e.source, reader.body, "extra_arguments", ATTRIBUTES, &[])?;
            Ok(ExtraArguments {
                name: block::required_label(reader.e.source, inner)?.to_owned(),
                commands: reader.texts("commands")?.unwrap_or_default(),
                arguments: reader.texts("arguments")?.unwrap_or_default(),
                env_vars: reader.value("env_vars")?.and_then(|v| v.as_map().cloned()).unwrap_or_default(),
                required_var_files: reader.texts("required_var_files")?.unwrap_or_default(),
                optional_var_files: reader.texts("optional_var_files")?.unwrap_or_default(),
            })
        })
        .collect()
}

/// A `generate` block.
pub(super) fn generate(block: &Block, reader: &Reader<'_>) -> Outcome<Generate> {
    const ATTRIBUTES: &[&str] = &["path", "if_exists", "contents", "comment_prefix", "disable_signature"];
    block::only(reader.e.source, reader.body, "generate", ATTRIBUTES, &[])?;
    Ok(Generate {
        name: block::required_label(reader.e.source, block)?.to_owned(),
        path: reader.required_text("path", &block.ident)?,
        if_exists: reader.required_text("if_exists", &block.ident)?,
        contents: reader.value("contents")?.unwrap_or_else(|| Value::from("")),
        comment_prefix: reader.text("comment_prefix")?.unwrap_or_else(|| "# ".to_owned()),
        disable_signature: reader.boolean("disable_signature")?.unwrap_or(false),
    })
}

/// The retries in an `errors` block. To go on as if nothing had failed is not supported: no gate may be passed so.
pub(super) fn retries(block: &Block, reader: &Reader<'_>) -> Outcome<Vec<Retry>> {
    block::only(reader.e.source, &block.body, "errors", &[], &["retry"])?;
    let retry = |inner: &Block| {
        let reader = Reader { body: &inner.body, ..*reader };
        let known = ["retryable_errors", "max_attempts", "sleep_interval_sec"];
        block::only(reader.e.source, reader.body, "retry", &known, &[])?;
        Ok(Retry {
            name: block::required_label(reader.e.source, inner)?.to_owned(),
            errors: reader.texts("retryable_errors")?.unwrap_or_default(),
            max_attempts: count(&reader, "max_attempts", 3)?,
            pause: Duration::from_secs(count(&reader, "sleep_interval_sec", 5)?.into()),
        })
    };
    block.body.blocks().map(retry).collect()
}

/// The number `name`, which is not negative.
fn count(reader: &Reader<'_>, name: &str, default: u32) -> Outcome<u32> {
    let (Some(number), Some(attribute)) = (reader.whole(name)?, reader.attribute(name)) else { return Ok(default) };
    u32::try_from(number).map_err(|_| reader.e.fault(&attribute.value, format!("`{name}` is out of range")))
}

/// A `remote_state` block.
pub(super) fn remote_state(block: &Block, reader: &Reader<'_>) -> Outcome<RemoteState> {
    block::only(reader.e.source, reader.body, "remote_state", &["backend", "config", "generate"], &[])?;
    let generate = reader.value("generate")?.and_then(|value| {
        let text = |key: &str| value.get(key)?.as_str().map(str::to_owned);
        Some((text("path")?, text("if_exists").unwrap_or_else(|| "overwrite_terragrunt".to_owned())))
    });
    Ok(RemoteState {
        backend: reader.required_text("backend", &block.ident)?,
        config: reader.value("config")?.unwrap_or_default(),
        generate,
    })
}
