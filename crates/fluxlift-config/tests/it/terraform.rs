//! Terraform code and state that bootstrapped Flux, as the modules of real trees have them.

use std::collections::BTreeMap;
use std::path::Path;

use fluxlift_config::terraform::{Farewell, Retirement, StateFile, TerraformError, retire};

/// A module as it stood before the two phases: Talos and Flux in one.
const MODULE: [(&str, &str); 5] = [
    (
        "flux.tf",
        r#"# Flux takes over once the cluster answers.
resource "flux_bootstrap_git" "this" {
  path       = var.git_path
  depends_on = [talos_machine_bootstrap.this, kubernetes_secret.sops_age]
}
"#,
    ),
    (
        "main.tf",
        r#"resource "talos_machine_bootstrap" "this" {
  node = var.control_plane_nodes[0]
}

# The key that kustomize-controller decrypts with.
resource "kubernetes_secret" "sops_age" {
  metadata {
    name      = "sops-age"
    namespace = "flux-system"
  }
  data = {
    "age.agekey" = var.sops_age_key
  }
}

resource "local_file" "kubeconfig" {
  content  = talos_cluster_kubeconfig.this.kubeconfig_raw
  filename = var.kubeconfig_path
}
"#,
    ),
    (
        "providers.tf",
        r#"provider "talos" {}

provider "flux" {
  kubernetes = {
    config_path = var.kubeconfig_path
  }
  git = {
    url  = var.git_repository
    http = { username = "git", password = var.github_token }
  }
}
"#,
    ),
    (
        "variables.tf",
        r#"variable "control_plane_nodes" {
  type = list(string)
}

variable "git_repository" {
  type = string
}

variable "git_path" {
  type = string
}

# Never in the state.
variable "github_token" {
  type      = string
  sensitive = true
}

variable "sops_age_key" {
  type = string
}

variable "kubeconfig_path" {
  type = string
}
"#,
    ),
    (
        "versions.tf",
        r#"terraform {
  required_providers {
    talos = {
      source  = "siderolabs/talos"
      version = "0.7.0"
    }
    flux = {
      source  = "fluxcd/flux"
      version = "1.4.0"
    }
  }
}
"#,
    ),
];

fn module() -> BTreeMap<String, String> {
    MODULE.iter().map(|(name, text)| (format!("modules/talos_bootstrap/{name}"), (*text).to_owned())).collect()
}

fn retired(files: &BTreeMap<String, String>) -> Retirement {
    retire(files).unwrap()
}

fn state(resources: &str) -> StateFile {
    StateFile::parse(Path::new("s.json"), &format!(r#"{{"version": 4, "resources": [{resources}]}}"#)).unwrap()
}

const BOOTSTRAP: &str = r#"{"mode": "managed", "type": "flux_bootstrap_git", "name": "this", "module": "module.flux",
    "instances": [{"attributes": {"metadata": null, "path": "x"}}]}"#;
const KEY: &str = r#"{"mode": "managed", "type": "kubernetes_secret", "name": "key", "instances":
    [{"attributes": {"metadata": [{"name": "sops-age"}], "data": {"age.agekey": "AGE-SECRET-KEY-1HUNTER2"}}}]}"#;
const OTHER: &str = r#"{"mode": "managed", "type": "kubernetes_secret", "name": "other", "instances":
    [{"attributes": {"metadata": [{"name": "registry"}]}}]}"#;

#[test]
fn the_five_edits_of_a_module_are_one_patch() {
    let retirement = retired(&module());
    assert_eq!(retirement.addresses, ["flux_bootstrap_git.this", "kubernetes_secret.sops_age"]);
    assert!(retirement.mentions.is_empty(), "{:?}", retirement.mentions);
    let patch: String = retirement.edits.iter().map(|edit| edit.patch.as_str()).collect();
    insta::assert_snapshot!(patch);
}

#[test]
fn what_is_left_is_a_module_from_which_nothing_more_goes() {
    let mut files = module();
    for edit in retired(&files).edits {
        files.insert(edit.file, edit.after);
    }
    assert_eq!(files["modules/talos_bootstrap/flux.tf"], "");
    assert_eq!(retired(&files), Retirement::default());
    assert!(files["modules/talos_bootstrap/variables.tf"].contains("kubeconfig_path"), "another resource uses it");
}

