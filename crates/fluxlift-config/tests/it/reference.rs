//! The reference tree that ships with fluxlift.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fluxlift_config::{HookMoment, ModuleRef, NoOutputs, Tree, to_text};
use fluxlift_core::{UnitPath, Value};
use serde_json::json;

use crate::support::{inputs, options, unit};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn tree() -> Tree {
    Tree::load(options(&root().join("terraform/infra/live/clusters/cluster-101"))).unwrap()
}

/// What the units give, as far as others use it.
fn outputs() -> BTreeMap<UnitPath, BTreeMap<String, Value>> {
    let ips = json!({ "solcp01": "127.101.0.11", "solcp02": "127.101.0.12", "solcp03": "127.101.0.13",
        "solwk01": "127.101.0.21", "solwk02": "127.101.0.22", "solwk03": "127.101.0.23" });
    let cps = json!(["127.101.0.11", "127.101.0.12", "127.101.0.13"]);
    let secret = |s: &str| Value::from(s).sensitive();
    let open = |json: &serde_json::Value| Value::from(json.clone());
    let all = [
        ("compute", vec![("node_ips", open(&ips)), ("vm_names", Value::Null), ("talenv_yaml", "".into())]),
        ("secrets", vec![("machine_secrets", secret("bundle")), ("client_configuration", secret("admin"))]),
        (
            "config",
            vec![
                ("machine_configs", secret("configs")),
                ("talosconfig", secret("talosconfig")),
                ("client_configuration", secret("admin")),
                ("cluster_endpoint", "https://127.101.0.10:6443".into()),
                ("control_plane_ips", open(&cps)),
                ("all_node_ips", open(&ips)),
                ("all_node_names", open(&json!(["solcp01"]))),
            ],
        ),
        ("apply", vec![("applied_nodes", open(&json!(["solcp01"])))]),
        (
            "bootstrap",
            vec![
                ("kubeconfig", secret("kubeconfig")),
                ("kubeconfig_path", "/k".into()),
                ("cluster_ready", true.into()),
            ],
        ),
        ("flux-operator", vec![("namespace", "flux-system".into())]),
    ];
    let of_unit = |values: Vec<(&str, Value)>| values.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
    all.into_iter().map(|(path, values)| (unit(path), of_unit(values))).collect()
}

