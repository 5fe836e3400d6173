//! YAML, JSON, base64 and addresses.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gotmpl::Value;
use serde_json::{Value as Json, json};

use super::Arguments;
use super::arguments::string;
use super::table::{Outcome, Table};
use crate::template::data::{from_json, to_json};
use crate::yaml::{from_yaml, number, to_yaml};

pub(super) fn register(table: &mut Table) {
    for name in ["toYaml", "mustToYaml"] {
        table.add(name, |a| {
            let yaml = to_yaml(&to_json(a.exactly(1)?.get(0)?));
            Ok(string(yaml.strip_suffix('\n').unwrap_or(&yaml)))
        });
    }
    table.add("fromYaml", |a| Ok(tolerant(from_yaml(a.exactly(1)?.string(0)?), Json::is_object, json!({}))));
    table.add("fromYamlArray", |a| Ok(tolerant(from_yaml(a.exactly(1)?.string(0)?), Json::is_array, json!([]))));
    for name in ["toJson", "mustToJson"] {
        table.add(name, |a| Ok(string(compact(&to_json(a.exactly(1)?.get(0)?), true))));
    }
    for name in ["toRawJson", "mustToRawJson"] {
        table.add(name, |a| Ok(string(compact(&to_json(a.exactly(1)?.get(0)?), false))));
    }
    for name in ["toPrettyJson", "mustToPrettyJson"] {
        table.add(name, |a| Ok(string(pretty(&to_json(a.exactly(1)?.get(0)?), 0))));
    }
    table.add("fromJson", |a| Ok(tolerant(serde_json::from_str(a.exactly(1)?.string(0)?), Json::is_object, json!({}))));
    table.add("mustFromJson", |a| {
        let parsed: Json = serde_json::from_str(a.exactly(1)?.string(0)?).map_err(|e| e.to_string())?;
        Ok(from_json(&parsed))
    });
    table.add("fromJsonArray", |a| {
        Ok(tolerant(serde_json::from_str(a.exactly(1)?.string(0)?), Json::is_array, json!([])))
    });
    table.add("b64enc", |a| Ok(string(STANDARD.encode(a.exactly(1)?.string(0)?))));
    table.add("b64dec", decode);
    table.add("urlParse", |a| {
        let parsed = url::Url::parse(a.exactly(1)?.string(0)?).map_err(|e| e.to_string())?;
        let user = if parsed.username().is_empty() { String::new() } else { parsed.username().to_owned() };
        let host = parsed.host_str().unwrap_or_default();
        Ok(from_json(&json!({
            "scheme": parsed.scheme(),
            "host": parsed.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            "hostname": host,
            "path": parsed.path(),
            "query": parsed.query().unwrap_or_default(),
            "fragment": parsed.fragment().unwrap_or_default(),
            "opaque": "",
            "userinfo": user,
        })))
    });
    table.add("base", |a| path(a, |p| p.trim_end_matches('/').rsplit('/').next().unwrap_or(p)));
    table
        .add("dir", |a| path(a, |p| p.rsplit_once('/').map_or(".", |(dir, _)| if dir.is_empty() { "/" } else { dir })));
    table.add("ext", |a| path(a, |p| p.rfind('.').filter(|&dot| !p[dot..].contains('/')).map_or("", |dot| &p[dot..])));
    table.add("isAbs", |a| Ok(Value::Bool(a.exactly(1)?.string(0)?.starts_with('/'))));
}

fn path(a: Arguments<'_>, part: impl for<'s> Fn(&'s str) -> &'s str) -> Outcome {
    Ok(string(part(a.exactly(1)?.string(0)?)))
}

/// What Helm's `from…` functions do with bad input: no error, but one under `Error`, or as the only item.
fn tolerant<E: std::fmt::Display>(parsed: Result<Json, E>, fits: fn(&Json) -> bool, empty: Json) -> Value {
    let problem = match parsed {
        Ok(Json::Null) => return from_json(&empty),
        Ok(value) if fits(&value) => return from_json(&value),
        Ok(_) => "the document has another type".to_owned(),
        Err(error) => error.to_string(),
    };
    from_json(&if empty.is_object() { json!({ "Error": problem }) } else { json!([problem]) })
}

fn decode(a: Arguments<'_>) -> Outcome {
    let decoded = STANDARD.decode(a.exactly(1)?.string(0)?);
    Ok(string(decoded.map_or_else(|e| e.to_string(), |bytes| String::from_utf8_lossy(&bytes).into_owned())))
}

fn compact(value: &Json, escape: bool) -> String {
    match value {
        Json::Object(map) => {
            let entries: Vec<_> =
                sorted(map).map(|(k, v)| format!("{}:{}", quoted(k, escape), compact(v, escape))).collect();
            format!("{{{}}}", entries.join(","))
        }
        Json::Array(list) => {
            let items: Vec<_> = list.iter().map(|item| compact(item, escape)).collect();
            format!("[{}]", items.join(","))
        }
        leaf => scalar(leaf, escape),
    }
}

fn pretty(value: &Json, depth: usize) -> String {
    let (pad, end) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    match value {
        Json::Object(map) if !map.is_empty() => {
            let entries: Vec<_> =
                sorted(map).map(|(k, v)| format!("{pad}{}: {}", quoted(k, true), pretty(v, depth + 1))).collect();
            format!("{{\n{}\n{end}}}", entries.join(",\n"))
        }
        Json::Array(list) if !list.is_empty() => {
            let items: Vec<_> = list.iter().map(|item| format!("{pad}{}", pretty(item, depth + 1))).collect();
            format!("[\n{}\n{end}]", items.join(",\n"))
        }
        other => compact(other, true),
    }
}

fn sorted(map: &serde_json::Map<String, Json>) -> impl Iterator<Item = (&String, &Json)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    entries.into_iter()
}

fn scalar(value: &Json, escape: bool) -> String {
    match value {
        Json::String(s) => quoted(s, escape),
        Json::Number(n) if n.is_f64() => number::json(n.as_f64().unwrap_or_default()),
        other => other.to_string(),
    }
}

/// A JSON string; Go escapes what HTML could misread as well.
fn quoted(text: &str, escape: bool) -> String {
    let mut json = Json::from(text).to_string();
    if escape {
        for (from, to) in [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026")] {
            json = json.replace(from, to);
        }
    }
    for (from, to) in [('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")] {
        json = json.replace(from, to);
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_written_as_go_writes_it() {
        let value = json!({"b": [1, 2.0, 1e21], "a": "<x> & \u{2028}", "c": {}});
        assert_eq!(compact(&value, true), r#"{"a":"\u003cx\u003e \u0026 \u2028","b":[1,2,1e+21],"c":{}}"#);
        assert_eq!(pretty(&json!({"a": [1], "b": []}), 0), "{\n  \"a\": [\n    1\n  ],\n  \"b\": []\n}");
    }
}
