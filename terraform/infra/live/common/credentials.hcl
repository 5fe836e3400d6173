# Secrets, from one encrypted file. Nothing that is read from it is ever printed.

locals {
  secrets = yamldecode(sops_decrypt_file("${get_repo_root()}/terraform/infra/live/common/secrets.sops.yaml"))

  proxmox_api_token = local.secrets.proxmox.api_token
  sops_age_key      = local.secrets.flux.sops_age_key

  # A token from the environment wins, so that a pipeline can bring its own.
  github_token = get_env("FLUX_GITHUB_TOKEN", local.secrets.flux.github_token)
}
