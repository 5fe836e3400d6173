//! Includes, dependencies, hooks and modules.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fluxlift_config::{CommandRunner, Environment, HookMoment, ModuleRef, NoOutputs, Tree, to_dot, to_json};
use fluxlift_core::{UnitPath, Value};
use serde_json::json;

use crate::support::{Scratch, inputs, unit};

#[test]
fn an_included_file_speaks_for_its_child() {
    let scratch = Scratch::new(&[
        (
            "live/root.hcl",
            "locals {\n  here = get_terragrunt_dir()\n  rel = path_relative_to_include()\n  back = path_relative_from_include()\n  \
             parent = get_parent_terragrunt_dir()\n}\ninputs = {\n  here = basename(local.here)\n  rel = local.rel\n  \
             back = local.back\n  parent = basename(local.parent)\n  own = \"parent\"\n  deep = { a = 1 }\n}\n",
        ),
        (
            "live/a/b/terragrunt.hcl",
            "include \"root\" {\n  path = find_in_parent_folders(\"root.hcl\")\n  expose = true\n}\ninputs = {\n  own = \"child\"\n  \
             deep = { b = 2 }\n  seen = include.root.locals.rel\n  from = path_relative_to_include(\"root\")\n}\n",
        ),
    ]);
    let tree = scratch.load("live").unwrap();
    assert_eq!(
        inputs(&tree, "a/b", "plan", &NoOutputs),
        json!({ "here": "b", "rel": "a/b", "back": "../..", "parent": "live", "own": "child", "deep": { "b": 2 },
                "seen": "a/b", "from": "a/b" })
    );
}

#[test]
fn merge_strategies_differ_as_documented() {
    let file = |strategy: &str| {
        format!(
            "include \"root\" {{\n  path = \"../root.hcl\"\n  merge_strategy = \"{strategy}\"\n}}\ninputs = {{ m = {{ b = 2 }}, l = [2] }}\n"
        )
    };
    let scratch = Scratch::new(&[
        ("live/root.hcl", "inputs = { m = { a = 1, b = 1 }, l = [1], p = 0 }\n"),
        ("live/none/terragrunt.hcl", &file("no_merge")),
        ("live/flat/terragrunt.hcl", &file("shallow")),
        ("live/deep/terragrunt.hcl", &file("deep")),
    ]);
    let tree = scratch.load("live").unwrap();
    let of = |path: &str| inputs(&tree, path, "plan", &NoOutputs);
    assert_eq!(of("none"), json!({ "m": { "b": 2 }, "l": [2] }));
    assert_eq!(of("flat"), json!({ "m": { "b": 2 }, "l": [2], "p": 0 }));
    assert_eq!(of("deep"), json!({ "m": { "a": 1, "b": 2 }, "l": [1, 2], "p": 0 }));
}

#[test]
fn a_read_file_speaks_for_itself() {
    let scratch = Scratch::new(&[
        ("live/region.hcl", "locals {\n  region = \"eu\"\n}\n"),
        (
            "live/common/x.hcl",
            "locals {\n  dir = basename(get_terragrunt_dir())\n  unit = basename(get_original_terragrunt_dir())\n  \
             region = read_terragrunt_config(find_in_parent_folders(\"region.hcl\")).locals.region\n}\ninputs = { i = local.region }\n",
        ),
        (
            "live/u/terragrunt.hcl",
            "locals {\n  x = read_terragrunt_config(\"../common/x.hcl\")\n  gone = read_terragrunt_config(\"gone.hcl\", { locals = {} })\n}\n\
             inputs = merge(local.x.locals, local.x.inputs, { gone = local.gone })\n",
        ),
    ]);
    let tree = scratch.load("live").unwrap();
    assert_eq!(
        inputs(&tree, "u", "plan", &NoOutputs),
        json!({ "dir": "common", "unit": "u", "region": "eu", "i": "eu", "gone": { "locals": {} } })
    );
}

fn two_units(dependency: &str) -> (Scratch, Tree) {
    let consumer = format!(
        "dependency \"a\" {{\n  config_path = \"../a\"\n{dependency}}}\ninputs = {{ x = dependency.a.outputs.x }}\n"
    );
    let scratch = Scratch::new(&[("live/a/terragrunt.hcl", ""), ("live/b/terragrunt.hcl", &consumer)]);
    let tree = scratch.load("live").unwrap();
    (scratch, tree)
}

fn known(pairs: &[(&str, i64)]) -> BTreeMap<UnitPath, BTreeMap<String, Value>> {
    BTreeMap::from([(unit("a"), pairs.iter().map(|(k, v)| ((*k).to_owned(), Value::from(*v))).collect())])
}

