//! What people read when a tree is wrong.

use fluxlift_config::sops::{self, Format};
use fluxlift_core::Timestamp;
use rand::SeedableRng;

use crate::support::{Scratch, shown};

fn error(files: &[(&str, &str)]) -> String {
    shown(&Scratch::new(files).load("live").unwrap_err())
}

#[test]
fn bad_hcl_is_shown_where_it_is() {
    insta::assert_snapshot!(error(&[("live/a/terragrunt.hcl", "inputs = {\n  a = [1, 2\n}\n")]));
}

#[test]
fn every_broken_unit_is_told() {
    let files = [
        ("live/a/terragrunt.hcl", "x = \n"),
        ("live/b/terragrunt.hcl", "locals {\n  a = nope\n}\n"),
        ("live/c/terragrunt.hcl", ""),
    ];
    insta::assert_snapshot!(error(&files));
}

#[test]
fn a_missing_dependency_names_its_path_and_the_units_there_are() {
    let files = [
        ("live/bootstrap/terragrunt.hcl", "# comments only\n"),
        ("live/flux/terragrunt.hcl", "dependencies {\n  paths = [\"../bootstrap\", \"../bootsrap\"]\n}\n"),
    ];
    insta::assert_snapshot!(error(&files));
    let files = [("live/flux/terragrunt.hcl", "dependency \"b\" {\n  config_path = \"../nothing\"\n}\n")];
    insta::assert_snapshot!(error(&files));
}

