//! Terragrunt's own functions. They speak for the file that the place stands for.

use std::path::{Path, PathBuf};

use fluxlift_core::Value;

use super::files::{normal, resolve};
use super::registry::{ANY, Function};
use super::{Args, CallError, CallResult};
use crate::eval::Evaluator;
use crate::tree;

pub(super) const TABLE: &[Function] = &[
    Function::new("find_in_parent_folders", 0, 2, find_in_parent_folders),
    Function::keeping("read_terragrunt_config", 1, 2, |e, a| {
        let path = resolve(e, &Args(a).text(0)?);
        if !path.is_file() {
            return a.get(1).cloned().ok_or_else(|| {
                let shown = e.context.session.sources.shown(&path);
                CallError::argument(0, format!("{} does not exist", shown.display()))
                    .hint("give a second argument to use when the file is missing")
            });
        }
        Ok(tree::read_config(e.context, &path)?)
    }),
    Function::new("get_env", 1, 2, |e, a| {
        let name = Args(a).text(0)?;
        match (e.context.session.options.env.get(&name), a.get(1)) {
            (Some(value), _) => Ok(value.into()),
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => Err(CallError::argument(0, format!("the environment variable {name} is not set"))
                .hint(format!("set {name}, or give a default as second argument"))),
        }
    }),
    Function::new("get_repo_root", 0, 0, |e, _| Ok(text(&e.context.session.repo_root))),
    Function::new("get_path_from_repo_root", 0, 0, |e, _| {
        Ok(text(&relative(&e.context.session.repo_root, &e.context.place.config_dir)))
    }),
    Function::new("get_path_to_repo_root", 0, 0, |e, _| {
        Ok(text(&relative(&e.context.place.config_dir, &e.context.session.repo_root)))
    }),
    Function::new("get_terragrunt_dir", 0, 0, |e, _| Ok(text(&e.context.place.config_dir))),
    Function::new("get_original_terragrunt_dir", 0, 0, |e, _| Ok(text(&e.context.place.unit_dir))),
    Function::new("get_parent_terragrunt_dir", 0, 1, |e, a| Ok(text(&parent_dir(e, Args(a))?))),
    Function::new("path_relative_to_include", 0, 1, |e, a| {
        Ok(text(&relative(&parent_dir(e, Args(a))?, &e.context.place.config_dir)))
    }),
    Function::new("path_relative_from_include", 0, 1, |e, a| {
        Ok(text(&relative(&e.context.place.config_dir, &parent_dir(e, Args(a))?)))
    }),
    Function::new("get_terraform_command", 0, 0, |e, _| Ok(e.context.place.command.as_str().into())),
    Function::new("get_terraform_commands_that_need_vars", 0, 0, |_, _| {
        Ok(strings(&["apply", "console", "destroy", "import", "plan", "push", "refresh"]))
    }),
    Function::new("get_terraform_commands_that_need_locking", 0, 0, |_, _| {
        Ok(strings(&["apply", "destroy", "import", "plan", "refresh", "taint", "untaint"]))
    }),
    Function::new("get_terraform_commands_that_need_input", 0, 0, |_, _| {
        Ok(strings(&["apply", "import", "init", "plan", "refresh"]))
    }),
    Function::new("get_terraform_commands_that_need_parallelism", 0, 0, |_, _| {
        Ok(strings(&["apply", "plan", "destroy"]))
    }),
    Function::new("get_platform", 0, 0, |_, _| Ok(std::env::consts::OS.into())),
    Function::new("run_cmd", 1, ANY, run_cmd),
];

fn text(path: &Path) -> Value {
    path.display().to_string().into()
}

fn strings(list: &[&str]) -> Value {
    Value::List(list.iter().map(|s| Value::from(*s)).collect())
}

/// The nearest file or folder `name` above the configuration's own folder.
fn find_in_parent_folders(e: &Evaluator<'_>, a: &[Value]) -> CallResult {
    let name = Args(a).optional_text(0)?.unwrap_or_else(|| "terragrunt.hcl".to_owned());
    let start = &e.context.place.config_dir;
    let found = start.ancestors().skip(1).map(|dir| dir.join(&name)).find(|path| path.exists());
    match (found, a.get(1)) {
        (Some(path), _) => Ok(text(&path)),
        (None, Some(fallback)) => Ok(fallback.clone()),
        (None, None) => {
            let shown = e.context.session.sources.shown(start);
            Err(CallError::new(format!("there is no {name} in any folder above {}", shown.display())))
        }
    }
}

/// The folder of the included file: the one that is named, or the only one; without includes the own folder.
fn parent_dir(e: &Evaluator<'_>, args: Args<'_>) -> CallResult<PathBuf> {
    let place = e.context.place;
    match (args.optional_text(0)?, place.includes.as_slice()) {
        (Some(name), includes) => match includes.iter().find(|(label, _)| *label == name) {
            Some((_, dir)) => Ok(dir.clone()),
            None => Err(CallError::argument(0, format!("there is no include named {name:?}"))),
        },
        (None, _) if place.included.is_some() => Ok(place.included.clone().unwrap_or_default()),
        (None, []) => Ok(place.config_dir.clone()),
        (None, [(_, dir)]) => Ok(dir.clone()),
        (None, _) => Err(CallError::new("there are several includes").hint("name one as argument").safe()),
    }
}

/// How to go from the folder `from` to `to`.
pub(crate) fn relative(from: &Path, to: &Path) -> PathBuf {
    let (from, to) = (normal(from), normal(to));
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| std::path::Component::ParentDir);
    let path: PathBuf = up.chain(to.components().skip(shared)).collect();
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}

fn run_cmd(e: &Evaluator<'_>, a: &[Value]) -> CallResult {
    let mut argv = (0..a.len()).map(|i| Args(a).text(i)).collect::<CallResult<Vec<_>>>()?;
    let flags = argv.iter().take_while(|arg| arg.starts_with("--terragrunt-")).count();
    let flags: Vec<String> = argv.drain(..flags).collect();
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    if argv.is_empty() {
        return Err(CallError::new("no command was given").safe());
    }
    let place = e.context.place;
    let dir = if has("--terragrunt-global-cache") { &e.context.session.repo_root } else { &place.config_dir };
    let session = e.context.session;
    let output = if has("--terragrunt-no-cache") {
        session.options.runner.run(&place.config_dir, &argv, &session.options.env)
    } else {
        session.command(dir, &place.config_dir, &argv)
    };
    let output = output.map_err(|reason| CallError::new(reason).safe())?;
    let output = Value::from(output.strip_suffix('\n').unwrap_or(&output));
    // What a user does not want in the log is not for ours either.
    Ok(if has("--terragrunt-quiet") { output.sensitive() } else { output })
}
