//! The YAML writer against what `sigs.k8s.io/yaml` 1.6 wrote for the same values.

use fluxlift_helm::yaml::{from_yaml, to_yaml};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn every_recorded_value_is_written_byte_for_byte_as_go_writes_it() {
    let recorded = include_str!("recorded/yaml.jsonl");
    for line in recorded.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        assert_eq!(to_yaml(&case["value"]), case["yaml"].as_str().unwrap(), "{}", case["value"]);
    }
    assert!(recorded.lines().count() > 1000);
}

#[test]
fn strings_that_would_read_as_something_else_are_quoted() {
    let strings = json!({
        "bool": "yes", "switch": "off", "null": "null", "empty": "", "float": "1e3", "hex": "0x1f", "date": "2024-01-02",
        "clock": "12:30:45", "octal": "0777", "colon": "a: b", "space": " x", "comment": "a #b", "lines": "a\n  b\n",
        "plain": "v1.2.3", "long": "word ".repeat(20) + "end",
    });
    insta::assert_snapshot!(to_yaml(&strings));
}

#[test]
fn yaml_1_1_booleans_and_octal_numbers_are_read_as_kubernetes_reads_them() {
    let read =
        from_yaml("a: yes\nb: off\nc: 0777\nd: 0o17\ne: 2024-01-02\nf: ~\ng: 1e3\nh: '1'\ni: 0x1f\nj: y\n").unwrap();
    assert_eq!(
        read,
        json!({"a": true, "b": false, "c": 511, "d": 15, "e": "2024-01-02", "f": null, "g": 1000.0, "h": "1", "i": 31, "j": true})
    );
}

fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[ -~]{0,12}",
        "[a-z\n \t:#'\"-]{0,16}",
        prop::sample::select(vec!["yes", "no", "null", "~", "1e3", "0x1f", "2024-01-02", "12:30", "", "-", "---", "="])
            .prop_map(str::to_owned),
        "\\PC{0,100}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(text.clone(), inner, 0..5).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_as_the_same_value(value in values()) {
        let text = to_yaml(&value);
        prop_assert_eq!(from_yaml(&text).unwrap(), value, "{}", text);
    }
}
