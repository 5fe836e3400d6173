# The cluster's own secrets: authorities, tokens, keys. Drawn once, never again.

include "root" {
  path = find_in_parent_folders("root.hcl")
}

terraform {
  source = "${get_repo_root()}/terraform/infra/modules//talos_secrets"
}

locals {
  versions = read_terragrunt_config(find_in_parent_folders("common/versions.hcl")).locals
}

# A cluster that lost these can't be entered any more.
prevent_destroy = tobool(lower(get_env("TALOS_DESTROY_SECRETS", "0")) != "1")

inputs = {
  talos_version = local.versions.talos_version
}