#[test]
fn the_seven_units_are_found_in_their_order() {
    insta::assert_snapshot!(to_text(tree().graph()), @r"
      1  compute
         secrets
      2  config         ← compute, secrets
      3  apply          ← config
      4  bootstrap      ← apply, config
      5  flux-operator  ← bootstrap
      6  flux-instance  ← bootstrap, flux-operator
    ");
}

#[test]
fn every_unit_runs_a_native_module() {
    let tree = tree();
    let names: Vec<_> =
        tree.graph().order().iter().map(|path| tree.units()[path].module.native().unwrap().to_owned()).collect();
    let expected = [
        "cluster_core",
        "talos_secrets",
        "talos_config",
        "talos_apply_config",
        "talos_bootstrap",
        "flux_operator",
        "flux_instance",
    ];
    assert_eq!(names, expected);
    let ModuleRef::Native { dir: Some(dir), .. } = &tree.units()[&unit("compute")].module else { panic!() };
    assert_eq!(dir, &root().join("terraform/infra/modules/cluster_core"));
}

#[test]
fn every_file_is_read_once() {
    let tree = tree();
    let loaded = tree.files_read();
    for path in tree.units().keys() {
        tree.inputs(path, "apply", &outputs()).unwrap();
    }
    let after = tree.files_read();
    // Seven units, root.hcl, cluster.hcl, five common files, secrets.sops.yaml, fluxlift.hcl, seven module files and the
    // CNI manifest. The inputs need no other.
    assert_eq!((loaded, after), (7 + 1 + 1 + 5 + 1 + 1 + 7 + 1, loaded));
    for path in tree.units().keys() {
        tree.inputs(path, "apply", &outputs()).unwrap();
    }
    assert_eq!(tree.files_read(), after);
}

#[test]
fn the_settings_name_state_recipients_and_key() {
    let tree = tree();
    let settings = tree.settings();
    assert_eq!(settings.root, root().join("terraform/infra/live"));
    assert_eq!(settings.state.path, Some(root().join(".fluxlift")));
    assert_eq!(settings.state.recipients.len(), 1);
    assert_eq!(tree.key_of(&unit("compute")), unit("clusters/cluster-101/compute"));
    assert_eq!(tree.repo_root(), root());
}

#[test]
fn the_inputs_of_all_units_are_known_once_what_they_need_is_applied() {
    let tree = tree();
    let mut all = serde_json::Map::new();
    for path in tree.graph().order() {
        let evaluated = tree.inputs(&path, "apply", &outputs()).unwrap();
        assert!(evaluated.used_mocks.is_empty());
        assert!(!Value::Map(evaluated.inputs.clone()).has_unknown(), "{path}");
        all.insert(path.to_string(), Value::Map(evaluated.inputs).redacted());
    }
    let root = root().display().to_string();
    let text = serde_json::to_string_pretty(&all).unwrap().replace(&root, "[repo]");
    insta::assert_snapshot!("reference_inputs", text);
}

#[test]
fn without_state_a_plan_is_unknown_where_outputs_are_used() {
    let tree = tree();
    let operator = inputs(&tree, "flux-operator", "plan", &NoOutputs);
    assert_eq!(operator["kubeconfig_path"], "(known after apply)");
    assert_eq!(operator["flux_operator_version"], "0.14.0");
    let mocked = tree.inputs(&unit("flux-operator"), "validate", &NoOutputs).unwrap();
    assert_eq!(mocked.used_mocks, [unit("bootstrap")]);
    let refused = tree.inputs(&unit("flux-operator"), "apply", &NoOutputs).unwrap_err();
    insta::assert_snapshot!(crate::support::shown(&refused), @r"
    error: `dependency.bootstrap` (bootstrap) has only mock outputs, which apply does not use
      --> terraform/infra/live/clusters/cluster-101/flux-operator/terragrunt.hcl:34:24
       |   kubeconfig_path    = dependency.bootstrap.outputs.kubeconfig_path
       |                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: apply bootstrap first, or run `run-all apply` over both
    ");
}

#[test]
fn secrets_are_there_and_hidden() {
    let tree = tree();
    let compute = tree.inputs(&unit("compute"), "apply", &NoOutputs).unwrap();
    let proxmox = &compute.inputs["proxmox"];
    assert!(proxmox.get("api_token").unwrap().as_str().unwrap().starts_with("root@pam!fluxlift="));
    assert_eq!(proxmox.redacted()["api_token"], "(sensitive)");
    assert_eq!(proxmox.redacted()["endpoint"], "https://127.101.0.2:8006");
    let flux = tree.inputs(&unit("flux-instance"), "apply", &outputs()).unwrap();
    assert!(!format!("{flux:?}").contains("AGE-SECRET-KEY"));
    assert!(flux.inputs["sops_age_key"].as_str().unwrap().starts_with("AGE-SECRET-KEY-1"));
}

#[test]
fn hooks_are_texts_for_a_shell() {
    let tree = tree();
    let hooks = tree.inputs(&unit("flux-instance"), "apply", &outputs()).unwrap().hooks;
    let [hook] = hooks.as_slice() else { panic!("{hooks:?}") };
    assert_eq!((hook.name.as_str(), hook.moment), ("next_steps", HookMoment::After));
    insta::assert_snapshot!(hook.execute[2], @r#"
    set -eu
    branch="main"
    echo "flux: syncing kubernetes/clusters/cluster-101 from ${branch:-main}"
    "#);
}

#[test]
fn a_single_unit_loads_alone_and_names_the_others_from_where_it_stands() {
    let tree = Tree::load(options(&root().join("terraform/infra/live/clusters/cluster-101/flux-operator"))).unwrap();
    assert_eq!(tree.units().keys().map(UnitPath::as_str).collect::<Vec<_>>(), ["."]);
    assert_eq!(tree.units()[&unit(".")].dependencies["bootstrap"].unit, unit("../bootstrap"));
    assert_eq!(tree.key_of(&unit("../bootstrap")), unit("clusters/cluster-101/bootstrap"));
}

#[test]
fn the_gitops_versions_are_those_of_the_request() {
    let tree = tree();
    let flux = inputs(&tree, "flux-instance", "apply", &outputs());
    assert_eq!(flux["git_repository"], "https://github.com/sulibot/home-ops.git");
    assert_eq!((&flux["git_branch"], &flux["flux_version"]), (&json!("main"), &json!("2.4.0")));
}
