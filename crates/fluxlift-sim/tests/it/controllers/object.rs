//! What controllers read in objects.

use fluxlift_sim::controllers::object::{duration, selects, written};
use jiff::SignedDuration;
use serde_json::{Value, json};

#[test]
fn durations_are_read_as_go_writes_them() {
    assert_eq!(duration("10m0s"), Some(SignedDuration::from_mins(10)));
    assert_eq!(duration("1h30m"), Some(SignedDuration::from_mins(90)));
    assert_eq!(duration("750ms"), Some(SignedDuration::from_millis(750)));
    assert_eq!(duration("soon"), None);
    assert_eq!(duration(""), None);
}

#[test]
fn durations_are_written_as_go_writes_them() {
    let of = |seconds| written(SignedDuration::from_secs(seconds));
    assert_eq!([of(30), of(300), of(3570), of(3600)], ["30s", "5m0s", "59m30s", "1h0m0s"]);
}

#[test]
fn a_selector_needs_every_label_and_expression() {
    let pod = json!({"metadata": {"labels": {"app": "a", "shard": "one"}}});
    assert!(selects(&json!({"matchLabels": {"app": "a"}}), &pod));
    assert!(!selects(&json!({"matchLabels": {"app": "b"}}), &pod));
    assert!(selects(&json!({"matchExpressions": [{"key": "shard", "operator": "In", "values": ["one"]}]}), &pod));
    assert!(!selects(&json!({"matchExpressions": [{"key": "shard", "operator": "DoesNotExist"}]}), &pod));
    assert!(!selects(&Value::Null, &pod));
}
