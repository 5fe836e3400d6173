//! What a tree says of its units, as the commands take it.

use crate::tree::{Tree, run_with};

/// Two units that need nothing of the outside world to be planned: `b` with `hooks` around its work, and with `more`.
fn two_units(hooks: &str, more: &str) -> Tree {
    let unit = |hooks: &str, more: &str| {
        let inputs = "inputs = { talos_version = \"v1.12.0\" }";
        format!("terraform {{\n  source = \"secrets\"\n{hooks}}}\n{inputs}\n{more}")
    };
    Tree::of(&[
        ("fluxlift.hcl", "modules = { \"secrets\" = \"talos_secrets\" }\n"),
        ("a/terragrunt.hcl", &unit("", "")),
        ("b/terragrunt.hcl", &unit(hooks, more)),
    ])
}

#[test]
fn a_hook_does_not_run_with_a_placeholder_for_an_output_that_is_not_known() {
    let hook = "  before_hook \"tell\" {\n    commands = [\"plan\"]\n    \
                execute = [\"touch\", \"${get_terragrunt_dir()}/ran\", dependency.a.outputs.secrets_yaml]\n  }\n";
    let tree = two_units(hook, "dependency \"a\" {\n  config_path = \"../a\"\n}\n");
    let ran = tree.run("run-all plan");
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.err.contains("b: hook tell can't run: one of its arguments is not known yet"), "{}", ran.err);
    assert!(!tree.path().join("b/ran").exists());
}

#[test]
fn a_unit_can_be_left_out_of_one_command_and_a_variable_takes_the_place_of_an_input() {
    let excluded = "exclude {\n  if = get_terraform_command() == \"destroy\"\n  actions = [\"all\"]\n}\n";
    let tree = two_units("", excluded);
    let planned = tree.run("run-all plan -o json").json();
    let changes: Vec<_> = planned["units"].as_array().unwrap().iter().map(|unit| unit["change"].clone()).collect();
    assert_eq!(changes, ["create", "create"]);
    let destroyed = tree.run("run-all destroy --non-interactive -o json").json();
    assert_eq!(destroyed["units"][1]["reason"], "exclude covers destroy");

    let wrong = run_with(tree.path(), "run-all plan", &[("TF_VAR_talos_version", "hunter2")]);
    assert_eq!(wrong.code, 1);
    assert!(!wrong.err.contains("hunter2"), "{}", wrong.err);
}
