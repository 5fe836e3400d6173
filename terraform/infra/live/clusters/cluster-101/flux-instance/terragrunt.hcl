# Phase 2: the controllers, each proven, and only then the sync.

include "root" {
  path = find_in_parent_folders("root.hcl")
}

terraform {
  source = "${get_repo_root()}/terraform/infra/modules//flux_instance"

  after_hook "next_steps" {
    commands     = ["apply"]
    run_on_error = false
    execute = ["sh", "-c", <<-EOT
      set -eu
      branch="${local.gitops.flux_git_branch}"
      echo "flux: syncing ${local.cluster.git_path} from $${branch:-main}"
    EOT
    ]
  }
}

dependencies {
  paths = ["../flux-operator"]
}

dependency "bootstrap" {
  config_path = "../bootstrap"

  mock_outputs = {
    kubeconfig      = ""
    kubeconfig_path = "/dev/null"
  }
  mock_outputs_allowed_terraform_commands = ["validate", "output"]
}

locals {
  cluster     = read_terragrunt_config(find_in_parent_folders("cluster.hcl")).locals
  gitops      = read_terragrunt_config(find_in_parent_folders("common/application-versions.hcl")).locals.gitops
  credentials = read_terragrunt_config(find_in_parent_folders("common/credentials.hcl")).locals
}

inputs = {
  flux_version   = local.gitops.flux_version
  git_repository = local.gitops.flux_git_repository
  git_branch     = local.gitops.flux_git_branch
  git_path       = local.cluster.git_path

  sops_age_key = trimspace(local.credentials.sops_age_key)
  github_token = local.credentials.github_token

  # Both ask again for missing dependencies after 5 s instead of 30 s, and work on ten objects at once.
  kustomize_patches = [
    {
      target = {
        kind = "Deployment"
        name = "(kustomize-controller|helm-controller)"
      }
      patch = <<-EOT
        - op: add
          path: /spec/template/spec/containers/0/args/-
          value: --requeue-dependency=5s
        - op: add
          path: /spec/template/spec/containers/0/args/-
          value: --concurrent=10
      EOT
    },
  ]

  repo_root          = get_repo_root()
  kubeconfig_path    = dependency.bootstrap.outputs.kubeconfig_path
  kubeconfig_content = dependency.bootstrap.outputs.kubeconfig
}
