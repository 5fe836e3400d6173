use fluxlift_talos::MachineConfig;
use fluxlift_talos::config::{ConfigError, Patch};
use fluxlift_talos::yaml::Node;
use proptest::prelude::*;

use crate::testdata;

/// Without empty lists and mappings, which Talos's encoder adds for fields that it always prints.
fn lean(node: Node) -> Option<Node> {
    match node {
        Node::Map(map) => {
            let map: Vec<_> = map.into_iter().filter_map(|(k, v)| lean(v).map(|v| (k, v))).collect();
            (!map.is_empty()).then(|| Node::of(map))
        }
        Node::List(list) => {
            let list: Vec<_> = list.into_iter().filter_map(lean).collect();
            (!list.is_empty()).then_some(Node::List(list))
        }
        scalar => Some(scalar),
    }
}

fn documents(text: &str) -> Vec<Node> {
    Node::documents(text).unwrap().into_iter().filter_map(lean).collect()
}

fn patched(base: &str, patches: &[&str]) -> MachineConfig {
    patches.iter().fold(MachineConfig::parse(base).unwrap(), |config, patch| {
        config.patched(&Patch::parse(*patch, &testdata(&format!("patches/{patch}.yaml"))).unwrap()).unwrap()
    })
}

#[test]
fn patches_merge_as_talos_merges_them() {
    let base = testdata("golden/1.12-controlplane.yaml");
    for upto in 1..=3 {
        let steps = &["cluster", "node", "delete"][..upto];
        let ours = patched(&base, steps);
        let theirs = testdata(&format!("golden/after-{}.yaml", steps[upto - 1]));
        let ours = documents(ours.to_yaml().expose());
        assert!(
            ours == documents(&theirs),
            "after {steps:?}:\n{}",
            ours.iter().map(Node::to_string).collect::<String>()
        );
    }
}

fn on(base: &str, patch: &str) -> Result<String, ConfigError> {
    let patch = Patch::parse("patch 1", patch)?;
    Ok(MachineConfig::parse(base).unwrap().patched(&patch)?.to_yaml().expose().clone())
}

#[test]
fn the_rules_of_single_values() {
    let table = [
        ("zero numbers and empty texts say nothing", "a: 1\nb: x\n", "a: 0\nb: \"\"\n", "a: 1\nb: x\n"),
        ("false counts", "a: true\n", "a: false\n", "a: false\n"),
        ("null says nothing", "a: 1\n", "a: null\nb: null\n", "a: 1\n"),
        ("an empty text may be new", "a: 1\n", "b: \"\"\n", "a: 1\nb: \"\"\n"),
        ("lists are appended", "a: [1]\n", "a: [1, 2]\n", "a:\n    - 1\n    - 1\n    - 2\n"),
        (
            "a document that is not there is appended",
            "a: 1\n",
            "apiVersion: v1\nkind: K\nb: 1\n",
            "a: 1\n---\napiVersion: v1\nkind: K\nb: 1\n",
        ),
        ("deleting what is not there is no error", "a: 1\n", "b: {c: {$patch: delete}}\n", "a: 1\n"),
    ];
    for (what, base, patch, expected) in table {
        assert_eq!(on(base, patch).unwrap(), expected, "{what}");
    }
}

#[test]
fn documents_of_one_kind_are_told_apart_by_name() {
    let base = "apiVersion: v1\nkind: K\nname: a\nv: 1\n---\napiVersion: v1\nkind: K\nname: b\nv: 1\n";
    let merged = on(base, "apiVersion: v1\nkind: K\nname: b\nv: 2\n").unwrap();
    assert_eq!(merged, "apiVersion: v1\nkind: K\nname: a\nv: 1\n---\napiVersion: v1\nkind: K\nname: b\nv: 2\n");
}

#[test]
fn a_json_patch_is_refused_with_the_way_out() {
    let error = on("a: 1\n", "- op: replace\n  path: /a\n  value: 2\n").unwrap_err();
    assert_eq!(error, ConfigError::JsonPatch { patch: "patch 1".to_owned() });
}

#[test]
fn a_mapping_over_a_text_is_refused_with_its_path() {
    let error = on("machine: {install: {disk: /dev/sda}}\n", "machine: {install: {disk: {a: 1}}}\n").unwrap_err();
    assert_eq!(error.to_string(), "patch 1 puts a mapping at machine.install.disk, where text stands");
}

#[test]
fn deletes_that_name_nothing_are_refused() {
    for bad in
        ["a: {$patch: replace}\n", "$patch: delete\n", "a:\n  - $patch: delete\n", "a:\n  - b: {$patch: delete}\n"]
    {
        assert!(matches!(on("a: 1\n", bad), Err(ConfigError::Delete { .. })), "{bad}");
    }
}

fn document() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Node::Bool),
        (1..9_i64).prop_map(Node::Int),
        "[a-z]{1,3}".prop_map(Node::String)
    ];
    let map = |inner| proptest::collection::vec(("[a-c]", inner), 1..4).prop_map(Node::of::<String, Node>);
    map(leaf.prop_recursive(3, 16, 3, map).boxed())
}

proptest! {
    #[test]
    fn merging_a_patch_twice_is_merging_it_once_where_it_has_no_lists(base in document(), patch in document()) {
        let patch = Patch::of("p", vec![patch]).unwrap();
        let base = MachineConfig::parse(&base.to_string()).unwrap();
        if let Ok(once) = base.patched(&patch) {
            let twice = once.clone().patched(&patch).unwrap();
            prop_assert!(once == twice);
        }
    }

    #[test]
    fn a_patch_of_the_document_itself_changes_nothing(base in document()) {
        let config = MachineConfig::parse(&base.to_string()).unwrap();
        prop_assert!(config.clone().patched(&Patch::of("p", vec![base]).unwrap()).unwrap() == config);
    }
}
