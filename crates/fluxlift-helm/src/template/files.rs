//! `.Files`: what a chart brings along beside its templates.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gotmpl::Value;
use regex::Regex;

use super::data::from_json;
use crate::chart::ChartFile;
use crate::yaml::to_yaml;

type Contents = BTreeMap<Arc<str>, Value>;

/// The value of `.Files`, with the methods `Get`, `GetBytes`, `Lines` and `Glob`. What `Glob` gives is a plain map from
/// path to content, which can be ranged over.
pub(super) fn value(files: &[ChartFile]) -> Value {
    let contents: Arc<Contents> =
        Arc::new(files.iter().map(|f| (f.name.as_str().into(), Value::String(f.text().into()))).collect());
    let mut methods = Contents::new();
    let mut method = |name: &str, call: fn(&Contents, &str) -> Value| {
        let contents = Arc::clone(&contents);
        let function = move |args: &[Value]| match args {
            [Value::String(argument)] => Ok(call(&contents, argument)),
            _ => Err(gotmpl::TemplateError::Exec("a method of .Files takes one string".to_owned())),
        };
        methods.insert(name.into(), Value::Function(Arc::new(function)));
    };
    method("Get", get);
    method("GetBytes", get);
    method("Lines", lines);
    method("Glob", glob);
    Value::Map(Arc::new(methods))
}

/// `.AsConfig` and `.AsSecrets` of what `Glob` gave: YAML from base names to contents.
pub(super) fn as_data(contents: &Contents, secret: bool) -> Value {
    let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let entries = contents.iter().filter_map(|(path, content)| {
        let text = content.as_str()?;
        Some((base(path), if secret { STANDARD.encode(text) } else { text.to_owned() }.into()))
    });
    let yaml = to_yaml(&serde_json::Value::Object(entries.collect()));
    Value::String(yaml.trim_end_matches('\n').into())
}

fn get(contents: &Contents, name: &str) -> Value {
    contents.get(name).cloned().unwrap_or_else(|| Value::String("".into()))
}

fn lines(contents: &Contents, name: &str) -> Value {
    let Some(text) = contents.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()) else {
        return Value::List([].into());
    };
    let text = text.strip_suffix('\n').unwrap_or(text);
    from_json(&text.split('\n').collect())
}

fn glob(contents: &Contents, pattern: &str) -> Value {
    let Ok(pattern) = Regex::new(&glob_to_regex(pattern)) else { return Value::Map(Arc::new(contents.clone())) };
    let matching = contents.iter().filter(|(path, _)| pattern.is_match(path));
    Value::Map(Arc::new(matching.map(|(k, v)| (Arc::clone(k), v.clone())).collect()))
}

/// `*` stays within a folder, `**` does not; `?`, `[a-z]`, `[!a]` and `{a,b}` are as in a shell.
fn glob_to_regex(pattern: &str) -> String {
    let mut regex = String::from("^");
    let mut rest = pattern.chars().peekable();
    let mut depth = 0_u32;
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.next_if_eq(&'*').is_some() => regex.push_str(".*"),
            '*' => regex.push_str("[^/]*"),
            '?' => regex.push_str("[^/]"),
            '[' => {
                regex.push('[');
                if rest.next_if_eq(&'!').is_some() {
                    regex.push('^');
                }
                for inner in rest.by_ref() {
                    regex.push(inner);
                    if inner == ']' {
                        break;
                    }
                }
            }
            '{' => {
                depth += 1;
                regex.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                regex.push(')');
            }
            ',' if depth > 0 => regex.push('|'),
            other => regex.push_str(&regex::escape(&other.to_string())),
        }
    }
    regex.push('$');
    regex
}
