//! What included files give to those that include them.

use fluxlift_config::{NoOutputs, Tree};
use fluxlift_core::Value;
use serde_json::json;

use crate::support::{Scratch, inputs, unit};

/// A unit `u` over `root`, which it includes with `strategy`.
fn over(root: &str, strategy: &str, child: &str) -> (Scratch, Tree) {
    let include = format!("include \"root\" {{\n  path = \"../root.hcl\"\n  merge_strategy = \"{strategy}\"\n}}\n");
    let scratch = Scratch::new(&[
        ("live/root.hcl", root),
        ("live/a/terragrunt.hcl", ""),
        ("live/b/terragrunt.hcl", ""),
        ("live/u/terragrunt.hcl", &format!("{include}{child}")),
    ]);
    let tree = scratch.load("live").unwrap();
    (scratch, tree)
}

#[test]
fn a_deep_merge_goes_on_inside_what_is_sensitive_and_hides_what_comes_of_it() {
    let root = "inputs = {\n  m = sensitive({ a = { x = 1 }, l = [1] })\n  n = { a = 1, b = 1 }\n  s = sensitive(\"old\")\n}\n";
    let child = "inputs = {\n  m = { a = { y = 2 }, l = [2] }\n  n = sensitive({ b = 2 })\n  s = \"new\"\n}\n";
    let (_scratch, tree) = over(root, "deep", child);
    let evaluated = tree.inputs(&unit("u"), "plan", &NoOutputs).unwrap().inputs;
    assert_eq!(evaluated["m"].reveal(), json!({ "a": { "x": 1, "y": 2 }, "l": [1, 2] }));
    assert_eq!(evaluated["n"].reveal(), json!({ "a": 1, "b": 2 }));
    assert!(matches!((&evaluated["m"], &evaluated["n"]), (Value::Sensitive(_), Value::Sensitive(_))));
    assert_eq!(evaluated["s"], Value::from("new"));
}

#[test]
fn a_deep_merge_completes_a_dependency_that_the_included_file_describes() {
    let root = "dependency \"d\" {\n  config_path = \"../a\"\n  mock_outputs = { x = 1, m = { p = 1 } }\n  \
                mock_outputs_allowed_terraform_commands = [\"validate\"]\n}\n";
    let child = "dependency \"d\" {\n  config_path = \"../b\"\n  mock_outputs = { m = { q = 2 } }\n  \
                 mock_outputs_allowed_terraform_commands = [\"plan\"]\n}\ninputs = dependency.d.outputs\n";
    let (_scratch, tree) = over(root, "deep", child);
    assert_eq!(tree.units()[&unit("u")].edges[0].to, unit("b"));
    assert_eq!(inputs(&tree, "u", "plan", &NoOutputs), json!({ "x": 1, "m": { "p": 1, "q": 2 } }));
    assert_eq!(inputs(&tree, "u", "validate", &NoOutputs), json!({ "x": 1, "m": { "p": 1, "q": 2 } }));
    let (_scratch, tree) = over(root, "shallow", child);
    assert_eq!(inputs(&tree, "u", "plan", &NoOutputs), json!({ "m": { "q": 2 } }));

    let off = "dependency \"d\" {\n  config_path = \"../nowhere\"\n  enabled = false\n}\n";
    for strategy in ["deep", "shallow"] {
        let (_scratch, tree) = over(root, strategy, off);
        assert!(tree.units()[&unit("u")].dependencies.is_empty());
    }
}

#[test]
fn an_included_file_finds_the_files_beside_it_and_terragrunts_functions_those_beside_its_child() {
    let root = "inputs = {\n  own = file(\"own.txt\")\n  there = fileexists(\"child.txt\")\n  filled = templatefile(\"t.tpl\", { x = 1 })\n  \
                read = read_terragrunt_config(\"child.hcl\").locals.x\n}\n";
    let scratch = Scratch::new(&[
        ("live/root.hcl", root),
        ("live/own.txt", "beside the root"),
        ("live/t.tpl", "x=${x}"),
        ("live/u/own.txt", "beside the child"),
        ("live/u/child.txt", ""),
        ("live/u/child.hcl", "locals {\n  x = file(\"own.txt\")\n}\n"),
        (
            "live/u/terragrunt.hcl",
            "include {\n  path = find_in_parent_folders(\"root.hcl\")\n}\ninputs = { child = file(\"own.txt\") }\n",
        ),
    ]);
    let tree = scratch.load("live").unwrap();
    assert_eq!(
        inputs(&tree, "u", "plan", &NoOutputs),
        json!({ "own": "beside the root", "there": false, "filled": "x=1", "read": "beside the child", "child": "beside the child" })
    );
}
