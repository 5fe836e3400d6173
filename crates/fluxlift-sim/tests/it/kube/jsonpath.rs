//! Paths into objects, as columns have them.

use fluxlift_sim::kube::wire::jsonpath::find;
use serde_json::json;

#[test]
fn the_paths_of_flux_columns_are_found() {
    let object = json!({
        "metadata": {"annotations": {"a.b/c": "x"}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Stalled", "status": "False"}]},
        "spec": {"list": [{"n": 1}, {"n": 2}]},
    });
    for (path, wanted) in [
        (r#".status.conditions[?(@.type=="Ready")].status"#, json!(["True"])),
        (r#".status.conditions[?(@.type!='Ready')].status"#, json!(["False"])),
        (".spec.list[*].n", json!([1, 2])),
        (".spec.list[-1].n", json!([2])),
        (r".metadata.annotations.a\.b/c", json!(["x"])),
        (".metadata.annotations['a.b/c']", json!(["x"])),
        (".missing.field", json!([])),
    ] {
        assert_eq!(json!(find(&object, path)), wanted, "{path}");
    }
}
