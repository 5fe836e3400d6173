//! Functions on paths and files. Relative paths start at the folder of the file that they are written in, and those of
//! Terragrunt's own functions at the folder of the configuration: they differ in an included file.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::Value;

use super::registry::Function;
use super::{Args, CallError, CallResult};
use crate::error::Outcome;
use crate::eval::{Evaluator, Member, Names};

pub(super) const TABLE: &[Function] = &[
    Function::new("file", 1, 1, |e, a| {
        let bytes = read_argument(e, Args(a), 0)?;
        let text = std::str::from_utf8(&bytes);
        text.map(Value::from).map_err(|_| CallError::argument(0, "the file is not UTF-8").hint("use filebase64").safe())
    }),
    Function::new("filebase64", 1, 1, |e, a| Ok(STANDARD.encode(read_argument(e, Args(a), 0)?).into())),
    Function::new("fileexists", 1, 1, |e, a| Ok(beside(e, &Args(a).text(0)?).is_file().into())),
    Function::new("fileset", 2, 2, |e, a| {
        let root = beside(e, &Args(a).text(0)?);
        let pattern = Args(a).text(1)?;
        let mut found = Vec::new();
        walk(&root, "", &mut |path| {
            if glob_matches(&pattern, path) {
                found.push(path.to_owned());
            }
        });
        found.sort();
        Ok(Value::from(found))
    }),
    Function::new("templatefile", 2, 2, template_file),
    Function::new("pathexpand", 1, 1, |e, a| {
        let path = Args(a).text(0)?;
        let home = e.context.session.options.env.home.as_deref();
        match (path.strip_prefix('~'), home) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
                Ok(format!("{}{rest}", home.display()).into())
            }
            _ => Ok(path.into()),
        }
    }),
    Function::new("abspath", 1, 1, |e, a| Ok(resolve(e, &Args(a).text(0)?).display().to_string().into())),
    Function::new("basename", 1, 1, |_, a| {
        let path = Args(a).text(0)?;
        Ok(Path::new(&path).file_name().map_or(path.clone(), |name| name.to_string_lossy().into_owned()).into())
    }),
    Function::new("dirname", 1, 1, |_, a| {
        let path = Args(a).text(0)?;
        let parent = Path::new(&path).parent().map_or_else(|| "/".to_owned(), |p| p.display().to_string());
        Ok(if parent.is_empty() { ".".to_owned() } else { parent }.into())
    }),
];

/// `path` as an absolute path without `.` and `..`, from the folder of the file that it is written in.
fn beside(e: &Evaluator<'_>, path: &str) -> PathBuf {
    let place = e.context.place;
    normal(&place.included.as_ref().unwrap_or(&place.config_dir).join(path))
}

/// `path` as an absolute path without `.` and `..`, from the folder of the configuration.
pub(super) fn resolve(e: &Evaluator<'_>, path: &str) -> PathBuf {
    normal(&e.context.place.config_dir.join(path))
}

/// `path` without `.` and `..`, by its text alone.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            other => normal.push(other),
        }
    }
    normal
}

/// The content of the file that argument `i` names.
pub(super) fn read_argument(e: &Evaluator<'_>, args: Args<'_>, i: usize) -> CallResult<Arc<[u8]>> {
    let given = args.text(i)?;
    let path = beside(e, &given);
    let session = e.context.session;
    session.sources.bytes(&path).map_err(|error| {
        CallError::argument(
            i,
            format!("{} could not be read: {}", session.sources.shown(&path).display(), error.kind()),
        )
    })
}

fn template_file(e: &Evaluator<'_>, a: &[Value]) -> CallResult {
    let path = beside(e, &Args(a).text(0)?);
    let session = e.context.session;
    let read = session.sources.template(&path).map_err(|error| {
        CallError::argument(
            0,
            format!("{} could not be read: {}", session.sources.shown(&path).display(), error.kind()),
        )
    })?;
    let file = read?;
    let variables = Variables(a[1].clone());
    Args(a).map(1)?;
    Ok(Evaluator::new(e.context, &file.source, &variables).template_file(&file.template)?)
}

struct Variables(Value);

impl Names for Variables {
    fn value(&self, name: &str) -> Outcome<Option<Value>> {
        Ok(self.0.get(name).cloned())
    }

    fn member(&self, _root: &str, _key: &str) -> Outcome<Member> {
        Ok(Member::Whole)
    }

    fn names(&self) -> Vec<String> {
        self.0.as_map().map(|map| map.keys().cloned().collect()).unwrap_or_default()
    }
}

fn walk(dir: &Path, prefix: &str, visit: &mut dyn FnMut(&str)) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&entry.path(), &format!("{name}/"), visit),
            Ok(kind) if kind.is_file() => visit(&name),
            _ => {}
        }
    }
}

/// Whether `path` fits `pattern`: `*` and `?` within a part, `**` over parts, `{a,b}` alternatives.
pub(crate) fn glob_matches(pattern: &str, path: &str) -> bool {
    if let Some((before, rest)) = pattern.split_once('{')
        && let Some((choices, after)) = rest.split_once('}')
    {
        return choices.split(',').any(|choice| glob_matches(&format!("{before}{choice}{after}"), path));
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let path: Vec<char> = path.chars().collect();
    matches(&pattern, &path)
}

fn matches(pattern: &[char], path: &[char]) -> bool {
    match pattern {
        [] => path.is_empty(),
        ['*', '*', '/', rest @ ..] => {
            matches(rest, path) || path.iter().enumerate().any(|(i, c)| *c == '/' && matches(rest, &path[i + 1..]))
        }
        ['*', '*', rest @ ..] => (0..=path.len()).any(|i| matches(rest, &path[i..])),
        ['*', rest @ ..] => {
            let part = path.iter().position(|c| *c == '/').unwrap_or(path.len());
            (0..=part).any(|i| matches(rest, &path[i..]))
        }
        ['?', rest @ ..] => path.split_first().is_some_and(|(c, path)| *c != '/' && matches(rest, path)),
        [one, rest @ ..] => path.split_first().is_some_and(|(c, path)| c == one && matches(rest, path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_within_and_across_folders() {
        assert!(glob_matches("*.yaml", "a.yaml"));
        assert!(!glob_matches("*.yaml", "b/a.yaml"));
        assert!(glob_matches("**/*.{yaml,yml}", "b/c/a.yml"));
        assert!(glob_matches("**/*.yaml", "a.yaml"));
        assert!(glob_matches("**modules/flux_*", "repo/modules/flux_operator"));
    }

    #[test]
    fn paths_are_cleaned_by_their_text() {
        assert_eq!(normal(Path::new("/a/b/../c/./d")), Path::new("/a/c/d"));
    }
}
