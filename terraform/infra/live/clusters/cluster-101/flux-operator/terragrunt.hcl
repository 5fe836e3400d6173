# Phase 1: the operator, proven ready before anything may ask it for work.

include "root" {
  path = find_in_parent_folders("root.hcl")
}

terraform {
  source = "${get_repo_root()}/terraform/infra/modules//flux_operator"
}

dependencies {
  paths = ["../bootstrap"]
}

dependency "bootstrap" {
  config_path = "../bootstrap"

  mock_outputs = {
    kubeconfig      = ""
    kubeconfig_path = "/dev/null"
    cluster_ready   = false
  }
  mock_outputs_allowed_terraform_commands = ["validate", "output"]
}

locals {
  gitops = read_terragrunt_config(find_in_parent_folders("common/application-versions.hcl")).locals.gitops
}

inputs = {
  flux_operator_version = local.gitops.flux_operator_version
  flux_operator_chart   = local.gitops.flux_operator_chart

  kubeconfig_path    = dependency.bootstrap.outputs.kubeconfig_path
  kubeconfig_content = dependency.bootstrap.outputs.kubeconfig
}