#[test]
fn mocks_serve_only_what_may_use_them() {
    let (_scratch, tree) =
        two_units("  mock_outputs = { x = 0 }\n  mock_outputs_allowed_terraform_commands = [\"plan\", \"apply\"]\n");
    let at = |command: &str, outputs| tree.inputs(&unit("b"), command, outputs).unwrap();
    let empty = known(&[]);
    let mocked = at("plan", &empty);
    assert_eq!((mocked.inputs["x"].clone(), mocked.used_mocks), (Value::from(0), vec![unit("a")]));
    assert_eq!(at("validate", &empty).inputs["x"], Value::Unknown);
    assert_eq!(at("destroy", &empty).inputs["x"], Value::Unknown);
    let real = at("apply", &known(&[("x", 7)]));
    assert_eq!((real.inputs["x"].clone(), real.used_mocks), (Value::from(7), vec![]));
    assert!(tree.inputs(&unit("b"), "apply", &empty).is_err());
}

#[test]
fn an_apply_without_outputs_is_refused_even_inside_try() {
    let scratch = Scratch::new(&[
        ("live/a/terragrunt.hcl", ""),
        (
            "live/b/terragrunt.hcl",
            "dependency \"a\" {\n  config_path = \"../a\"\n}\ninputs = { x = try(dependency.a.outputs.x, 1) }\n",
        ),
    ]);
    let error = scratch.load("live").unwrap().inputs(&unit("b"), "apply", &NoOutputs).unwrap_err();
    assert!(error.to_string().contains("`dependency.a` (a) has no outputs: it was never applied"), "{error}");
}

#[test]
fn mocks_can_complete_real_outputs() {
    let (_scratch, tree) =
        two_units("  mock_outputs = { x = 0, y = 1 }\n  mock_outputs_merge_strategy_with_state = \"shallow\"\n");
    let evaluated = tree.inputs(&unit("b"), "plan", &known(&[("y", 2)])).unwrap();
    assert_eq!((evaluated.inputs["x"].clone(), evaluated.used_mocks), (Value::from(0), vec![unit("a")]));
}

#[test]
fn unknown_outputs_make_unknown_what_needs_them_and_nothing_else() {
    let scratch = Scratch::new(&[
        ("live/a/terragrunt.hcl", ""),
        (
            "live/b/terragrunt.hcl",
            "dependency \"a\" {\n  config_path = \"../a\"\n}\ninputs = {\n  one = \"http://${dependency.a.outputs.host}\"\n  \
             two = { known = 1, not = upper(dependency.a.outputs.host) }\n  three = [for x in dependency.a.outputs.list : x]\n  \
             four = dependency.a.outputs.n + 1\n  five = dependency.a.outputs.yes ? 1 : 2\n  six = length([dependency.a.outputs.n])\n}\n",
        ),
    ]);
    let unknown = "(known after apply)";
    assert_eq!(
        inputs(&scratch.load("live").unwrap(), "b", "plan", &NoOutputs),
        json!({ "one": unknown, "two": { "known": 1, "not": unknown }, "three": unknown, "four": unknown, "five": unknown, "six": 1 })
    );
}

#[test]
fn a_module_is_native_only_when_something_says_so() {
    let source = |source: &str| format!("terraform {{\n  source = \"{source}\"\n}}\n");
    let scratch = Scratch::new(&[
        ("modules/own/fluxlift.hcl", "native = \"flux_operator\"\n"),
        ("modules/plain/main.tf", ""),
        ("live/fluxlift.hcl", "modules = { \"git::https://example.org/**\" = \"flux_instance\" }\n"),
        ("live/own/terragrunt.hcl", &source("../../modules//own")),
        ("live/plain/terragrunt.hcl", &source("${get_repo_root()}/modules//plain")),
        ("live/mapped/terragrunt.hcl", &source("git::https://example.org/x.git//flux?ref=v1")),
        ("live/empty/terragrunt.hcl", "# nothing yet\n"),
    ]);
    let tree = scratch.load("live").unwrap();
    let of = |path: &str| &tree.units()[&unit(path)].module;
    assert_eq!(of("own").native(), Some("flux_operator"));
    assert_eq!(of("mapped").native(), Some("flux_instance"));
    assert!(matches!(of("plain"), ModuleRef::Terraform { dir: Some(_), .. }));
    assert_eq!(of("empty"), &ModuleRef::None);
}

