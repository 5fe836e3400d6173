# Starts etcd on one control plane, once, and fetches the kubeconfig.

include "root" {
  path = find_in_parent_folders("root.hcl")
}

terraform {
  source = "${get_repo_root()}/terraform/infra/modules//talos_bootstrap"
}

dependencies {
  paths = ["../apply"]
}

dependency "config" {
  config_path = "../config"

  mock_outputs = {
    talosconfig          = ""
    client_configuration = {}
    cluster_endpoint     = "https://127.0.0.1:6443"
    control_plane_ips    = []
    all_node_ips         = {}
    all_node_names       = []
  }
  mock_outputs_allowed_terraform_commands = ["validate", "output"]
}

inputs = {
  talosconfig          = dependency.config.outputs.talosconfig
  client_configuration = dependency.config.outputs.client_configuration
  cluster_endpoint     = dependency.config.outputs.cluster_endpoint

  control_plane_nodes = {
    for name, ip in dependency.config.outputs.all_node_ips :
    name => ip if contains(dependency.config.outputs.control_plane_ips, ip)
  }

  # All of them must have registered before the cluster counts as up.
  all_node_names = dependency.config.outputs.all_node_names

  repo_root = get_repo_root()
}
