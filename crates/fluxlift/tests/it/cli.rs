//! Words, formats and exit codes.

use fluxlift_engine::Home;

use crate::tree::{Tree, run_with};

#[test]
fn a_mistake_in_the_command_line_is_exit_code_64() {
    let tree = Tree::of(&[]);
    for line in ["", "bogus", "plan --no-such-option", "run-all", "run-all plan --parallelism 0", "graph --format svg"]
    {
        assert_eq!(tree.run(line).code, 64, "{line}");
    }
}

#[test]
fn help_and_version_are_asked_for_and_go_to_stdout() {
    let tree = Tree::of(&[]);
    let version = tree.run("--version");
    assert_eq!((version.code, version.out.as_str()), (0, concat!("fluxlift ", env!("CARGO_PKG_VERSION"), "\n")));
    let help = tree.run("-h");
    assert!(help.err.is_empty());
    insta::assert_snapshot!(help.out);
}

#[test]
fn the_reference_tree_has_seven_units_in_the_order_of_the_request() {
    let tree = Tree::reference();
    let graph = tree.run(&format!("graph --working-dir {}", tree.cluster().display()));
    assert_eq!(graph.code, 0, "{}", graph.err);
    insta::assert_snapshot!(graph.out);
}

#[test]
fn the_graph_has_three_formats() {
    let tree = Tree::of(&[("a/terragrunt.hcl", ""), ("b/terragrunt.hcl", "dependencies {\n  paths = [\"../a\"]\n}\n")]);
    assert_eq!(tree.run("graph --format dot").out, "digraph {\n  \"a\";\n  \"b\";\n  \"b\" -> \"a\";\n}\n");
    let json = tree.run("graph --format json").json();
    assert_eq!(json["units"][1]["needs"], serde_json::json!(["a"]));
    assert_eq!(tree.run("graph -o json").json(), json);
}

#[test]
fn the_reference_tree_is_valid_and_its_document_lists_the_units() {
    let tree = Tree::reference();
    let valid = tree.run(&format!("validate -o json --working-dir {}", tree.cluster().display()));
    assert_eq!(valid.code, 0, "{}", valid.err);
    assert_eq!(valid.json()["units"].as_array().unwrap().len(), 7);
    assert!(valid.err.is_empty());
}

#[test]
fn a_folder_without_a_unit_is_pointed_to_run_all() {
    let tree = Tree::of(&[("a/terragrunt.hcl", "")]);
    let plan = tree.run("plan");
    assert_eq!(plan.code, 1);
    assert_eq!(
        plan.err,
        "error: <tree> is not a unit: it has no terragrunt.hcl\n  hint: use `fluxlift run-all plan` for all units below it\n"
    );
}