#[test]
fn hooks_merge_by_name_and_the_child_wins() {
    let hook = |name: &str, text: &str| {
        format!("before_hook \"{name}\" {{\n  commands = [\"apply\"]\n  execute = [\"echo\", \"{text}\"]\n}}\n")
    };
    let scratch = Scratch::new(&[
        ("live/root.hcl", &format!("terraform {{\n{}{}}}\n", hook("one", "parent"), hook("two", "parent"))),
        (
            "live/u/terragrunt.hcl",
            &format!("include {{\n  path = \"../root.hcl\"\n}}\nterraform {{\n{}}}\n", hook("two", "child")),
        ),
    ]);
    let hooks = scratch.load("live").unwrap().inputs(&unit("u"), "apply", &NoOutputs).unwrap().hooks;
    let seen: Vec<_> = hooks.iter().map(|h| (h.name.as_str(), h.execute[1].as_str())).collect();
    assert_eq!(seen, [("one", "parent"), ("two", "child")]);
}

#[test]
fn a_hook_that_a_child_leaves_out_is_left_out_although_its_parent_has_one_of_that_name() {
    let hook = |moment: &str, condition: &str| {
        format!("{moment}_hook \"h\" {{\n  commands = [\"apply\"]\n  execute = [\"echo\"]\n  if = {condition}\n}}\n")
    };
    let parent = format!("terraform {{\n{}{}}}\n", hook("before", "true"), hook("after", "true"));
    let child = |condition: &str| {
        format!("include {{\n  path = \"../root.hcl\"\n}}\nterraform {{\n{}}}\n", hook("after", condition))
    };
    let scratch = Scratch::new(&[
        ("live/root.hcl", &parent),
        ("live/off/terragrunt.hcl", &child("false")),
        ("live/on/terragrunt.hcl", &child("true")),
    ]);
    let tree = scratch.load("live").unwrap();
    let moments = |name: &str| -> Vec<_> {
        let hooks = tree.inputs(&unit(name), "apply", &NoOutputs).unwrap().hooks;
        hooks.iter().map(|hook| hook.moment).collect()
    };
    assert_eq!(moments("off"), [HookMoment::Before]);
    assert_eq!(moments("on"), [HookMoment::Before, HookMoment::After]);
}

#[test]
fn a_hook_with_unknown_arguments_says_that_it_cannot_run() {
    let scratch = Scratch::new(&[
        ("live/a/terragrunt.hcl", ""),
        (
            "live/b/terragrunt.hcl",
            "dependency \"a\" {\n  config_path = \"../a\"\n}\nterraform {\n  after_hook \"h\" {\n    commands = [\"apply\"]\n    \
             execute = [\"echo\", dependency.a.outputs.x]\n  }\n}\nerrors {\n  retry \"flaky\" {\n    retryable_errors = [\".*\"]\n    \
             max_attempts = 2\n    sleep_interval_sec = 1\n  }\n}\n",
        ),
    ]);
    let tree = scratch.load("live").unwrap();
    let evaluated = tree.inputs(&unit("b"), "plan", &NoOutputs).unwrap();
    assert_eq!((evaluated.hooks[0].known, evaluated.hooks[0].execute[1].as_str()), (false, "(known after apply)"));
    let retry = &evaluated.retries[0];
    assert_eq!((retry.name.as_str(), retry.max_attempts, retry.pause), ("flaky", 2, Duration::from_secs(1)));
    let evaluated = tree.inputs(&unit("b"), "apply", &known(&[("x", 1)])).unwrap();
    assert_eq!((evaluated.hooks[0].known, evaluated.hooks[0].execute.clone()), (true, vec!["echo".into(), "1".into()]));
}

#[test]
fn a_tree_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Tree>();
}

#[test]
fn a_file_that_is_skipped_does_not_skip_the_units_that_include_it() {
    let include = "include \"root\" {\n  path = find_in_parent_folders(\"root.hcl\")\n}\n";
    let scratch = Scratch::new(&[
        ("live/root.hcl", "skip = true\nprevent_destroy = true\n"),
        ("live/a/terragrunt.hcl", include),
        ("live/b/terragrunt.hcl", &format!("{include}skip = true\n")),
    ]);
    let tree = scratch.load("live").unwrap();
    let said = |name: &str| (tree.units()[&unit(name)].skip, tree.units()[&unit(name)].prevent_destroy);
    assert_eq!((said("a"), said("b")), ((false, true), (true, true)));
}

#[test]
fn skipped_excluded_and_guarded_units_say_so() {
    let scratch = Scratch::new(&[(
        "live/u/terragrunt.hcl",
        "skip = true\nprevent_destroy = true\nfeature \"off\" {\n  default = true\n}\nexclude {\n  if = feature.off.value\n  actions = [\"all_except_output\"]\n}\n",
    )]);
    let tree = scratch.load("live").unwrap();
    let u = &tree.units()[&unit("u")];
    assert!(u.skip && u.prevent_destroy);
    let exclude = u.exclude.as_ref().unwrap();
    assert!(exclude.covers("apply") && !exclude.covers("output"));
}