#[test]
fn what_still_names_a_resource_that_goes_is_pointed_at() {
    let mut files = module();
    files.insert("outputs.tf".to_owned(), "output \"ready\" {\n  value = flux_bootstrap_git.this.id\n}\n".to_owned());
    let mention = &retired(&files).mentions[0];
    assert_eq!((mention.file.as_str(), mention.line), ("outputs.tf", 2));
}

#[test]
fn the_state_is_asked_before_the_code_and_its_addresses_count() {
    let chart = r#"{"mode": "managed", "type": "helm_release", "name": "cilium", "instances":
        [{"attributes": {"metadata": {"name": 1}}}]}"#;
    let state = state(&[BOOTSTRAP, KEY, OTHER, chart].join(","));
    let farewell = Farewell::of(Some(&retired(&module())), Some(&state), "terraform").unwrap();
    let commands =
        ["terraform state rm 'module.flux.flux_bootstrap_git.this'", "terraform state rm 'kubernetes_secret.key'"];
    assert_eq!(farewell.commands, commands);
    assert!(!format!("{state:?}").contains("HUNTER2"));
}

#[test]
fn a_block_that_went_before_the_state_did_is_refused() {
    let gone = BTreeMap::from([("main.tf".to_owned(), "provider \"talos\" {}\n".to_owned())]);
    let error = Farewell::of(Some(&retired(&gone)), Some(&state(BOOTSTRAP)), "terraform").unwrap_err();
    assert!(matches!(&error, TerraformError::BlockRemoved { addresses, .. } if addresses.len() == 1), "{error}");
    Farewell::of(Some(&retired(&gone)), Some(&state(KEY)), "terraform").unwrap();
    let forgets = "removed {\n  from = flux_bootstrap_git.this\n  lifecycle {\n    destroy = false\n  }\n}\n";
    let forgets = BTreeMap::from([("main.tf".to_owned(), forgets.to_owned())]);
    Farewell::of(Some(&retired(&forgets)), Some(&state(BOOTSTRAP)), "terraform").unwrap();
}

#[test]
fn a_file_that_is_no_state_is_said_to_be_none_without_a_word_of_it() {
    let error = StateFile::parse(Path::new("s.json"), r#"{"version": 3, "x": "hunter2"}"#).unwrap_err();
    assert_eq!(error.to_string(), "s.json is no state of Terraform in version 4");
}

#[test]
fn what_makes_the_secret_otherwise_leaves_the_state_too_and_what_only_names_it_stays() {
    let manifest = "resource \"kubectl_manifest\" \"key\" {\n  yaml_body = <<-EOT\n    kind: Secret\n    metadata: {name: \
                    sops-age}\n  EOT\n}\n";
    let script = "resource \"null_resource\" \"key\" {\n  provisioner \"local-exec\" {\n    command = \"kubectl create \
                  secret generic sops-age\"\n  }\n}\n";
    let user = "resource \"kubernetes_manifest\" \"root\" {\n  manifest = {\n    kind = \"Kustomization\"\n    spec = { \
                decryption = { secretRef = { name = \"sops-age\" } } }\n  }\n}\n";
    let code = retired(&BTreeMap::from([("main.tf".to_owned(), [manifest, script, user].join("\n"))]));
    assert_eq!(code.addresses, ["kubectl_manifest.key", "null_resource.key"]);
    let entry = |kind: &str, name: &str| {
        format!(r#"{{"mode": "managed", "type": "{kind}", "name": "{name}", "instances": [{{"attributes": {{}}}}]}}"#)
    };
    let state = [entry("kubectl_manifest", "key"), entry("null_resource", "key"), entry("kubernetes_manifest", "root")];
    let commands = Farewell::of(Some(&code), Some(&self::state(&state.join(","))), "terraform").unwrap().commands;
    assert_eq!(commands, ["terraform state rm 'kubectl_manifest.key'", "terraform state rm 'null_resource.key'"]);
}
