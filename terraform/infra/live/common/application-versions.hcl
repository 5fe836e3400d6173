# Versions of what runs in the clusters.

locals {
  gitops = {
    flux_git_repository    = "https://github.com/sulibot/home-ops.git"
    flux_git_branch        = "main"
    flux_version           = "2.4.0"
    flux_operator_version  = "0.14.0"
    flux_operator_chart    = "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator"
  }
}
