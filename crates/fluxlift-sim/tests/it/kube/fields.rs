//! Sets of fields, as managed fields have them.

use fluxlift_sim::kube::fields::FieldSet;
use serde_json::json;

#[test]
fn a_set_reads_and_writes_as_fields_v1() {
    let text =
        json!({"f:spec": {"f:containers": {"k:{\"name\":\"app\"}": {".": {}, "f:image": {}}}, "f:replicas": {}}});
    let set = FieldSet::parse(&text);
    assert_eq!(set.to_value(), text);
    assert_eq!(
        set.paths(),
        [r#".spec.containers[name="app"].image"#, r#".spec.containers[name="app"]"#, ".spec.replicas"]
    );
}
