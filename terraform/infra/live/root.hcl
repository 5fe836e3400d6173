# Included by every unit.

locals {
  # Where in the tree the unit is: clusters/cluster-101/compute.
  unit = path_relative_to_include()
}

# Only Terraform modules keep their state here; native modules have fluxlift's.
remote_state {
  backend = "local"

  config = {
    path = "${get_repo_root()}/.terraform-state/${local.unit}/terraform.tfstate"
  }

  generate = {
    path      = "backend.tf"
    if_exists = "overwrite_terragrunt"
  }
}

terraform {
  extra_arguments "lock_timeout" {
    commands  = get_terraform_commands_that_need_locking()
    arguments = ["-lock-timeout=5m"]
  }

  extra_arguments "overrides" {
    commands           = get_terraform_commands_that_need_vars()
    optional_var_files = ["${get_terragrunt_dir()}/overrides.tfvars"]
  }
}
