//! Outputs as JSON, with the secrets taken out and put elsewhere.
//!
//! A secret is replaced by `{"$sealed": n}`, the n-th of the unit's envelope. A key of the user's own that starts with
//! `$` gets a second one, so that the two can't be confused.

use fluxlift_core::Value;
use serde_json::{Map, Value as Json};

use crate::unit::Values;

const MARK: &str = "$sealed";

/// The outputs in clear without their secrets, and the secrets.
pub(super) fn split(outputs: &Values) -> (Json, Vec<Json>) {
    let mut secrets = Vec::new();
    let clear = outputs.iter().map(|(name, value)| (escaped(name), part(value, &mut secrets))).collect();
    (Json::Object(clear), secrets)
}

fn part(value: &Value, secrets: &mut Vec<Json>) -> Json {
    match value {
        Value::Sensitive(inner) => {
            secrets.push(inner.reveal());
            Json::Object(Map::from_iter([(MARK.to_owned(), Json::from(secrets.len() - 1))]))
        }
        Value::List(list) => list.iter().map(|v| part(v, secrets)).collect(),
        Value::Map(map) => Json::Object(map.iter().map(|(k, v)| (escaped(k), part(v, secrets))).collect()),
        plain => plain.reveal(),
    }
}

fn escaped(key: &str) -> String {
    if key.starts_with('$') { format!("${key}") } else { key.to_owned() }
}

/// The outputs again. `None` when a mark points at no secret.
pub(super) fn join(clear: &Json, secrets: &[Json]) -> Option<Values> {
    clear.as_object()?.iter().map(|(name, json)| Some((unescaped(name), whole(json, secrets)?))).collect()
}

fn whole(json: &Json, secrets: &[Json]) -> Option<Value> {
    Some(match json {
        Json::Object(map) => match map.get(MARK) {
            Some(at) => {
                let at = usize::try_from(at.as_u64()?).ok()?;
                Value::from(secrets.get(at)?.clone()).sensitive()
            }
            None => {
                Value::Map(map.iter().map(|(k, v)| Some((unescaped(k), whole(v, secrets)?))).collect::<Option<_>>()?)
            }
        },
        Json::Array(list) => Value::List(list.iter().map(|v| whole(v, secrets)).collect::<Option<_>>()?),
        plain => Value::from(plain.clone()),
    })
}

/// The outputs for people: what is sealed stays hidden.
pub(super) fn redacted(clear: &Json) -> Json {
    match clear {
        Json::Object(map) if map.contains_key(MARK) => Json::from("(sensitive)"),
        Json::Object(map) => Json::Object(map.iter().map(|(k, v)| (unescaped(k), redacted(v))).collect()),
        Json::Array(list) => list.iter().map(redacted).collect(),
        plain => plain.clone(),
    }
}

fn unescaped(key: &str) -> String {
    key.strip_prefix('$').filter(|rest| rest.starts_with('$')).unwrap_or(key).to_owned()
}

#[cfg(test)]
mod tests {
    use fluxlift_core::Number;
    use proptest::prelude::*;

    use super::*;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|n| Value::Number(Number::Int(n))),
            "[$a-c]{0,4}".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
                prop::collection::btree_map("(\\$sealed|[$a-c]{0,3})", inner, 0..4).prop_map(Value::Map),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_split_is_joined_again(plain in values(), secret in values()) {
            let outputs = Values::from([
                ("plain".to_owned(), plain.clone()),
                ("$sealed".to_owned(), Value::List(vec![secret.clone().sensitive(), plain])),
                ("secret".to_owned(), secret.sensitive()),
            ]);
            let (clear, secrets) = split(&outputs);
            prop_assert_eq!(secrets.len(), 2);
            prop_assert_eq!(join(&clear, &secrets), Some(outputs));
        }
    }

    #[test]
    fn a_mark_that_points_nowhere_is_noticed() {
        assert_eq!(join(&serde_json::json!({"a": {"$sealed": 3}}), &[]), None);
    }
}
