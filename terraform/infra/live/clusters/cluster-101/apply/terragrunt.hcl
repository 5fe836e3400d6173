# Hands each node its configuration.

include "root" {
  path = find_in_parent_folders("root.hcl")
}

terraform {
  source = "${get_repo_root()}/terraform/infra/modules//talos_apply_config"
}

dependency "config" {
  config_path = "../config"

  mock_outputs = {
    machine_configs      = {}
    all_node_names       = []
    all_node_ips         = {}
    client_configuration = {}
    talosconfig          = ""
  }
  mock_outputs_allowed_terraform_commands = ["validate", "output"]
}

inputs = {
  machine_configs      = dependency.config.outputs.machine_configs
  all_node_names       = dependency.config.outputs.all_node_names
  all_node_ips         = dependency.config.outputs.all_node_ips
  client_configuration = dependency.config.outputs.client_configuration
  talosconfig          = dependency.config.outputs.talosconfig

  # A configuration holds every secret of the cluster. Whoever answers first at a node's address gets it here, because
  # the nodes' network is private. Elsewhere leave this out and pin each node by the fingerprint on its console:
  #   node_fingerprints = { solcp01 = "…" }
  maintenance_trust = "first-use"
}
