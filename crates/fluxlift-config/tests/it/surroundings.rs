//! What a run brings with it: its command and its environment.

use fluxlift_config::{NoOutputs, Tree};
use fluxlift_core::Value;
use serde_json::json;

use crate::support::{Scratch, shown, unit};

#[test]
fn what_decides_who_takes_part_knows_the_command() {
    let scratch = Scratch::new(&[(
        "live/u/terragrunt.hcl",
        "exclude {\n  if = get_terraform_command() == \"destroy\"\n  actions = [\"all\"]\n}\n\
         skip = get_terraform_command() == \"plan\"\nprevent_destroy = get_terraform_command() == \"destroy\"\n",
    )]);
    let of = |command: &str| {
        let mut options = scratch.options("live");
        options.command = command.to_owned();
        let tree = Tree::load(options).unwrap();
        let u = &tree.units()[&unit("u")];
        (u.exclude.as_ref().unwrap().covers(command), u.skip, u.prevent_destroy)
    };
    assert_eq!(of("destroy"), (true, false, true));
    assert_eq!(of("plan"), (false, true, false));
    assert_eq!(of("apply"), (false, false, false));
}

/// The unit `u` with inputs of every kind, and `TF_VAR_name` for some of them.
fn with_variables(
    module: &str,
    variables: &[(&str, &str)],
) -> Result<fluxlift_config::Evaluated, fluxlift_config::ConfigError> {
    let scratch = Scratch::new(&[
        ("live/fluxlift.hcl", "modules = { \"native\" = \"talos_secrets\" }\n"),
        (
            "live/u/terragrunt.hcl",
            &format!(
                "terraform {{\n  source = \"{module}\"\n}}\n\
                 inputs = {{ text = \"a\", number = 1, yes = false, list = [1], object = {{ a = 1 }}, none = null }}\n"
            ),
        ),
    ]);
    let mut options = scratch.options("live");
    options.env.vars.extend(variables.iter().map(|(name, value)| (format!("TF_VAR_{name}"), (*value).to_owned())));
    Tree::load(options)?.inputs(&unit("u"), "plan", &NoOutputs)
}

#[test]
fn a_variable_of_the_environment_takes_the_place_of_an_input_and_is_hidden() {
    let variables = [
        ("text", "7"),
        ("number", "7"),
        ("yes", "true"),
        ("list", "[\"b\"]"),
        ("object", "{\"b\":[2]}"),
        ("none", "n"),
        ("undeclared", "u"),
    ];
    let inputs = with_variables("native", &variables).unwrap().inputs;
    assert!(inputs.values().all(|value| matches!(value, Value::Sensitive(_))));
    assert_eq!(
        Value::Map(inputs).reveal(),
        json!({ "text": "7", "number": 7, "yes": true, "list": ["b"], "object": { "b": [2] }, "none": "n" })
    );
    let untouched = with_variables("native", &[]).unwrap().inputs;
    assert!(!Value::Map(untouched).has_sensitive());
    // Terraform reads its variables itself.
    let terraform = with_variables("registry/module", &variables).unwrap().inputs;
    assert_eq!(terraform["text"], Value::from("a"));
}

#[test]
fn a_variable_of_another_kind_than_its_input_is_refused_and_not_repeated() {
    for (name, value) in [("number", "hunter2"), ("yes", "hunter2"), ("list", "hunter2"), ("object", "[\"hunter2\"]")] {
        let text = shown(&with_variables("native", &[(name, value)]).unwrap_err());
        assert!(text.contains(&format!("TF_VAR_{name} takes the place of the input `{name}`")), "{text}");
        assert!(text.contains("live/u/terragrunt.hcl:4:1") && !text.contains("hunter2"), "{text}");
    }
}