#[test]
fn units_without_a_source_are_excluded_and_nothing_changes() {
    let tree = Tree::of(&[("a/terragrunt.hcl", "# nothing yet\n")]);
    let plan = tree.run("run-all plan --detailed-exitcode");
    assert_eq!(plan.code, 0, "{}", plan.err);
    insta::assert_snapshot!(plan.out, @r"
    UNIT  CHANGE     WHY
    a     no change  excluded: it has no terraform source

    No changes.
    ");
    assert!(!tree.path().join(".fluxlift").exists());
}

#[test]
fn a_module_that_is_not_native_is_refused_with_what_to_do() {
    let tree = Tree::of(&[("a/terragrunt.hcl", "terraform {\n  source = \"github.com/someone/module\"\n}\n")]);
    let apply = tree.run("run-all apply -o json");
    assert_eq!(apply.code, 1);
    assert_eq!(apply.json()["result"], "failed");
    assert!(apply.err.contains("is not a native module"), "{}", apply.err);
    assert!(apply.err.contains("hint: name a native module"), "{}", apply.err);
}

#[test]
fn destroy_asks_and_without_anybody_to_ask_it_does_nothing() {
    let tree = Tree::of(&[("a/terragrunt.hcl", "")]);
    let destroy = tree.run("run-all destroy");
    assert_eq!(destroy.code, 64);
    assert!(destroy.err.contains("hint: add --non-interactive or --auto-approve"), "{}", destroy.err);
    assert!(!tree.path().join(".fluxlift").exists());
    assert_eq!(tree.run("run-all destroy --non-interactive").code, 0);
}

#[test]
fn with_nothing_to_resume_resume_says_so() {
    let tree = Tree::of(&[("a/terragrunt.hcl", "")]);
    let resume = tree.run("resume");
    assert_eq!(resume.code, 1);
    assert!(resume.err.starts_with("error: there is no unfinished run in <tree>/.fluxlift/journal"), "{}", resume.err);
}

#[test]
fn a_run_is_listed_reported_and_resumed_with_its_own_options() {
    let tree = Tree::of(&[
        ("a/terragrunt.hcl", "terraform {\n  source = \"github.com/someone/module\"\n}\n"),
        ("b/terragrunt.hcl", "dependencies {\n  paths = [\"../a\"]\n}\n"),
        ("c/terragrunt.hcl", ""),
    ]);
    assert_eq!(tree.run("run --all apply --until b").code, 1);
    let list = tree.run("report --list -o json").json();
    assert_eq!((&list[0]["run"], &list[0]["status"]), (&1.into(), &"failed".into()));
    let report = tree.run("report -o json").json();
    let units: Vec<_> = report["units"].as_array().unwrap().iter().map(|u| u["unit"].as_str().unwrap()).collect();
    assert_eq!(units, ["a", "b"]);
    // Resumed from another folder of the same tree, it is the same run over the same units.
    let resumed = tree.run("resume --working-dir c -o json");
    assert_eq!(resumed.code, 1);
    assert_eq!(resumed.json()["run"], 1);
    assert_eq!(resumed.json()["units"].as_array().unwrap().len(), 2);
}

#[test]
fn an_output_is_found_by_its_name_in_the_one_unit_that_has_it() {
    let tree = Tree::of(&[("a/terragrunt.hcl", ""), ("b/terragrunt.hcl", ""), ("c/terragrunt.hcl", "")]);
    let never = tree.run("output x --working-dir a");
    assert!(never.code == 1 && never.err.contains("it was never applied"), "{}", never.err);

    let of = |outputs: &str| format!(r#"{{"module":"m","identity":{{}},"outputs":{outputs}}}"#);
    let units = [("a", r#"{"x":"1","both":true}"#), ("b", r#"{"both":true}"#), ("c", "{}")];
    let units = units.map(|(unit, outputs)| format!("\"{unit}\":{}", of(outputs))).join(",");
    let home = Home::at(tree.path().join(".fluxlift"));
    std::fs::create_dir_all(home.folder()).unwrap();
    std::fs::write(home.state(), format!(r#"{{"version":1,"lineage":"l","serial":3,"units":{{{units}}}}}"#)).unwrap();

    assert_eq!(tree.run("run-all output x --raw").out, "1");
    let several = tree.run("run-all output both");
    assert!(
        several.code == 1 && several.err.contains("several units") && several.err.contains("a, b"),
        "{}",
        several.err
    );
    let none = tree.run("run-all output y");
    assert!(none.code == 1 && none.err.contains("no unit has an output y"), "{}", none.err);
    let empty = tree.run("output x --working-dir c");
    assert!(empty.code == 1 && empty.err.contains("it has none at all"), "{}", empty.err);
}

#[test]
fn a_unit_that_is_skipped_is_skipped_in_its_own_folder_too() {
    let tree =
        Tree::of(&[("a/terragrunt.hcl", "skip = true\nterraform {\n  source = \"github.com/someone/module\"\n}\n")]);
    for command in ["plan --working-dir a", "apply --auto-approve --working-dir a", "run-all apply --auto-approve"] {
        let ran = tree.run(&format!("{command} -o json"));
        assert_eq!(ran.code, 0, "{command}: {}", ran.err);
        assert!(ran.out.contains("skip is set"), "{command}: {}", ran.out);
    }
}

#[test]
fn an_empty_state_is_an_empty_list() {
    let tree = Tree::of(&[("a/terragrunt.hcl", "")]);
    assert_eq!(tree.run("state list").out, "UNIT  MODULE  OUTPUTS  PROVEN\n");
    assert_eq!(tree.run("run-all output -o json").json(), serde_json::json!({}));
    let show = tree.run("state show a");
    assert_eq!(
        (show.code, show.err.as_str()),
        (1, "error: the state has no unit a\n  hint: list the units with `fluxlift state list`\n")
    );
}

#[test]
fn a_native_module_without_a_tree_takes_its_inputs_from_the_environment_only() {
    let tree = Tree::of(&[]);
    let unset = tree.run("apply --native flux_operator");
    assert_eq!(unset.code, 64);
    assert!(unset.err.starts_with("error: FLUXLIFT_INPUTS is not set"), "{}", unset.err);
    let broken = run_with(tree.path(), "apply --native flux_operator", &[("FLUXLIFT_INPUTS", "{\"token\": hunter2")]);
    assert_eq!(broken.code, 64);
    assert!(!broken.err.contains("hunter2"), "{}", broken.err);
    let inputs = [("FLUXLIFT_INPUTS", r#"{"kubeconfig_path": "no/such/kubeconfig", "token": "hunter2"}"#)];
    let unknown = run_with(tree.path(), "apply --native no_such_module -o json", &inputs);
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("not native"), "{}", unknown.err);
    assert!(tree.path().join(".local/state/fluxlift/native/no_such_module").is_dir());
    assert!(!unknown.err.contains("hunter2"), "{}", unknown.err);
}

#[test]
fn completion_scripts_know_the_commands() {
    let tree = Tree::of(&[]);
    for shell in ["bash", "zsh", "fish"] {
        let script = tree.run(&format!("completion {shell}"));
        assert!(script.code == 0 && script.out.contains("run-all"), "{shell}");
    }
}
