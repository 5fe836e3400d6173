//! Reading JSON by pointer, often.

use serde_json::Value;

/// What stands at a JSON pointer (RFC 6901) such as `/status/conditions`; the empty one is the whole value.
///
/// As [`Value::pointer`], but nothing is allocated for a word without an escape: objects are read so often that this is
/// what reading them costs.
pub fn at<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    let Some(words) = pointer.strip_prefix('/') else { return pointer.is_empty().then_some(value) };
    if pointer.contains('~') {
        return value.pointer(pointer);
    }
    words.split('/').try_fold(value, |value, word| match value {
        Value::Object(fields) => fields.get(word),
        Value::Array(items) => items.get(index(word)?),
        _ => None,
    })
}

/// A place in a list, written as the standard wants it: no sign, and no zero before another digit.
fn index(word: &str) -> Option<usize> {
    let padded = word.len() > 1 && word.starts_with('0');
    if padded || word.starts_with('+') { None } else { word.parse().ok() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::at;

    proptest! {
        #[test]
        fn every_pointer_reads_what_serde_json_reads(pointer in "(/(a|b|~0|~1|m~0n|0|1|01|[+]1|-|)){0,4}|[a/~]{0,6}") {
            let value = json!({
                "a": [{ "b": [1, { "a": 2 }], "": 3 }, "x", [["y"]]],
                "b": { "a": null, "0": [4, 5], "01": 6, "+1": 7, "~": 8, "/": 9, "m~n": 10 },
                "": { "": [11] },
            });
            prop_assert_eq!(at(&value, &pointer), value.pointer(&pointer));
        }
    }
}