#[test]
fn discovery_skips_caches_and_counts_hidden_folders() {
    let scratch = Scratch::new(&[
        ("live/a/terragrunt.hcl", ""),
        ("live/a/.terragrunt-cache/x/terragrunt.hcl", ""),
        ("live/.terraform/terragrunt.hcl", ""),
        ("live/.hidden/terragrunt.hcl", ""),
    ]);
    let tree = scratch.load("live").unwrap();
    assert_eq!(tree.units().keys().map(UnitPath::as_str).collect::<Vec<_>>(), [".hidden", "a"]);
}

#[test]
fn a_folder_without_git_is_a_repository_by_its_shape() {
    let scratch = Scratch::new(&[
        ("terraform/live/u/terragrunt.hcl", "inputs = { r = get_path_from_repo_root() }\n"),
        ("kubernetes/x", ""),
    ]);
    std::fs::remove_dir(scratch.dir.path().join(".git")).unwrap();
    let tree = scratch.load("terraform/live/u").unwrap();
    assert_eq!(tree.repo_root(), scratch.dir.path().canonicalize().unwrap());
    assert_eq!(inputs(&tree, ".", "plan", &NoOutputs), json!({ "r": "terraform/live/u" }));
}

#[test]
fn an_external_dependency_is_known_but_not_run() {
    let scratch = Scratch::new(&[
        ("live/x/a/terragrunt.hcl", ""),
        (
            "live/y/b/terragrunt.hcl",
            "dependency \"a\" {\n  config_path = \"../../x/a\"\n}\ninputs = { v = dependency.a.outputs.v }\n",
        ),
    ]);
    let tree = scratch.load("live/y").unwrap();
    assert_eq!(tree.graph().order(), [unit("b")]);
    let outputs = BTreeMap::from([(unit("../x/a"), BTreeMap::from([("v".to_owned(), Value::from(1))]))]);
    assert_eq!(inputs(&tree, "b", "apply", &outputs), json!({ "v": 1 }));
}

#[derive(Default)]
struct Recorded(Mutex<Vec<Vec<String>>>);

impl CommandRunner for Recorded {
    fn run(&self, _dir: &Path, argv: &[String], _env: &Environment) -> Result<String, String> {
        self.0.lock().unwrap().push(argv.to_vec());
        Ok("out\n\n".to_owned())
    }
}

#[test]
fn a_command_runs_once_and_loses_one_newline() {
    let scratch = Scratch::new(&[(
        "live/u/terragrunt.hcl",
        "locals {\n  a = run_cmd(\"x\", 1)\n  b = run_cmd(\"x\", 1)\n  c = run_cmd(\"--terragrunt-quiet\", \"y\")\n}\ninputs = { a = local.a, c = local.c }\n",
    )]);
    let runner = Arc::new(Recorded::default());
    let mut options = scratch.options("live");
    options.runner = runner.clone();
    let tree = Tree::load(options).unwrap();
    assert_eq!(inputs(&tree, "u", "plan", &NoOutputs), json!({ "a": "out\n", "c": "(sensitive)" }));
    assert_eq!(*runner.0.lock().unwrap(), [vec!["x", "1"], vec!["y"]]);
}

#[test]
fn a_template_file_sees_only_its_variables() {
    let scratch = Scratch::new(&[
        ("live/u/t.tpl", "%{ for n in names ~}\nserver ${n}\n%{ endfor ~}\n"),
        (
            "live/u/terragrunt.hcl",
            "inputs = {\n  t = templatefile(\"t.tpl\", { names = [\"a\", \"b\"] })\n  s = fileset(\".\", \"*.{tpl,hcl}\")\n}\n",
        ),
    ]);
    let tree = scratch.load("live").unwrap();
    assert_eq!(
        inputs(&tree, "u", "plan", &NoOutputs),
        json!({ "t": "server a\nserver b\n", "s": ["t.tpl", "terragrunt.hcl"] })
    );
}

#[test]
fn the_graph_renders_for_machines() {
    let (_scratch, tree) = two_units("");
    insta::assert_snapshot!(to_dot(tree.graph()), @r#"
    digraph {
      "a";
      "b";
      "b" -> "a";
    }
    "#);
    assert_eq!(
        to_json(tree.graph()),
        json!({ "units": [
        { "path": "a", "level": 1, "needs": [] }, { "path": "b", "level": 2, "needs": ["a"] } ] })
    );
}
