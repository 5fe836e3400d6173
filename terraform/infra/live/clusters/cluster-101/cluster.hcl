# Cluster 101.

locals {
  cluster_id   = 101
  cluster_name = "sol"

  control_planes = 3
  workers        = 3

  net = read_terragrunt_config(find_in_parent_folders("common/network-infrastructure.hcl")).locals

  network      = format(local.net.ipv4_network, local.cluster_id)
  network_ipv6 = format(local.net.ipv6_network, local.cluster_id)
  gateway      = cidrhost(local.network, local.net.offsets.gateway)
  vip          = cidrhost(local.network, local.net.offsets.vip)

  cluster_endpoint = "https://${local.vip}:6443"

  git_path = "kubernetes/clusters/cluster-${local.cluster_id}"
}