#[test]
fn a_cycle_is_printed_as_a_loop() {
    let needs = |other: &str| format!("dependencies {{\n  paths = [\"../{other}\"]\n}}\n");
    let files = [
        ("live/a/terragrunt.hcl", needs("b")),
        ("live/b/terragrunt.hcl", needs("c")),
        ("live/c/terragrunt.hcl", needs("a")),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    insta::assert_snapshot!(error(&files));
}

#[test]
fn a_wrong_age_key_names_file_recipients_and_what_to_do() {
    let mine = age::x25519::Identity::generate();
    let theirs = age::x25519::Identity::generate();
    let recipients = [theirs.to_public().to_string()];
    let mut rng = rand::rngs::StdRng::seed_from_u64(7);
    let sealed = sops::encrypt("token: hunter2\n", Format::Yaml, &recipients, Timestamp::UNIX_EPOCH, &mut rng).unwrap();
    let scratch = Scratch::new(&[
        ("live/u/terragrunt.hcl", "inputs = {\n  token = yamldecode(sops_decrypt_file(\"secret.yaml\")).token\n}\n"),
        ("live/u/secret.yaml", &sealed),
    ]);
    let mut options = scratch.options("live");
    use age::secrecy::ExposeSecret;
    options.env.vars.insert("SOPS_AGE_KEY".into(), mine.to_string().expose_secret().to_owned());
    let tree = fluxlift_config::Tree::load(options).unwrap();
    let error = tree.inputs(&crate::support::unit("u"), "plan", &fluxlift_config::NoOutputs).unwrap_err();
    let text = shown(&error).replace(&recipients[0], "[theirs]").replace(&mine.to_public().to_string(), "[mine]");
    insta::assert_snapshot!(text);

    let tree = scratch.load("live").unwrap();
    let error = tree.inputs(&crate::support::unit("u"), "plan", &fluxlift_config::NoOutputs).unwrap_err();
    insta::assert_snapshot!(shown(&error).replace(&recipients[0], "[theirs]"));
}

#[test]
fn what_is_not_supported_yet_says_so_and_where() {
    insta::assert_snapshot!(error(&[("live/a/terragrunt.hcl", "engine {\n  source = \"x\"\n}\n")]));
    insta::assert_snapshot!(error(&[("live/a/terragrunt.hcl", "locals {\n  id = try(get_aws_account_id(), 1)\n}\n")]));
    insta::assert_snapshot!(error(&[("live/a/terragrunt.hcl", "dependancy \"x\" {\n}\n")]));
}

#[test]
fn what_another_configuration_does_not_show_yet_is_not_taken_for_missing() {
    let files = |unit: &str| {
        let files = [
            (
                "live/root.hcl",
                "remote_state {\n  backend = \"local\"\n  config = { path = \"x\" }\n}\nlocals {\n  a = 1\n}\n",
            ),
            ("live/u/terragrunt.hcl", unit),
        ];
        Scratch::new(&files)
    };
    let include = "include \"root\" {\n  path = \"../root.hcl\"\n  expose = true\n}\n";
    let bare = "include {\n  path = \"../root.hcl\"\n  expose = true\n}\n";
    for (before, expression) in [
        ("", "try(read_terragrunt_config(\"../root.hcl\").remote_state.config.path, \"d\")"),
        ("", "can(read_terragrunt_config(\"../root.hcl\")[\"terraform\"].source)"),
        ("", "try(read_terragrunt_config(\"../root.hcl\").dependency.x.outputs.y, 1)"),
        (include, "try(include.root.remote_state.backend, \"d\")"),
        (bare, "try(include.remote_state.backend, \"d\")"),
    ] {
        let error = files(&format!("{before}locals {{\n  x = {expression}\n}}\n")).load("live").unwrap_err();
        let text = shown(&error);
        assert!(text.contains("of another file's configuration is not supported yet, here"), "{expression}: {text}");
        assert!(text.contains("live/u/terragrunt.hcl:"), "{text}");
    }
    // What Terragrunt does not have either is missing.
    let text = "locals {\n  x = try(read_terragrunt_config(\"../root.hcl\").nothing, 1)\n}\n";
    assert!(files(text).load("live").is_ok());
}

#[test]
fn what_would_be_passed_over_in_silence_is_refused() {
    let scratch = Scratch::new(&[("live/u/terragrunt.hcl", ""), ("live/u/terragrunt.values.hcl", "a = 1\n")]);
    let text = shown(&scratch.load("live").unwrap_err());
    assert!(
        text.starts_with(
            "error: the values of a stack are not supported yet, here\n  --> live/u/terragrunt.values.hcl:1:1"
        ),
        "{text}"
    );

    let ignore = "errors {\n  ignore \"all\" {\n    ignorable_errors = [\".*\"]\n  }\n}\n";
    let text = shown(&Scratch::evaluate(ignore).unwrap_err());
    assert!(
        text.starts_with("error: the block `ignore` of errors is not supported yet, here\n  --> u/terragrunt.hcl:2:3"),
        "{text}"
    );

    let retry = "errors {\n  retry \"r\" {\n    max_attempts = -1\n  }\n}\n";
    let text = shown(&Scratch::evaluate(retry).unwrap_err());
    assert!(text.starts_with("error: `max_attempts` is out of range\n  --> u/terragrunt.hcl:3:20"), "{text}");
}

#[test]
fn locals_that_go_round_are_told_as_a_ring() {
    insta::assert_snapshot!(error(&[(
        "live/a/terragrunt.hcl",
        "locals {\n  a = local.b\n  b = \"x${local.c}\"\n  c = local.a\n}\n"
    )]));
}

#[test]
fn long_chains_and_deep_nests_evaluate() {
    let chain: String = (0..2000).map(|i| format!("  l{i} = local.l{}\n", i + 1)).collect();
    let deep = format!("{}local.l0{}", "[".repeat(60), "]".repeat(60));
    let text = format!("locals {{\n{chain}  l2000 = 1\n}}\ninputs = {{ deep = {deep} }}\n");
    Scratch::evaluate(&text).unwrap();
    let files: Vec<(String, String)> = (0..30)
        .map(|i| (format!("live/{i}.hcl"), format!("locals {{\n  x = read_terragrunt_config(\"{}.hcl\")\n}}\n", i + 1)))
        .chain([("live/u/terragrunt.hcl".into(), "locals {\n  x = read_terragrunt_config(\"../0.hcl\")\n}\n".into())])
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert!(error(&files).contains("more than 24 files read each other in a row"));
}

#[test]
fn a_file_that_reads_itself_is_found() {
    let files = [
        ("live/a/terragrunt.hcl", "locals {\n  x = read_terragrunt_config(\"../x.hcl\")\n}\n"),
        ("live/x.hcl", "locals {\n  y = read_terragrunt_config(\"y.hcl\")\n}\n"),
        ("live/y.hcl", "locals {\n  x = read_terragrunt_config(\"x.hcl\")\n}\n"),
    ];
    insta::assert_snapshot!(error(&files));
}

#[test]
fn evaluation_errors_name_the_expression() {
    let cases = [
        "locals {\n  net = { cidr = 1 }\n  a   = local.net.cdir\n}\n",
        "locals {\n  a = locl.x\n}\n",
        "locals {\n  a = 1 + [2]\n}\n",
        "locals {\n  a = \"x-${[1]}\"\n}\n",
        "locals {\n  a = upercase(\"x\")\n}\n",
        "locals {\n  a = get_env(\"NOT_SET\")\n}\n",
        "locals {\n  a = element([], 1)\n}\n",
        "locals {\n  a = true ? [] : 1\n}\n",
        "locals {\n  a = file(\"missing.txt\")\n}\n",
        "locals {\n  a = try(dependency.x.outputs.y, 1)\n}\n",
        "include \"root\" {\n  path = find_in_parent_folders(\"nothing.hcl\")\n}\n",
        "terraform {\n  source = \"../modules//gone\"\n}\n",
    ];
    let all: Vec<String> = cases.iter().map(|text| error(&[("live/a/terragrunt.hcl", *text)])).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn no_error_repeats_a_secret() {
    let cases = [
        "jsondecode(sensitive(\"hunter2\"))",
        "tonumber(sensitive(\"hunter2\"))",
        "regex(sensitive(\"(hunter2\"), \"x\")",
        "file(sensitive(\"hunter2\"))",
        "{ a = 1 }[sensitive(\"hunter2\")]",
        "run_cmd(\"x\", sensitive(\"hunter2\"))",
        "get_env(sensitive(\"hunter2\"))",
    ];
    for case in cases {
        let text = format!("locals {{\n  s = {case}\n}}\n");
        let error = Scratch::evaluate(&text).unwrap_err();
        let said: String = error.diagnostics().iter().map(|d| format!("{} {:?}", d.message, d.hints)).collect();
        assert!(!said.contains("hunter2"), "{said}");
    }
}
