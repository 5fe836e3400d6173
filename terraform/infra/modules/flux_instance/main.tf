# For plain Terragrunt and Terraform: the fluxlift binary does the work and proves it. No provider is downloaded.

terraform {
  required_version = ">= 1.4"
}

locals {
  inputs = {
    flux_version           = var.flux_version
    flux_registry          = var.flux_registry
    flux_components        = var.flux_components
    flux_cluster           = var.flux_cluster
    flux_image_pull_secret = var.flux_image_pull_secret
    git_repository         = var.git_repository
    git_branch             = var.git_branch
    git_path               = var.git_path
    git_pull_secret        = var.git_pull_secret
    git_interval           = var.git_interval
    git_provider           = var.git_provider
    sync_name              = var.sync_name
    sops_age_key           = var.sops_age_key
    github_token           = var.github_token
    kustomize_patches      = var.kustomize_patches
    repo_root              = var.repo_root
    post_bootstrap         = var.post_bootstrap
    rescue_max_force       = var.rescue_max_force
    restore                = var.restore
    kubeconfig_path        = var.kubeconfig_path
    kubeconfig_content     = var.kubeconfig_content
  }
}

# Applied again whenever an input changes. It has no destroy of its own: a change replaces it, and must not take down what
# it is about to change.
resource "terraform_data" "instance" {
  # The hash keeps secrets out of the plan.
  triggers_replace = [sha256(jsonencode(local.inputs))]

  depends_on = [terraform_data.instance_lifetime]

  provisioner "local-exec" {
    command = "fluxlift apply --native flux_instance --non-interactive"

    # The inputs go through the environment, never through the arguments, which every process on the machine can read.
    # They are not printed; but as long as they are marked as sensitive, nothing that fluxlift says is printed either.
    environment = {
      FLUXLIFT_INPUTS = nonsensitive(jsonencode(local.inputs))
    }
  }
}

# Lives from the first apply to the destroy. What it keeps is all that a destroy needs; nothing of it is secret.
resource "terraform_data" "instance_lifetime" {
  input = {
    sync_path       = var.git_path
    kubeconfig_path = var.kubeconfig_path
  }

  provisioner "local-exec" {
    when    = destroy
    command = "fluxlift destroy --native flux_instance --non-interactive"

    environment = {
      FLUXLIFT_INPUTS = jsonencode({ kubeconfig_path = self.input.kubeconfig_path })
    }
  }
}
